//! A Quorb client program as a list of named checks against one reference: the same checks, by the same names, as those of
//! the foreign clients.
//!
//! Each check prints one line, `ok NAME` or `FAIL NAME expected .. got ..`; the program ends with 0 if all of them passed, 1
//! if one failed, 2 if it was called wrongly.

mod compare;
mod directions;
mod exceptions;
mod grid;
mod load;
mod objects;
mod options;
mod random;
mod refusals;
mod restart;
mod samples;
mod session;
mod types;

use std::io::Write;
use std::pin::Pin;

use options::Checked;
pub use options::Options;
use session::Session;

/// One check.
struct Check {
    /// `all` runs unless something else is asked for.
    group: &'static str,
    name: &'static str,
    run: for<'a> fn(&'a mut Session) -> Pin<Box<dyn Future<Output = compare::Verdict> + 'a>>,
}

/// Makes a list of checks out of functions, whose names are the checks'.
macro_rules! checks {
    ($($group:literal: $($name:ident)+;)+) => {
        vec![$($($crate::checks::Check {
            group: $group,
            name: stringify!($name),
            run: |session| Box::pin($name(session)),
        },)+)+]
    };
}
use checks;

/// Runs the chosen checks and returns the exit code of the program.
pub async fn run(options: Options) -> u8 {
    let checks: Vec<Check> = match options.interface {
        Checked::Grid => grid::checks(),
        Checked::Echo => [
            types::checks(),
            objects::checks(),
            directions::checks(),
            exceptions::checks(),
            refusals::checks(),
            load::checks(),
            restart::checks(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    if options.list {
        checks.iter().for_each(|check| say(&format!("{} {}", check.group, check.name)));
        return 0;
    }
    let wanted = if options.checks.is_empty() { vec!["all".to_owned()] } else { options.checks.clone() };
    let chosen: Vec<&Check> = wanted
        .iter()
        .flat_map(|want| checks.iter().filter(move |check| check.name == want || check.group == want))
        .collect();
    if let Some(unknown) =
        wanted.iter().find(|want| !checks.iter().any(|check| check.name == **want || check.group == **want))
    {
        eprintln!("no check and no group is called {unknown}");
        return 2;
    }
    match Session::start(options).await {
        Ok(mut session) => run_all(&chosen, &mut session).await,
        Err(exception) => {
            eprintln!("cannot start: {exception}");
            2
        }
    }
}

async fn run_all(chosen: &[&Check], session: &mut Session) -> u8 {
    let mut failed = false;
    for check in chosen {
        match (check.run)(session).await {
            Ok(()) => say(&format!("ok {}", check.name)),
            Err(mismatch) => {
                failed = true;
                say(&format!("FAIL {} {}", check.name, mismatch.to_string().replace('\n', " ")));
            }
        }
    }
    session.end().await;
    u8::from(failed)
}

/// Prints a line at once: somebody may be waiting for it.
fn say(line: &str) {
    // Whoever started this process and does not read cannot be helped.
    let _ = writeln!(std::io::stdout(), "{line}").and_then(|()| std::io::stdout().flush());
}
