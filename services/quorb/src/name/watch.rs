//! `quorb name watch`: changes as they happen.

use clap::Args;
use quorb_naming::cos::ChangeKind;
use quorb_naming::{NameError, Names, WatchEvent};
use serde::Serialize;

use super::{failed, tidy};
use crate::completions::names::paths;
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// Print what is bound and unbound in a context and below it, as it happens
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb name watch\n  quorb name watch trading --json --count 1")]
pub(super) struct Watch {
    /// The context; the root if it is left out
    #[arg(add = paths(), default_value = "")]
    path: String,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
    /// End after so many changes
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

#[derive(Serialize)]
struct Told<'a> {
    change: &'a str,
    path: &'a str,
}

impl Watch {
    pub(super) async fn run(self, names: &Names, output: &mut Output) -> Result<(), Verdict> {
        let told = async {
            let path = tidy(&self.path);
            let mut watch = names.watch(path).await.map_err(failed)?;
            let mut left = self.count.unwrap_or(u64::MAX);
            while left > 0 {
                match watch.next().await {
                    Ok(event) => {
                        self.tell(&event, output)?;
                        left -= 1;
                    }
                    Err(NameError::Missed) => {
                        eprintln!(
                            "some changes were missed: the service was restarted, or there were too many"
                        );
                        watch = names.watch(path).await.map_err(failed)?;
                    }
                    Err(error) => return Err(failed(error)),
                }
            }
            Ok(())
        };
        tokio::select! {
            told = told => told,
            // Whoever has seen enough ends it; that is no failure.
            () = quorb::shutdown_signal() => Ok(()),
        }
    }

    fn tell(&self, event: &WatchEvent, output: &mut Output) -> Result<(), Verdict> {
        let (change, tone) = match event.kind {
            ChangeKind::BoundObject => ("bound", Tone::Good),
            ChangeKind::BoundContext => ("context", Tone::Good),
            ChangeKind::Unbound => ("unbound", Tone::Warning),
            ChangeKind::Expired => ("expired", Tone::Bad),
        };
        if self.json {
            let line = serde_json::to_string(&Told { change, path: &event.path }).map_err(Verdict::failed)?;
            return output.line(line);
        }
        let change = output.paint(tone, change);
        output.line(format_args!("{change:8} {}", harmless(&event.path)))
    }
}
