//! Members that come and go.

use std::time::Duration;

use quorb::{Completion, ExceptionKind, Orb, Proxy};
use quorb_groups::driver::{Domain, EnterError};
use quorb_naming::cos::{ChangeKind, DirectoryProxy, NamingContextProxy};
use quorb_naming::{NameServer, Names};

use crate::rig::{Member, Rig, name, soon, until_all_are_here};

/// The root as one member alone serves it.
fn only(client: &Orb, server: &Orb) -> DirectoryProxy {
    client
        .bind(&format!("corbaloc:iiop:1.2@{}/NameService", server.addresses()[0]))
        .expect("it is a reference")
}

#[tokio::test]
async fn every_member_answers_and_every_reference_lists_all() {
    let rig = Rig::new().await;
    let lab = rig.root.bind_new_context(&name("lab")).await.unwrap();
    let addresses = |ior: &quorb_giop::ior::Ior| {
        let mut ports: Vec<u16> = ior.iiop_profiles().flatten().map(|profile| profile.port).collect();
        ports.sort_unstable();
        ports
    };
    let all = addresses(rig.root.object().ior());
    assert_eq!(all.len(), 3);
    assert_eq!(addresses(lab.object().ior()), all);
    for member in &rig.others {
        let there = only(&rig.client, &member.server);
        // What another member was told is known here: nobody is asked twice.
        let found = there.resolve(&name("lab")).await.unwrap();
        assert_eq!(addresses(found.ior()), all);
        assert_eq!(found.unchecked::<DirectoryProxy>().number().await.unwrap(), 2);
        let new = there.new_context().await.unwrap();
        assert_eq!(addresses(new.object().ior()), all);
        // A context that is not on the way of any name is bound by its reference, whichever member made it.
        let path = name(&format!("lab/by-{}", member.server.addresses()[0].to_string().replace('.', "-")));
        rig.root.bind_context(&path, &new).await.unwrap();
        let inner = [path.clone(), name("inner")].concat();
        rig.root.bind(&inner, &rig.object("o")).await.unwrap();
        assert_eq!(there.resolve(&inner).await.unwrap(), rig.object("o"), "no other service is asked");
    }
    rig.end().await;
}

#[tokio::test]
async fn a_destroyed_context_is_gone_at_every_member() {
    let rig = Rig::new().await;
    let context = rig.root.new_context().await.unwrap();
    context.destroy().await.unwrap();
    for server in std::iter::once(&rig.server).chain(rig.others.iter().map(|member| &member.server)) {
        let text = format!("corbaloc:iiop:1.2@{}/NameService/2", server.addresses()[0]);
        let there: NamingContextProxy = rig.client.bind(&text).unwrap();
        let gone = there.list(1).await.unwrap_err();
        assert_eq!(gone.kind(), Some(ExceptionKind::ObjectNotExist));
        assert!(there.object().non_existent().await.unwrap());
    }
    rig.end().await;
}

#[tokio::test]
async fn a_member_that_is_lost_takes_nothing_with_it() {
    let mut rig = Rig::new().await;
    let names = Names::with_root(&rig.client, rig.root.clone());
    let mut watch = names.watch("").await.unwrap();
    let lease = names.lease(Duration::from_secs(3600)).await.unwrap();
    lease.bind("leased", &rig.root).await.unwrap();
    names.bind_object("before", &rig.object("before")).await.unwrap();
    assert_eq!(names.resolve_object("before").await.unwrap(), rig.object("before"));
    // The first one, which the client talks to.
    let next = rig.others.remove(0);
    let first = Member {
        server: std::mem::replace(&mut rig.server, next.server),
        service: std::mem::replace(&mut rig.service, next.service),
        domain: std::mem::replace(&mut rig.domain, next.domain),
    };
    first.kill().await;
    names.rebind_object("before", &rig.object("after")).await.unwrap();
    assert_eq!(
        names.resolve_object("before").await.unwrap(),
        rig.object("after"),
        "what was remembered is not used"
    );
    lease.rebind("leased", &rig.root).await.unwrap();
    rig.join().await;
    until_all_are_here(&rig.service, 3).await;
    let late = only(&rig.client, &rig.others[1].server);
    assert_eq!(
        late.resolve(&name("before")).await.unwrap(),
        rig.object("after"),
        "the new one has been told all"
    );
    names.unbind("before").await.unwrap();
    let mut told = Vec::new();
    while told.last().is_none_or(|(_, kind)| *kind != ChangeKind::Unbound) {
        let event = soon("it is told", watch.next()).await.unwrap();
        told.push((event.path, event.kind));
    }
    // The lost member may have been lost with what it had not told yet; whoever watches is told what is there then.
    assert!(told.contains(&("before".to_owned(), ChangeKind::BoundObject)), "{told:?}");
    lease.release().await.unwrap();
    assert_eq!(rig.service.bindings(), 0);
    rig.end().await;
}

