//! Leases, look-ups, changes.

use std::time::Duration;

use quorb::{ExceptionKind, Proxy};
use quorb_naming::cos::{BindLeasedError, BindingType, ChangeKind, DirectoryProxy, Step, UnknownLease};
use quorb_naming::storage::MemoryStore;

use crate::rig::{Rig, name, soon};

fn brief(change: &quorb_naming::cos::ChangeRecord) -> (u64, &str, ChangeKind) {
    (change.step.context, &change.step.name.id, change.kind)
}

#[tokio::test]
async fn look_ups_say_what_they_depend_on() {
    let rig = Rig::new().await;
    let directory = rig.directory();
    let lab = rig.root.bind_new_context(&name("lab")).await.unwrap();
    lab.bind(&name("grid"), &rig.object("grid")).await.unwrap();
    let root = directory.number().await.unwrap();
    let inner = lab.object().unchecked::<DirectoryProxy>().number().await.unwrap();
    let found = directory.look_up(&name("lab/grid")).await.unwrap();
    let step = |context, id: &str| Step { context, name: name(id).remove(0) };
    assert_eq!(found.object, rig.object("grid"));
    assert_eq!(
        (found.sort, &found.steps[..]),
        (BindingType::Object, &[step(root, "lab"), step(inner, "grid")][..])
    );
    let found = directory.look_up(&name("lab")).await.unwrap();
    assert_eq!((found.sort, &found.steps[..]), (BindingType::Context, &[step(root, "lab")][..]));
    rig.end().await;
}

#[tokio::test]
async fn changes_are_watched() {
    let rig = Rig::new().await;
    let directory = rig.directory();
    let start = directory.changes(0, &[], 60_000).await.unwrap();
    assert!(start.changes.is_empty() && !start.missed);
    let waiting = {
        let directory = directory.clone();
        tokio::spawn(async move { directory.changes(start.next, &[], 60_000).await })
    };
    rig.root.bind(&name("a"), &rig.object("o")).await.unwrap();
    let first = soon("it is told", waiting).await.unwrap().unwrap();
    assert_eq!(brief(&first.changes[0]), (1, "a", ChangeKind::BoundObject));
    let lab = rig.root.bind_new_context(&name("lab")).await.unwrap();
    lab.bind(&name("b"), &rig.object("o")).await.unwrap();
    rig.root.unbind(&name("a")).await.unwrap();
    let inner = lab.object().unchecked::<DirectoryProxy>().number().await.unwrap();
    let all = directory.changes(first.next, &[], 0).await.unwrap();
    let briefs: Vec<_> = all.changes.iter().map(brief).collect();
    let expected = [
        (1, "lab", ChangeKind::BoundContext),
        (inner, "b", ChangeKind::BoundObject),
        (1, "a", ChangeKind::Unbound),
    ];
    assert_eq!(briefs, expected);
    assert_eq!(all.changes[0].context, inner);
    let some = directory.changes(first.next, &[inner], 0).await.unwrap();
    assert_eq!((some.changes.len(), some.next), (1, all.next));
    assert!(directory.changes(17, &[], 0).await.unwrap().missed);
    rig.end().await;
}

#[tokio::test]
async fn leased_names_end_with_their_lease() {
    let rig = Rig::with(MemoryStore::new(), |limits| limits.lease_time_min = Duration::from_millis(1)).await;
    let directory = rig.directory();
    let object = rig.object("o");
    let start = directory.changes(0, &[], 0).await.unwrap();
    let lease = directory.grant(60_000).await.unwrap();
    directory.bind_leased(&name("a"), &object, lease, false).await.unwrap();
    let fault = directory.bind_leased(&name("a"), &object, lease, false).await.unwrap_err();
    assert!(matches!(fault.user(), Some(BindLeasedError::AlreadyBound(_))), "{fault}");
    directory.bind_leased(&name("a"), &rig.object("p"), lease, true).await.unwrap();
    directory.renew(lease).await.unwrap();
    directory.revoke(lease).await.unwrap();
    assert_eq!(directory.renew(lease).await.unwrap_err().user(), Some(&UnknownLease));
    let fault = directory.bind_leased(&name("b"), &object, lease, false).await.unwrap_err();
    assert_eq!(fault.user(), Some(&BindLeasedError::UnknownLease(UnknownLease)));
    assert_eq!(rig.service.bindings(), 0);
    // One that nobody renews ends by itself.
    let brief_lease = directory.grant(1).await.unwrap();
    match directory.bind_leased(&name("c"), &object, brief_lease, false).await {
        Ok(()) => {}
        // It may have ended before.
        Err(fault) => assert_eq!(fault.user(), Some(&BindLeasedError::UnknownLease(UnknownLease))),
    }
    let ended = async {
        while rig.service.bindings() > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("it ends", ended).await;
    assert_eq!(directory.renew(brief_lease).await.unwrap_err().user(), Some(&UnknownLease));
    let changes = directory.changes(start.next, &[], 0).await.unwrap().changes;
    assert_eq!(brief(&changes[2]), (1, "a", ChangeKind::Unbound));
    assert_eq!(directory.grant(0).await.unwrap_err().kind(), Some(ExceptionKind::BadParam));
    rig.end().await;
}
