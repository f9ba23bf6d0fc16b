//! The same calls over every way to an object that is a group: in both styles, over both protocols and in a member's process.

#[path = "../../../../orb/tests/interface/transport.rs"]
#[allow(dead_code, reason = "objects that are no groups are called elsewhere")]
mod plain;

use crate::rig::Processes;
pub(crate) use plain::brokers;
use quorb::adapter::ValueTie;
use quorb::{Orb, Preference};
use quorb_groups::object::Style;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Runs `exercise` with a proxy to an object of its own for each style and way.
pub(crate) async fn everywhere<S>(servant: impl Fn() -> S, exercise: impl AsyncFn(S::Proxy))
where
    S: ValueTie,
    S::Value: Serialize + DeserializeOwned,
{
    let processes = Processes::found(Orb::builder).await;
    let mut clients = vec![processes.0[0].1.clone()];
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        clients.push(Orb::builder().prefer(preference).start().await.expect("it starts"));
    }
    for style in [Style::Active, Style::Executor] {
        for (way, client) in clients.iter().enumerate() {
            let name = format!("object {way} {style:?}");
            let replicas = processes.serve(&name, style, |_| servant()).await;
            exercise(client.bind(&replicas[0].reference().to_string()).expect("it is good")).await;
        }
    }
}
