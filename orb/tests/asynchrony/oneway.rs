//! What a oneway call promises, and what it does not.

use std::time::Duration;

use quorb::{Completion, ExceptionKind, Orb, Preference, Proxy, interface};
use tokio::net::TcpListener;

use crate::rig::peer::Peer;
use crate::rig::world::client_of;
use crate::rig::{native, soon, until};

/// What notes its calls in the order in which they are executed.
#[interface(crate = quorb)]
pub(crate) trait Journal {
    #[oneway]
    fn note(&mut self, entry: u32);
    /// The same, by a method that may wait.
    #[oneway]
    async fn note_later(&mut self, entry: u32);
    fn entries(&self) -> Vec<u32>;
    #[oneway]
    fn stumble(&mut self);
}

#[derive(Default)]
struct Book(Vec<u32>);

impl Journal for Book {
    fn note(&mut self, entry: u32) {
        self.0.push(entry);
    }

    async fn note_later(&mut self, entry: u32) {
        tokio::task::yield_now().await;
        self.0.push(entry);
    }

    fn entries(&self) -> Vec<u32> {
        self.0.clone()
    }

    fn stumble(&mut self) {
        panic!("as the test wants")
    }
}

/// Calls through one connection are executed in the order in which they were made, waiting ones too, and a later call that is
/// answered has them all behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn in_order_and_before_what_follows() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
        let own = server.serve("journal", JournalServant::new(Book::default())).unwrap();
        let client = Orb::builder().prefer(preference).start().await.unwrap();
        let remote: JournalProxy = client.bind(&own.to_string()).unwrap();
        for journal in [own.clone(), remote] {
            let before = own.entries().await.unwrap().len() as u32;
            for entry in before..before + 2000 {
                match entry % 3 {
                    0 => journal.note(entry).await.unwrap(),
                    _ => journal.note_later(entry).await.unwrap(),
                }
            }
            let entries = journal.entries().await.unwrap();
            assert_eq!(entries, (0..before + 2000).collect::<Vec<_>>(), "{preference:?}");
        }
    }
}

/// Handing a call over is what can be seen to fail; then nothing of it was executed.
#[tokio::test]
async fn nobody_is_there() {
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let unused = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = unused.local_addr().unwrap();
        drop(unused);
        let (_client, probe) = client_of(address, preference, |limits| {
            limits.call_deadline = Duration::from_millis(300);
        })
        .await;
        let fault = soon("it is given up", probe.note(1)).await.unwrap_err();
        assert_eq!(fault.completed(), Completion::No, "{fault}");
        assert!(matches!(fault.kind(), Some(ExceptionKind::Transient | ExceptionKind::Timeout)), "{fault}");
    }
}

/// A server that dies with calls in its socket: they are lost, in silence, and not sent again.
#[tokio::test]
async fn what_was_handed_over_is_not_sent_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, probe) = client_of(&listener, Preference::NativeOnly, |_| {}).await;
    for note in 0..10 {
        probe.note(note).await.unwrap();
    }
    let mut first = Peer::accept(&listener).await;
    first.hear(native::greeting_bytes()).await;
    drop(first);
    until("the client knows", || client.open_connections() == 0).await;
    // A later call opens another connection, and is the first there.
    let later = tokio::spawn(async move { probe.value().await });
    let mut second = Peer::accept(&listener).await;
    second.hear(native::greeting_bytes()).await;
    let heard = second.hear(60).await;
    let text = String::from_utf8_lossy(&heard);
    assert!(text.contains("value") && !text.contains("note"), "{text}");
    later.abort();
}

#[tokio::test]
async fn a_panic_is_not_the_callers() {
    let orb = Orb::client().await.unwrap();
    let journal = orb.serve("journal", JournalServant::new(Book::default())).unwrap();
    journal.stumble().await.unwrap();
    journal.note(1).await.unwrap();
    assert_eq!(journal.entries().await.unwrap(), [], "updates are refused since then");
    assert!(orb.adapter().reactivate(journal.object()));
    journal.note(1).await.unwrap();
    assert_eq!(journal.entries().await.unwrap(), [1]);
}
