//! Names that a path can go on with.

use std::ffi::OsStr;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use quorb::Orb;
use quorb_naming::Names;
use quorb_naming::client::Entry;
use quorb_naming::cos::BindingType;

use crate::limits::{COMPLETION_WAIT_MAX, COMPLETIONS_MAX};
use crate::reference;

/// Completes a path by asking the naming service that the command line would ask. A service that does not answer at once
/// completes nothing: nobody waits at a prompt.
pub(crate) fn paths() -> ArgValueCompleter {
    ArgValueCompleter::new(|begun: &OsStr| begun.to_str().map(candidates).unwrap_or_default())
}

fn candidates(begun: &str) -> Vec<CompletionCandidate> {
    let (context, last) = split(begun);
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return Vec::new() };
    let listed = runtime.block_on(async {
        let listing = listed(value_of(&words, "--names"), context);
        tokio::time::timeout(COMPLETION_WAIT_MAX, listing).await.ok()?
    });
    runtime.shutdown_background();
    let listed = listed.unwrap_or_default();
    let named = listed.iter().filter(|entry| entry.name.starts_with(last) && is_plain(&entry.name));
    named.take(COMPLETIONS_MAX).map(|entry| CompletionCandidate::new(whole(context, entry))).collect()
}

/// What is bound in a context; none if the service cannot be asked.
async fn listed(service: Option<&str>, context: &str) -> Option<Vec<Entry>> {
    let orb = Orb::builder().limits(|limits| limits.retry_attempts_max = 1).start().await.ok()?;
    let names = match service {
        Some(text) => Names::with_root(&orb, orb.resolve(&reference::text_of(text).ok()?).await.ok()?),
        None => Names::of(&orb).ok()?,
    };
    names.list(context.trim_matches('/')).await.ok()
}

/// The context that a path leads to, with its last slash, and the beginning of what is in it.
fn split(begun: &str) -> (&str, &str) {
    let mut slashes = begun.rmatch_indices('/').filter(|(at, _)| !begun[..*at].ends_with('\\'));
    begun.split_at(slashes.next().map_or(0, |(at, _)| at + 1))
}

/// The path of an entry; that of a context ends with a slash, behind which it goes on.
fn whole(context: &str, entry: &Entry) -> String {
    let end = if entry.sort == BindingType::Context { "/" } else { "" };
    format!("{context}{}{end}", entry.name)
}

/// Whether a name means the same to every shell. Others would have to be quoted, for each shell otherwise.
fn is_plain(name: &str) -> bool {
    name.chars().all(|c| c.is_alphanumeric() || "._-+:@%,".contains(c))
}

/// The value of an option among the words of a command line.
fn value_of<'a>(words: &'a [String], option: &str) -> Option<&'a str> {
    words.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(option)? {
        "" => words.get(at + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_where_its_last_component_begins() {
        for (begun, context, last) in [
            ("", "", ""),
            ("tra", "", "tra"),
            ("trading/", "trading/", ""),
            ("/trading/eu/gr", "/trading/eu/", "gr"),
            ("a\\/b/c\\/d", "a\\/b/", "c\\/d"),
            ("ä/ö", "ä/", "ö"),
        ] {
            assert_eq!(split(begun), (context, last), "{begun}");
        }
    }

    #[test]
    fn the_service_is_the_one_of_the_command_line() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(value_of(&words("quorb -- quorb name --names @x ls a"), "--names"), Some("@x"));
        assert_eq!(value_of(&words("quorb -- quorb name ls --names=@x"), "--names"), Some("@x"));
        assert_eq!(value_of(&words("quorb -- quorb name ls --names"), "--names"), None);
        assert_eq!(value_of(&words("quorb -- quorb name ls a"), "--names"), None);
    }

    #[test]
    fn what_a_shell_would_read_otherwise_is_not_offered() {
        assert!(is_plain("grid.object") && is_plain("größe_2"));
        for name in ["a b", "a;b", "$x", "a\\.b", "`x`", "a\u{1b}[31m", "x'", "a*"] {
            assert!(!is_plain(name), "{name:?}");
        }
    }
}
