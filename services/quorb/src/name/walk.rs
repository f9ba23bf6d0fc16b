//! Walking the contexts below a name. They are a graph: every context is entered once, so that a walk ends.

use std::collections::BTreeSet;

use quorb::Proxy;
use quorb_naming::cos::{BindingType, NamingContextProxy};
use quorb_naming::{Names, client::Entry};

use super::failed;
use crate::verdict::Verdict;

/// The contexts that one walk enters.
pub(super) const CONTEXTS_MAX: usize = 1_000_000;

/// A context that was entered, with what is bound in it.
pub(super) struct Entered {
    pub(super) path: String,
    pub(super) context: NamingContextProxy,
    pub(super) entries: Vec<Entry>,
}

/// A walk from one context downwards.
pub(super) struct Walk<'a> {
    names: &'a Names,
    /// What is to be entered, the next one last.
    waiting: Vec<String>,
    /// References of contexts that were met.
    met: BTreeSet<String>,
    /// A binding that is not followed.
    without: Option<String>,
    /// Where contexts are that are entered; anywhere if it is empty.
    places: Places,
}

/// Hosts and ports.
pub(super) type Places = BTreeSet<(String, u16)>;

impl<'a> Walk<'a> {
    pub(super) fn from(names: &'a Names, path: &str) -> Walk<'a> {
        let waiting = vec![path.to_owned()];
        Walk { names, waiting, met: BTreeSet::new(), without: None, places: Places::new() }
    }

    /// Does not follow a binding.
    pub(super) fn without(mut self, path: &str) -> Walk<'a> {
        self.without = Some(path.to_owned());
        self
    }

    /// Enters only contexts that are at one of these places, and the first.
    pub(super) fn within(mut self, places: &Places) -> Walk<'a> {
        self.places = places.clone();
        self
    }

    /// The references of the contexts that were met.
    pub(super) fn met(self) -> BTreeSet<String> {
        self.met
    }

    /// Enters the next context: depth first, in the order of lists. One that was met under another name is passed over, and
    /// so is one that cannot be asked, unless it is the first.
    pub(super) async fn next(&mut self) -> Result<Option<Entered>, Verdict> {
        while let Some(path) = self.waiting.pop() {
            let is_first = self.met.is_empty();
            let context = match self.names.context(&path).await {
                Ok(context) => context,
                Err(error) if is_first => return Err(failed(error)),
                Err(_) => continue,
            };
            let is_elsewhere = !self.places.is_empty() && self.places.is_disjoint(&places_of(&context));
            if is_elsewhere && !is_first {
                continue;
            }
            if !self.met.insert(context.object().to_string()) {
                continue;
            }
            if self.met.len() > CONTEXTS_MAX {
                return Err(Verdict::failed(format_args!("more than {CONTEXTS_MAX} contexts")));
            }
            let entries = match self.names.list(&path).await {
                Ok(entries) => entries,
                Err(error) if is_first => return Err(failed(error)),
                Err(_) => continue,
            };
            let below = entries.iter().rev().filter(|entry| entry.sort == BindingType::Context);
            let below = below.map(|entry| joined(&path, &entry.name));
            self.waiting.extend(below.filter(|path| self.without.as_ref() != Some(path)));
            return Ok(Some(Entered { path, context, entries }));
        }
        Ok(None)
    }
}

/// Where a context is served.
pub(super) fn places_of(context: &NamingContextProxy) -> Places {
    let profiles = context.object().ior().iiop_profiles().flatten();
    profiles.map(|profile| (profile.host, profile.port)).collect()
}

/// The path of what is bound in a context.
pub(super) fn joined(context: &str, name: &str) -> String {
    if context.is_empty() { name.to_owned() } else { format!("{context}/{name}") }
}
