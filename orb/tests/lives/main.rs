//! Server processes that are killed, and that are stopped. Killed and started again a hundred times under load, over each
//! protocol: every call is done once or fails with a completion status that agrees with what the lives of the server have
//! written down, and nothing is left.
//!
//! The program is its own server process, so it has no harness: it fails by ending in a panic.

mod counter;
mod load;
mod stopped;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use quorb::{Orb, Preference};

use crate::load::Load;

/// How often the server is killed, over each protocol.
const LIVES: usize = 100;

/// Calls that must succeed in each life of the server.
const CALLS_A_LIFE: usize = 25;

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// What this program starts itself with to become the server.
const AS_SERVER: &str = "--as-server";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match arguments.as_slice() {
        [first, address, log] if first == AS_SERVER => runtime.block_on(counter::serve(address, log)),
        // Whatever a test runner says besides: there is one test.
        _ => runtime.block_on(async {
            for protocol in [Preference::NativeOnly, Preference::IiopOnly] {
                a_hundred_lives(protocol).await;
                stopped::ends_no_call_late(protocol).await;
                stopped::leaves_updates_in_doubt(protocol).await;
            }
        }),
    }
}

async fn a_hundred_lives(protocol: Preference) {
    let (address, log) = (free_address(), log_of("lives", protocol));
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let (tasks_before, descriptors_before) = (tasks(), descriptors());
    let reference = counter::reference_at(&address).await;

    let done = Arc::new(AtomicUsize::new(0));
    let load = Load::start(&reference, protocol, &done).await;
    let (mut slowest, mut most_connections) = (Duration::ZERO, 0);
    let mut last = None;
    for life in 0..LIVES {
        let before = done.load(Ordering::SeqCst);
        let server = Life::begin(&address, &log).await;
        let ready = Instant::now();
        reaches(&done, before + 1, life).await;
        slowest = slowest.max(ready.elapsed());
        reaches(&done, before + CALLS_A_LIFE, life).await;
        most_connections = most_connections.max(load.connections());
        if life + 1 < LIVES {
            server.kill();
        } else {
            last = Some(server);
        }
    }
    let told = load.stop().await;
    drop(last);
    let failed = told.iter().filter(|told| told.outcome.is_err()).count();
    let executed = counter::executed(&log);
    load::hold_against(&told, &executed);
    std::fs::remove_file(&log).unwrap();

    assert!(most_connections <= load::CLIENTS, "{most_connections} connections of {} clients", load::CLIENTS);
    let ended = async {
        while tasks() > tasks_before || descriptors() > descriptors_before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.unwrap_or_else(|_| {
        panic!(
            "{} tasks and {} descriptors are left",
            tasks() - tasks_before,
            descriptors() - descriptors_before
        )
    });
    println!(
        "{protocol:?}: {LIVES} lives, {} calls of which {failed} failed, each done at most once; first success {slowest:?} \
         after the listen, at the most",
        told.len()
    );
}

/// An address that nobody has now.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// An empty log for the server.
fn log_of(name: &str, protocol: Preference) -> PathBuf {
    let log = std::env::temp_dir().join(format!("quorb-{name}-{}-{protocol:?}", std::process::id()));
    let _ = std::fs::remove_file(&log);
    log
}

async fn reaches(done: &AtomicUsize, count: usize, life: usize) {
    let reached = async {
        while done.load(Ordering::SeqCst) < count {
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reached)
        .await
        .unwrap_or_else(|_| panic!("no call succeeds in life {life}"));
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// One life of the server.
struct Life(Child);

impl Life {
    /// Starts the server, and waits until it listens.
    async fn begin(address: &str, log: &Path) -> Life {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([AS_SERVER, address]).arg::<PathBuf>(log.into()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let life = Life(child);
        assert_eq!(line.await.unwrap().unwrap().trim_end(), "ready");
        life
    }

    /// Ends it as nobody would wish (SIGKILL).
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // It is gone already unless the test fails.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A client of its own, with these ways of being patient.
async fn client(protocol: Preference, attempts_max: u32) -> Orb {
    let builder = Orb::builder().prefer(protocol).limits(|limits| {
        limits.retry_attempts_max = attempts_max;
        limits.retry_wait_first = Duration::from_millis(5);
        limits.retry_wait_max = Duration::from_millis(20);
    });
    builder.start().await.unwrap()
}
