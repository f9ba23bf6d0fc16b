//! Bad neighbours and overload, timed.
//!
//! `cargo bench -p quorb --bench neighbours` prints what an ordinary client's calls take beside one that stops reading, one
//! that loses its cable, and one that floods, as ratios to what they take alone, interleaved; and what a server does at ten
//! times its capacity.

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use quorb::intercept::{ConcurrencyLimit, ShedLimits};
use quorb::{Address, Minor, Orb, Preference, Proxy, interface};

#[interface]
trait Desk {
    fn get(&self, n: i32) -> i32;
    fn blob(&self, octets: u32) -> Vec<u8>;
    /// Takes its time, of which the server has only so much.
    #[query]
    async fn work(&self) -> i32;
}

struct Plain;

impl Desk for Plain {
    fn get(&self, n: i32) -> i32 {
        n
    }

    fn blob(&self, octets: u32) -> Vec<u8> {
        vec![7; octets as usize]
    }

    async fn work(&self) -> i32 {
        tokio::time::sleep(WORK).await;
        1
    }
}

/// What a piece of work takes.
const WORK: Duration = Duration::from_millis(10);

/// Pieces of work at the same time.
const WORKING_MAX: usize = 8;

fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let limit = ConcurrencyLimit::new(ShedLimits::running(WORKING_MAX));
        let orb = Orb::builder().listen("127.0.0.1:0").intercept_service(limit);
        let orb = orb.start().await.expect("it listens");
        let desk = orb.serve("desk", DeskServant::new(Plain)).expect("the id is free");
        let Address::Tcp { port, .. } = &orb.addresses()[0] else { panic!("TCP") };
        println!("{port} {}", desk.object());
        orb.run_until_signal(Duration::from_secs(1)).await;
    });
}

/// A server in a process of its own, ended with this value.
struct Server(Child, u16, String);

impl Server {
    fn start() -> Server {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program).arg("serve").stdout(Stdio::piped()).spawn().expect("a process");
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("it was asked for");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("a line");
        let (port, reference) = line.trim().split_once(' ').expect("a port and a reference");
        Server(child, port.parse().expect("a port"), reference.to_owned())
    }

    async fn client(&self) -> DeskProxy {
        let client = Orb::builder().prefer(Preference::NativeOnly).start().await.expect("a runtime");
        client.bind(&self.2).expect("a good reference")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A neighbour that misbehaves while this lives.
struct Neighbour(Arc<AtomicBool>, Option<std::thread::JoinHandle<()>>);

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        self.1.take().map(std::thread::JoinHandle::join);
    }
}

