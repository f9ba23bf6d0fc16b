//! What was resolved, until it changes.
//!
//! An entry is used only while a task listens to the changes of the service, and only if that task will hear of every
//! change behind what the entry has seen. A change of any binding on the way to an object, under whatever path, removes the
//! entry; a gap in the changes removes all.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use quorb::{ObjectRef, Orb, Proxy};

use crate::cos::{Changes, DirectoryProxy, Step};

/// The resolved names of a program.
#[derive(Debug, Default)]
pub(super) struct Cache {
    /// The lock is held for a look or an insertion.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: BTreeMap<String, Entry>,
    /// Which paths depend on a binding.
    dependents: BTreeMap<Step, Vec<String>>,
    listening: Listening,
}

#[derive(Debug, Default, PartialEq)]
enum Listening {
    /// Nobody listens.
    #[default]
    No,
    /// A task has been started and has heard nothing yet.
    Begun,
    /// Every change behind this number will be heard of.
    From(u64),
}

#[derive(Debug)]
struct Entry {
    object: ObjectRef,
    /// The interfaces that the object is known to have.
    interfaces: Vec<&'static str>,
}

/// The names that are remembered; with one more, all are forgotten.
const NAMES_MAX: usize = 10_000;

/// How long the service keeps a question for changes.
const WAIT: Duration = Duration::from_secs(15);

/// How long such a question may take altogether.
const DEADLINE: Duration = Duration::from_secs(25);

/// The pause before a service is asked again that could not be.
const PAUSE: Duration = Duration::from_secs(1);

impl Cache {
    /// What is remembered of a path: the object, if it is known to have the interface.
    pub(super) fn get(&self, path: &str, interface: Option<&'static str>) -> Option<ObjectRef> {
        let state = self.state();
        let entry = state.entries.get(path)?;
        let is_known = interface.is_none_or(|interface| entry.interfaces.contains(&interface));
        is_known.then(|| entry.object.clone())
    }

    /// Notes that an object has an interface.
    pub(super) fn confirm(&self, path: &str, object: &ObjectRef, interface: &'static str) {
        if let Some(entry) = self.state().entries.get_mut(path)
            && entry.object == *object
            && !entry.interfaces.contains(&interface)
        {
            entry.interfaces.push(interface);
        }
    }

    /// Sees to it that somebody listens.
    pub(super) fn listen_to(self: &Arc<Self>, orb: &Orb, directory: &DirectoryProxy) {
        let mut state = self.state();
        if state.listening == Listening::No {
            state.listening = Listening::Begun;
            let (cache, directory, orb) =
                (Arc::downgrade(self), directory.with_deadline(DEADLINE), orb.clone());
            tokio::spawn(async move {
                tokio::select! {
                    () = listen(cache.clone(), directory) => {}
                    () = orb.draining() => {}
                }
                // Nobody hears of changes any more: nothing is remembered.
                if let Some(cache) = cache.upgrade() {
                    cache.is_deaf();
                }
            });
        }
    }

    /// Remembers what was resolved, unless a change may have been heard of already that the answer has not seen.
    pub(super) fn put(&self, path: &str, object: &ObjectRef, steps: &[Step], seen: u64) {
        let mut state = self.state();
        let is_heard = matches!(state.listening, Listening::From(number) if number <= seen);
        if steps.is_empty() || !is_heard {
            return;
        }
        if state.entries.len() >= NAMES_MAX {
            state.forget_all();
        }
        let entry = Entry { object: object.clone(), interfaces: Vec::new() };
        state.entries.insert(path.to_owned(), entry);
        for step in steps {
            state.dependents.entry(step.clone()).or_default().push(path.to_owned());
        }
    }

    /// Forgets a path and those below it: this program has changed something there.
    pub(super) fn forget(&self, path: &str) {
        let below = format!("{path}/");
        self.state().entries.retain(|known, _| known != path && !known.starts_with(&below));
    }

    fn heard(&self, news: &Changes) {
        let mut state = self.state();
        if news.missed {
            state.forget_all();
        }
        for change in &news.changes {
            for path in state.dependents.remove(&change.step).unwrap_or_default() {
                state.entries.remove(&path);
            }
        }
        if state.entries.is_empty() {
            state.dependents.clear();
        }
        state.listening = Listening::From(news.next);
    }

    fn is_deaf(&self) {
        let mut state = self.state();
        state.forget_all();
        state.listening = Listening::Begun;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn forget_all(&mut self) {
        self.entries.clear();
        self.dependents.clear();
    }
}

/// Hears the changes of a service as long as somebody has the cache and the broker runs.
async fn listen(cache: Weak<Cache>, directory: DirectoryProxy) {
    let wait = u32::try_from(WAIT.as_millis()).unwrap_or(u32::MAX);
    let mut since = 0;
    loop {
        let news = directory.changes(since, &[], wait).await;
        let Some(cache) = cache.upgrade() else { return };
        match news {
            Ok(news) => {
                since = news.next;
                cache.heard(&news);
            }
            Err(fault) => {
                tracing::debug!(%fault, "the naming service says nothing of changes: names are not remembered");
                cache.is_deaf();
                since = 0;
                drop(cache);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
