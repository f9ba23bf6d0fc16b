//! How far subscribers with names have come: kept where their channel's events are kept.

use std::sync::Arc;

use quorb::SystemException;

use super::group::{Change, Outcome, Settling};
use super::live::LiveChannel;
use super::service::Service;
use crate::channel::SettleRefused;
use crate::native::{ChannelInfo, Guarantee};
use crate::spool::{SettledFile, SpoolError};

/// Why a position is not kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotSettled {
    #[error("there is no such channel any more")]
    NoChannel,
    #[error(transparent)]
    TooMany(#[from] SettleRefused),
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Broker(#[from] SystemException),
}

impl Service {
    /// Notes how far a subscriber has come. It is as safe as an event of the channel on return.
    pub(super) async fn settle(
        self: &Arc<Self>,
        live: &LiveChannel,
        subscriber: &str,
        position: u64,
    ) -> Result<(), NotSettled> {
        if live.is_agreed() {
            let (life, subscriber) = (live.life(), subscriber.to_owned());
            let outcome = self.order_change(&Change::Settle(Settling { life, subscriber, position })).await?;
            return match outcome {
                Outcome::Done => Ok(()),
                Outcome::TooMany(limit) => Err(SettleRefused(limit as usize).into()),
                _ => Err(NotSettled::NoChannel),
            };
        }
        live.settle_here(subscriber, position)?;
        let directory = self.directory_of(live.life());
        let Some(directory) = directory.filter(|_| live.options().guarantee == Guarantee::Durable) else {
            return Ok(());
        };
        // One at a time: the newest is written last.
        let _alone = self.alone().await;
        let file = SettledFile { positions: live.all_settled() };
        let written = tokio::task::spawn_blocking(move || file.write(&directory)).await;
        written.map_err(|_| NotSettled::NoChannel)??;
        Ok(())
    }

    /// The channels, by name, wherever they are.
    pub(super) fn infos(&self) -> Vec<ChannelInfo> {
        let table = self.read();
        let mut infos: Vec<ChannelInfo> = table.here().map(|live| live.info()).collect();
        for (name, elsewhere) in table.all_elsewhere().filter(|(name, _)| table.named(name).is_none()) {
            // How many events it has had is known where it is.
            let (options, life) = (elsewhere.options.clone(), elsewhere.life);
            infos.push(ChannelInfo { name: name.to_owned(), number: 0, options, next: 1, life });
        }
        infos.sort_by(|one, other| one.name.cmp(&other.name));
        infos
    }
}
