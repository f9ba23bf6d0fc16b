//! What comes of each command at this server.

use std::sync::Arc;

use bytes::Bytes;

use super::command::{Change, Holding, Moving, Opening, Outcome, Settling};
use super::copying::Copier;
use super::machine::{Loaded, SavedChannel};
use super::publishing;
use crate::block::Block;
use crate::channel::Channel;
use crate::native::{Accepted, ChannelOptions, Guarantee};
use crate::server::live::LiveChannel;
use crate::server::service::Service;

impl Service {
    /// Blocks get their places.
    pub(super) fn place_agreed(&self, life: u64, blocks: Vec<Bytes>, time: u64) -> Outcome {
        let Some(live) = self.of_life(life) else { return Outcome::NoChannel };
        let nowhere = Accepted { last: 0, repeated: 0 };
        let blocks = blocks.into_iter().map(|octets| Block::parse(octets, self.limits()).ok());
        let places = live.drive(|core, _, effects| {
            blocks
                .map(|block| block.map_or(nowhere, |block| core.place_agreed(block, time, effects)))
                .collect()
        });
        live.agreed_on_more();
        Outcome::Placed(places)
    }

    /// Everything else.
    pub(super) fn change(self: &Arc<Self>, change: Change) -> Outcome {
        match change {
            Change::Nothing => Outcome::Done,
            Change::Open(opening) => self.opened(opening),
            Change::Remove(life) => self.removed(life),
            Change::Settle(Settling { life, subscriber, position }) => match self.of_life(life) {
                None => Outcome::NoChannel,
                Some(live) => match live.settle_here(&subscriber, position) {
                    Ok(()) => Outcome::Done,
                    Err(refused) => Outcome::TooMany(u32::try_from(refused.0).unwrap_or(u32::MAX)),
                },
            },
            Change::Hold(Holding { life, server, holds }) => match self.of_life(life) {
                None => Outcome::NoChannel,
                Some(live) => {
                    live.drive(|core, _, _| core.hold(server, holds));
                    live.ring_publishers();
                    Outcome::Done
                }
            },
            Change::Move(moving) => self.moved(moving),
        }
    }

    fn opened(self: &Arc<Self>, opening: Opening) -> Outcome {
        let Opening { name, options, life, server } = opening;
        let (known, count) = {
            let table = self.read();
            (table.options(&name), table.count())
        };
        match known {
            Some(known) if known != options => return Outcome::OtherOptions(known),
            Some(_) => return Outcome::Done,
            None if count >= self.limits().channels_max => {
                return Outcome::TooMany(u32::try_from(self.limits().channels_max).unwrap_or(u32::MAX));
            }
            None => {}
        }
        let server = if is_everywhere(&options) { 0 } else { server };
        self.begin(SavedChannel { name, life, options, server }, None);
        Outcome::Done
    }

    fn removed(self: &Arc<Self>, life: u64) -> Outcome {
        match self.taken_out(life) {
            None => Outcome::NoChannel,
            Some(live) => {
                if let Some(live) = live {
                    let service = self.clone();
                    tokio::spawn(async move { service.end_of(&live).await });
                }
                Outcome::Done
            }
        }
    }

    fn taken_out(&self, life: u64) -> Option<Option<Arc<LiveChannel>>> {
        self.write().remove_life(life)
    }

    /// What every channel is, and those that all servers have.
    pub(super) fn each_saved(&self, mut save: impl FnMut(&SavedChannel, Option<&Channel>)) {
        let table = self.read();
        for live in table.here().filter(|live| live.is_agreed()) {
            let (name, life, options) = (live.name().to_owned(), live.life(), live.options());
            let head = SavedChannel { name, life, options, server: 0 };
            live.drive(|core, _, _| save(&head, Some(core)));
        }
        for (name, elsewhere) in table.all_elsewhere() {
            let (life, options) = (elsewhere.life, elsewhere.options.clone());
            save(&SavedChannel { name: name.to_owned(), life, options, server: elsewhere.server }, None);
        }
    }

    fn moved(self: &Arc<Self>, moving: Moving) -> Outcome {
        let Moving { name, from, to, life } = moving;
        let Some(elsewhere) = self.elsewhere(&name).filter(|elsewhere| elsewhere.server == from) else {
            // Somebody else was first, or it is gone.
            return Outcome::Done;
        };
        let options = elsewhere.options.clone();
        self.begin(SavedChannel { name, life, options, server: to }, None);
        Outcome::Done
    }

    /// A channel is there from now on: here, if all servers have it, or if this is the one that has it.
    fn begin(self: &Arc<Self>, saved: SavedChannel, core: Option<Channel>) {
        let is_here = saved.server == 0 || saved.server == self.me();
        if saved.server != 0 {
            self.write().note_elsewhere(&saved);
        }
        if !is_here {
            return;
        }
        let numbers = (self.write().take_number(), saved.life);
        let (name, limits) = (saved.name, self.limits().clone());
        let live = if saved.server == 0 {
            let core = core.unwrap_or_else(|| Channel::agreed(saved.options, limits.clone()));
            let (live, batches, wants) = LiveChannel::agreed(name, numbers, core, limits);
            tokio::spawn(batches.run(Arc::downgrade(&live), Arc::downgrade(self)));
            let telling = publishing::tell_holds(wants, Arc::downgrade(&live), Arc::downgrade(self));
            tokio::spawn(telling);
            live
        } else {
            match LiveChannel::start(name, numbers, saved.options, None, limits) {
                Ok(live) => live,
                // Without a disk there is nothing that can fail.
                Err(cause) => return tracing::error!(%cause, "a channel is not served"),
            }
        };
        if let Err(cause) = crate::corba::activate_channel(self, &live) {
            tracing::error!(channel = live.name(), %cause, "a channel is not served to CORBA programs");
        }
        self.write().insert(live.clone());
        if self.group().is_some_and(|group| group.is_entered()) {
            self.copy(&live);
        }
    }

    /// The channels are these: what there was besides is over.
    pub(super) fn replace(self: &Arc<Self>, channels: Vec<Loaded>) {
        let before = self.write().clear();
        for live in before {
            // Its place is free for the one that follows.
            crate::corba::deactivate_channel(self, &live);
            tokio::spawn(async move { live.let_go().await });
        }
        for (saved, core) in channels {
            self.begin(saved, core);
        }
    }

    /// This server has what the others have: from now on it can ask them for what its disks have missed.
    pub(super) fn entered(self: &Arc<Self>) {
        for live in self.channels() {
            self.copy(&live);
        }
        let service = self.clone();
        // Channels were removed while it was away.
        tokio::task::spawn_blocking(move || service.remove_strangers());
    }

    /// Has a durable channel written down here.
    fn copy(self: &Arc<Self>, live: &Arc<LiveChannel>) {
        if live.options().guarantee != Guarantee::Durable || !live.is_agreed() {
            return;
        }
        let Some(directory) = self.directory_of(live.life()) else { return };
        let (live, service) = (Arc::downgrade(live), Arc::downgrade(self));
        tokio::spawn(Copier { directory, live, service }.run());
    }
}

/// Whether all servers have the channel: a promise that would end with one of them is not one of several servers.
fn is_everywhere(options: &ChannelOptions) -> bool {
    options.guarantee != Guarantee::BestEffort
}
