//! Commands and what came of them as octets: how the members of a group tell each other what to do.
//!
//! ```text
//! command   time in microseconds(8), sort(1), then
//!           1 bind    at(8) mode(1) lease(8) target name    2 unbind  at(8) name     3 new context       at(8)
//!           4 bind new context  at(8) name                  5 destroy context(8)     6 grant             ttl in us(8)
//!           7 renew   lease(8)                              8 revoke  lease(8)       9 expire    10 renew all
//! outcome   sort(1), then
//!           1 done    2 context(8)    3 lease(8)    4 elsewhere  components(4) reference
//!           16 + refusal: 0 not found  why(1) components(4)    1 destroyed  context(8) components(4)    2 already bound
//!                         3 no name    4 not empty    5 no context    6 no target    7 root    8 no lease    9 lease time
//!                         10 full  limit(1) max(8)
//! target    sort(1), 'o' reference, 'f' reference, 'c' context(8)
//! name      count(4), labels; label, reference: length(4) octets
//! ```
//!
//! Numbers are big-endian. A lease of 0 is none.

use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

use super::{Command, ContextId, Label, LeaseId, Mode, Outcome, Reference, Refusal, Target, Time, Why};

/// The version of all these forms.
pub const VERSION: u64 = 1;

/// Octets that are no command or no outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{octets} octets that no naming service of this version has written")]
pub struct Malformed {
    /// How many they are.
    pub octets: usize,
}

const LIMITS: [&str; 3] = ["bindings_max", "contexts_max", "leases_max"];

impl Command {
    /// The command, and the time at which it is given, as octets.
    pub fn to_octets(&self, now: Time) -> Bytes {
        let mut out = BytesMut::with_capacity(128);
        out.put_u64(microseconds(now));
        match self {
            Command::Bind { at, name, target, mode, lease } => {
                out.put_u8(1);
                out.put_u64(at.0);
                out.put_u8(u8::from(*mode == Mode::Replace));
                out.put_u64(lease.map_or(0, |lease| lease.0));
                put_target(target, &mut out);
                put_name(name, &mut out);
            }
            Command::Unbind { at, name } => put_named(2, *at, name, &mut out),
            Command::NewContext { at } => put_number(3, at.0, &mut out),
            Command::BindNewContext { at, name } => put_named(4, *at, name, &mut out),
            Command::Destroy { context } => put_number(5, context.0, &mut out),
            Command::Grant { ttl } => put_number(6, microseconds(*ttl), &mut out),
            Command::Renew { lease } => put_number(7, lease.0, &mut out),
            Command::Revoke { lease } => put_number(8, lease.0, &mut out),
            Command::Expire => out.put_u8(9),
            Command::RenewAll => out.put_u8(10),
        }
        out.freeze()
    }

    /// The command that these octets are, and its time.
    ///
    /// # Errors
    /// Octets that are none.
    pub fn from_octets(octets: &[u8]) -> Result<(Time, Command), Malformed> {
        let mut input = Input(octets);
        let read = read_command(&mut input).filter(|_| input.0.is_empty());
        read.ok_or(Malformed { octets: octets.len() })
    }
}

/// What came of a command, as octets.
pub fn outcome_to_octets(outcome: &Result<Outcome, Refusal>) -> Bytes {
    let mut out = BytesMut::with_capacity(16);
    match outcome {
        Ok(Outcome::Done) => out.put_u8(1),
        Ok(Outcome::Context(context)) => put_number(2, context.0, &mut out),
        Ok(Outcome::Lease(lease)) => put_number(3, lease.0, &mut out),
        Ok(Outcome::Elsewhere { context, components }) => {
            out.put_u8(4);
            out.put_u32(count(*components));
            put_octets(&context.0, &mut out);
        }
        Err(refusal) => put_refusal(*refusal, &mut out),
    }
    out.freeze()
}

/// What came of a command.
///
/// # Errors
/// Octets that are no outcome.
pub fn outcome_from_octets(octets: &[u8]) -> Result<Result<Outcome, Refusal>, Malformed> {
    let mut input = Input(octets);
    let read = read_outcome(&mut input).filter(|_| input.0.is_empty());
    read.ok_or(Malformed { octets: octets.len() })
}

