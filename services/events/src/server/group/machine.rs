//! The channels as every server of a group keeps them: commands go in, and the same comes of them everywhere.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use quorb::IdlType;
use quorb_groups::object::{Machine, Moment, StateError};

use super::command::{self, Command, Outcome, read_all, written};
use crate::Limits;
use crate::channel::Channel;
use crate::native::ChannelOptions;
use crate::server::service::Service;

/// The channels of a service, as its group knows them.
pub(super) struct Channels {
    service: Weak<Service>,
    limits: Arc<Limits>,
    /// Of all that has come of commands. The lock is held for a number.
    digest: Mutex<u128>,
}

/// A channel, as it is saved: in front of its own state, if all servers have that.
#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct SavedChannel {
    pub(crate) name: String,
    pub(crate) life: u64,
    pub(crate) options: ChannelOptions,
    /// The server that has it alone; 0 if all have it.
    pub(crate) server: u64,
}

/// The form of what is saved.
const FORM: u8 = 1;

impl Channels {
    pub(super) fn new(service: &Arc<Service>) -> Channels {
        let limits = service.limits().clone();
        Channels { service: Arc::downgrade(service), limits, digest: Mutex::new(0) }
    }

    fn note(&self, octets: &[u8]) {
        let mut digest = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        *digest = fnv1a(*digest, octets.iter().copied());
    }

    fn set_digest(&self, to: u128) {
        *self.digest.lock().unwrap_or_else(PoisonError::into_inner) = to;
    }
}

impl Machine for Channels {
    /// Limits decide what comes of a command.
    fn version(&self) -> u64 {
        let limits = &self.limits;
        let numbers = [
            command::VERSION,
            limits.channels_max as u64,
            limits.publishers_remembered_max as u64,
            limits.settled_max as u64,
            limits.block_bytes_max as u64,
            limits.block_events_max as u64,
            limits.subject_bytes_max as u64,
            limits.subject_levels_max as u64,
            limits.key_bytes_max as u64,
            limits.publisher_bytes_max as u64,
        ];
        fnv1a(0xcbf2_9ce4_8422_2325, numbers.into_iter().flat_map(u64::to_be_bytes)) as u64
    }

    fn apply(&self, command: &Bytes, moment: Moment) -> Bytes {
        let Some(service) = self.service.upgrade() else { return Bytes::new() };
        let outcome = match Command::read(command.clone()) {
            Some(Command::Publish { life, blocks }) => service.place_agreed(life, blocks, moment.time_us),
            Some(Command::Change(change)) => service.change(change),
            None => Outcome::NotRead,
        };
        let outcome = outcome.to_octets();
        self.note(&outcome);
        outcome
    }

    fn save(&self) -> Result<Bytes, StateError> {
        let mut out = BytesMut::new();
        out.put_u8(FORM);
        out.put_u128(self.digest());
        if let Some(service) = self.service.upgrade() {
            service.each_saved(|head, channel| {
                let mut octets = Vec::new();
                written(head, &mut octets);
                put(&octets, &mut out);
                let mut own = BytesMut::new();
                if let Some(channel) = channel {
                    channel.save(&mut own);
                }
                put(&own, &mut out);
            });
        }
        Ok(out.freeze())
    }

    fn load(&self, saved: &Bytes) -> Result<(), StateError> {
        let unreadable =
            || StateError::Unreadable(format!("{} octets that are no saved channels", saved.len()));
        let (digest, channels) = read(saved.clone(), &self.limits).ok_or_else(unreadable)?;
        if let Some(service) = self.service.upgrade() {
            service.replace(channels);
        }
        self.set_digest(digest);
        Ok(())
    }

    fn digest(&self) -> u128 {
        *self.digest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A channel that was saved, and its state if all servers have that.
pub(crate) type Loaded = (SavedChannel, Option<Channel>);

fn read(mut saved: Bytes, limits: &Arc<Limits>) -> Option<(u128, Vec<Loaded>)> {
    if saved.try_get_u8().ok()? != FORM {
        return None;
    }
    let digest = saved.try_get_u128().ok()?;
    let mut channels = Vec::new();
    while saved.has_remaining() {
        let head: SavedChannel = read_all(&taken(&mut saved)?)?;
        let own = taken(&mut saved)?;
        let channel = match head.server {
            0 => Some(Channel::load(head.options.clone(), limits.clone(), own).ok()?),
            _ => None,
        };
        channels.push((head, channel));
    }
    Some((digest, channels))
}

fn put(octets: &[u8], out: &mut BytesMut) {
    out.put_u64(octets.len() as u64);
    out.put_slice(octets);
}

fn taken(saved: &mut Bytes) -> Option<Bytes> {
    let length = usize::try_from(saved.try_get_u64().ok()?).ok()?;
    (length <= saved.remaining()).then(|| saved.split_to(length))
}

/// FNV-1a with 128 bits: what has drifted apart is no adversary.
fn fnv1a(from: u128, octets: impl Iterator<Item = u8>) -> u128 {
    octets.fold(from, |hash, octet| {
        (hash ^ u128::from(octet)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}
