//! Threads that make one blocking call after the other get a connection that they drive by themselves. Nothing else changes.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use quorb::{BlockingOrb, Completion, ExceptionKind, Fault, Limits, Orb, Preference, Proxy, interface};

use crate::rig::PATIENCE;

#[interface(crate = quorb)]
pub(crate) trait Counter {
    fn double(&self, value: u32) -> u32;
    fn add(&mut self, value: u32) -> u32;
    fn sum(&self) -> u32;
    #[oneway]
    fn drop_in(&mut self, value: u32);
    /// Answers when it is told to: never.
    async fn sleep(&self);
    /// Waits for as many turns of the other tasks.
    async fn pause(&self, turns: u32) -> u32;
    fn echo(&self, octets: Vec<u8>) -> Vec<u8>;
}

#[derive(Default)]
struct Drawer(u32);

impl Counter for Drawer {
    fn double(&self, value: u32) -> u32 {
        value * 2
    }

    fn add(&mut self, value: u32) -> u32 {
        self.0 += value;
        self.0
    }

    fn sum(&self) -> u32 {
        self.0
    }

    fn drop_in(&mut self, value: u32) {
        self.0 += value;
    }

    async fn sleep(&self) {
        std::future::pending().await
    }

    async fn pause(&self, turns: u32) -> u32 {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        turns
    }

    fn echo(&self, octets: Vec<u8>) -> Vec<u8> {
        octets
    }
}

/// A server and a client, each with a thread of its own.
pub(crate) struct Two {
    pub(crate) server: BlockingOrb,
    pub(crate) client: BlockingOrb,
    pub(crate) desk: CounterProxy,
}

impl Two {
    fn new(protocol: Preference, limits: impl FnOnce(&mut Limits)) -> Two {
        Two::at("127.0.0.1:0", protocol, limits, |_| {})
    }

    /// With limits for the client, and for the server.
    pub(crate) fn at(
        address: &str,
        protocol: Preference,
        limits: impl FnOnce(&mut Limits),
        of_server: impl FnOnce(&mut Limits),
    ) -> Two {
        let server = Orb::builder().listen(address).limits(of_server).start_blocking().unwrap();
        let own = server.serve("desk", CounterServant::new(Drawer::default())).unwrap();
        let client = Orb::builder().prefer(protocol).limits(limits).start_blocking().unwrap();
        let desk = client.bind(&own.to_string()).unwrap();
        Two { server, client, desk }
    }

    /// Calls until there is a shortcut.
    pub(crate) fn open_shortcut(&self) {
        let desk = self.desk.blocking();
        let calls = (0..1000).take_while(|value| {
            assert_eq!(desk.double(*value).unwrap(), value * 2);
            self.client.open_connections() < 2
        });
        assert!(calls.count() < 1000, "there is no shortcut");
    }

    pub(crate) fn end(self) {
        self.client.shutdown(Duration::from_secs(1));
        self.server.shutdown(Duration::from_secs(1));
    }
}

pub(crate) const PROTOCOLS: [Preference; 2] = [Preference::NativeOnly, Preference::IiopOnly];

/// It must not be given up while a test makes its calls on a busy machine.
pub(crate) fn keeping(limits: &mut Limits) {
    limits.shortcut_idle_max = Duration::from_secs(60);
}

pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what} within {PATIENCE:?}");
        std::thread::yield_now();
    }
}

#[test]
fn it_comes_with_the_calls_and_goes_without_them() {
    for protocol in PROTOCOLS {
        let two = Two::new(protocol, |limits| limits.shortcut_idle_max = Duration::from_millis(50));
        let desk = two.desk.blocking();
        for round in 1..=3 {
            two.open_shortcut();
            assert_eq!(desk.add(1).unwrap(), round);
            until("an idle shortcut is closed", || {
                two.client.open_connections() == 1 && two.server.open_connections() == 1
            });
        }
        two.end();
    }
}

#[test]
fn over_a_unix_socket_too() {
    let path = std::env::temp_dir().join(format!("quorb-shortcut-{}", std::process::id()));
    let two = Two::at(&format!("unix:{}", path.display()), Preference::NativeOnly, keeping, |_| {});
    two.open_shortcut();
    assert_eq!(two.desk.blocking().add(2).unwrap(), 2);
    two.end();
}

#[test]
fn it_is_not_opened_where_it_is_not_wanted() {
    let two = Two::new(Preference::NativeOnly, |limits| limits.shortcut_calls_min = u32::MAX);
    let desk = two.desk.blocking();
    for value in 0..200 {
        desk.double(value).unwrap();
    }
    assert_eq!(two.client.open_connections(), 1);
    two.end();
}

