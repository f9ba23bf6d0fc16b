//! Names: what IDL allows, how Rust spells them, and what a misspelt one was meant to be.

use proc_macro2::Span;
use syn::Ident;
use syn::ext::IdentExt;

pub(crate) use quorb_mapping::snake_case;

use crate::sink::Sink;

/// The prefix that generated names have and users' names must not have.
pub(crate) const RESERVED_PREFIX: &str = "__";

/// How many changed letters still count as a misspelling.
const MISSPELT_LETTERS_MAX: usize = 2;

/// The name without the `r#` of a raw identifier.
pub(crate) fn plain(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// An identifier that joins the name of `ident` with something, at the place of `ident`.
pub(crate) fn joined(prefix: &str, ident: &Ident, suffix: &str) -> Ident {
    Ident::new(&format!("{prefix}{}{suffix}", plain(ident)), ident.span())
}

/// Checks that `name` is an IDL identifier: a letter, then letters, digits and underscores (CORBA 3.3 Part 1, 7.2.3).
pub(crate) fn check_idl_name(name: &str, span: Span, sink: &mut Sink) -> bool {
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
    let goes_on_well = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if starts_well && goes_on_well {
        return true;
    }
    sink.at_span(
        span,
        format_args!(
            "`{name}` is no IDL name: it must be an ASCII letter followed by letters, digits and underscores; give one \
             with `#[idl(name = \"...\")]`"
        ),
    );
    false
}

/// The candidate that `word` was probably meant to be.
pub(crate) fn closest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let (distance, candidate) = candidates
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .min_by_key(|(far, _)| *far)?;
    (distance <= MISSPELT_LETTERS_MAX && distance < word.len().min(candidate.len())).then_some(candidate)
}

/// "did you mean" where a candidate is close, else the list of candidates.
pub(crate) fn suggestion(word: &str, candidates: &[&str]) -> String {
    match closest(word, candidates) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("known are {}", listed(candidates)),
    }
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// The number of letters to insert, remove, replace or swap to make `left` into `right`.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_find_their_candidate() {
        let known = ["oneway", "blocking", "update"];
        assert_eq!(closest("oneawy", &known), Some("oneway"));
        assert_eq!(closest("blokcing", &known), Some("blocking"));
        assert_eq!(closest("inline", &known), None);
        assert_eq!(suggestion("x", &["a", "b"]), "known are `a` and `b`");
    }
}
