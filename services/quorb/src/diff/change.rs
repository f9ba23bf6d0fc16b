//! A change, and what it does to peers that know the other version.

use std::fmt;

use serde::Serialize;

/// What a change does to old and new peers of one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Effect {
    /// They work together.
    Fine,
    /// They do, but for values that one of them cannot know.
    Partly,
    /// Some call between them fails.
    Breaks,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Effect::Fine => "fine",
            Effect::Partly => "partly",
            Effect::Breaks => "breaks",
        })
    }
}

/// A change between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    /// Where: an interface, an operation, a type.
    pub(super) place: String,
    /// What, for people.
    pub(super) what: String,
    /// The effect on peers that speak the native protocol.
    pub(super) native: Effect,
    /// The effect on peers that speak IIOP.
    pub(super) iiop: Effect,
}

/// The changes found so far.
#[derive(Debug, Default)]
pub(super) struct Changes(pub(super) Vec<Change>);

impl Changes {
    /// Notes a change with its effects, natively and over IIOP.
    pub(super) fn note(&mut self, place: &str, what: impl Into<String>, native: Effect, iiop: Effect) {
        self.0.push(Change { place: place.to_owned(), what: what.into(), native, iiop });
    }
}
