//! `quorb ior`: what is in a reference.

mod anatomy;
mod component;
mod names;
mod show;

use clap::{Args, Subcommand};

use crate::output::Output;
use crate::reference;
use crate::verdict::Verdict;

pub(crate) use anatomy::Anatomy;
pub(crate) use show::show;

/// Look into references
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Ior {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Decode(Decode),
}

/// Take a reference apart: every profile, every component
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  quorb ior decode @grid.ior\n  grid-server | head -1 | quorb ior decode - --json"
)]
struct Decode {
    /// IOR:..., corbaloc:..., corbaname:..., @FILE, or - for standard input
    #[arg(value_name = "REF")]
    reference: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Ior {
    pub(crate) fn run(self, output: &mut Output) -> Result<(), Verdict> {
        match self.verb {
            Verb::Decode(decode) => decode.run(output),
        }
    }
}

impl Decode {
    fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let anatomy = Anatomy::of(&reference::parse(&self.reference)?)?;
        if self.json { output.json(&anatomy) } else { show(&anatomy, output) }
    }
}
