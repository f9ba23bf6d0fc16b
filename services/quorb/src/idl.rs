//! `quorb idl`: check interface definitions, print them in canonical form.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use quorb_idl::{Compiler, Disk, Outcome};

use crate::output::Output;
use crate::verdict::Verdict;

/// Check interface definitions, print them in canonical form
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

#[derive(Debug, Args)]
struct Settings {
    /// Look for included files here; may be given several times
    #[arg(short = 'I', value_name = "DIR")]
    include: Vec<String>,
    /// Define a macro, as 1 if no value is given; may be given several times
    #[arg(short = 'D', value_name = "NAME[=V]")]
    define: Vec<String>,
}

impl Idl {
    pub(crate) fn run(self, output: &mut Output) -> Result<(), Verdict> {
        match self.verb {
            Verb::Check(check) => check.run(),
            Verb::Print(print) => print.run(output),
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

impl Settings {
    /// Translates a file, and says what is wrong with it on standard error.
    fn compile(&self, file: &str) -> Outcome {
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
