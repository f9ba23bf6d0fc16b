//! A member: sends what it is told to, and keeps a digest of everything delivered, which is the group's state.

use quorb_groups::core::{GroupOptions, Order, ProcessId};
use quorb_groups::driver::{Domain, Event, GroupSender};
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{Semaphore, mpsc};

/// Progress is told after so many messages.
const PROGRESS: u64 = 1000;
/// Messages of one member sent and not yet delivered to it.
const UNDER_WAY_MAX: usize = 256;

/// What members say.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
enum Word {
    Number(u64),
    /// The sender was told to stop, and has.
    Done,
}

/// What was delivered, in short: how many messages, and an FNV-1a hash of senders and numbers in their order.
#[derive(Debug, Clone, Copy, serde::Serialize, serde::Deserialize)]
struct Digest {
    count: u64,
    hash: u64,
    done: u64,
}

impl Digest {
    const EMPTY: Self = Self { count: 0, hash: 0xcbf2_9ce4_8422_2325, done: 0 };

    fn add(&mut self, sender: ProcessId, word: &Word) {
        let number = match word {
            Word::Number(number) => *number,
            Word::Done => u64::MAX,
        };
        for octet in sender.0.to_le_bytes().into_iter().chain(number.to_le_bytes()) {
            self.hash = (self.hash ^ u64::from(octet)).wrapping_mul(0x100_0000_01b3);
        }
        self.count += 1;
        self.done += u64::from(matches!(word, Word::Done));
    }
}

/// Runs until it is told to leave.
pub(crate) fn run(listen: &str, seeds: Vec<String>) -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Runtime::new()?.block_on(live(listen, seeds))
}

async fn live(listen: &str, seeds: Vec<String>) -> Result<(), Box<dyn std::error::Error>> {
    let domain = Domain::join(seeds).name("demo").listen(listen).await?;
    let options = GroupOptions { state: true, ..GroupOptions::PLAIN };
    let mut group = domain.group::<Word>("demo").options(options).await?;
    let mut orders = orders();
    let mut digest = Digest::EMPTY;
    let (stop, room) = (Arc::new(AtomicBool::new(false)), Arc::new(Semaphore::new(UNDER_WAY_MAX)));
    loop {
        let event = tokio::select! {
            event = group.next() => event.ok_or("the group ended")?,
            order = orders.recv() => match order.as_deref() {
                Some("send") => {
                    let course = Course { stop: stop.clone(), room: room.clone() };
                    tokio::spawn(send(group.sender(), course));
                    continue;
                }
                Some("stop") => {
                    stop.store(true, Ordering::Relaxed);
                    continue;
                }
                Some("leave") | None => break,
                Some(other) => {
                    return Err(format!("do not understand {other:?}: say send, stop, or leave").into());
                }
            },
        };
        match event {
            Event::View(view) => {
                let complete = view.members.iter().all(|m| m.complete);
                let whole = if complete { "complete" } else { "waiting for state" };
                println!("view {} of {} {whole}", view.number.0, view.members.len());
            }
            Event::Message(delivery) => {
                digest.add(delivery.sender, &delivery.message);
                if delivery.sender == domain.process() {
                    room.add_permits(1);
                }
                if digest.count.is_multiple_of(PROGRESS) {
                    println!("delivered {}", digest.count);
                }
                if matches!(delivery.message, Word::Done) {
                    println!("done {} count {} hash {:016x}", digest.done, digest.count, digest.hash);
                }
            }
            Event::State(state) => {
                digest = ciborium::from_reader(&state[..])?;
                println!("state count {} hash {:016x}", digest.count, digest.hash);
            }
            Event::StateWanted(request) => {
                let mut state = Vec::new();
                ciborium::into_writer(&digest, &mut state)?;
                request.give(state.into()).await?;
            }
            Event::Ended(why) => {
                println!("ended: {why}");
                return Ok(());
            }
            Event::Unreadable(delivery) => return Err(format!("unreadable: {delivery:?}").into()),
            Event::Blocked(why) => println!("blocked {why:?}"),
            Event::Unblocked(why) => println!("unblocked {why:?}"),
            _ => {}
        }
    }
    println!("left: {}", domain.leave().await);
    Ok(())
}

/// What a sender goes by.
struct Course {
    stop: Arc<AtomicBool>,
    /// One permit for each message that may still be under way.
    room: Arc<Semaphore>,
}

/// Sends numbers in total order, every eighth uniformly, until it is told to stop, and says that it is done.
async fn send(sender: GroupSender<Word>, course: Course) {
    for number in 0.. {
        let Ok(permit) = course.room.acquire().await else { return };
        permit.forget();
        let last = course.stop.load(Ordering::Relaxed);
        let word = if last { Word::Done } else { Word::Number(number) };
        if let Err(error) = sender.send(Order::Total, last || number % 8 == 0, &word).await {
            return println!("cannot send: {error}");
        }
        if last {
            return;
        }
    }
}

/// The lines of the standard input.
fn orders() -> mpsc::Receiver<String> {
    let (tell, orders) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if tell.blocking_send(line).is_err() {
                return;
            }
        }
    });
    orders
}
