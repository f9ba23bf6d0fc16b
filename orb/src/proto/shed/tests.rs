//! The queue in known situations, and under any sequence of events.

use std::collections::BTreeMap;

use super::*;
use crate::proto::dice::Dice;

fn at(millis: u64) -> Time {
    Time(millis * 1_000_000)
}

fn chain(number: u8) -> ChainId {
    ChainId([number; 16])
}

fn two_places() -> ShedQueue {
    ShedQueue::new(ShedLimits { queue_max: 3, ..ShedLimits::running(2) }, at(0))
}

fn runs(arrival: Arrival) -> Pass {
    let Arrival::Run(pass) = arrival else { panic!("{arrival:?}") };
    pass
}

fn waits(arrival: Arrival) -> (Ticket, Time) {
    let Arrival::Wait { ticket, until } = arrival else { panic!("{arrival:?}") };
    (ticket, until)
}

#[test]
fn some_run_some_wait_and_the_rest_is_shed_at_once() {
    let mut queue = two_places();
    let first = runs(queue.arrive(chain(1), at(0)));
    let _second = runs(queue.arrive(chain(2), at(0)));
    let tickets: Vec<_> = (3..6).map(|n| waits(queue.arrive(chain(n), at(1)))).collect();
    assert_eq!(tickets[0].1, at(101));
    assert_eq!(queue.arrive(chain(6), at(1)), Arrival::Shed(ShedReason::QueueFull));
    let verdicts = queue.finish(first, at(50));
    assert!(matches!(verdicts[..], [Verdict::Run(ticket, _)] if ticket == tickets[0].0), "{verdicts:?}");
    assert_eq!((queue.running(), queue.waiting()), (2, 2));
}

#[test]
fn a_queue_that_stands_lets_nobody_wait_for_long() {
    let mut queue = two_places();
    let mut running = vec![runs(queue.arrive(chain(1), at(0))), runs(queue.arrive(chain(2), at(0)))];
    let (old, _) = waits(queue.arrive(chain(3), at(10)));
    let (fresh, _) = waits(queue.arrive(chain(4), at(109)));
    assert!(!queue.is_overloaded(at(99)) && queue.is_overloaded(at(110)));
    // Who arrives now may wait for the shorter time.
    let (_, until) = waits(queue.arrive(chain(5), at(110)));
    assert_eq!(until, at(115));
    let verdicts = queue.finish(running.pop().unwrap(), at(112));
    let [Verdict::Shed(shed), Verdict::Run(run, _)] = verdicts[..] else { panic!("{verdicts:?}") };
    assert_eq!((shed, run), (old, fresh));
}

#[test]
fn an_overload_is_over_as_soon_as_the_queue_is_empty() {
    let mut queue = two_places();
    let first = runs(queue.arrive(chain(1), at(0)));
    let second = runs(queue.arrive(chain(2), at(0)));
    let (third, _) = waits(queue.arrive(chain(3), at(0)));
    assert!(queue.is_overloaded(at(200)));
    assert!(queue.leave(third, at(200)) && !queue.leave(third, at(200)));
    assert!(!queue.is_overloaded(at(200)));
    assert_eq!(queue.finish(first, at(201)), []);
    assert_eq!(queue.finish(second, at(201)), []);
    let _fourth = runs(queue.arrive(chain(4), at(202)));
}

#[test]
fn a_chain_that_is_inside_does_not_wait_for_itself() {
    let mut queue = ShedQueue::new(ShedLimits::running(1), at(0));
    let outer = runs(queue.arrive(chain(1), at(0)));
    let inner = runs(queue.arrive(chain(1), at(0)));
    assert_eq!(queue.running(), 1, "the inner call takes no place");
    let (other, _) = waits(queue.arrive(chain(2), at(0)));
    assert_eq!(queue.finish(inner, at(1)), [], "the outer one still runs");
    assert!(matches!(queue.finish(outer, at(1))[..], [Verdict::Run(ticket, _)] if ticket == other));
    // Calls without a chain are strangers to each other.
    waits(queue.arrive(ChainId::NONE, at(2)));
}

/// Whatever happens: never more inside than there are places, nobody is forgotten, and the order is kept.
#[test]
fn any_sequence_of_events_keeps_the_bounds() {
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let limits = ShedLimits { queue_max: 5, ..ShedLimits::running(3) };
        let mut queue = ShedQueue::new(limits, at(0));
        let mut running: Vec<Pass> = Vec::new();
        let mut waiting: BTreeMap<Ticket, Time> = BTreeMap::new();
        let (mut now, mut arrived, mut ended) = (0, 0, 0);
        for _ in 0..500 {
            now += dice.below(20);
            match dice.below(3) {
                0 | 1 if dice.below(4) > 0 => {
                    arrived += 1;
                    match queue.arrive(chain(dice.below(30) as u8), at(now)) {
                        Arrival::Run(pass) => running.push(pass),
                        Arrival::Wait { ticket, until } => {
                            assert!(waiting.keys().all(|earlier| *earlier < ticket));
                            waiting.insert(ticket, until);
                        }
                        Arrival::Shed(_) => ended += 1,
                    }
                }
                1 => {
                    let over: Vec<_> = waiting.iter().filter(|(_, until)| **until <= at(now)).collect();
                    let over: Vec<_> = over.into_iter().map(|(ticket, _)| *ticket).collect();
                    for ticket in over {
                        assert!(queue.leave(ticket, at(now)));
                        waiting.remove(&ticket);
                        ended += 1;
                    }
                }
                _ if !running.is_empty() => {
                    let pass = running.swap_remove(dice.below(running.len() as u64) as usize);
                    ended += 1;
                    let mut last = None;
                    for verdict in queue.finish(pass, at(now)) {
                        let ticket = match verdict {
                            Verdict::Run(ticket, pass) => {
                                running.push(pass);
                                ticket
                            }
                            Verdict::Shed(ticket) => {
                                ended += 1;
                                ticket
                            }
                        };
                        assert!(waiting.remove(&ticket).is_some() && last.replace(ticket) < Some(ticket));
                    }
                }
                _ => {}
            }
            assert!(queue.running() <= 3 && queue.waiting() <= 5, "seed {seed}");
            assert_eq!(queue.waiting(), waiting.len(), "seed {seed}");
            assert!(
                waiting.is_empty() || queue.running() == 3,
                "seed {seed}: a place is free and somebody waits"
            );
            assert_eq!(arrived, ended + running.len() + waiting.len(), "seed {seed}");
        }
    }
}
