//! What a joiner gets: everything that members agree on, with the object's state.
//!
//! ```text
//!   u8 4, style, effects?, interface, fingerprint, clock, requests, outside, poisoned?, table, places, executor, digests,
//!   checkpoints, timers, state
//! ```

use super::{Mistake, Place, Replica, Shared};
use crate::core::WireError;
use crate::core::wire::{Reader, Wire};
use bytes::{Bytes, BytesMut};

/// The version of the form.
const VERSION: u8 = 4;
/// Stands for the version where there is no state, but a reason for that.
const NOTHING: u8 = 0;

/// Why a member cannot go on from what another one has saved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// It cannot be read.
    #[error("the state that another member sent cannot be read: {0}")]
    Unreadable(#[from] WireError),
    /// It was written by another version of this library.
    #[error("the state comes from another version of the library (form {0}): update the older one")]
    Form(u8),
    /// The member that has the state could not give it.
    #[error("the member that has the state could not give it: {0}")]
    NotGiven(String),
    /// The group's object is another one.
    #[error(
        "the group serves {theirs} (fingerprint {their_fingerprint:#x}), this member {ours} (fingerprint {our_fingerprint:#x}): serve the same version of one interface"
    )]
    OtherInterface {
        /// The group's interface.
        theirs: String,
        /// Its fingerprint.
        their_fingerprint: u64,
        /// This member's.
        ours: String,
        /// Its fingerprint.
        our_fingerprint: u64,
    },
    /// The group executes in another style.
    #[error("the group was created with the {0:?} style: serve the object in the same")]
    OtherStyle(super::Style),
    /// The group's executor ships something else.
    #[error("the group's executor ships {}, this member's would ship {}: serve the object alike", ships(*.0), ships(!*.0))]
    OtherEffects(bool),
}

fn ships(effects: bool) -> &'static str {
    if effects { "the effects of updates" } else { "the whole state" }
}

impl Replica {
    /// Everything that a joiner needs at this place of the order, around the object's state.
    #[must_use]
    pub fn save(&self, state: &Bytes) -> Bytes {
        let shared = &self.shared;
        let mut out = BytesMut::with_capacity(state.len() + 4096);
        VERSION.write(&mut out);
        shared.style.write(&mut out);
        shared.ships_effects.write(&mut out);
        shared.interface.write(&mut out);
        shared.fingerprint.write(&mut out);
        shared.clock_us.write(&mut out);
        shared.requests.write(&mut out);
        shared.outside.write(&mut out);
        shared.poisoned.write(&mut out);
        shared.table.write(&mut out);
        shared.places.write(&mut out);
        shared.executor.write(&mut out);
        shared.checkpoints.write(&mut out);
        shared.compared.write(&mut out);
        shared.timers.write(&mut out);
        state.write(&mut out);
        out.freeze()
    }

    /// Tells a joiner why it does not get the state.
    #[must_use]
    pub fn save_nothing(reason: &str) -> Bytes {
        let mut out = BytesMut::new();
        NOTHING.write(&mut out);
        std::sync::Arc::<str>::from(reason).write(&mut out);
        out.freeze()
    }

    /// Goes on from what another member has saved, or from this member's own log: then the group lists it with the state
    /// already, the messages of the log follow, and [`replayed`](Self::replayed). Gives the object's state.
    ///
    /// # Errors
    /// Octets that cannot be read, or an object that this member does not serve. Nothing is changed then.
    pub fn restore(&mut self, saved: &Bytes, own: &Place) -> Result<Bytes, SavedError> {
        let (shared, state) = read(saved)?;
        if (&shared.interface, shared.fingerprint) != (&own.interface, own.fingerprint) {
            return Err(SavedError::OtherInterface {
                theirs: shared.interface.to_string(),
                their_fingerprint: shared.fingerprint,
                ours: own.interface.to_string(),
                our_fingerprint: own.fingerprint,
            });
        }
        if shared.style != own.style {
            return Err(SavedError::OtherStyle(shared.style));
        }
        if shared.ships_effects != own.ships_effects {
            return Err(SavedError::OtherEffects(shared.ships_effects));
        }
        self.shared = shared;
        if self.mistake == Some(Mistake::TableNotSaved) {
            self.shared.table = super::table::Table::default();
        }
        if self.mistake == Some(Mistake::TimersNotSaved) {
            self.shared.timers = super::timers::Timers::default();
        }
        self.replaying = self.is_listed();
        self.complete = !self.replaying;
        self.arm_all();
        Ok(state)
    }

    /// The messages of this member's log have been delivered: the object lives on from here, in the present view.
    pub fn replayed(&mut self) {
        if std::mem::take(&mut self.replaying)
            && let Some(view) = self.view.take()
        {
            self.view(&view);
            self.arm_all();
        }
    }

    /// Whether the group counts this member among those with the state.
    fn is_listed(&self) -> bool {
        let members = self.view.iter().flat_map(|view| &view.members);
        { members }.any(|member| member.process == self.me && member.complete)
    }
}

fn read(saved: &Bytes) -> Result<(Shared, Bytes), SavedError> {
    let mut input = Reader::new(saved.clone());
    match input.u8()? {
        VERSION => {}
        NOTHING => return Err(SavedError::NotGiven(std::sync::Arc::<str>::read(&mut input)?.to_string())),
        other => return Err(SavedError::Form(other)),
    }
    let shared = Shared {
        style: Wire::read(&mut input)?,
        ships_effects: Wire::read(&mut input)?,
        interface: Wire::read(&mut input)?,
        fingerprint: Wire::read(&mut input)?,
        clock_us: Wire::read(&mut input)?,
        requests: Wire::read(&mut input)?,
        outside: Wire::read(&mut input)?,
        poisoned: Wire::read(&mut input)?,
        table: Wire::read(&mut input)?,
        places: Wire::read(&mut input)?,
        executor: Wire::read(&mut input)?,
        checkpoints: Wire::read(&mut input)?,
        compared: Wire::read(&mut input)?,
        timers: Wire::read(&mut input)?,
    };
    let state = Wire::read(&mut input)?;
    input.finish()?;
    Ok((shared, state))
}
