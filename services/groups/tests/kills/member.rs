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

/// What comes before the directory of a member's log, among its arguments.
pub(crate) const DATA: &str = "data=";

/// Serves until it is killed: STYLE LISTEN [data=DIRECTORY] SEED...
pub(crate) async fn serve(arguments: &[String]) -> ExitCode {
    let style = if arguments[0] == "Executor" { Style::Executor } else { Style::Active };
    let orb = Orb::builder().listen(arguments[1].clone()).holding().start().await.expect("the broker starts");
    let data = arguments[2].strip_prefix(DATA);
    let seeds = arguments[2 + usize::from(data.is_some())..].to_vec();
    let mut join = Domain::join(seeds).listen_at_a_seed().rejoins();
    if let Some(data) = data {
        join = join.data(data);
    }
    let domain = join.await.expect("the domain is there");
    let mut serving = domain.serve(&orb, "counter", CounterServant::new(Count::default())).style(style);
    if data.is_some() {
        serving = serving.durable();
    }
    let mut replica = serving.await.expect("the counter is served");
    orb.open();
    println!("ready {}", replica.reference());
    std::io::stdout().flush().expect("somebody reads this");
    match replica.ended().await {
        Ok(why) => eprintln!("out of the group: {why}"),
        Err(error) => eprintln!("out of the group: {error}"),
    }
    ExitCode::FAILURE
}
