//! Eyes on the processes of a domain and on its groups, without being in any of them.

use crate::core::{Member, ProcessId, View};
use crate::driver::{Domain, DomainWatch, Gone, GroupEntry};
use std::collections::VecDeque;
use tokio::sync::watch;

/// Watches the processes of a domain.
///
/// ```no_run
/// # use quorb_groups::toolkit::{MemberChange, Monitor};
/// # async fn f(domain: &quorb_groups::driver::Domain) -> Result<(), quorb_groups::driver::Gone> {
/// let mut monitor = Monitor::of(domain);
/// while let MemberChange::Joined(member) = monitor.next().await? {
///     println!("{} came, at {}", member.process, member.address);
/// }
/// let mut orders = monitor.group("orders");
/// println!("{:?}", orders.next().await?);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Monitor {
    watch: DomainWatch,
    views: watch::Receiver<View>,
    known: Vec<Member>,
    told: VecDeque<MemberChange>,
}

/// What happened to a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// It is in the domain from now on.
    Joined(Member),
    /// It is gone for good: it left, or the domain goes on without it.
    Gone(Member),
}

impl Monitor {
    /// Watches from now on: the processes that are here are known, and not told.
    #[must_use]
    pub fn of(domain: &Domain) -> Self {
        let watch = domain.watch();
        let mut views = watch.views();
        let known = views.borrow_and_update().members.clone();
        Self { watch, views, known, told: VecDeque::new() }
    }

    /// The next change. A slow reader learns of everything that came and of everything that went, but not of what did both
    /// meanwhile. Cancellation safe.
    ///
    /// # Errors
    /// When this process is in the domain no longer.
    pub async fn next(&mut self) -> Result<MemberChange, Gone> {
        loop {
            if let Some(change) = self.told.pop_front() {
                return Ok(change);
            }
            self.views.changed().await.map_err(|_| Gone)?;
            let members = self.views.borrow_and_update().members.clone();
            let is_in = |members: &[Member], process| members.iter().any(|m: &Member| m.process == process);
            let gone = self.known.iter().filter(|member| !is_in(&members, member.process));
            self.told.extend(gone.cloned().map(MemberChange::Gone));
            let joined = members.iter().filter(|member| !is_in(&self.known, member.process));
            self.told.extend(joined.cloned().map(MemberChange::Joined));
            self.known = members;
        }
    }

    /// Waits until a process is gone; returns at once if it is not here.
    ///
    /// # Errors
    /// When this process is in the domain no longer.
    pub async fn gone(&self, process: ProcessId) -> Result<(), Gone> {
        let mut views = self.watch.views();
        views.wait_for(|view| !view.contains(process)).await.map(drop).map_err(|_| Gone)
    }

    /// Watches a group, of which this process need not be a member.
    #[must_use]
    pub fn group(&self, name: &str) -> GroupMonitor {
        let views = self.watch.views();
        GroupMonitor { watch: self.watch.clone(), views, name: name.to_owned(), known: None, begun: false }
    }
}

/// Watches a group.
#[derive(Debug)]
pub struct GroupMonitor {
    watch: DomainWatch,
    views: watch::Receiver<View>,
    name: String,
    known: Option<GroupEntry>,
    begun: bool,
}

/// What happened to a group since it was told last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupChange {
    /// The group as it is now; none if there is none of this name.
    pub group: Option<GroupEntry>,
    /// Who came.
    pub joined: Vec<ProcessId>,
    /// Who has the group's state since then.
    pub completed: Vec<ProcessId>,
    /// Who went.
    pub gone: Vec<ProcessId>,
}

impl GroupMonitor {
    /// The group as it is, and then each change of it. Changes that follow each other closely are told together. Cancellation safe.
    ///
    /// # Errors
    /// When this process is in the domain no longer.
    pub async fn next(&mut self) -> Result<GroupChange, Gone> {
        loop {
            // What changes from here on is seen with the next turn.
            self.views.borrow_and_update();
            let groups = self.watch.groups().await?;
            let group = groups.into_iter().find(|group| *group.view.name == *self.name);
            if !self.begun || group != self.known {
                let change = difference(self.known.as_ref(), group.clone());
                (self.begun, self.known) = (true, group);
                return Ok(change);
            }
            self.views.changed().await.map_err(|_| Gone)?;
        }
    }
}

fn difference(before: Option<&GroupEntry>, now: Option<GroupEntry>) -> GroupChange {
    let members =
        |group: Option<&GroupEntry>| group.map(|group| group.view.members.clone()).unwrap_or_default();
    let (was, is) = (members(before), members(now.as_ref()));
    let joined = is.iter().filter(|m| was.iter().all(|other| other.process != m.process));
    let gone = was.iter().filter(|m| is.iter().all(|other| other.process != m.process));
    let had_it = |process| was.iter().any(|other| other.process == process && other.complete);
    let completed = is.iter().filter(|m| m.complete && !had_it(m.process));
    GroupChange {
        joined: joined.map(|m| m.process).collect(),
        gone: gone.map(|m| m.process).collect(),
        completed: completed.map(|m| m.process).collect(),
        group: now,
    }
}
