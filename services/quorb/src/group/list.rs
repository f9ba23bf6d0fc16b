//! `quorb group ls`, `quorb group hosts`: what there is.

use clap::Args;
use quorb_groups::core::ProcessId;
use quorb_groups::manage::PLACEMENT_KEY;
use serde::Serialize;

use super::Domain;
use super::seen::{Plans, Seen};
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// List the groups of the domain
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  quorb group ls\n  quorb group ls --all --json")]
pub(super) struct Ls {
    /// Also the group in which the plan itself is replicated
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// List the processes that can hold replicas, and what they offer
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb group hosts")]
pub(super) struct Hosts {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A host in JSON.
#[derive(Serialize)]
struct Listed {
    process: String,
    address: String,
    offers: Vec<String>,
    replicas: Vec<String>,
}

impl Ls {
    pub(super) async fn run(self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        let mut seen = Seen::all(domain).await?;
        seen.retain(|group| self.all || group.name != PLACEMENT_KEY);
        if self.json {
            return output.json(&seen);
        }
        let name = |group: &Seen| harmless(&group.name).chars().count();
        let width = seen.iter().map(name).max().unwrap_or(0).max(4);
        if !seen.is_empty() {
            let head = format!("{:width$}  {:>8}  {:10}  KIND", "NAME", "REPLICAS", "STATE");
            output.line(output.paint(Tone::Dim, head).to_string())?;
        }
        for group in &seen {
            let replicas = match group.wanted {
                Some(wanted) => format!("{}/{wanted}", group.serving()),
                None => group.serving().to_string(),
            };
            let tone = match group.state {
                "serving" if group.wanted.is_none_or(|wanted| group.serving() >= wanted as usize) => {
                    Tone::Good
                }
                "serving" => Tone::Warning,
                _ => Tone::Bad,
            };
            let state = output.paint(tone, group.state);
            let kind = harmless(group.kind.as_deref().unwrap_or("-"));
            let line = format!("{:width$}  {replicas:>8}  {state:10}  {kind}", harmless(&group.name));
            output.line(line)?;
        }
        Ok(())
    }
}

impl Hosts {
    pub(super) async fn run(self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        let plans = Plans::of(domain).await?;
        let listed: Vec<Listed> = { plans.hosts.iter() }
            .map(|host| Listed {
                process: ProcessId(host.process).to_string(),
                address: host.address.clone(),
                offers: host.kinds.clone(),
                replicas: { plans.groups.iter() }
                    .filter(|group| group.replicas.iter().any(|replica| replica.process == host.process))
                    .map(|group| group.name.clone())
                    .collect(),
            })
            .collect();
        if self.json {
            return output.json(&listed);
        }
        let width = listed.iter().map(|host| host.address.chars().count()).max().unwrap_or(0);
        for host in &listed {
            let (offers, replicas) = (host.offers.join(", "), host.replicas.join(", "));
            let (address, process) = (harmless(&host.address), &host.process);
            let line = format!(
                "{address:width$}  {process:17}  offers {}; holds {}",
                harmless(&offers),
                if replicas.is_empty() { "nothing".to_owned() } else { harmless(&replicas) }
            );
            output.line(line)?;
        }
        Ok(())
    }
}
