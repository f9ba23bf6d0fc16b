//! The cache of attributes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use quorb_giop::ior::Ior;
use tokio::time::Instant;

use super::{ATTRIBUTE_VERSION_CONTEXT, AttributeVersion};
use crate::exception::SystemException;
use crate::intercept::{ClientCall, ClientInterceptor, ClientNext, ClientReply};
use crate::model::Kind;

/// Answers the getters of `#[attribute]`s from what earlier calls have brought.
///
/// What it promises: a value is at most `age_max` old. Within that, it is forgotten
/// * as soon as any operation that is not a query is called on the object through the same broker (a setter, above all):
///   who has changed an object never sees its old state;
/// * with the next reply of any call on the object that says a newer version, where the server runs
///   [`AttributeVersions`](super::AttributeVersions).
///
/// What it does not: a change made by somebody else is not seen before `age_max` is over or another call has brought news;
/// servers do not push. An object is known by its reference: two references with different contents are two objects.
///
/// It is bounded by [`AttributeCacheLimits`]. Register it outside of interceptors that count calls on the wire, and inside
/// of those that count calls of the program.
#[derive(Debug)]
pub struct AttributeCache {
    age_max: Duration,
    limits: AttributeCacheLimits,
    /// The lock is held for a look or a change, never across a call.
    state: Mutex<State>,
}

/// What an [`AttributeCache`] keeps at most.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttributeCacheLimits {
    /// Objects whose attributes are kept; the one that was used least lately goes first.
    pub objects_max: usize,
    /// Attributes that are kept of one object.
    pub attributes_max: usize,
    /// Octets of a value that is kept; larger ones are not.
    pub value_bytes_max: usize,
}

impl Default for AttributeCacheLimits {
    fn default() -> AttributeCacheLimits {
        AttributeCacheLimits { objects_max: 1024, attributes_max: 64, value_bytes_max: 4096 }
    }
}

/// What an [`AttributeCache`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AttributeCacheCounts {
    /// Getters that were answered from the cache.
    pub hits: u64,
    /// Getters that were called.
    pub misses: u64,
    /// Times that what was kept of an object was forgotten because it had changed.
    pub invalidations: u64,
    /// Objects of which something is kept now.
    pub objects: usize,
}

#[derive(Debug, Default)]
struct State {
    objects: HashMap<Arc<Ior>, Kept>,
    /// Counts uses, for their order.
    uses: u64,
    /// The last generation of any object: no two are the same, so that an object that has gone and come back is not taken for
    /// what it was.
    generation: u64,
    counts: AttributeCacheCounts,
}

/// What is kept of one object.
#[derive(Debug, Default)]
struct Kept {
    version: Option<AttributeVersion>,
    /// Changes with every invalidation: what was asked for before one is not kept after it.
    generation: u64,
    values: Vec<Value>,
    last_use: u64,
}

#[derive(Debug)]
struct Value {
    operation: &'static str,
    reply: ClientReply,
    since: Instant,
}

impl Kept {
    fn invalidate(&mut self, generation: &mut u64, counts: &mut AttributeCacheCounts) {
        *generation += 1;
        self.generation = *generation;
        counts.invalidations += u64::from(!self.values.is_empty());
        self.values.clear();
    }
}

impl AttributeCache {
    /// Keeps values for up to `age_max`, within the default limits.
    pub fn new(age_max: Duration) -> AttributeCache {
        AttributeCache::with_limits(age_max, AttributeCacheLimits::default())
    }

    /// Keeps values for up to `age_max`, within `limits`.
    pub fn with_limits(age_max: Duration, limits: AttributeCacheLimits) -> AttributeCache {
        AttributeCache { age_max, limits, state: Mutex::default() }
    }

    /// What it has done so far.
    pub fn counts(&self) -> AttributeCacheCounts {
        let state = self.lock();
        AttributeCacheCounts { objects: state.objects.len(), ..state.counts }
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut state = self.lock();
        let State { objects, generation, counts, .. } = &mut *state;
        // The generations stay: calls under way must not bring back what is forgotten.
        objects.values_mut().for_each(|kept| kept.invalidate(generation, counts));
    }

