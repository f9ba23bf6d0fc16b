//! Walking the contexts below a name. They are a graph: every context is entered once, so that a walk ends.

use std::collections::BTreeSet;

use quorb::Proxy;
use quorb_naming::client::Entry;
use quorb_naming::cos::{BindingType, NamingContextProxy};
use quorb_naming::{NameError, Names};

use super::failed;
use crate::limits::WALKED_CONTEXTS_MAX;
use crate::verdict::Verdict;

/// A context that was entered, with what is bound in it.
pub(super) struct Entered {
    pub(super) path: String,
    pub(super) identity: Identity,
    pub(super) context: NamingContextProxy,
    pub(super) entries: Vec<Entry>,
}

/// What a context is, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Identity {
    /// A context of the service that is walked, by its number.
    Own(u64),
    /// One of another service, or of a service that has no numbers: its reference, which may be one of several.
    Other(String),
}

/// A walk from one context downwards.
pub(super) struct Walk<'a> {
    names: &'a Names,
    /// What is to be entered, the next one last.
    waiting: Vec<String>,
    met: BTreeSet<Identity>,
    /// A binding that is not followed.
    without: Option<String>,
    /// Enters only contexts of the service itself.
    own_only: bool,
}

impl<'a> Walk<'a> {
    /// Through all services that it leads to.
    pub(super) fn from(names: &'a Names, path: &str) -> Walk<'a> {
        Walk { names, waiting: vec![path.to_owned()], met: BTreeSet::new(), without: None, own_only: false }
    }

    /// Within the service.
    pub(super) fn within(names: &'a Names, path: &str) -> Walk<'a> {
        Walk { own_only: true, ..Walk::from(names, path) }
    }

    /// Does not follow a binding.
    pub(super) fn without(mut self, path: &str) -> Walk<'a> {
        self.without = Some(path.to_owned());
        self
    }

    /// The contexts that were met.
    pub(super) fn met(self) -> BTreeSet<Identity> {
        self.met
    }

    /// Enters the next context: depth first, in the order of lists. One that was met under another name is passed over, and
    /// so is one that cannot be asked, unless it is the first.
    pub(super) async fn next(&mut self) -> Result<Option<Entered>, Verdict> {
        while let Some(path) = self.waiting.pop() {
            let is_first = self.met.is_empty();
            match self.enter(path).await {
                Ok(Some(entered)) => return Ok(Some(entered)),
                Err(error) if is_first => return Err(failed(error)),
                Ok(None) | Err(_) => {}
            }
            if self.met.len() > WALKED_CONTEXTS_MAX {
                return Err(Verdict::failed(format_args!("more than {WALKED_CONTEXTS_MAX} contexts")));
            }
        }
        Ok(None)
    }

    async fn enter(&mut self, path: String) -> Result<Option<Entered>, NameError> {
        let context = self.names.context(&path).await?;
        let identity = match self.names.context_number(&path).await? {
            Some(number) => Identity::Own(number),
            None if self.own_only => return Ok(None),
            None => Identity::Other(context.object().to_string()),
        };
        if !self.met.insert(identity.clone()) {
            return Ok(None);
        }
        let entries = self.names.list(&path).await?;
        let below = entries.iter().rev().filter(|entry| entry.sort == BindingType::Context);
        let below = below.map(|entry| joined(&path, &entry.name));
        self.waiting.extend(below.filter(|path| self.without.as_ref() != Some(path)));
        Ok(Some(Entered { path, identity, context, entries }))
    }
}

/// The path of what is bound in a context.
pub(super) fn joined(context: &str, name: &str) -> String {
    if context.is_empty() { name.to_owned() } else { format!("{context}/{name}") }
}