fn read_command(input: &mut Input<'_>) -> Option<(Time, Command)> {
    let now = Duration::from_micros(input.u64()?);
    let command = match input.u8()? {
        1 => {
            let at = ContextId(input.u64()?);
            let mode = if input.flag()? { Mode::Replace } else { Mode::New };
            let lease = Some(LeaseId(input.u64()?)).filter(|lease| lease.0 > 0);
            let target = input.target()?;
            Command::Bind { at, name: input.name()?, target, mode, lease }
        }
        2 => Command::Unbind { at: ContextId(input.u64()?), name: input.name()? },
        3 => Command::NewContext { at: ContextId(input.u64()?) },
        4 => Command::BindNewContext { at: ContextId(input.u64()?), name: input.name()? },
        5 => Command::Destroy { context: ContextId(input.u64()?) },
        6 => Command::Grant { ttl: Duration::from_micros(input.u64()?) },
        7 => Command::Renew { lease: LeaseId(input.u64()?) },
        8 => Command::Revoke { lease: LeaseId(input.u64()?) },
        9 => Command::Expire,
        10 => Command::RenewAll,
        _ => return None,
    };
    Some((now, command))
}

fn read_outcome(input: &mut Input<'_>) -> Option<Result<Outcome, Refusal>> {
    Some(match input.u8()? {
        1 => Ok(Outcome::Done),
        2 => Ok(Outcome::Context(ContextId(input.u64()?))),
        3 => Ok(Outcome::Lease(LeaseId(input.u64()?))),
        4 => {
            let components = input.u32()? as usize;
            Ok(Outcome::Elsewhere { context: Reference(input.octets()?.into()), components })
        }
        sort => Err(read_refusal(sort.checked_sub(16)?, input)?),
    })
}

fn put_refusal(refusal: Refusal, out: &mut BytesMut) {
    let plain = |sort: u8, out: &mut BytesMut| out.put_u8(16 + sort);
    match refusal {
        Refusal::NotFound { why, components } => {
            plain(0, out);
            out.put_u8(match why {
                Why::Missing => 0,
                Why::NotContext => 1,
                Why::NotObject => 2,
            });
            out.put_u32(count(components));
        }
        Refusal::Destroyed { context, components } => {
            put_number(16 + 1, context.0, out);
            out.put_u32(count(components));
        }
        Refusal::AlreadyBound => plain(2, out),
        Refusal::NoName => plain(3, out),
        Refusal::NotEmpty => plain(4, out),
        Refusal::NoContext => plain(5, out),
        Refusal::NoTarget => plain(6, out),
        Refusal::IsRoot => plain(7, out),
        Refusal::NoLease => plain(8, out),
        Refusal::LeaseTime => plain(9, out),
        Refusal::Full { limit, max } => {
            plain(10, out);
            out.put_u8(LIMITS.iter().position(|known| *known == limit).unwrap_or_default() as u8);
            out.put_u64(max as u64);
        }
    }
}

fn read_refusal(sort: u8, input: &mut Input<'_>) -> Option<Refusal> {
    Some(match sort {
        0 => {
            let why = match input.u8()? {
                0 => Why::Missing,
                1 => Why::NotContext,
                2 => Why::NotObject,
                _ => return None,
            };
            Refusal::NotFound { why, components: input.u32()? as usize }
        }
        1 => Refusal::Destroyed { context: ContextId(input.u64()?), components: input.u32()? as usize },
        2 => Refusal::AlreadyBound,
        3 => Refusal::NoName,
        4 => Refusal::NotEmpty,
        5 => Refusal::NoContext,
        6 => Refusal::NoTarget,
        7 => Refusal::IsRoot,
        8 => Refusal::NoLease,
        9 => Refusal::LeaseTime,
        10 => {
            let limit = LIMITS.get(usize::from(input.u8()?))?;
            Refusal::Full { limit, max: usize::try_from(input.u64()?).ok()? }
        }
        _ => return None,
    })
}

fn put_named(sort: u8, at: ContextId, name: &[Label], out: &mut BytesMut) {
    put_number(sort, at.0, out);
    put_name(name, out);
}

fn put_number(sort: u8, number: u64, out: &mut BytesMut) {
    out.put_u8(sort);
    out.put_u64(number);
}

fn put_name(name: &[Label], out: &mut BytesMut) {
    out.put_u32(count(name.len()));
    name.iter().for_each(|label| put_octets(label.as_text().as_bytes(), out));
}

fn put_target(target: &Target, out: &mut BytesMut) {
    match target {
        Target::Object(reference) => {
            out.put_u8(b'o');
            put_octets(&reference.0, out);
        }
        Target::Foreign(reference) => {
            out.put_u8(b'f');
            put_octets(&reference.0, out);
        }
        Target::Context(context) => put_number(b'c', context.0, out),
    }
}

pub(super) fn put_octets(octets: &[u8], out: &mut BytesMut) {
    out.put_u32(count(octets.len()));
    out.put_slice(octets);
}

