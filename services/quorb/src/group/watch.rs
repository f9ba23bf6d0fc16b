//! `quorb group watch`: views as they are installed.

use std::time::Duration;

use clap::Args;
use quorb::Fault;
use quorb_groups::manage::interface::{GroupRecord, NoSuchGroup};

use super::seen::{Plans, Seen, no_group};
use super::{Domain, failed};
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// Print the views of a group as they change: who came, who went, who has the value
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  quorb group watch grid\n  quorb group watch grid --json --count 3")]
pub(super) struct Watch {
    /// The group
    name: String,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
    /// End after so many views
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

/// How long one question for the next view may stay open.
const ASK_AGAIN: Duration = Duration::from_secs(20);

impl Watch {
    pub(super) async fn run(self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        tokio::select! {
            told = self.told(domain, output) => told,
            // Whoever has seen enough ends it; that is no failure.
            () = quorb::shutdown_signal() => Ok(()),
        }
    }

    async fn told(&self, domain: &Domain, output: &mut Output) -> Result<(), Verdict> {
        let control = domain.patient(ASK_AGAIN);
        let mut before: Option<GroupRecord> = None;
        let mut left = self.count.unwrap_or(u64::MAX);
        while left > 0 {
            let known = before.as_ref().map_or(0, |record| record.view);
            let next = control.next_view(&self.name, known, ASK_AGAIN.as_millis() as u32).await;
            let record = match next {
                Ok(record) => record,
                Err(Fault::User(NoSuchGroup { .. })) if before.is_some() => {
                    return output.line(format_args!("{} is gone", harmless(&self.name)));
                }
                Err(Fault::User(NoSuchGroup { .. })) => return Err(no_group(&self.name)),
                Err(fault) => return Err(failed(fault)),
            };
            if before.as_ref().is_some_and(|before| before.view == record.view) {
                continue;
            }
            let plans = Plans::of(domain).await?;
            self.tell(before.as_ref(), &record, &plans, output)?;
            before = Some(record);
            left -= 1;
        }
        Ok(())
    }

    fn tell(
        &self,
        before: Option<&GroupRecord>,
        record: &GroupRecord,
        plans: &Plans,
        output: &mut Output,
    ) -> Result<(), Verdict> {
        let seen = Seen::of(record, plans);
        if self.json {
            let line = serde_json::to_string(&seen).map_err(Verdict::failed)?;
            return output.line(line);
        }
        let mut parts: Vec<String> = Vec::new();
        for member in &seen.members {
            let mark = match member.state {
                "serving" => String::new(),
                other => format!(" ({other})"),
            };
            parts.push(format!("{}{mark}", harmless(&member.at)));
        }
        let gone = before.map(|before| &before.members[..]).unwrap_or_default().iter();
        let gone = gone.filter(|was| record.members.iter().all(|is| is.process != was.process));
        let gone: Vec<String> = gone.map(|was| harmless(&plans.at(was.process))).collect();
        let gone = match gone.is_empty() {
            true => String::new(),
            false => format!("  {}", output.paint(Tone::Warning, format!("without {}", gone.join(", ")))),
        };
        let view = output.paint(Tone::Label, format!("view {}", seen.view));
        let state =
            if record.dormant { output.paint(Tone::Bad, " dormant").to_string() } else { String::new() };
        output.line(format_args!("{view}{state}  {}{gone}", parts.join("  ")))
    }
}
