//! `quorb idl`: check interface definitions, print them in canonical form, show the Rust that is generated for them, get them
//! from objects, compare them.

use std::io::{self, Write};
use std::time::Duration;

use clap::{Args, Subcommand};
use quorb::Orb;
use quorb_idl::{Compiler, Disk, Limits, Outcome, render};
use quorb_mapping::{Fault, Runtime};

use crate::broker::asked_by;
use crate::call::{duration, with_time};
use crate::output::Output;
use crate::reference;
use crate::verdict::Verdict;

/// Check interface definitions, print them, show their Rust, get them from objects, compare them
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct Idl {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(Check),
    Print(Print),
    Rust(Rust),
    From(From),
    Diff(crate::diff::Diff),
}

/// Say whether files are valid OMG IDL
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb idl check -I idl -D SIZE=4 grid.idl\n\n\
    Exit code 0 if every file is valid; else 1, with file:line:col and the reason on standard error.")]
struct Check {
    /// Files of OMG IDL
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    #[command(flatten)]
    settings: Settings,
}

/// Print the canonical IDL of a file, includes and macros resolved
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb idl print grid.idl")]
struct Print {
    /// A file of OMG IDL
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    settings: Settings,
}

/// Show the Rust that `include_idl!` generates for a file
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb idl rust -I idl --async Bank::Account account.idl\n\n\
    What is shown is what one would write by hand for the file: it may be taken over instead of the macro.")]
struct Rust {
    /// A file of OMG IDL
    #[arg(value_name = "FILE")]
    file: String,
    #[command(flatten)]
    settings: Settings,
    /// An operation that only reads, or an interface or module of such; may be given several times
    #[arg(long, value_name = "NAME")]
    query: Vec<String>,
    /// An operation whose servant may wait, or an interface or module of such
    #[arg(long = "async", value_name = "NAME")]
    asynchronous: Vec<String>,
    /// An operation whose servant blocks its thread, or an interface or module of such
    #[arg(long, value_name = "NAME")]
    blocking: Vec<String>,
    /// An operation whose servant raises system exceptions, or an interface or module of such
    #[arg(long, value_name = "NAME")]
    faults: Vec<String>,
    /// A definition for which nothing is generated
    #[arg(long, value_name = "NAME")]
    omit: Vec<String>,
}

/// Print the IDL of an object, from what it says of itself
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  quorb idl from @grid.ior > grid.idl")]
struct From {
    /// IOR:..., corbaloc:..., @FILE, or - for standard input
    #[arg(value_name = "REF")]
    reference: String,
    /// The time it may take: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    deadline: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Look for included files here; may be given several times
    #[arg(short = 'I', value_name = "DIR")]
    include: Vec<String>,
    /// Define a macro, as 1 if no value is given; may be given several times
    #[arg(short = 'D', value_name = "NAME[=V]")]
    define: Vec<String>,
}

impl Idl {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        match self.verb {
            Verb::Check(check) => check.run(),
            Verb::Print(print) => print.run(output),
            Verb::Rust(rust) => rust.run(output),
            Verb::From(from) => from.run(output).await,
            Verb::Diff(diff) => diff.run(output),
        }
    }
}

impl Check {
    /// Checks every file, even after one that is not valid.
    fn run(&self) -> Result<(), Verdict> {
        let mut verdict = Ok(());
        for file in &self.files {
            if !self.settings.compile(file).is_valid() {
                verdict = Err(Verdict::Shown);
            }
        }
        verdict
    }
}

impl Print {
    fn run(&self, output: &mut Output) -> Result<(), Verdict> {
        let model = self.settings.compile(&self.file).model.ok_or(Verdict::Shown)?;
        output.line(quorb_idl::print(&model).trim_end())
    }
}

impl Rust {
    fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let outcome = self.settings.compile(&self.file);
        let model = outcome.model.as_ref().ok_or(Verdict::Shown)?;
        let settings = quorb_mapping::Settings {
            runtime: Runtime::Plain,
            query: self.query,
            asynchronous: self.asynchronous,
            blocking: self.blocking,
            faults: self.faults,
            omit: self.omit,
            external: Vec::new(),
        };
        let items = quorb_mapping::rust(model, &outcome.sources, &self.file, &settings);
        let items = items.map_err(|faults| refused(&faults, &outcome))?;
        let file: syn::File = syn::parse2(items).map_err(Verdict::failed)?;
        output.line(prettyplease::unparse(&file).trim_end())
    }
}

impl From {
    async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let text = reference::text_of(&self.reference)?;
        let described = asked_by(Orb::builder(), async |orb| {
            let object = orb.string_to_object(&text).map_err(Verdict::failed)?;
            with_time(&object, self.deadline).describe().await.map_err(Verdict::failed)
        });
        let text = described.await?.idl().map_err(Verdict::failed)?;
        output.line(text.trim_end())
    }
}

/// What has no Rust form, on standard error, and the verdict on it.
fn refused(faults: &[Fault], outcome: &Outcome) -> Verdict {
    let is_misuse = |fault: &Fault| matches!(fault, Fault::Setting { .. });
    let texts: Vec<String> = faults
        .iter()
        .map(|fault| match fault {
            Fault::Source(diagnostic) => {
                let excerpt_chars_max = Limits::default().excerpt_chars_max;
                render(diagnostic, &outcome.sources, excerpt_chars_max).trim_end().to_owned()
            }
            Fault::Setting { reason, .. } => reason.clone(),
        })
        .collect();
    let text = texts.join("\n");
    if faults.iter().all(is_misuse) { Verdict::Misused(text) } else { Verdict::Failed(text) }
}

impl Settings {
    /// Translates a file, and says what is wrong with it on standard error.
    pub(crate) fn compile(&self, file: &str) -> Outcome {
        let mut compiler = Compiler::new(&Disk);
        for folder in &self.include {
            compiler = compiler.include(folder);
        }
        for definition in &self.define {
            let (name, value) = definition.split_once('=').unwrap_or((definition, "1"));
            compiler = compiler.define(name, value);
        }
        let outcome = compiler.compile(file);
        let mut stderr = io::stderr().lock();
        for text in outcome.rendered() {
            // Nobody is left to be told if standard error is closed.
            let _ = stderr.write_all(text.as_bytes());
        }
        outcome
    }
}
