//! Ten thousand groups of one member: entered as fast as the domain admits, and watched by one task.

use crate::Outcome;
use crate::usage::now_ns;
use bytes::Bytes;
use quorb_groups::driver::{Domain, Event, Group};
use std::time::Instant;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Requests to enter that are under way at once.
const ASKING_MAX: usize = 4096;

/// The groups, once they are entered.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    tasks: JoinSet<()>,
}

impl Crowd {
    /// Enters groups, says so when it is in all of them, and from then on when each of them has had another view.
    pub(crate) async fn enter(&mut self, domain: &Domain, count: u64) -> Outcome<()> {
        let start = Instant::now();
        let mut asking = JoinSet::new();
        let mut groups: Vec<Group<Bytes>> = Vec::new();
        for number in 0..count {
            let name = format!("crowd {count} {number}");
            asking.spawn(domain.octets(&name).into_future());
            if asking.len() >= ASKING_MAX {
                groups.push(asking.join_next().await.ok_or("nothing asked")???);
            }
        }
        while let Some(entered) = asking.join_next().await {
            groups.push(entered??);
        }
        println!("entered {count} {}", start.elapsed().as_millis());
        let (tell, mut told) = mpsc::unbounded_channel();
        for group in groups {
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
        Ok(())
    }
}

/// Tells of each view that is smaller than one before.
async fn watch(mut group: Group<Bytes>, tell: mpsc::UnboundedSender<()>) {
    let mut most = 0;
    while let Some(event) = group.next().await {
        let Event::View(view) = event else { continue };
        if view.members.len() < most && tell.send(()).is_err() {
            return;
        }
        most = most.max(view.members.len());
    }
}
