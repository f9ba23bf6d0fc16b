//! References that know where they are from.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use quorb::{Completion, Minor, ObjectRef, Orb, Proxy, interface};

use crate::behaviour::resolving::Directory;
use crate::rig::servant::ProbeServant;
use crate::rig::{ProbeProxy, Way, World, soon};

async fn a_server_that_is_gone_is_looked_up_again(way: Way) {
    let first = World::new(way).await;
    let second = World::new(way).await;
    let directory = Directory::with(first.own.object());
    let client = first.client.clone();
    let probe: ProbeProxy = client.resolve_with(directory.clone()).await.unwrap().unchecked();
    assert_eq!(probe.add(1).await.unwrap(), 1);
    first.server.shutdown(Duration::ZERO).await;
    directory.put(second.own.object());
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let probe = probe.clone();
            tokio::spawn(async move { probe.add(1).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(probe.value().await.unwrap(), 10);
    assert_eq!(directory.asked.load(Ordering::SeqCst), 2, "one call asks for all");
    client.shutdown(Duration::from_secs(1)).await;
    second.end().await;
}

#[tokio::test]
async fn over_tcp_with_either_protocol() {
    for way in [Way::TcpNative, Way::TcpIiop] {
        a_server_that_is_gone_is_looked_up_again(way).await;
    }
}

/// The deadline covers the look-up.
#[tokio::test]
async fn a_directory_that_never_answers() {
    let world = World::new(Way::TcpNative).await;
    let directory = Arc::new(Directory { is_slow: true, ..Directory::default() });
    directory.put(world.own.object());
    let probe: ProbeProxy = world.client.resolve_with(directory).await.unwrap().unchecked();
    world.server.adapter().deactivate(world.own.object());
    let short = probe.with_deadline(Duration::from_millis(80));
    let fault = soon("the call ends", short.add(1)).await.unwrap_err();
    assert_eq!(fault.completed(), Completion::No, "{fault}");
    world.end().await;
}

/// A permanent forward replaces the addresses of a corbaloc, until what it leads to is gone.
#[tokio::test]
async fn an_address_list_outlives_a_permanent_forward() {
    let world = World::new(Way::TcpIiop).await;
    let early = world.server.serve("early", ProbeServant::new().0).unwrap();
    let post = crate::forwards::Forwarder::to(early.object(), true);
    let original = world.server.adapter().activate_servant("post", post.clone()).unwrap();
    let text = format!("corbaloc:iiop:1.2@127.0.0.1:{}/post", world.port());
    let probe: ProbeProxy = world.client.bind(&text).unwrap();
    assert_eq!(probe.add(1).await.unwrap(), 1);
    assert_eq!(probe.object().followed_ior().profiles, early.object().ior().profiles);
    post.points_to(world.own.object());
    world.server.adapter().deactivate(early.object());
    assert_eq!(
        probe.add(1).await.unwrap(),
        1,
        "asked again at its address, it is forwarded to the other object"
    );
    assert!(world.server.adapter().deactivate(&original));
    world.end().await;
}

/// As much of a naming service as `corbaname:` needs.
#[interface(id = "IDL:omg.org/CosNaming/NamingContextExt:1.0")]
trait Names {
    fn resolve_str(&self, n: String) -> Result<ObjectRef, NotFound>;
}

#[derive(Debug, Clone, PartialEq, quorb::Exception)]
#[idl(id = "IDL:omg.org/CosNaming/NamingContext/NotFound:1.0")]
struct NotFound {
    why: u32,
}

struct Book(Arc<Mutex<Vec<(String, ObjectRef)>>>);

impl Names for Book {
    fn resolve_str(&self, n: String) -> Result<ObjectRef, NotFound> {
        let entries = self.0.lock().unwrap();
        let found = entries.iter().rev().find(|(name, _)| *name == n);
        found.map(|(_, object)| object.clone()).ok_or(NotFound { why: 0 })
    }
}

#[tokio::test]
async fn a_name_is_resolved_and_resolved_again() {
    let world = World::new(Way::TcpIiop).await;
    let entries = Arc::new(Mutex::new(vec![("lab/early.probe".to_owned(), world.own.object().clone())]));
    let service = world.server.serve("NameService", NamesServant::new(Book(entries.clone()))).unwrap();
    let at = format!("iiop:1.2@127.0.0.1:{}", world.port());
    let client = Orb::builder()
        .initial_reference("NameService", format!("corbaloc:{at}/NameService"))
        .start()
        .await
        .unwrap();
    for context in [at.as_str(), "rir:"] {
        let probe: ProbeProxy =
            client.resolve(&format!("corbaname:{context}#lab/early.probe")).await.unwrap();
        probe.add(1).await.unwrap();
        let unknown = client.resolve::<ProbeProxy>(&format!("corbaname:{context}#nobody")).await.unwrap_err();
        assert_eq!(unknown.minor(), Minor::NAME_NOT_RESOLVED);
        let line = unknown.to_string();
        assert!(line.contains("#nobody") && line.contains("NotFound"), "{line}");
    }
    let probe: ProbeProxy = client.resolve("corbaname:rir:#lab/early.probe").await.unwrap();
    assert_eq!(probe.value().await.unwrap(), 2);
    let late = world.server.serve("late", ProbeServant::new().0).unwrap();
    entries.lock().unwrap().push(("lab/early.probe".to_owned(), late.object().clone()));
    world.server.adapter().deactivate(world.own.object());
    assert_eq!(probe.value().await.unwrap(), 0, "at the other object");
    let root: NamesProxy = client.resolve("corbaname:rir:").await.unwrap();
    assert_eq!(root.resolve_str("lab/early.probe".into()).await.unwrap(), *late.object());
    assert!(world.server.adapter().deactivate(service.object()));
    client.shutdown(Duration::ZERO).await;
    world.end().await;
}

#[tokio::test]
async fn names_that_cannot_be_resolved_say_why() {
    let client = Orb::builder().initial_reference("loop", "corbaloc:rir:/loop").start().await.unwrap();
    let cases = [
        ("corbaname:rir:#a", "no initial reference is called `NameService`"),
        ("corbaloc:rir:/loop", "the initial reference `loop` names another one"),
        ("corbaname::127.0.0.1:1#a", "127.0.0.1:1 (connection refused"),
    ];
    for (text, part) in cases {
        let line = client.resolve::<ProbeProxy>(text).await.unwrap_err().to_string();
        assert!(line.contains(part), "`{part}` in {line}");
    }
    let line = client.bind::<ProbeProxy>("corbaname::127.0.0.1:1#a").unwrap_err().to_string();
    assert!(line.contains("Orb::resolve"), "{line}");
    client.shutdown(Duration::ZERO).await;
}