/// The limits on names and references are far below.
fn count(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

pub(super) fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Octets to be read; nothing is reserved for what they only announce.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.array().map(|[octet]| octet)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        self.u8().filter(|octet| *octet < 2).map(|octet| octet == 1)
    }

    pub(super) fn octets(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()? as usize;
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn target(&mut self) -> Option<Target> {
        Some(match self.u8()? {
            b'o' => Target::Object(Reference(self.octets()?.into())),
            b'f' => Target::Foreign(Reference(self.octets()?.into())),
            b'c' => Target::Context(ContextId(self.u64()?)),
            _ => return None,
        })
    }

    fn name(&mut self) -> Option<Vec<Label>> {
        let labels = self.u32()? as usize;
        // Each has its length, and a NUL.
        if labels > self.0.len() / 5 {
            return None;
        }
        (0..labels).map(|_| Label::from_text(std::str::from_utf8(self.octets()?).ok()?)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cos::NameComponent;

    fn name() -> Vec<Label> {
        ["a", "", "long and winding"]
            .map(|id| Label::of(&NameComponent { id: id.into(), kind: "k".into() }).unwrap())
            .to_vec()
    }

    fn commands() -> Vec<Command> {
        let at = ContextId(7);
        let bind = |target, mode, lease| Command::Bind { at, name: name(), target, mode, lease };
        vec![
            bind(Target::Object(Reference((*b"reference").into())), Mode::New, None),
            bind(Target::Foreign(Reference((*b"").into())), Mode::Replace, Some(LeaseId(9))),
            bind(Target::Context(ContextId(u64::MAX)), Mode::New, None),
            Command::Unbind { at, name: name() },
            Command::NewContext { at },
            Command::BindNewContext { at, name: Vec::new() },
            Command::Destroy { context: at },
            Command::Grant { ttl: Duration::from_millis(1_500) },
            Command::Renew { lease: LeaseId(3) },
            Command::Revoke { lease: LeaseId(3) },
            Command::Expire,
            Command::RenewAll,
        ]
    }

    fn outcomes() -> Vec<Result<Outcome, Refusal>> {
        let context = ContextId(8);
        let mut all = vec![
            Ok(Outcome::Done),
            Ok(Outcome::Context(context)),
            Ok(Outcome::Lease(LeaseId(2))),
            Ok(Outcome::Elsewhere { context: Reference((*b"there").into()), components: 3 }),
            Err(Refusal::Destroyed { context, components: 4 }),
            Err(Refusal::Full { limit: "leases_max", max: 10 }),
        ];
        let why = [Why::Missing, Why::NotContext, Why::NotObject];
        all.extend(why.map(|why| Err(Refusal::NotFound { why, components: 1 })));
        let plain = [Refusal::AlreadyBound, Refusal::NoName, Refusal::NotEmpty, Refusal::NoContext];
        all.extend(plain.map(Err));
        let plain = [Refusal::NoTarget, Refusal::IsRoot, Refusal::NoLease, Refusal::LeaseTime];
        all.extend(plain.map(Err));
        all
    }

    #[test]
    fn commands_and_outcomes_come_back_whole_or_not_at_all() {
        let now = Duration::from_micros(77);
        for command in commands() {
            let octets = command.to_octets(now);
            assert_eq!(Command::from_octets(&octets), Ok((now, command)));
            for length in 0..octets.len() {
                assert!(Command::from_octets(&octets[..length]).is_err());
            }
        }
        for outcome in outcomes() {
            let octets = outcome_to_octets(&outcome);
            assert_eq!(outcome_from_octets(&octets), Ok(outcome));
            assert!(outcome_from_octets(&octets[..octets.len() - 1]).is_err());
        }
    }

    /// Seeded: what another process sends costs an error.
    #[test]
    fn spoilt_octets_are_refused_or_mean_something_else() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut refused = 0;
        let mut whole: Vec<Bytes> = Vec::new();
        whole.extend(commands().iter().map(|command| command.to_octets(Time::ZERO)));
        whole.extend(outcomes().iter().map(outcome_to_octets));
        for _ in 0..20_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut spoilt = whole[(state >> 40) as usize % whole.len()].to_vec();
            let at = (state >> 8) as usize % spoilt.len();
            spoilt[at] = state as u8;
            refused += usize::from(Command::from_octets(&spoilt).is_err());
            refused += usize::from(outcome_from_octets(&spoilt).is_err());
        }
        assert!(refused > 10_000, "only {refused} were refused");
    }
}
