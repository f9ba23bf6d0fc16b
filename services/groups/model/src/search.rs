//! The search: every reachable state, breadth first, each once.
//!
//! States are remembered by 128 bits of hash: two that differ would have to agree in both of two keyed hashes to be taken
//! for one, which among a hundred million states has a chance below 10^-22. Being breadth first, the first counterexample
//! is a shortest one; being in one thread and in a fixed order, it is always the same one.

use crate::calm::Calm;
use crate::model::Model;
use crate::property::Violation;
use crate::state::State;
use crate::step::Step;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// How a property is broken.
#[derive(Debug, Clone)]
pub struct Counterexample {
    /// Which.
    pub violation: Violation,
    /// The steps that lead to it.
    pub path: Vec<Step>,
    /// Whether it shows only on the walk of the survivors that follows the path.
    pub in_calm: bool,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Report {
    /// Distinct states.
    pub states: usize,
    /// Steps taken between them.
    pub transitions: u64,
    /// The longest of all shortest paths.
    pub depth: usize,
    /// States from which the survivors come to a common view.
    pub healed: u64,
    /// States from which nobody can go on, because no quorum runs.
    pub halted: u64,
    /// How often each kind of step was taken.
    pub steps: BTreeMap<&'static str, u64>,
    /// The first broken property, and the steps that lead to it.
    pub counterexample: Option<Counterexample>,
    /// Whether the search ended before it had seen every state.
    pub cut_short: bool,
}

impl Report {
    /// Whether every state was seen and every property held.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.counterexample.is_none() && !self.cut_short
    }

    /// How often a kind of step was taken.
    #[must_use]
    pub fn count(&self, kind: &str) -> u64 {
        self.steps.get(kind).copied().unwrap_or(0)
    }
}

/// A state, by its predecessor and the step from there.
#[derive(Debug, Clone, Copy)]
struct Origin {
    from: u32,
    ordinal: u16,
}

/// Searches until a property is broken, everything is seen, or `states_max` states are.
#[must_use]
pub fn search(model: &Model, states_max: usize) -> Report {
    let mut run = Run::new(model);
    let mut level = vec![(model.initial(), 0u32)];
    run.enter(&level[0].0, Origin { from: 0, ordinal: 0 });
    while !level.is_empty() {
        if run.origins.len() > states_max {
            run.report.cut_short = true;
            break;
        }
        let mut next = Vec::new();
        for (state, index) in level.drain(..) {
            if let Err((violation, last)) = run.expand(&state, index, &mut next) {
                let mut path = run.path_to(index);
                path.extend(last);
                run.report.counterexample = Some(Counterexample { violation, path, in_calm: last.is_none() });
                run.report.states = run.origins.len();
                return run.report;
            }
        }
        run.report.depth += usize::from(!next.is_empty());
        level = next;
    }
    run.report.states = run.origins.len();
    run.report
}

/// A search under way.
struct Run<'a> {
    model: &'a Model,
    seen: HashSet<u128, BuildHasherDefault<Taken>>,
    origins: Vec<Origin>,
    octets: Vec<u8>,
    steps: Vec<Step>,
    report: Report,
}

impl<'a> Run<'a> {
    fn new(model: &'a Model) -> Self {
        let report = Report {
            states: 0,
            transitions: 0,
            depth: 0,
            healed: 0,
            halted: 0,
            steps: BTreeMap::new(),
            counterexample: None,
            cut_short: false,
        };
        let (octets, steps) = (Vec::new(), Vec::new());
        Self { model, seen: HashSet::default(), origins: Vec::new(), octets, steps, report }
    }

    /// The number of the state, if it is new.
    fn enter(&mut self, state: &State, origin: Origin) -> Option<u32> {
        let print = fingerprint(state, &mut self.octets);
        self.seen.insert(print).then(|| {
            self.origins.push(origin);
            (self.origins.len() - 1) as u32
        })
    }

    fn expand(
        &mut self,
        state: &State,
        index: u32,
        next: &mut Vec<(State, u32)>,
    ) -> Result<(), (Violation, Option<Step>)> {
        if self.model.scope.heals {
            match self.model.calm(state).map_err(|violation| (violation, None))? {
                Calm::Healed => self.report.healed += 1,
                Calm::Halted => self.report.halted += 1,
            }
        }
        let mut steps = std::mem::take(&mut self.steps);
        self.model.steps(state, &mut steps);
        for (ordinal, &step) in steps.iter().enumerate() {
            self.report.transitions += 1;
            *self.report.steps.entry(step.kind()).or_default() += 1;
            let after = self.model.apply(state, step).map_err(|violation| (violation, Some(step)))?;
            let origin = Origin { from: index, ordinal: ordinal as u16 };
            if let Some(number) = self.enter(&after, origin) {
                next.push((after, number));
            }
        }
        self.steps = steps;
        Ok(())
    }

    /// The steps from the first state to this one.
    fn path_to(&self, mut index: u32) -> Vec<Step> {
        let mut ordinals = Vec::new();
        while index != 0 {
            let origin = self.origins[index as usize];
            ordinals.push(origin.ordinal);
            index = origin.from;
        }
        let mut state = self.model.initial();
        let mut path = Vec::new();
        let mut steps = Vec::new();
        for &ordinal in ordinals.iter().rev() {
            self.model.steps(&state, &mut steps);
            let step = steps[usize::from(ordinal)];
            path.push(step);
            state = self.model.apply(&state, step).expect("the path was walked before");
        }
        path
    }
}

fn fingerprint(state: &State, octets: &mut Vec<u8>) -> u128 {
    let mut writer = Octets(std::mem::take(octets));
    writer.0.clear();
    state.hash(&mut writer);
    *octets = writer.0;
    let half = |key: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(key);
        hasher.write(octets);
        hasher.finish()
    };
    u128::from(half(0)) << 64 | u128::from(half(1))
}

/// Writes what is hashed one after the other. Everything in a state fits in an octet, lengths and discriminants too.
struct Octets(Vec<u8>);

impl Hasher for Octets {
    fn finish(&self) -> u64 {
        0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn write_u8(&mut self, value: u8) {
        self.0.push(value);
    }

    fn write_usize(&mut self, value: usize) {
        self.0.push(value as u8);
    }

    fn write_isize(&mut self, value: isize) {
        self.0.push(value as u8);
    }
}

/// The hash of a fingerprint is a part of it.
#[derive(Default)]
struct Taken(u64);

impl Hasher for Taken {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut word = [0; 8];
        let len = bytes.len().min(8);
        word[..len].copy_from_slice(&bytes[..len]);
        self.0 = u64::from_ne_bytes(word);
    }

    fn write_u128(&mut self, value: u128) {
        self.0 = value as u64;
    }
}
