//! `quorb idl diff`: what becomes of old peers when an interface changes.

mod change;
mod compare;
mod types;

use clap::{Args, ValueEnum};

use crate::idl::Settings;
use crate::output::{Output, Tone};
use crate::verdict::Verdict;

use self::change::{Change, Effect};

/// Say which changes between two versions of a file break peers of the old one
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb idl diff old/grid.idl grid.idl --protocol native\n\n\
    fine    old and new peers work together\n\
    partly  they do, but for what the old ones cannot know: new enumerators, new exceptions, larger numbers\n\
    breaks  some call between them fails\n\n\
    Exit code 1 if a change breaks peers.")]
pub(crate) struct Diff {
    /// The file as it was
    #[arg(value_name = "OLD")]
    old: String,
    /// The file as it is
    #[arg(value_name = "NEW")]
    new: String,
    /// Judge by this protocol alone
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<Protocol>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Protocol {
    Native,
    Iiop,
}

impl Diff {
    pub(crate) fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let old = self.settings.compile(&self.old).model.ok_or(Verdict::Shown)?;
        let new = self.settings.compile(&self.new).model.ok_or(Verdict::Shown)?;
        let changes = compare::changes(&old, &new);
        if self.json {
            output.json(&changes)?;
        } else {
            changes.iter().try_for_each(|change| show(change, output))?;
        }
        if changes.iter().any(|change| self.breaks(change)) { Err(Verdict::Shown) } else { Ok(()) }
    }

    fn breaks(&self, change: &Change) -> bool {
        let native = self.protocol != Some(Protocol::Iiop) && change.native == Effect::Breaks;
        let iiop = self.protocol != Some(Protocol::Native) && change.iiop == Effect::Breaks;
        native || iiop
    }
}

fn show(change: &Change, output: &mut Output) -> Result<(), Verdict> {
    let painted = |effect: Effect, output: &Output| {
        let tone = match effect {
            Effect::Fine => Tone::Good,
            Effect::Partly => Tone::Label,
            Effect::Breaks => Tone::Bad,
        };
        format!("{:6}", output.paint(tone, effect.to_string()))
    };
    let (native, iiop) = (painted(change.native, output), painted(change.iiop, output));
    output.line(format_args!("native {native}  iiop {iiop}  {}: {}", change.place, change.what))
}
