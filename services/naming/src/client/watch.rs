//! The changes of a subtree.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use quorb::Proxy;

use super::contexts::listed;
use super::error::{About, NameError};
use super::names::{Names, parsed};
use crate::cos::{BindingType, ChangeKind, ChangeRecord, DirectoryProxy, NamingContextProxy};
use crate::name;

/// What has happened to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchEvent {
    /// The name, from the root of [`Names`] on.
    pub path: String,
    /// What has become of it.
    pub kind: ChangeKind,
}

/// The changes in a context and in those below it, as they happen; made by [`Names::watch`].
///
/// Contexts of other services are seen as names, and not looked into. Changes in a context with several names are told under
/// each of them; changes below it under the first.
#[derive(Debug)]
pub struct Watch {
    directory: DirectoryProxy,
    next: u64,
    /// The names of each context that is watched.
    paths: BTreeMap<u64, BTreeSet<String>>,
    /// What has happened and was not given yet.
    ready: VecDeque<WatchEvent>,
}

/// The contexts that are watched by number; with more of them everything is heard and sorted here.
const NAMED_CONTEXTS_MAX: usize = 1_000;

/// The contexts that a watch knows.
const CONTEXTS_MAX: usize = 100_000;

/// How long the service keeps a question for changes.
const WAIT: Duration = Duration::from_secs(15);

/// How long such a question may take altogether.
const DEADLINE: Duration = Duration::from_secs(25);

impl Names {
    /// Watches a context and those below it; the empty path is the root. Every change behind this call's end is told.
    ///
    /// # Errors
    /// [`NameError::NotOurs`], [`NameError::NotFound`], [`NameError::TooManyContexts`], among others.
    pub async fn watch(&self, path: &str) -> Result<Watch, NameError> {
        let directory = self.directory().await?.ok_or(NameError::NotOurs)?.with_deadline(DEADLINE);
        let start = directory.changes(0, &[], 0).await.map_err(|fault| fault.about(path))?;
        let (context, number) = match path {
            "" => (self.context("").await?, directory.number().await.map_err(|fault| fault.about(path))?),
            _ => {
                let found = directory.look_up(&parsed(path)?).await.map_err(|fault| fault.about(path))?;
                (found.object.unchecked(), found.context)
            }
        };
        if number == 0 {
            let rest = parsed(path)?.last().map(|last| name::write(std::slice::from_ref(last)));
            let (rest, why) = (rest.unwrap_or_default(), crate::cos::NotFoundReason::NotContext);
            return Err(NameError::NotFound { path: path.to_owned(), why, rest });
        }
        let mut watch = Watch { directory, next: start.next, paths: BTreeMap::new(), ready: VecDeque::new() };
        watch.enter(context, number, path.to_owned()).await?;
        Ok(watch)
    }
}

impl Watch {
    /// The next change; waits for it. Cancellation safe: nothing is lost, though what was about to be told may be told twice.
    ///
    /// # Errors
    /// [`NameError::Missed`] if the service has forgotten changes, or was restarted: then a new watch is to be begun.
    pub async fn next(&mut self) -> Result<WatchEvent, NameError> {
        let wait = u32::try_from(WAIT.as_millis()).unwrap_or(u32::MAX);
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(event);
            }
            let few = self.paths.len() <= NAMED_CONTEXTS_MAX;
            let contexts: Vec<u64> = if few { self.paths.keys().copied().collect() } else { Vec::new() };
            let news = self.directory.changes(self.next, &contexts, wait).await;
            let news = news.map_err(|fault| fault.about(""))?;
            if news.missed {
                return Err(NameError::Missed);
            }
            for change in &news.changes {
                self.follow(change).await?;
            }
            self.next = news.next;
        }
    }

    /// What a change means for each name of its context.
    async fn follow(&mut self, change: &ChangeRecord) -> Result<(), NameError> {
        let component = name::write(std::slice::from_ref(&change.step.name));
        for parent in self.paths.get(&change.step.context).cloned().unwrap_or_default() {
            let path = joined(&parent, &component);
            self.leave(&path);
            if change.kind == ChangeKind::BoundContext && change.context != 0 {
                let found = self.directory.look_up(&parsed(&path)?).await;
                // It may be gone again: then another change says so.
                if let Ok(found) = found
                    && found.context == change.context
                {
                    self.enter(found.object.unchecked(), found.context, path.clone()).await?;
                }
            }
            self.ready.push_back(WatchEvent { path, kind: change.kind });
        }
        Ok(())
    }

    /// Takes in a context and those below it.
    async fn enter(
        &mut self,
        context: NamingContextProxy,
        number: u64,
        path: String,
    ) -> Result<(), NameError> {
        let mut waiting = VecDeque::from([(context, path, number)]);
        while let Some((context, path, number)) = waiting.pop_front() {
            if self.paths.len() >= CONTEXTS_MAX {
                return Err(NameError::TooManyContexts { limit: CONTEXTS_MAX });
            }
            let is_new = !self.paths.contains_key(&number);
            self.paths.entry(number).or_default().insert(path.clone());
            // Below a context that is known, all others are known under its first name: cycles and diamonds stay small.
            if !is_new {
                continue;
            }
            for entry in listed(&context, &path).await? {
                if entry.sort != BindingType::Context {
                    continue;
                }
                let below: DirectoryProxy = context.object().unchecked();
                let Ok(found) = below.look_up(&parsed(&entry.name)?).await else { continue };
                if found.context != 0 {
                    waiting.push_back((found.object.unchecked(), joined(&path, &entry.name), found.context));
                }
            }
        }
        Ok(())
    }

    /// Takes out the contexts at and below a path.
    fn leave(&mut self, path: &str) {
        let below = format!("{path}/");
        for paths in self.paths.values_mut() {
            paths.retain(|known| known != path && !known.starts_with(&below));
        }
        self.paths.retain(|_, paths| !paths.is_empty());
    }
}

fn joined(parent: &str, component: &str) -> String {
    if parent.is_empty() { component.to_owned() } else { format!("{parent}/{component}") }
}
