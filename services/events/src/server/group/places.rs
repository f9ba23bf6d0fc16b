//! Where a channel is: at every server, or at one that has it alone.
//!
//! A channel of best effort promises little, and costs little: it is at the server where it was made, and what is asked of
//! others they pass on. When that server is gone, whoever is asked next begins the channel anew.

use std::sync::{Arc, OnceLock};

use quorb::{Proxy, SystemException};
use quorb_groups::core::ProcessId;

use super::SavedChannel;
use super::command::{Change, Moving};
use crate::native::{ChannelOptions, EventServiceProxy};
use crate::server::SERVICE_ID;
use crate::server::live::LiveChannel;
use crate::server::service::{Service, random};

/// A channel that one server has alone.
#[derive(Debug, Clone)]
pub(crate) struct Elsewhere {
    pub(crate) options: ChannelOptions,
    pub(crate) life: u64,
    pub(crate) server: u64,
    /// The service there, once it was needed.
    proxy: OnceLock<EventServiceProxy>,
}

/// Where a channel is.
pub(crate) enum Place {
    Here(Arc<LiveChannel>),
    /// At another server.
    There(EventServiceProxy),
    Nowhere,
}

/// How often a channel is looked for that others move.
const LOOKS_MAX: usize = 4;

/// Channels of other servers that are remembered by number.
const RELAYED_MAX: usize = 10_000;

impl Elsewhere {
    pub(crate) fn new(saved: &SavedChannel) -> Elsewhere {
        let SavedChannel { life, server, .. } = *saved;
        Elsewhere { options: saved.options.clone(), life, server, proxy: OnceLock::new() }
    }
}

impl Service {
    /// Finds a channel. What was not heard of is asked for: another server may have acknowledged it.
    pub(crate) async fn find(self: &Arc<Self>, name: &str) -> Result<Place, SystemException> {
        if let Some(live) = self.channel(name) {
            return Ok(Place::Here(live));
        }
        if self.group().is_none() {
            return Ok(Place::Nowhere);
        }
        let mut is_known = true;
        for _ in 0..LOOKS_MAX {
            match (self.channel(name), self.elsewhere(name)) {
                (Some(live), _) => return Ok(Place::Here(live)),
                (None, Some(elsewhere)) => {
                    if let Some(proxy) = self.proxy_of(&elsewhere) {
                        return Ok(Place::There(proxy));
                    }
                    // Its server is gone: whoever is asked takes it over.
                    let (from, to) = (elsewhere.server, self.me());
                    let moving = Moving { name: name.to_owned(), from, to, life: random() };
                    self.order_change(&Change::Move(moving)).await?;
                }
                (None, None) if is_known => {
                    is_known = false;
                    self.order_change(&Change::Nothing).await?;
                }
                (None, None) => return Ok(Place::Nowhere),
            }
        }
        Ok(Place::Nowhere)
    }

    /// The service at the server that has a channel; none if that is gone.
    fn proxy_of(&self, elsewhere: &Elsewhere) -> Option<EventServiceProxy> {
        let commands = self.group()?.commands.get()?;
        let server = ProcessId(elsewhere.server);
        if !commands.is_member(server) || server == commands.me() {
            return None;
        }
        if let Some(known) = elsewhere.proxy.get() {
            return Some(known.clone());
        }
        let members = commands.at_members(SERVICE_ID, EventServiceProxy::interface());
        let (_, object) = members.into_iter().find(|(process, _)| *process == server)?;
        Some(elsewhere.proxy.get_or_init(|| object.unchecked()).clone())
    }

    /// Remembers who has a channel with a number that another server has given.
    pub(crate) fn relay(&self, number: u64, to: &EventServiceProxy) {
        let Some(group) = self.group() else { return };
        let mut relayed = group.relayed();
        if relayed.len() >= RELAYED_MAX {
            // Whoever is cut off by that subscribes again.
            relayed.pop_first();
        }
        relayed.insert(number, to.clone());
    }

    /// Who has the channel with a number.
    pub(crate) fn relayed(&self, number: u64) -> Option<EventServiceProxy> {
        self.group()?.relayed().get(&number).cloned()
    }
}