#[tokio::test]
async fn all_members_end_the_same_leases_and_number_the_same_changes() {
    let rig = Rig::with(quorb_naming::storage::MemoryStore::new(), |limits| {
        limits.lease_time_min = Duration::from_millis(1);
    })
    .await;
    let directories: Vec<DirectoryProxy> = std::iter::once(&rig.server)
        .chain(rig.others.iter().map(|member| &member.server))
        .map(|server| only(&rig.client, server))
        .collect();
    let start = directories[0].changes(0, &[], 0).await.unwrap().next;
    for (at, directory) in directories.iter().cycle().take(9).enumerate() {
        let lease = directory.grant(40 + at as u64).await.unwrap();
        let path = name(&format!("n{at}"));
        // It may have ended before.
        let _ = directory.bind_leased(&path, &rig.object("o"), lease, false).await;
    }
    let ended = async {
        while rig.service.bindings() + rig.others.iter().map(|m| m.service.bindings()).sum::<usize>() > 0 {
            tokio::task::yield_now().await;
        }
    };
    soon("they end", ended).await;
    rig.root.bind(&name("end"), &rig.object("o")).await.unwrap();
    let told = directories[0].changes(start, &[], 0).await.unwrap();
    for directory in &directories[1..] {
        assert_eq!(directory.changes(start, &[], 0).await.unwrap(), told);
    }
    rig.end().await;
}

#[tokio::test]
async fn a_minority_refuses_updates_and_queries() {
    let mut rig = Rig::new().await;
    let left = rig.others.pop().unwrap();
    let object = rig.object("o");
    let gone = Member { server: rig.server, service: rig.service, domain: rig.domain };
    gone.kill().await;
    rig.others.pop().unwrap().kill().await;
    let client = Orb::builder().limits(|limits| limits.retry_attempts_max = 1).start().await.unwrap();
    let alone = only(&client, &left.server);
    let refused = soon("it notices", async {
        loop {
            match alone.list(1).await {
                Ok(_) => tokio::task::yield_now().await,
                Err(refused) => break refused,
            }
        }
    })
    .await;
    assert_eq!(refused.kind(), Some(ExceptionKind::Transient), "{refused}");
    let refused = alone.bind(&name("a"), &object).await.unwrap_err();
    assert_eq!((refused.kind(), refused.completed()), (Some(ExceptionKind::Transient), Completion::No));
    client.shutdown(Duration::ZERO).await;
    rig.client.shutdown(Duration::ZERO).await;
    left.kill().await;
}

#[tokio::test]
async fn who_is_configured_otherwise_is_told_so() {
    let rig = Rig::new().await;
    let domain = Domain::join(rig.seeds.clone()).await.unwrap();
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let mut limits = quorb_naming::Limits::default();
    limits.bindings_max = 5;
    let other =
        soon("it is refused", NameServer::replicated(&orb, &domain, false, limits)).await.unwrap_err();
    assert!(other.to_string().contains("fingerprint"), "{other}");
    let nowhere = Orb::client().await.unwrap();
    let hidden = NameServer::replicated(&nowhere, &domain, false, quorb_naming::Limits::default()).await;
    assert!(hidden.unwrap_err().to_string().contains("let it listen on one"));
    let durable =
        NameServer::replicated(&orb, &domain, true, quorb_naming::Limits::default()).await.unwrap_err();
    let quorb_naming::ServeError::Group(quorb_groups::object::ServeError::Enter(why)) = durable else {
        panic!("{durable}")
    };
    assert!(matches!(why, EnterError::Refused(_) | EnterError::Call(_)), "{why}");
    orb.shutdown(Duration::ZERO).await;
    domain.leave().await;
    rig.end().await;
}
