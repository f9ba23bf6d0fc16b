//! Values that are handed over, and values that have to be encoded.

use super::*;

#[tokio::test]
async fn values_arrive_as_they_were() {
    for way in WAYS {
        let World { till, .. } = World::new(way).await;
        assert_eq!(till.add(5).await, Ok(5));
        till.set_total(9).await.unwrap();
        assert_eq!((till.total().await, till.base().await), (Ok(9), Ok(7)));
        assert_eq!(till.echo("gr\u{fc}n").await.unwrap(), "gr\u{fc}n");
        let words = ["a".to_owned(), "b".to_owned()];
        assert_eq!(till.join(&words, "c".to_owned()).await.unwrap(), ("abc".to_owned(), 2));
        assert_eq!(till.size(Size::Large(3, 9)).await.unwrap(), Size::Large(3, 9), "{way:?}");
        assert_eq!(till.depth(&Branch::chain(30)).await.unwrap(), 30);
        let refused = Refused { reason: "no".to_owned() };
        assert_eq!(till.refuse("no".to_owned()).await, Err(Fault::User(refused)));
        let fault = till.fail().await.unwrap_err();
        assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::NoPermission), Completion::No));
    }
}

/// What cannot be encoded cannot be passed within the process either, and the faults are the same.
#[tokio::test]
async fn values_that_cannot_be_encoded() {
    for way in WAYS {
        let World { till, .. } = World::new(way).await;
        let faults = [
            till.echo("a\0").await.unwrap_err(),
            till.join(&["\0".to_owned()], String::new()).await.unwrap_err(),
            till.size(Size::Large(9, 9)).await.unwrap_err(),
            till.spell(2, '\u{1f7e2}').await.unwrap_err(),
            till.refuse("\0".to_owned()).await.unwrap_err().system().cloned().unwrap().into(),
            till.spell(2, '0').await.unwrap_err(),
        ];
        use ExceptionKind::{BadParam, DataConversion, Marshal};
        let expected = [
            (Marshal, Completion::No),
            (Marshal, Completion::No),
            (BadParam, Completion::No),
            (DataConversion, Completion::No),
            (Marshal, Completion::No),
            (Marshal, Completion::Yes),
        ];
        for (fault, (kind, completed)) in faults.iter().zip(expected) {
            assert_eq!((fault.kind(), fault.completed()), (Some(kind), completed), "{way:?}: {fault}");
        }
        let deep = till.depth(&Branch::chain(500)).await.unwrap_err();
        assert_eq!(deep.completed(), Completion::No, "{way:?}: {deep}");
    }
}

/// A reference that is passed belongs to the broker that it is passed to, and has none of the caller's options.
#[tokio::test]
async fn references_are_bound_anew() {
    for way in WAYS {
        let World { till, server, .. } = World::new(way).await;
        let other = server.serve("other", TillServant::new(Drawer::default())).unwrap();
        let hasty = other.with_deadline(Duration::ZERO);
        let back = till.same(hasty).await.unwrap();
        assert_eq!(back.object().options().deadline, None, "{way:?}");
        assert_eq!(back.add(2).await, Ok(2));
        assert_eq!(till.is_open(ObjectRef::nil()).await, Ok(false));
    }
}
