//! A service whose names a group keeps: every update is a command, executed by all members at the same place of one order.
//!
//! **Time.** Leases end by a clock that all members share: each command carries the time as the member that gives it knows
//! it, namely the last time it was told and what has passed since by its own monotonic clock; it is told with the command,
//! and never goes back. So all members end the same leases at the same place, no member's wall clock counts, and while
//! nobody runs no time passes.

use std::sync::{Mutex, PoisonError};

use bytes::{BufMut, Bytes, BytesMut};
use quorb::adapter::ServantLocator;
use quorb::{Completion, ExceptionKind, Minor, Orb, SystemException};
use quorb_groups::driver::Domain;
use quorb_groups::object::{Commands, Family, Machine, Moment, StateError};
use std::sync::Arc;

use super::service::{Failure, Service, Shared};
use super::{ROOT_ID, ServeError, locator};
use crate::Limits;
use crate::cos::DirectoryProxy;
use crate::tree::{Command, Outcome, Time, Tree, TreeLimits, wire};
use quorb::Proxy;

/// Enters the group that keeps the names.
pub(super) async fn enter(
    orb: &Orb,
    domain: &Domain,
    durable: bool,
    limits: Limits,
) -> Result<(Arc<Service>, Family), ServeError> {
    let mut tree_limits = TreeLimits::from(&limits);
    tree_limits.saved_bytes_max = limits.saved_bytes_max;
    let shared = Arc::new(Shared::new(Tree::new(tree_limits), &limits));
    let machine = Names { shared: shared.clone(), limits: tree_limits, digest: Mutex::new(0) };
    let service = Service::of_group(orb.clone(), shared, limits);
    let fronts: Arc<dyn ServantLocator> = Arc::new(locator::OfGroup(service.clone()));
    let keeping = domain.keep(orb, ROOT_ID, DirectoryProxy::interface(), Arc::new(machine), fronts);
    let family = keeping.durable(durable).await?;
    service.enter(family.commands().clone());
    if family.commands().is_first() {
        // Perhaps nobody was here for a while. A failure means that somebody else is first now.
        let _ = service.submit(Command::RenewAll).await;
    }
    Ok((service, family))
}

/// Has the group make an update.
pub(super) async fn ordered(commands: &Commands, command: &Command, now: Time) -> Result<Outcome, Failure> {
    let outcome = commands.order(command.to_octets(now)).await.map_err(Failure::Group)?;
    match wire::outcome_from_octets(&outcome) {
        Ok(outcome) => outcome.map_err(Failure::Refused),
        Err(cause) => Err(Failure::Group(
            SystemException::new(ExceptionKind::Internal, Minor::UNSPECIFIED, Completion::Maybe)
                .because(cause),
        )),
    }
}

/// The names as the group keeps them.
struct Names {
    shared: Arc<Shared>,
    limits: TreeLimits,
    /// Of all that has come of commands. The lock is held for a number.
    digest: Mutex<u128>,
}

/// The form of what is saved.
const SAVED: u8 = 1;

impl Machine for Names {
    /// Limits decide what comes of a command.
    fn version(&self) -> u64 {
        let TreeLimits {
            bindings_max,
            contexts_max,
            leases_max,
            lease_time_min,
            lease_time_max,
            saved_bytes_max,
        } = self.limits;
        let times = [lease_time_min, lease_time_max].map(|time| time.as_micros() as u64);
        let counts = [bindings_max, contexts_max, leases_max, saved_bytes_max].map(|count| count as u64);
        let numbers = std::iter::once(wire::VERSION).chain(counts);
        let numbers = numbers.chain(times).flat_map(u64::to_be_bytes);
        fnv1a(0xcbf2_9ce4_8422_2325, numbers) as u64
    }

    fn apply(&self, command: &Bytes, _: Moment) -> Bytes {
        let outcome = match Command::from_octets(command) {
            Ok((told, command)) => {
                let now = self.shared.tell_time(told);
                wire::outcome_to_octets(&self.shared.apply_agreed(command, now))
            }
            // Whoever has sent it reads nothing as an outcome.
            Err(_) => Bytes::new(),
        };
        let mut digest = self.digest.lock().unwrap_or_else(PoisonError::into_inner);
        let (bindings, last) = self.shared.read_tree(|tree| (tree.bindings() as u64, self.shared.log.last()));
        let numbers = [bindings, last].into_iter().flat_map(u64::to_be_bytes);
        *digest = fnv1a(*digest, outcome.iter().copied().chain(numbers));
        outcome
    }

    fn save(&self) -> Result<Bytes, StateError> {
        let mut out = BytesMut::new();
        out.put_u8(SAVED);
        out.put_u64(self.shared.told().as_micros() as u64);
        out.put_u64(self.shared.log.last());
        out.put_u128(*self.digest.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.read_tree(|tree| tree.save(&mut out));
        Ok(out.freeze())
    }

    fn load(&self, saved: &Bytes) -> Result<(), StateError> {
        let read = || {
            let (form, rest) = saved.split_first_chunk::<1>()?;
            let (told, rest) = rest.split_first_chunk::<8>()?;
            let (last, rest) = rest.split_first_chunk::<8>()?;
            let (digest, tree) = rest.split_first_chunk::<16>()?;
            let tree = Tree::from_saved(tree, self.limits).ok().filter(|_| form == &[SAVED])?;
            Some((u64::from_be_bytes(*told), u64::from_be_bytes(*last), u128::from_be_bytes(*digest), tree))
        };
        let Some((told, last, digest, tree)) = read() else {
            return Err(StateError::Unreadable(format!("{} octets that are no saved names", saved.len())));
        };
        self.shared.set_time(Time::from_micros(told));
        self.shared.replace(tree, last);
        *self.digest.lock().unwrap_or_else(PoisonError::into_inner) = digest;
        Ok(())
    }

    fn digest(&self) -> u128 {
        *self.digest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// FNV-1a with 128 bits: what has drifted apart is no adversary.
fn fnv1a(from: u128, octets: impl Iterator<Item = u8>) -> u128 {
    octets.fold(from, |hash, octet| {
        (hash ^ u128::from(octet)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}
