//! Ten thousand groups of one member: entered as fast as the domain admits, then watched by a task each.

use crate::Outcome;
use crate::usage::now_ns;
use bytes::Bytes;
use quorb_groups::driver::{Domain, Event, Group};
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Requests to enter that are under way at once.
const ASKING_MAX: usize = 1024;

/// The groups, once they are entered.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    groups: Vec<Group<Bytes>>,
    tasks: JoinSet<()>,
}

impl Crowd {
    /// Enters groups, and says so when it is in all of them.
    pub(crate) async fn enter(&mut self, domain: &Domain, count: u64) -> Outcome<()> {
        let start = Instant::now();
        let mut asking = JoinSet::new();
        let first = self.groups.len() as u64;
        for number in first..first + count {
            asking.spawn(domain.octets(&format!("crowd {number}")).into_future());
            if asking.len() >= ASKING_MAX {
                self.groups.push(asking.join_next().await.ok_or("nothing asked")???);
            }
        }
        while let Some(entered) = asking.join_next().await {
            self.groups.push(entered??);
        }
        println!("entered {count} {}", start.elapsed().as_millis());
        Ok(())
    }

    /// Reads the events that are there.
    pub(crate) async fn read(&mut self) {
        for group in &mut self.groups {
            loop {
                tokio::select! {
                    biased;
                    event = group.next() => if event.is_none() { break },
                    () = std::future::ready(()) => break,
                }
            }
        }
        println!("read");
    }

    /// From now on tells when each of the groups has lost a member.
    pub(crate) fn watch(&mut self) {
        let (tell, mut told) = mpsc::unbounded_channel();
        let count = self.groups.len();
        for group in self.groups.drain(..) {
            self.tasks.spawn(watch(group, tell.clone()));
        }
        self.tasks.spawn(async move {
            let mut changes = 0;
            while told.recv().await.is_some() {
                changes += 1;
                if changes == count {
                    println!("changed {count} {}", now_ns());
                }
            }
        });
        println!("watching {count}");
    }
}

/// Tells of each view that is smaller than the domain was.
async fn watch(mut group: Group<Bytes>, tell: mpsc::UnboundedSender<()>) {
    while let Some(event) = group.next().await {
        if let Event::View(view) = event
            && view.members.len() == 2
            && tell.send(()).is_err()
        {
            return;
        }
    }
}
