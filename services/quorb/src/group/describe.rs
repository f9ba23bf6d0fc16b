//! `quorb group describe`: one group, with its members.

use clap::Args;

use super::Domain;
use super::seen::Seen;
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// Show a group: its plan, its view, its members by rank, and where it could not be served
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  quorb group describe grid\n  quorb group describe grid --json")]
pub(super) struct Describe {
    /// The group
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Describe {
    pub(super) async fn run(self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        let seen = Seen::one(domain, &self.name).await?;
        if self.json {
            return output.json(&seen);
        }
        let kept = if seen.durable { "durable" } else { "in memory" };
        output.line(format_args!("name     {}", harmless(&seen.name)))?;
        if let (Some(kind), Some(style)) = (&seen.kind, seen.style) {
            output.line(format_args!("kind     {}, {style} style, {kept}", harmless(kind)))?;
        } else {
            output
                .line(format_args!("kind     not planned: its processes serve it by themselves; {kept}"))?;
        }
        let wanted = seen.wanted.map_or("as many as are added".to_owned(), |wanted| wanted.to_string());
        output.line(format_args!("wanted   {wanted}"))?;
        output.line(format_args!("state    {}{}", seen.state, advice(&seen)))?;
        output.line(format_args!("view     {}", seen.view))?;
        members(&seen, output)?;
        for failure in &seen.failures {
            let reason = output.paint(Tone::Bad, harmless(&failure.reason));
            output.line(format_args!("failed   {}: {reason}", harmless(&failure.at)))?;
        }
        Ok(())
    }
}

/// What to do about it.
fn advice(seen: &Seen) -> &'static str {
    match (seen.state, seen.durable) {
        ("dormant", true) => {
            ": nobody with the value is left. Start the processes that had it last, with their data, or give it up: quorb group bootstrap"
        }
        ("dormant", false) => {
            ": nobody with the value is left, and it was kept in memory. To begin anew: quorb group bootstrap"
        }
        ("not served", _) => ": no process holds it. Start one that offers its kind",
        _ => "",
    }
}

/// The members, a line each.
pub(super) fn members(seen: &Seen, output: &mut Output) -> Result<(), Verdict> {
    let width = seen.members.iter().map(|member| member.at.chars().count()).max().unwrap_or(0);
    for (rank, member) in seen.members.iter().enumerate() {
        let tone = match member.state {
            "serving" => Tone::Good,
            _ => Tone::Warning,
        };
        let state = output.paint(tone, member.state);
        let at = harmless(&member.at);
        output.line(format_args!("member   {rank}  {at:width$}  {:17}  {state}", member.process))?;
    }
    Ok(())
}
