//! Who waits for whom, who is refused, and what a panic does: of an object that executes for itself.

use super::*;

/// Whoever is called takes part in its caller's chain: what would wait for itself is refused.
#[tokio::test]
async fn chains() {
    for way in WAYS {
        let World { till, own, server, .. } = World::new(way).await;
        let fault = till.through(till.clone()).await.unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{way:?}: {fault}");
        assert_eq!(fault.completed(), Completion::No);
        assert!(fault.to_string().contains("chain "), "{way:?}: {fault}");
        let other = server.serve("other", TillServant::new(Drawer::default())).unwrap();
        assert_eq!(own.through(other.clone()).await, Ok(1));
        assert_eq!(own.nest(own.clone(), other, 100).await, Ok(7));
    }
}

/// A method that does not wait can still make a call that would have to wait for it.
#[tokio::test]
async fn a_deferred_call_into_the_own_object() {
    for way in [Way::Direct, Way::General] {
        let World { till, server, .. } = World::new(way).await;
        let fault = till.defer_to(till.clone()).await.unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{way:?}: {fault}");
        let other = server.serve("other", TillServant::new(Drawer::default())).unwrap();
        assert_eq!(till.defer_to(other).await, Ok(1), "{way:?}");
    }
}

#[tokio::test]
async fn panics() {
    for way in WAYS {
        let World { till, own, server, .. } = World::new(way).await;
        let fault = till.panic_query().await.unwrap_err();
        assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Unknown), Completion::Maybe));
        assert!(!fault.to_string().contains("as the test wants"), "{fault}");
        assert_eq!(till.add(1).await, Ok(1), "a query harms nothing");
        let fault = till.panic_update().await.unwrap_err();
        assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Unknown), Completion::Maybe));
        let fault = till.add(1).await.unwrap_err();
        assert_eq!(
            (fault.kind(), fault.completed()),
            (Some(ExceptionKind::ObjAdapter), Completion::No),
            "{way:?}"
        );
        assert_eq!(till.total().await, Ok(1000), "queries go on");
        assert!(server.adapter().reactivate(own.object()));
        assert_eq!(till.add(1).await, Ok(1001));
    }
}

#[tokio::test]
async fn nobody_hears_of_oneway_calls() {
    for way in WAYS {
        let World { till, go, .. } = World::new(way).await;
        till.tell(3).await.unwrap();
        till.panic_told().await.unwrap();
        crate::support::until("both have run", || go.told.load(Ordering::SeqCst) == 2).await;
        assert_eq!(till.total().await, Ok(3));
    }
}

/// A call that finds the object taken waits for its turn, in the order in which they came.
#[tokio::test]
async fn calls_wait_for_an_update_that_is_inside() {
    for way in WAYS {
        let World { till, go, .. } = World::new(way).await;
        let held = tokio::spawn({
            let till = till.clone();
            async move { till.hold().await }
        });
        go.held.started.acquire().await.unwrap().forget();
        let add = tokio::spawn({
            let till = till.clone();
            async move { till.add(10).await }
        });
        tokio::task::yield_now().await;
        till.tell(100).await.unwrap();
        let fault = till.with_deadline(Duration::from_millis(20)).total().await.unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{way:?}: {fault}");
        go.held.go.add_permits(1);
        assert_eq!(held.await.unwrap(), Ok(1));
        assert_eq!(add.await.unwrap(), Ok(11), "{way:?}");
        assert_eq!(till.total().await, Ok(111));
    }
}

#[tokio::test]
async fn chains_that_are_too_long() {
    for way in [Way::Direct, Way::General] {
        let builder = Orb::builder().limits(|limits| limits.call_depth_max = 3);
        let builder = if way == Way::General { builder.intercept_service(Onlooker) } else { builder };
        let orb = builder.start().await.unwrap();
        let [one, two] = ["one", "two"].map(|id| orb.serve(id, TillServant::new(Drawer::default())).unwrap());
        assert_eq!(one.nest(one.clone(), two.clone(), 2).await, Ok(7));
        let fault = one.nest(one.clone(), two.clone(), 3).await.unwrap_err();
        assert_eq!(
            (fault.kind(), fault.completed()),
            (Some(ExceptionKind::ImpLimit), Completion::No),
            "{way:?}"
        );
    }
}
