//! `quorb group create`: an object that is replicated from now on.

use clap::{Args, ValueEnum};
use quorb_groups::manage::interface::Plan;

use super::change::until_served;
use super::{Domain, failed};
use crate::output::Output;
use crate::verdict::Verdict;

/// Have an object replicated by processes that offer its kind
#[derive(Debug, Args)]
#[command(after_help = "\
`quorb group hosts` says which kinds are offered.

Example:
  quorb group create prices --kind grid --wanted 3")]
pub(super) struct Create {
    /// The group
    name: String,
    /// The kind of object
    #[arg(long)]
    kind: String,
    /// How many replicas to keep, as long as there are hosts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    wanted: u32,
    /// How replicas execute updates
    #[arg(long, value_enum, default_value = "active")]
    style: Style,
    /// Have every update on the disks of all replicas before it is acknowledged
    #[arg(long)]
    durable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Style {
    /// Every replica executes every update
    Active,
    /// One replica executes and ships what comes of it
    Executor,
}

impl Create {
    pub(super) async fn run(self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        let plan = Plan {
            kind: self.kind,
            executor: self.style == Style::Executor,
            durable: self.durable,
            wanted: self.wanted,
        };
        let known = domain.plan.groups().await.map_err(failed)?;
        if known.iter().any(|group| group.name == self.name) {
            return Err(Verdict::failed(format_args!("`{}` is planned already", self.name)));
        }
        domain.plan.create(&self.name, plan, "").await.map_err(failed)?;
        until_served(domain, &self.name, None, output).await
    }
}
