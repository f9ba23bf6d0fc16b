//! Servers whose connections have threads. Nothing else changes.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use quorb::{Address, Completion, ExceptionKind, Preference, Proxy};

use crate::rig::PATIENCE;
use crate::shortcut::{PROTOCOLS, Two, keeping, until};

/// A server with so many threads for connections.
fn serving(protocol: Preference, threads: usize) -> Two {
    Two::at("127.0.0.1:0", protocol, keeping, |limits| limits.connection_threads_max = threads)
}

#[test]
fn calls_of_every_kind() {
    for protocol in PROTOCOLS {
        let two = serving(protocol, 4);
        let (desk, deferred) = (two.desk.blocking(), two.desk.deferred());
        let mut sum = 0;
        for round in 0..100 {
            assert_eq!(desk.add(1).unwrap(), sum + 1);
            desk.drop_in(1).unwrap();
            sum += 2;
            let waiting: Vec<_> = (0..20).map(|value| deferred.double(value)).collect();
            for (value, one) in (0..20).zip(waiting) {
                assert_eq!(one.wait().unwrap(), value * 2);
            }
            assert_eq!(desk.sum().unwrap(), sum, "{protocol:?} {round}");
        }
        let octets: Vec<u8> = (0..2_000_000_u32).map(|at| at as u8).collect();
        assert!(desk.echo(octets.clone()).unwrap() == octets);
        two.end();
    }
}

/// A method that waits is answered by a task, while its connection's thread waits for the peer.
#[test]
fn whoever_waits_does_not_keep_the_others_waiting() {
    for protocol in PROTOCOLS {
        let two = serving(protocol, 4);
        let sleepy = two.desk.with_deadline(Duration::from_millis(200));
        let sleepers: Vec<_> = (0..10).map(|_| sleepy.deferred().sleep()).collect();
        until("the sleepers sleep", || two.server.open_calls().served == 10);
        let pauses: Vec<_> = (0..10).map(|_| two.desk.deferred().pause(1)).collect();
        for pause in pauses {
            assert_eq!(pause.wait().unwrap(), 1);
        }
        for sleeper in sleepers {
            let fault = sleeper.wait().unwrap_err();
            assert_eq!(fault.kind(), Some(ExceptionKind::Timeout), "{fault}");
        }
        until("the sleepers are gone", || two.server.open_calls().served == 0);
        two.end();
    }
}

#[test]
fn who_finds_no_thread_is_served_by_a_task() {
    let two = serving(Preference::NativeOnly, 1);
    two.open_shortcut();
    assert_eq!(two.server.open_connections(), 2);
    let desk = two.desk.blocking();
    for value in 0..50 {
        assert_eq!(desk.double(value).unwrap(), value * 2);
    }
    two.end();
}

#[test]
fn a_server_that_ends_is_waited_for_by_nobody() {
    for protocol in PROTOCOLS {
        let two = serving(protocol, 4);
        two.open_shortcut();
        let waiting = {
            let desk = two.desk.with_deadline(PATIENCE).blocking();
            std::thread::spawn(move || desk.sleep())
        };
        until("the call is under way", || two.server.open_calls().served == 1);
        two.server.shutdown(Duration::ZERO);
        let fault = waiting.join().unwrap().unwrap_err();
        assert_ne!(fault.completed(), Completion::Yes, "{fault}");
        until("the client is left", || two.client.open_connections() == 0);
        two.client.shutdown(Duration::ZERO);
    }
}

/// The end of the runtime, without any farewell, is the end of the connections.
#[test]
fn a_runtime_that_ends_takes_its_connections_along() {
    let two = serving(Preference::NativeOnly, 4);
    two.open_shortcut();
    drop(two.server);
    until("the client is left", || two.client.open_connections() == 0);
    two.client.shutdown(Duration::ZERO);
}

#[test]
fn nonsense_ends_its_connection_and_no_other() {
    let two = serving(Preference::NativeOnly, 4);
    assert_eq!(two.desk.blocking().double(1).unwrap(), 2);
    let Some(Address::Tcp { port, .. }) = two.server.addresses().first().cloned() else { panic!("a port") };
    let mut peer = TcpStream::connect(("127.0.0.1", port)).unwrap();
    peer.write_all(b"GIOP\x01\x02\x01\xee\x00\x00\x00\x00").unwrap();
    let mut answer = Vec::new();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    std::io::Read::read_to_end(&mut peer, &mut answer).unwrap();
    // MessageError.
    assert_eq!(answer.get(7), Some(&6), "{answer:?}");
    until("it is gone", || two.server.open_connections() == 1);
    assert_eq!(two.desk.blocking().double(2).unwrap(), 4);
    two.end();
}
