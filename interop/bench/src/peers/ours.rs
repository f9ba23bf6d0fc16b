//! Our own broker, over either protocol.

use std::time::Duration;

use quorb::{Orb, Preference, Proxy, interface};
use quorb_interop::table::{Columns, Item, TableProxy, TableServant};

use crate::drive::{Caller, EXPECTED};
use crate::plan::{Outcome, Protocol};

/// The table as a later version of its interface has it: servers of the earlier one understand it in CBOR alone.
#[interface(id = "IDL:Bench/Table:1.0")]
pub(crate) trait LaterTable {
    /// As before.
    fn get(&self, n: i16, m: i16) -> i32;
    /// As before.
    fn echo_octets(&self, value: Vec<u8>) -> Vec<u8>;
    /// As before.
    fn echo_longs(&self, value: Vec<i32>) -> Vec<i32>;
    /// As before.
    fn echo_items(&self, value: Vec<Item>) -> Vec<Item>;
    /// As before.
    #[oneway]
    #[update]
    fn note(&self, value: i32);
    /// As before.
    fn noted(&self) -> u64;
    /// What has been added.
    fn added(&self) -> bool;
}

pub(super) async fn serve() -> Outcome<()> {
    let orb = Orb::builder().listen("127.0.0.1:0").start().await?;
    let table = orb.serve("table", TableServant::new(Columns::holding(EXPECTED)))?;
    println!("ready {}", table.object());
    orb.run_until_signal(Duration::from_secs(1)).await;
    Ok(())
}

/// A broker of its own with a connection of its own.
pub(super) async fn connect(reference: &str, protocol: Protocol) -> Outcome<TableProxy> {
    let preference = match protocol {
        Protocol::Iiop => Preference::IiopOnly,
        _ => Preference::NativeOnly,
    };
    Ok(Orb::builder().prefer(preference).start().await?.bind(reference)?)
}

/// A client that was built with the later interface.
pub(super) async fn connect_later(reference: &str) -> Outcome<LaterTableProxy> {
    Ok(Orb::builder().prefer(Preference::NativeOnly).start().await?.bind(reference)?)
}

macro_rules! caller {
    ($proxy:ty) => {
        impl Caller for $proxy {
            async fn get(&self, n: i16, m: i16) -> Outcome<i32> {
                Ok(<$proxy>::get(self, n, m).await?)
            }

            async fn octets(&self, value: Vec<u8>) -> Outcome<Vec<u8>> {
                Ok(self.echo_octets(value).await?)
            }

            async fn longs(&self, value: Vec<i32>) -> Outcome<Vec<i32>> {
                Ok(self.echo_longs(value).await?)
            }

            async fn items(&self, value: Vec<Item>) -> Outcome<Vec<Item>> {
                Ok(self.echo_items(value).await?)
            }

            async fn note(&self) -> Outcome<()> {
                Ok(<$proxy>::note(self, 1).await?)
            }

            async fn noted(&self) -> Outcome<u64> {
                Ok(<$proxy>::noted(self).await?)
            }
        }
    };
}

caller!(TableProxy);
caller!(LaterTableProxy);
