//! The verbs that change where replicas are.

use clap::Args;
use quorb_groups::manage::interface::{HostRecord, PlannedGroup};

use super::{Domain, failed};
use crate::output::{Output, harmless};
use crate::verdict::Verdict;

/// Add a replica; it is there when it has the value and takes calls
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  quorb group add grid\n  quorb group add grid --at 127.0.0.1:2813")]
pub(super) struct Add {
    /// The group
    name: String,
    /// The host [default: the one that offers the kind and holds the fewest replicas]
    #[arg(long, value_name = "HOST", default_value = "")]
    at: String,
}

/// Take a replica away; the last one that has the value stays
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  quorb group remove grid\n  quorb group remove grid --at 127.0.0.1:2812")]
pub(super) struct Remove {
    /// The group
    name: String,
    /// The host [default: the one that was added last]
    #[arg(long, value_name = "HOST", default_value = "")]
    at: String,
}

/// Move a replica: the new one has the value before the old one goes
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb group move grid --from 127.0.0.1:2811 --to 127.0.0.1:2814")]
pub(super) struct Move {
    /// The group
    name: String,
    /// The host that loses its replica
    #[arg(long, value_name = "HOST")]
    from: String,
    /// The host that gets one [default: the one that holds the fewest]
    #[arg(long, value_name = "HOST", default_value = "")]
    to: String,
}

/// Say how many replicas are to be kept: lost ones are replaced as long as there are hosts
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb group want grid 3")]
pub(super) struct Want {
    /// The group
    name: String,
    /// How many; 0 for as many as are added
    replicas: u32,
}

/// Take all replicas of a group away: what it holds in memory is gone
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb group dissolve grid --yes")]
pub(super) struct Dissolve {
    /// The group
    name: String,
    /// Yes, what it holds may go
    #[arg(long)]
    yes: bool,
}

/// Begin a dormant group anew with what its oldest waiting process brings: what it held is given up
#[derive(Debug, Args)]
#[command(after_help = "\
A group is dormant when nobody with its value is left. Prefer to start a process that had it last, with
its data: then nothing is lost. This is for when there is none.

Example:
  quorb group bootstrap grid --yes")]
pub(super) struct Bootstrap {
    /// The group
    name: String,
    /// Yes, what it held may go
    #[arg(long)]
    yes: bool,
}

impl Add {
    pub(super) async fn run(self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        let host = domain.plan.add(&self.name, &self.at).await.map_err(failed)?;
        until_served(domain, &self.name, Some(&host), output).await
    }
}

impl Remove {
    pub(super) async fn run(self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        let host = domain.plan.remove(&self.name, &self.at).await.map_err(failed)?;
        let gone = |group: &PlannedGroup| group.replicas.iter().all(|r| r.process != host.process);
        until(domain, &self.name, |group| Ok(gone(group))).await?;
        output.line(format_args!("{} has left", harmless(&host.address)))
    }
}

impl Move {
    pub(super) async fn run(self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        let host = domain.plan.relocate(&self.name, &self.from, &self.to).await.map_err(failed)?;
        until_served(domain, &self.name, Some(&host), output).await?;
        until(domain, &self.name, |group| Ok(group.replicas.iter().all(|replica| !replica.leaving))).await?;
        output.line(format_args!("{} has left", harmless(&self.from)))
    }
}

impl Want {
    pub(super) async fn run(self, domain: &Domain) -> Result<(), Verdict> {
        domain.plan.want(&self.name, self.replicas).await.map_err(failed)
    }
}

impl Dissolve {
    pub(super) async fn run(self, domain: &Domain) -> Result<(), Verdict> {
        if !self.yes {
            return Err(Verdict::misused(format_args!(
                "what `{}` holds would be gone; if that is meant, add --yes",
                self.name
            )));
        }
        domain.plan.dissolve(&self.name).await.map_err(failed)
    }
}

impl Bootstrap {
    pub(super) async fn run(self, domain: &Domain) -> Result<(), Verdict> {
        if !self.yes {
            return Err(Verdict::misused(format_args!(
                "what `{}` held would be given up for good; start a process that had it last, or, if there is none, add --yes",
                self.name
            )));
        }
        domain.control.begin_anew(&self.name).await.map_err(failed)
    }
}

/// Waits until a host serves the group, or the first one does.
pub(super) async fn until_served(
    domain: &Domain,
    name: &str,
    host: Option<&HostRecord>,
    output: &mut Output,
) -> Result<(), Verdict> {
    let is_it = |process: u64| host.is_none_or(|host| host.process == process);
    until(domain, name, |group| {
        if let Some(failure) = group.failures.iter().find(|failure| is_it(failure.process)) {
            return Err(Verdict::failed(format_args!("the host cannot serve `{name}`: {}", failure.reason)));
        }
        if host.is_none() && group.replicas.is_empty() {
            return Err(Verdict::failed(format_args!(
                "no host offers `{}`: `{name}` is planned, and will be served when one does",
                group.plan.kind
            )));
        }
        Ok(group.replicas.iter().any(|replica| replica.ready && is_it(replica.process)))
    })
    .await?;
    match host {
        Some(host) => output.line(format_args!("{} serves {}", harmless(&host.address), harmless(name))),
        None => output.line(format_args!("{} is served", harmless(name))),
    }
}

/// Waits until the plan is as wanted; says on a terminal what for.
async fn until(
    domain: &Domain,
    name: &str,
    mut done: impl FnMut(&PlannedGroup) -> Result<bool, Verdict>,
) -> Result<(), Verdict> {
    let give_up = tokio::time::Instant::now() + domain.deadline;
    loop {
        let groups = domain.plan.groups().await.map_err(failed)?;
        match groups.iter().find(|group| group.name == name) {
            Some(group) if done(group)? => return Ok(()),
            Some(_) => {}
            None => return Err(Verdict::failed(format_args!("`{name}` was dissolved meanwhile"))),
        }
        if tokio::time::Instant::now() >= give_up {
            return Err(Verdict::failed(format_args!(
                "it is planned, and not done after {:?}: `quorb group describe {name}` says how far it is",
                domain.deadline
            )));
        }
        tokio::time::sleep(crate::limits::PLAN_LOOK_EVERY).await;
    }
}
