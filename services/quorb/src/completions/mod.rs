//! `quorb completions`: what a shell needs to complete command lines of this program.
//!
//! The shell asks the program itself, each time, so that it can offer what only a server knows: the [`names`] that are bound.

pub(crate) mod names;

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::CompleteEnv;
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::output::Output;
use crate::verdict::Verdict;

/// The variable by which a shell asks, and says which shell it is.
const ASKED_BY: &str = "QUORB_COMPLETE";

/// What the program is called.
const PROGRAM: &str = "quorb";

/// Print what a shell needs to complete command lines of this program
#[derive(Debug, Args)]
#[command(after_help = "\
Options and verbs are completed, and the names in a naming service: quorb name ls tra<TAB>.
Which service that is say --names, QUORB_NAMES, or nobody, as for the command itself.

Examples:
  source <(quorb completions bash)                                   in ~/.bashrc
  source <(quorb completions zsh)                                    in ~/.zshrc, after compinit
  quorb completions fish > ~/.config/fish/completions/quorb.fish")]
pub(crate) struct Completions {
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Completions {
    pub(crate) fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let completer: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &Bash,
            Shell::Zsh => &Zsh,
            Shell::Fish => &Fish,
        };
        let mut script = Vec::new();
        completer
            .write_registration(ASKED_BY, PROGRAM, PROGRAM, PROGRAM, &mut script)
            .map_err(Verdict::failed)?;
        output.line(String::from_utf8_lossy(&script).trim())
    }
}

/// Answers a shell that asks, and ends the program then.
pub(crate) fn answer<C: CommandFactory>() {
    CompleteEnv::with_factory(C::command).var(ASKED_BY).complete();
}