/// Starts a neighbour. All of them speak IIOP, by hand: their own broker would behave.
fn neighbour(kind: &'static str, port: u16) -> Neighbour {
    let stop = Arc::new(AtomicBool::new(false));
    let until = stop.clone();
    let thread = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
        stream.set_nonblocking(true).expect("a socket");
        let operation: (&str, u32) = if kind == "does not read" { ("blob", 1 << 20) } else { ("get", 1) };
        let requests: Vec<u8> = (0..200).flat_map(|id| request(2 * id, operation.0, operation.1)).collect();
        let mut at = 0;
        let mut replies = vec![0; 1 << 16];
        while kind != "nobody" && !until.load(Ordering::SeqCst) {
            // Half of a message, and then silence, is what is left of one that was cut off.
            let end = if kind == "is cut off" { 30 } else { requests.len() };
            match std::io::Write::write(&mut stream, &requests[at..end]) {
                Ok(written) => {
                    at = if kind == "floods" { (at + written) % requests.len() } else { at + written }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
            if kind == "floods" {
                while matches!(std::io::Read::read(&mut stream, &mut replies), Ok(1..)) {}
            } else {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    });
    Neighbour(stop, Some(thread))
}

/// A request in GIOP 1.0.
fn request(id: u32, operation: &str, argument: u32) -> Vec<u8> {
    let mut body: Vec<u8> = Vec::new();
    let align = |body: &mut Vec<u8>| body.resize(body.len().next_multiple_of(4), 0);
    body.extend(0_u32.to_le_bytes());
    body.extend(id.to_le_bytes());
    body.extend([1, 0, 0, 0]);
    body.extend(4_u32.to_le_bytes());
    body.extend(b"desk");
    body.extend((operation.len() as u32 + 1).to_le_bytes());
    body.extend(operation.as_bytes());
    body.push(0);
    align(&mut body);
    body.extend(0_u32.to_le_bytes());
    body.extend(argument.to_le_bytes());
    let mut message = b"GIOP\x01\x00\x01\x00".to_vec();
    message.extend((body.len() as u32).to_le_bytes());
    message.extend(body);
    message
}

/// Latencies of calls one after the other, for a while: median and p99 in microseconds.
async fn latencies(desk: &DeskProxy, time: Duration) -> [f64; 2] {
    let (begun, mut taken) = (Instant::now(), Vec::new());
    while begun.elapsed() < time {
        let before = Instant::now();
        assert_eq!(desk.get(7).await.expect("an ordinary call"), 7);
        taken.push(before.elapsed().as_secs_f64() * 1e6);
    }
    taken.sort_by(f64::total_cmp);
    [taken[taken.len() / 2], taken[taken.len() * 99 / 100]]
}

const KINDS: [&str; 4] = ["nobody", "does not read", "is cut off", "floods"];
const ROUNDS: usize = 9;

async fn neighbours(server: &Server) {
    let desk = server.client().await;
    latencies(&desk, Duration::from_millis(500)).await;
    let mut taken: [Vec<[f64; 2]>; KINDS.len()] = Default::default();
    for _ in 0..ROUNDS {
        for (kind, taken) in KINDS.into_iter().zip(&mut taken) {
            let _neighbour = neighbour(kind, server.1);
            // What it does before it is stuck is ordinary work.
            tokio::time::sleep(Duration::from_millis(150)).await;
            taken.push(latencies(&desk, Duration::from_millis(300)).await);
        }
    }
    println!("{:<16} {:>10} {:>10} {:>8} {:>8}", "neighbour", "p50 us", "p99 us", "p50 x", "p99 x");
    let median = |of: &[[f64; 2]], which: usize| {
        let mut values: Vec<f64> = of.iter().map(|pair| pair[which]).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let alone = [median(&taken[0], 0), median(&taken[0], 1)];
    for (kind, taken) in KINDS.into_iter().zip(&taken) {
        let [p50, p99] = [median(taken, 0), median(taken, 1)];
        println!("{kind:<16} {p50:>10.1} {p99:>10.1} {:>8.2} {:>8.2}", p50 / alone[0], p99 / alone[1]);
    }
}

/// Calls for `time`, `rate` a second, whatever becomes of them.
async fn offer(desk: &DeskProxy, rate: f64, time: Duration) -> [u64; 3] {
    let counts: Arc<[AtomicU64; 3]> = Arc::default();
    let begun = Instant::now();
    let mut calls = tokio::task::JoinSet::new();
    let mut offered = 0;
    while begun.elapsed() < time {
        while f64::from(offered) < begun.elapsed().as_secs_f64() * rate {
            offered += 1;
            let (desk, counts) = (desk.clone(), counts.clone());
            calls.spawn(async move {
                let before = Instant::now();
                let (which, in_time) = match desk.work().await {
                    Ok(_) => (0, true),
                    Err(fault) => {
                        let system = fault.system().expect("nothing is declared");
                        assert_eq!(system.minor(), Minor::OVERLOADED);
                        (1, false)
                    }
                };
                counts[which].fetch_add(1, Ordering::Relaxed);
                if in_time {
                    counts[2].fetch_max(before.elapsed().as_micros() as u64, Ordering::Relaxed);
                }
            });
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    while calls.join_next().await.is_some() {}
    [0, 1, 2].map(|which| counts[which].load(Ordering::Relaxed))
}

async fn overload(server: &Server) {
    let desk = server.client().await;
    // Timers have a millisecond of their own.
    let capacity = WORKING_MAX as f64 / WORK.as_secs_f64();
    println!("\ncapacity {capacity:.0} calls a second at most");
    println!("{:<12} {:>12} {:>12} {:>16}", "offered/s", "answered/s", "shed/s", "slowest answer");
    for factor in [0.5, 10.0, 0.5] {
        let time = Duration::from_secs(3);
        let [answered, shed, slowest] = offer(&desk, capacity * factor, time).await;
        let second = |count: u64| count as f64 / time.as_secs_f64();
        println!(
            "{:<12.0} {:>12.0} {:>12.0} {:>13} us",
            capacity * factor,
            second(answered),
            second(shed),
            slowest
        );
    }
}

fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return serve();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = Server::start();
    runtime.block_on(neighbours(&server));
    runtime.block_on(overload(&server));
}
