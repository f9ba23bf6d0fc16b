//! `quorb doctor`: why an object cannot be called, or that it can.
//!
//! The reference is read, each of its addresses is resolved, connected to and spoken to in both protocols, beneath the
//! broker; then the object is asked through it, as any client would. Every step goes into a [`Chart`].

mod chart;
mod giop;
mod line;
mod native;
mod object;
mod places;
mod presence;
mod stranger;
mod visit;

use std::time::Duration;

use clap::Args;
use quorb_giop::ior::Ior;
use quorb_giop::url::Reference;

use self::chart::{Chart, Finding, Step};
use crate::call::duration;
use crate::limits::STEP_WAIT;
use crate::output::Output;
use crate::reference;
use crate::verdict::Verdict;

/// Find out why an object cannot be called
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 0 means healthy, 1 not.

Example:
  quorb doctor @grid.ior
  quorb doctor corbaloc::grid.example:2809/grid --timeout 2s --json")]
pub(crate) struct Doctor {
    /// IOR:..., corbaloc:..., @FILE, or - for standard input
    #[arg(value_name = "REF")]
    reference: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// The time that each step may take [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
}

impl Doctor {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let text = reference::text_of(&self.reference)?;
        let limit = self.timeout.unwrap_or(STEP_WAIT);
        let mut chart = Chart::new(output, self.json);
        let ior = match ior_of(&text) {
            Ok(ior) => ior,
            Err(reason) => {
                let advice = "expected IOR:..., or corbaloc:iiop:1.2@HOST:PORT/KEY; was it cut off?";
                chart.enter(Step::new(Finding::Fault, "reference", reason).advise(advice))?;
                return chart.conclude();
            }
        };
        for place in places::places_of(&ior, &mut chart)? {
            visit::visit(&place, limit, &mut chart).await?;
        }
        if chart.is_reached() {
            object::ask(&ior, limit, &mut chart).await?;
        }
        chart.conclude()
    }
}

fn ior_of(text: &str) -> Result<Ior, String> {
    match text.parse::<Reference>().map_err(|cause| cause.to_string())? {
        Reference::Ior(ior) => Ok(ior),
        Reference::Corbaloc(location) => location.to_ior().map_err(|cause| cause.to_string()),
        Reference::Corbaname(_) => {
            Err("a corbaname: must be resolved first: examine the naming service, or what it names"
                .to_owned())
        }
    }
}
