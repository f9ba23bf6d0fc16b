//! `quorb name`: the names of a naming service, ours or a foreign one.

mod bind;
mod list;
mod remove;
mod walk;
mod watch;

use std::time::Duration;

use clap::{Args, Subcommand};
use quorb::Orb;
use quorb_naming::{NameError, Names};

use crate::broker::asked_by;
use crate::call::duration;
use crate::output::Output;
use crate::reference;
use crate::verdict::Verdict;

/// List, resolve and bind names in a naming service
#[derive(Debug, Args)]
#[command(after_help = "\
A PATH is a name such as trading/grid, or trading/grid.object with a kind; `\\` takes the meaning
from `/`, `.` and `\\`. A REF is IOR:..., corbaloc:..., corbaname:..., @FILE, or - for standard input.

Examples:
  quorb name ls
  quorb name ls --tree trading
  quorb name bind -p trading/grid @grid.ior
  quorb name resolve trading/grid
  quorb name --names corbaloc::names.example/NameService ls --json
  quorb name watch trading")]
pub(crate) struct Name {
    /// The naming service [default: $QUORB_NAMES, else corbaloc::localhost:2809/NameService]
    #[arg(long, value_name = "REF", global = true)]
    names: Option<String>,
    /// The time that each call may take: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration, global = true)]
    deadline: Duration,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Ls(list::Ls),
    Resolve(bind::Resolve),
    Bind(bind::Bind),
    Unbind(bind::Unbind),
    Mkdir(bind::Mkdir),
    Rm(remove::Rm),
    Watch(watch::Watch),
}

impl Name {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let builder = Orb::builder().call_deadline(self.deadline);
        asked_by(builder, async |orb| self.done(orb, output).await).await
    }

    async fn done(self, orb: &Orb, output: &mut Output) -> Result<(), Verdict> {
        let names = match &self.names {
            Some(reference) => {
                let root = orb.resolve(&reference::text_of(reference)?).await.map_err(Verdict::failed)?;
                Names::with_root(orb, root)
            }
            None => Names::of(orb).map_err(failed)?,
        };
        match self.verb {
            Verb::Ls(ls) => ls.run(&names, output).await,
            Verb::Resolve(resolve) => resolve.run(&names, output).await,
            Verb::Bind(bind) => bind.run(orb, &names).await,
            Verb::Unbind(unbind) => unbind.run(&names).await,
            Verb::Mkdir(mkdir) => mkdir.run(&names).await,
            Verb::Rm(rm) => rm.run(&names).await,
            Verb::Watch(watch) => watch.run(&names, output).await,
        }
    }
}

/// A path as the service knows it: a leading slash, which people write, is the root.
fn tidy(path: &str) -> &str {
    path.strip_prefix('/').unwrap_or(path)
}

fn failed(error: NameError) -> Verdict {
    match &error {
        NameError::Malformed { .. } => Verdict::misused(error),
        _ => Verdict::failed(error),
    }
}
