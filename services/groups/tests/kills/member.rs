//! A replica of the counter.

use quorb::{Orb, interface};
use quorb_groups::driver::Domain;
use quorb_groups::object::Style;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::process::ExitCode;

/// What this program is started with to become a replica.
pub(crate) const MEMBER: &str = "member";

/// A counter.
#[interface]
pub(crate) trait Counter {
    /// Adds one; gives the new value.
    fn add(&mut self) -> u64;
    /// The value.
    fn read(&self) -> u64;
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Count(u64);

impl Counter for Count {
    fn add(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }

    fn read(&self) -> u64 {
        self.0
    }
}

/// Serves until it is killed: STYLE LISTEN SEED...
pub(crate) async fn serve(arguments: &[String]) -> ExitCode {
    let style = if arguments[0] == "Executor" { Style::Executor } else { Style::Active };
    let orb = Orb::builder().listen(arguments[1].clone()).holding().start().await.expect("the broker starts");
    let join = Domain::join(arguments[2..].to_vec()).listen_at_a_seed().rejoins();
    let domain = join.await.expect("the domain is there");
    let replica = domain.serve(&orb, "counter", CounterServant::new(Count::default())).style(style).await;
    let mut replica = replica.expect("the counter is served");
    orb.open();
    println!("ready {}", replica.reference());
    std::io::stdout().flush().expect("somebody reads this");
    let ended = replica.ended().await;
    eprintln!("out of the group: {ended:?}");
    ExitCode::FAILURE
}
