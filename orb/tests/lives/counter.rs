//! The server: an object that writes every update into a file before it answers.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use quorb::{Orb, interface};

#[interface]
pub(crate) trait Counter {
    fn look(&self, id: u64) -> u64;
    fn add(&mut self, id: u64) -> u64;
    #[oneway]
    fn note(&mut self, id: u64);
}

/// The file outlives the process: what is written is written, however the process ends.
struct Log(File);

impl Log {
    fn write(&mut self, id: u64) -> u64 {
        self.0.write_all(&id.to_le_bytes()).expect("the log can be written");
        id
    }
}

impl Counter for Log {
    fn look(&self, id: u64) -> u64 {
        id
    }

    fn add(&mut self, id: u64) -> u64 {
        self.write(id)
    }

    fn note(&mut self, id: u64) {
        self.write(id);
    }
}

/// Serves until it is killed.
pub(crate) async fn serve(address: &str, log: &str) {
    let log = OpenOptions::new().create(true).append(true).open(log).expect("a log");
    let orb = Orb::builder().listen(address).holding().start().await.expect("the address is free");
    orb.serve("counter", CounterServant::new(Log(log))).expect("the id is free");
    orb.open();
    println!("ready");
    std::future::pending::<()>().await;
}

/// The reference to the counter of any life of a server at this address.
pub(crate) async fn reference_at(address: &str) -> String {
    let maker = Orb::builder().listen("127.0.0.1:0").advertise(address).start().await.unwrap();
    let log = File::open("/dev/null").unwrap();
    let reference = maker.serve("counter", CounterServant::new(Log(log))).unwrap().to_string();
    maker.shutdown(Duration::ZERO).await;
    reference
}

/// How often each id was executed, over all lives.
pub(crate) fn executed(log: &Path) -> BTreeMap<u64, u32> {
    let octets = std::fs::read(log).expect("the log");
    let mut times = BTreeMap::new();
    for entry in octets.chunks_exact(8) {
        let id = u64::from_le_bytes(entry.try_into().expect("8 octets"));
        *times.entry(id).or_default() += 1;
    }
    times
}
