//! Long lists, and what becomes of iterators that nobody destroys.

use std::time::Duration;

use quorb::{ExceptionKind, Proxy};
use quorb_naming::storage::MemoryStore;

use crate::rig::{Rig, name, soon};

async fn bind_numbers(rig: &Rig, count: usize) -> Vec<String> {
    let mut names: Vec<String> = (0..count).map(|n| format!("n{n:03}")).collect();
    for bound in &names {
        rig.root.bind(&name(bound), &rig.object("o")).await.unwrap();
    }
    names.sort();
    names
}

#[tokio::test]
async fn a_list_and_its_iterator_give_every_name_once() {
    let rig = Rig::with(MemoryStore::new(), |limits| limits.page_bindings_max = 7).await;
    let names = bind_numbers(&rig, 25).await;
    for (first, then) in [(0, 3), (3, 100), (100, 2), (1, 1)] {
        let (_, bindings, more) = rig.root.list(first).await.unwrap();
        let mut found = bindings;
        while let (true, mut bindings) = more.next_n(then).await.unwrap() {
            found.append(&mut bindings);
        }
        let found: Vec<_> = found.into_iter().map(|b| b.binding_name[0].id.clone()).collect();
        assert_eq!(found, names, "{first} {then}");
        assert!(!more.next_one().await.unwrap().0);
        more.destroy().await.unwrap();
        assert_eq!(more.next_one().await.unwrap_err().kind(), Some(ExceptionKind::ObjectNotExist));
    }
    assert_eq!(rig.service.iterators(), 0);
    let (_, _, more) = rig.root.list(1).await.unwrap();
    assert_eq!(more.next_n(0).await.unwrap_err().kind(), Some(ExceptionKind::BadParam));
    assert_eq!(more.next_one().await.unwrap().1.binding_name, name(&names[1]));
    rig.end().await;
}

#[tokio::test]
async fn names_that_come_and_go_do_not_confuse_an_iterator() {
    let rig = Rig::new().await;
    let context = rig.root.bind_new_context(&name("c")).await.unwrap();
    for bound in ["a", "b", "d", "e"] {
        context.bind(&name(bound), &rig.object("o")).await.unwrap();
    }
    let (_, _, more) = context.list(1).await.unwrap();
    context.unbind(&name("b")).await.unwrap();
    context.bind(&name("c"), &rig.object("o")).await.unwrap();
    let (_, rest) = more.next_n(2).await.unwrap();
    assert_eq!(rest.into_iter().map(|b| b.binding_name[0].id.clone()).collect::<String>(), "cd");
    for bound in ["a", "c", "d", "e"] {
        context.unbind(&name(bound)).await.unwrap();
    }
    context.destroy().await.unwrap();
    assert!(!more.next_one().await.unwrap().0);
    rig.end().await;
}

#[tokio::test]
async fn iterators_are_bounded_and_forgotten() {
    let rig = Rig::with(MemoryStore::new(), |limits| {
        limits.iterators_max = 3;
        limits.iterator_idle_max = Duration::from_millis(400);
    })
    .await;
    bind_numbers(&rig, 3).await;
    let mut iterators = Vec::new();
    for _ in 0..5 {
        iterators.push(rig.root.list(1).await.unwrap().2);
    }
    assert_eq!(rig.service.iterators(), 3);
    let gone = iterators[0].next_one().await.unwrap_err();
    assert_eq!(gone.kind(), Some(ExceptionKind::ObjectNotExist));
    assert!(iterators[4].next_one().await.unwrap().0);
    let forgotten = async {
        while rig.service.iterators() > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("they are forgotten", forgotten).await;
    assert!(iterators[4].object().non_existent().await.unwrap());
    rig.end().await;
}