    /// The reply to a getter, if it is kept and not too old; else the generation in which it is asked for.
    fn look(&self, object: &Arc<Ior>, operation: &str) -> Result<ClientReply, u64> {
        let mut state = self.lock();
        state.uses += 1;
        let State { objects, uses, generation, counts } = &mut *state;
        if !objects.contains_key(object) {
            make_room(objects, self.limits.objects_max);
            *generation += 1;
            objects.insert(object.clone(), Kept { generation: *generation, ..Kept::default() });
        }
        let kept = objects.get_mut(object).expect("it was put there if it was not there");
        kept.last_use = *uses;
        kept.values.retain(|value| value.since.elapsed() < self.age_max);
        match kept.values.iter().find(|value| value.operation == operation) {
            Some(value) => {
                counts.hits += 1;
                Ok(value.reply.clone())
            }
            None => {
                counts.misses += 1;
                Err(kept.generation)
            }
        }
    }

    /// Keeps the reply to a getter that was asked for in this generation.
    fn keep(&self, object: &Arc<Ior>, generation: u64, value: Value) {
        let version = version_in(&value.reply);
        let fits =
            value.reply.body_bytes() <= self.limits.value_bytes_max && !value.reply.is_user_exception();
        let mut state = self.lock();
        let Some(kept) = state.objects.get_mut(object) else { return };
        let is_current = kept.generation == generation && version >= kept.version;
        if fits && is_current && kept.values.len() < self.limits.attributes_max {
            kept.values.retain(|known| known.operation != value.operation);
            kept.values.push(value);
        }
    }

    /// Takes notice of the version that a reply speaks of. Answers which generation ended and which began with it, if it is
    /// a new one.
    fn learn(&self, object: &Arc<Ior>, reply: &ClientReply) -> Option<(u64, u64)> {
        let version = version_in(reply)?;
        let mut state = self.lock();
        let State { objects, generation, counts, .. } = &mut *state;
        let kept = objects.get_mut(object)?;
        let is_news = match kept.version {
            Some(known) => version.epoch != known.epoch || version.number > known.number,
            None => true,
        };
        if !is_news {
            return None;
        }
        kept.version = Some(version);
        let before = kept.generation;
        kept.invalidate(generation, counts);
        Some((before, kept.generation))
    }

    fn invalidate(&self, object: &Arc<Ior>) {
        let mut state = self.lock();
        let State { objects, generation, counts, .. } = &mut *state;
        if let Some(kept) = objects.get_mut(object) {
            kept.invalidate(generation, counts);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the object go that was used least lately, if there are as many as there may be. Linear in their number.
fn make_room(objects: &mut HashMap<Arc<Ior>, Kept>, objects_max: usize) {
    if objects.len() < objects_max.max(1) {
        return;
    }
    let oldest = objects.iter().min_by_key(|(_, kept)| kept.last_use).map(|(object, _)| object.clone());
    if let Some(oldest) = oldest {
        objects.remove(&oldest);
    }
}

fn version_in(reply: &ClientReply) -> Option<AttributeVersion> {
    reply.context(ATTRIBUTE_VERSION_CONTEXT).and_then(|octets| AttributeVersion::decode(octets))
}

impl ClientInterceptor for AttributeCache {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        let object = call.reference();
        if call.behaviour().kind != Kind::Query {
            self.invalidate(&object);
            // Once more when it has ended, or was given up: others may have asked in between.
            let _change = Change { cache: self, object: &object };
            let reply = next.run(call).await;
            if let Ok(reply) = &reply {
                self.learn(&object, reply);
            }
            return reply;
        }
        let declared = call.interface().and_then(|interface| interface.operation(call.operation()));
        let Some(attribute) = declared.filter(|operation| operation.name.starts_with("_get_")) else {
            let reply = next.run(call).await;
            if let Ok(reply) = &reply {
                self.learn(&object, reply);
            }
            return reply;
        };
        let generation = match self.look(&object, attribute.name) {
            Ok(reply) => return Ok(reply),
            Err(generation) => generation,
        };
        // The age counts from before the question: the answer may have been on its way for long.
        let since = Instant::now();
        let reply = next.run(call).await?;
        // The first news of a version may be this very reply.
        let generation = match self.learn(&object, &reply) {
            Some((before, news)) if before == generation => news,
            _ => generation,
        };
        self.keep(&object, generation, Value { operation: attribute.name, reply: reply.clone(), since });
        Ok(reply)
    }
}

/// An operation that may change an object: it is over when this is dropped.
struct Change<'a> {
    cache: &'a AttributeCache,
    object: &'a Arc<Ior>,
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        self.cache.invalidate(self.object);
    }
}