/// What one thread sends is executed in that order, whichever way it takes.
#[test]
fn nothing_overtakes() {
    for protocol in PROTOCOLS {
        let two = Two::new(protocol, keeping);
        two.open_shortcut();
        let (desk, deferred) = (two.desk.blocking(), two.desk.deferred());
        let mut sum = 0;
        for round in 0..300 {
            desk.drop_in(1).unwrap();
            sum += 1;
            if round % 2 == 0 {
                assert_eq!(desk.sum().unwrap(), sum, "{protocol:?}");
            }
            let later = deferred.add(1);
            sum += 1;
            assert_eq!(desk.sum().unwrap(), sum, "{protocol:?}");
            assert_eq!(later.wait().unwrap(), sum);
            assert_eq!(desk.add(1).unwrap(), sum + 1);
            sum += 1;
        }
        two.end();
    }
}

#[test]
fn many_threads_share_it_and_none_waits_for_another() {
    for protocol in PROTOCOLS {
        let two = Two::new(protocol, keeping);
        two.open_shortcut();
        let (started, done) = (Arc::new(Barrier::new(5)), Arc::new(AtomicU32::new(0)));
        let sleeper = {
            let desk = two.desk.with_deadline(PATIENCE).blocking();
            std::thread::spawn(move || desk.sleep())
        };
        let threads: Vec<_> = (0..5_u32)
            .map(|thread| {
                let (desk, started, done) = (two.desk.blocking(), started.clone(), done.clone());
                std::thread::spawn(move || {
                    started.wait();
                    for value in 0..300 {
                        let value = thread * 1000 + value;
                        assert_eq!(desk.double(value).unwrap(), value * 2);
                    }
                    done.fetch_add(1, Ordering::Relaxed);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(done.load(Ordering::Relaxed), 5);
        // Whoever sleeps on either connection hears that its server goes.
        two.server.shutdown(Duration::ZERO);
        assert!(sleeper.join().unwrap().is_err());
        two.client.shutdown(Duration::ZERO);
    }
}

#[test]
fn a_deadline_holds() {
    for protocol in PROTOCOLS {
        let two = Two::new(protocol, keeping);
        two.open_shortcut();
        let desk = two.desk.blocking();
        for limit in [Duration::from_millis(20), Duration::from_millis(300)] {
            let hasty = two.desk.with_deadline(limit).blocking();
            let begun = Instant::now();
            let fault = hasty.sleep().unwrap_err();
            assert!(begun.elapsed() >= limit, "{fault}");
            assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
            assert_eq!(fault.completed(), Completion::Maybe, "{fault}");
            assert_eq!(desk.double(21).unwrap(), 42);
        }
        two.end();
    }
}

#[test]
fn large_values_pass() {
    for protocol in PROTOCOLS {
        let two = Two::new(protocol, keeping);
        let desk = two.desk.blocking();
        for bytes in [1, 3000, 20_000, 300_000] {
            two.open_shortcut();
            let octets: Vec<u8> = (0..bytes).map(|at: u32| at as u8).collect();
            assert!(desk.echo(octets.clone()).unwrap() == octets, "{protocol:?} {bytes}");
        }
        two.end();
    }
}

#[test]
fn whoever_waits_hears_of_the_end() {
    for protocol in PROTOCOLS {
        let two = Two::new(protocol, keeping);
        two.open_shortcut();
        let waiting = {
            let desk = two.desk.blocking();
            std::thread::spawn(move || desk.sleep())
        };
        until("the call is under way", || two.server.open_calls().served == 1);
        two.client.shutdown(Duration::ZERO);
        let fault: Fault = waiting.join().unwrap().unwrap_err();
        assert_eq!(fault.completed(), Completion::Maybe, "{fault}");
        until("the server is left", || two.server.open_connections() == 0);
        two.server.shutdown(Duration::ZERO);
    }
}

/// On the only thread of a runtime nobody may wait, shortcut or not.
#[tokio::test]
async fn nothing_blocks_the_only_thread() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let own = server.serve("desk", CounterServant::new(Drawer::default())).unwrap();
    let client = Orb::builder().prefer(Preference::NativeOnly).start().await.unwrap();
    let desk: CounterProxy = client.bind(&own.to_string()).unwrap();
    let fault = desk.blocking().double(1).unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::BadInvOrder), "{fault}");
    // A thread that only waits is another matter.
    let blocking = desk.blocking();
    let calls = move || (0..100).map(|value| blocking.double(value).unwrap()).sum::<u32>();
    assert_eq!(tokio::task::spawn_blocking(calls).await.unwrap(), 9900);
}
