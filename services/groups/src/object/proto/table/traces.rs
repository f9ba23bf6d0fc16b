//! Clients that are remembered no longer, and how far they had come.

use super::Refusal;
use crate::core::WireError;
use crate::core::wire::{Reader, Wire, put_varint};
use bytes::BytesMut;
use std::collections::BTreeMap;

/// Traces of clients, the oldest of which give way; and the floor below which everything is unknown.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Traces {
    /// By client: age, incarnation, the first sequence that was never seen.
    of: BTreeMap<u64, (u64, u64, u64)>,
    by_age: BTreeMap<u64, u64>,
    age: u64,
    /// No client whose trace is gone had a later incarnation.
    floor: u64,
}

impl Traces {
    /// A client is remembered no longer.
    pub(super) fn note(&mut self, client: u64, incarnation: u64, unseen_from: u64, traces_max: usize) {
        self.remove(client);
        self.age += 1;
        self.of.insert(client, (self.age, incarnation, unseen_from));
        self.by_age.insert(self.age, client);
        while self.of.len() > traces_max {
            let Some((_, oldest)) = self.by_age.pop_first() else { break };
            if let Some((_, incarnation, _)) = self.of.remove(&oldest) {
                self.floor = self.floor.max(incarnation);
            }
        }
    }

    /// A client comes that is not known: the first of its sequences that was never seen.
    pub(super) fn readmit(&mut self, client: u64, incarnation: u64) -> Result<u64, Refusal> {
        match self.of.get(&client) {
            Some(&(_, known, _)) if known > incarnation => Err(Refusal::EarlierLife),
            Some(&(_, known, unseen_from)) => {
                self.remove(client);
                Ok(if known == incarnation { unseen_from } else { 0 })
            }
            // Foreign clients know of no lives: their traces are all there is.
            None if incarnation > 0 && incarnation <= self.floor => Err(Refusal::ClientForgotten),
            None => Ok(0),
        }
    }

    fn remove(&mut self, client: u64) {
        if let Some((age, ..)) = self.of.remove(&client) {
            self.by_age.remove(&age);
        }
    }
}

impl Wire for Traces {
    fn write(&self, out: &mut BytesMut) {
        self.age.write(out);
        self.floor.write(out);
        put_varint(out, self.by_age.len() as u64);
        for (age, client) in &self.by_age {
            let (_, incarnation, unseen_from) = self.of.get(client).copied().unwrap_or_default();
            for number in [*age, *client, incarnation, unseen_from] {
                number.write(out);
            }
        }
    }

    fn read(input: &mut Reader) -> Result<Self, WireError> {
        let mut traces = Self { age: Wire::read(input)?, floor: Wire::read(input)?, ..Self::default() };
        for _ in 0..input.count()? {
            let (age, client) = <(u64, u64)>::read(input)?;
            let (incarnation, unseen_from) = <(u64, u64)>::read(input)?;
            traces.of.insert(client, (age, incarnation, unseen_from));
            traces.by_age.insert(age, client);
        }
        if traces.of.len() != traces.by_age.len() { Err(WireError::Contradiction) } else { Ok(traces) }
    }
}
