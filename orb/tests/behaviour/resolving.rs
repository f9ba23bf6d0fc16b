//! References that know where they are from.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use quorb::adapter::BoxFuture;
use quorb::{Completion, ExceptionKind, Minor, ObjectRef, Orb, Proxy, Resolver, SystemException};
use quorb_giop::ior::Ior;

use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, Way, World};

/// A directory with one name in it.
#[derive(Default)]
pub(crate) struct Directory {
    pub(crate) entry: Mutex<Option<Ior>>,
    pub(crate) asked: AtomicUsize,
    pub(crate) is_slow: bool,
}

impl Directory {
    pub(crate) fn with(object: &ObjectRef) -> Arc<Directory> {
        let directory = Directory::default();
        directory.put(object);
        Arc::new(directory)
    }

    pub(crate) fn put(&self, object: &ObjectRef) {
        *self.entry.lock().unwrap() = Some(object.ior().clone());
    }
}

impl Resolver for Directory {
    fn resolve<'a>(&'a self, _: &'a Orb) -> BoxFuture<'a, Result<Ior, SystemException>> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let entry = self.entry.lock().unwrap().clone();
        Box::pin(async move {
            if self.is_slow && asked > 0 {
                std::future::pending::<()>().await;
            }
            entry.ok_or_else(|| {
                SystemException::new(ExceptionKind::InvObjref, Minor::NAME_NOT_RESOLVED, Completion::No)
            })
        })
    }
}

impl fmt::Display for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the directory")
    }
}

pub(crate) async fn what_is_gone_is_looked_up_again(way: Way) {
    let world = World::new(way).await;
    let early = world.server.serve("early", ProbeServant::new().0).unwrap();
    let directory = Directory::with(early.object());
    let probe: ProbeProxy = world.client.resolve_with(directory.clone()).await.unwrap().unchecked();
    assert_eq!(probe.add(1).await.unwrap(), 1);
    world.server.adapter().deactivate(early.object());
    directory.put(world.own.object());
    assert_eq!(probe.add(7).await.unwrap(), 7, "the same proxy, at the other object");
    assert_eq!(probe.clone().value().await.unwrap(), 7);
    assert_eq!(directory.asked.load(Ordering::SeqCst), 2);
    // If there is nothing new, the failure is what it was.
    world.server.adapter().deactivate(world.own.object());
    let fault = probe.add(1).await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::ObjectNotExist), "{fault}");
    assert_eq!(directory.asked.load(Ordering::SeqCst), 3);
    *directory.entry.lock().unwrap() = None;
    let line = probe.add(1).await.unwrap_err().to_string();
    assert!(line.contains("the directory (INV_OBJREF"), "{line}");
    world.end().await;
}
