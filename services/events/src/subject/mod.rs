//! Subjects: what events are about, and patterns of them.
//!
//! | | |
//! |---|---|
//! | `equities/ibm` | a subject: levels between slashes. The first one is the channel |
//! | `equities/*` | `*` stands for exactly one level |
//! | `equities/**` | `**`, at the end only, stands for what is left, nothing included |
//!
//! A level is any text that is not empty, without control characters, and without `*`. Wildcards stand for whole levels, and
//! not for the channel.

use crate::Limits;

/// A subject that was checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(Box<str>);

/// A pattern that was checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    text: Box<str>,
    kind: PatternKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum PatternKind {
    /// No wildcard.
    Exact,
    /// `channel/**`: everything there is in a channel.
    Everything,
    /// Something in between.
    Levels,
}

/// Why a text is no subject or pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// A level is empty, or there is none.
    #[error("a level is empty (at octet {at})")]
    EmptyLevel {
        /// Where.
        at: usize,
    },
    /// A control character.
    #[error("a control character (at octet {at})")]
    Control {
        /// Where.
        at: usize,
    },
    /// A `*` where none may be.
    #[error("a `*` in a level (at octet {at}): in a pattern it stands alone, in a subject not at all")]
    Star {
        /// Where.
        at: usize,
    },
    /// `**` with more levels behind it.
    #[error("`**` stands for all that is left, and has nothing behind it (at octet {at})")]
    NotLast {
        /// Where.
        at: usize,
    },
    /// A wildcard for the channel.
    #[error("the first level is the channel, and no wildcard")]
    NoChannel,
    /// Too many octets.
    #[error("{bytes} octets, above subject_bytes_max = {limit}")]
    TooLong {
        /// How many.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Too many levels.
    #[error("more than subject_levels_max = {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

impl Subject {
    /// Checks a subject.
    ///
    /// # Errors
    /// See [`SubjectError`].
    pub fn new(text: &str, limits: &Limits) -> Result<Subject, SubjectError> {
        check(text, limits)?;
        Ok(Subject(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The channel: the first level.
    pub fn channel(&self) -> &str {
        channel_of(&self.0)
    }
}

/// Checks a subject without keeping it.
///
/// # Errors
/// See [`SubjectError`].
pub fn check(text: &str, limits: &Limits) -> Result<(), SubjectError> {
    match levels(text, limits)?.find(|(_, level)| level.contains('*')) {
        Some((at, _)) => Err(SubjectError::Star { at }),
        None => Ok(()),
    }
}

/// The first level of a subject or pattern.
pub fn channel_of(text: &str) -> &str {
    text.split('/').next().unwrap_or(text)
}

/// The levels with their offsets, once what holds for subjects and patterns alike is known to hold.
fn levels<'a>(
    text: &'a str,
    limits: &Limits,
) -> Result<impl Iterator<Item = (usize, &'a str)> + use<'a>, SubjectError> {
    let limit = limits.subject_bytes_max;
    if text.len() > limit {
        return Err(SubjectError::TooLong { bytes: text.len(), limit });
    }
    if let Some((at, _)) = text.char_indices().find(|(_, c)| c.is_control()) {
        return Err(SubjectError::Control { at });
    }
    let with_offsets = |text: &'a str| {
        text.split('/').scan(0, |at, level| {
            let here = *at;
            *at += level.len() + 1;
            Some((here, level))
        })
    };
    let limit = limits.subject_levels_max;
    for (count, (at, level)) in with_offsets(text).enumerate() {
        if level.is_empty() {
            return Err(SubjectError::EmptyLevel { at });
        }
        if count == limit {
            return Err(SubjectError::TooDeep { limit });
        }
    }
    Ok(with_offsets(text))
}

impl Pattern {
    /// Checks a pattern.
    ///
    /// # Errors
    /// See [`SubjectError`].
    pub fn new(text: &str, limits: &Limits) -> Result<Pattern, SubjectError> {
        let (mut ended, mut wild, mut count) = (None, false, 0);
        for (at, level) in levels(text, limits)? {
            if let Some(at) = ended {
                return Err(SubjectError::NotLast { at });
            }
            match level {
                "*" | "**" if at == 0 => return Err(SubjectError::NoChannel),
                "**" => ended = Some(at),
                "*" => wild = true,
                other if other.contains('*') => return Err(SubjectError::Star { at }),
                _ => {}
            }
            count += 1;
        }
        let kind = match (ended, wild, count) {
            (None, false, _) => PatternKind::Exact,
            (Some(_), false, 2) => PatternKind::Everything,
            _ => PatternKind::Levels,
        };
        Ok(Pattern { text: text.into(), kind })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The channel: the first level.
    pub fn channel(&self) -> &str {
        channel_of(&self.text)
    }

    /// Whether every subject of its channel matches.
    pub fn is_everything(&self) -> bool {
        self.kind == PatternKind::Everything
    }

    /// Whether a subject matches. Linear in its length.
    pub fn matches(&self, subject: &str) -> bool {
        match self.kind {
            PatternKind::Exact => *self.text == *subject,
            _ => self.matches_levels(subject),
        }
    }

    fn matches_levels(&self, subject: &str) -> bool {
        let mut levels = subject.split('/');
        for wanted in self.text.split('/') {
            match (wanted, levels.next()) {
                ("**", _) => return true,
                ("*", Some(_)) => {}
                (wanted, Some(level)) if wanted == level => {}
                _ => return false,
            }
        }
        levels.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text, &Limits::default()).unwrap_or_else(|cause| panic!("{text}: {cause}"))
    }

    #[test]
    fn wildcards_stand_for_whole_levels() {
        let cases = [
            ("a", "a", true),
            ("a", "a/b", false),
            ("a/b", "a/b", true),
            ("a/*", "a/b", true),
            ("a/*", "a", false),
            ("a/*", "a/b/c", false),
            ("a/*/c", "a/b/c", true),
            ("a/*/c", "a/b/d", false),
            ("a/**", "a", true),
            ("a/**", "a/b/c/d", true),
            ("a/**", "ab", false),
            ("a/*/**", "a", false),
            ("a/*/**", "a/b", true),
            ("a/b/**", "a/c/d", false),
            ("tür/größe ≥ 1", "tür/größe ≥ 1", true),
        ];
        for (wanted, subject, expected) in cases {
            assert_eq!(pattern(wanted).matches(subject), expected, "{wanted} and {subject}");
        }
    }

    #[test]
    fn what_is_no_subject_is_told_why() {
        let limits = Limits::default();
        let subject = |text: &str| Subject::new(text, &limits).unwrap_err();
        assert_eq!(subject(""), SubjectError::EmptyLevel { at: 0 });
        assert_eq!(subject("a//b"), SubjectError::EmptyLevel { at: 2 });
        assert_eq!(subject("/a"), SubjectError::EmptyLevel { at: 0 });
        assert_eq!(subject("a/b\n"), SubjectError::Control { at: 3 });
        assert_eq!(subject("a/*"), SubjectError::Star { at: 2 });
        assert_eq!(subject("a/b*c"), SubjectError::Star { at: 2 });
        assert_eq!(
            subject(&vec!["a"; 10_000].join("/")),
            SubjectError::TooLong { bytes: 19_999, limit: 1024 }
        );
        assert_eq!(subject(&vec!["a"; 100].join("/")), SubjectError::TooDeep { limit: 64 });
        let pattern = |text: &str| Pattern::new(text, &limits).unwrap_err();
        assert_eq!(pattern("a/**/b"), SubjectError::NotLast { at: 2 });
        assert_eq!(pattern("*/a"), SubjectError::NoChannel);
        assert_eq!(pattern("**"), SubjectError::NoChannel);
        assert_eq!(pattern("a/x*"), SubjectError::Star { at: 2 });
        assert_eq!(pattern("a/***"), SubjectError::Star { at: 2 });
    }
}
