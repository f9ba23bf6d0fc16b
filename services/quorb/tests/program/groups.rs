//! `quorb group`: every verb against three hosts of this process.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

use quorb::{Orb, interface};
use quorb_groups::driver::Domain;
use quorb_groups::manage::Host;
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::rig::{Ran, quorb_fed};

#[interface]
trait Tally {
    fn count(&self) -> u64;
    fn add(&mut self) -> u64;
}

#[derive(Default, Serialize, Deserialize)]
struct Strokes(u64);

impl Tally for Strokes {
    fn count(&self) -> u64 {
        self.0
    }

    fn add(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// Hosts that offer tallies.
struct Hosts {
    // Hosts go before what drives them.
    hosts: Vec<(Host, Orb)>,
    runtime: Runtime,
}

impl Hosts {
    fn start() -> Hosts {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let open = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port is free"));
        let seeds = open.each_ref().map(|listener| listener.local_addr().expect("it listens").to_string());
        drop(open);
        let hosts = runtime.block_on(async {
            let joins = seeds.clone().map(|seed| {
                let join = Domain::join(seeds.clone()).listen(&seed);
                tokio::spawn(join.detection(Duration::from_millis(500)).into_future())
            });
            let mut hosts = Vec::new();
            for join in joins {
                let domain = join.await.expect("it joins").expect("it joins");
                let orb = Orb::builder().listen("127.0.0.1:0").start().await.expect("it starts");
                let host = Host::of(domain, &orb).offer("tally", || TallyServant::new(Strokes::default()));
                hosts.push((host.start().await.expect("it enrols"), orb));
            }
            hosts
        });
        Hosts { hosts, runtime }
    }

    fn address(&self, host: usize) -> String {
        self.hosts[host].1.addresses()[0].to_string()
    }

    /// `quorb group` at these hosts.
    fn group(&self, arguments: &[&str]) -> Ran {
        let all = (0..self.hosts.len()).map(|host| self.address(host)).collect::<Vec<_>>().join(",");
        quorb_fed("", &[&["group", "--domain", &all], arguments].concat())
    }

    /// A host ends as a crash would end it.
    fn kill(&mut self, host: usize) {
        let (host, orb) = self.hosts.remove(host);
        self.runtime.block_on(async {
            drop(host);
            orb.shutdown(Duration::ZERO).await;
        });
    }
}

#[test]
fn every_verb() {
    let mut hosts = Hosts::start();
    assert_eq!(hosts.group(&["ls"]).done(), "");
    let offered = hosts.group(&["hosts"]).done();
    assert_eq!(offered.matches("offers tally; holds nothing").count(), 3, "{offered}");
    assert_eq!(
        hosts.group(&["create", "strokes", "--kind", "tally", "--wanted", "2"]).done(),
        "strokes is served\n"
    );
    assert_eq!(
        hosts.group(&["create", "strokes", "--kind", "tally"]).failed(),
        "`strokes` is planned already\n"
    );
    let orb = hosts.runtime.block_on(Orb::client()).expect("a client");
    let tally: TallyProxy =
        orb.bind(&format!("corbaloc:iiop:1.2@{}/strokes", hosts.address(0))).expect("a reference");
    assert_eq!(hosts.runtime.block_on(tally.add()).expect("it is called"), 1);
    let third = hosts.address(2);
    assert_eq!(hosts.group(&["add", "strokes"]).done(), format!("{third} serves strokes\n"));
    assert!(hosts.group(&["add", "strokes"]).failed().starts_with("none of the 3 hosts"));
    let listed = hosts.group(&["ls"]).done();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("strokes       3/3  serving     tally"), "{listed}");
    assert!(hosts.group(&["ls", "--all"]).done().contains("quorb.placement"));
    let described = hosts.group(&["describe", "strokes"]).done();
    for part in ["kind     tally, active style, in memory", "wanted   3", "member   2", &third] {
        assert!(described.contains(part), "{described}");
    }
    assert_eq!(hosts.group(&["remove", "strokes", "--at", &third]).done(), format!("{third} has left\n"));
    hosts.group(&["want", "strokes", "0"]).done();
    let first = hosts.address(0);
    let moved = hosts.group(&["move", "strokes", "--from", &first]).done();
    assert_eq!(moved, format!("{third} serves strokes\n{first} has left\n"));
    let json = hosts.group(&["describe", "strokes", "--json"]).json();
    assert_eq!(
        (json["state"].as_str(), json["members"].as_array().map(Vec::len)),
        (Some("serving"), Some(2))
    );
    hosts.kill(0);
    assert_eq!(hosts.group(&["dissolve", "strokes", "--yes"]).done(), "");
    assert!(hosts.group(&["describe", "x"]).failed().starts_with("the domain has no group `x`"));
}

#[test]
fn views_are_printed_as_they_change() {
    let mut hosts = Hosts::start();
    hosts.group(&["create", "strokes", "--kind", "tally", "--wanted", "1"]).done();
    let addresses = format!("{},{}", hosts.address(1), hosts.address(2));
    let mut watch = Command::new(env!("CARGO_BIN_EXE_quorb"))
        .args(["group", "--domain", &addresses, "watch", "strokes"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(watch.stdout.take().expect("it is piped")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    let (first, second) = (hosts.address(0), hosts.address(1));
    let line = next();
    assert!(line.starts_with("view ") && line.ends_with(&format!("  {first}")), "{line}");
    hosts.group(&["add", "strokes", "--at", &second]).done();
    let joins = next();
    assert!(joins.ends_with(&format!("  {first}  {second} (joining)")), "{joins}");
    let serves = next();
    assert!(serves.ends_with(&format!("  {first}  {second}")), "{serves}");
    hosts.kill(0);
    // Another host takes the place: how many views that makes is left to chance.
    let gone = next();
    assert!(gone.contains("without"), "{gone}");
    watch.kill().expect("it runs");
    watch.wait().expect("it ends");
    let json = hosts.group(&["watch", "strokes", "--json", "--count", "1"]).done();
    let view: serde_json::Value = serde_json::from_str(&json).expect("a line of JSON");
    assert_eq!(view["name"], "strokes");
}

#[test]
fn what_is_used_wrongly() {
    let hosts = Hosts::start();
    assert!(hosts.group(&["bootstrap", "x"]).misused().contains("add --yes"));
    assert!(hosts.group(&["dissolve", "x"]).misused().contains("add --yes"));
    assert!(hosts.group(&["bootstrap", "x", "--yes"]).failed().starts_with("the domain has no group `x`"));
    assert_eq!(
        hosts.group(&["create", "x", "--kind", "nothing"]).failed(),
        "no host offers `nothing`: `x` is planned, and will be served when one does\n"
    );
    assert!(hosts.group(&["describe", "x"]).done().contains("not served: no process holds it"));
    assert_eq!(hosts.group(&["add", "x", "--at", "nowhere:1"]).failed(), "no host nowhere:1 is enrolled\n");
    let nobody = quorb_fed("", &["group", "--domain", "127.0.0.1:1", "ls"]).failed();
    assert!(nobody.contains("connection refused"), "{nobody}");
    let mut program = Command::new(env!("CARGO_BIN_EXE_quorb"));
    let said = program.args(["group", "ls"]).env_remove("QUORB_DOMAIN").output().expect("it runs");
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).starts_with("which domain?"));
    let plain = hosts.runtime.block_on(Orb::builder().listen("127.0.0.1:0").start()).expect("a broker");
    let none = quorb_fed("", &["group", "--domain", &plain.addresses()[0].to_string(), "ls"]).failed();
    assert!(none.contains("none that holds replicas"), "{none}");
    for verb in [
        "ls",
        "hosts",
        "describe",
        "watch",
        "create",
        "add",
        "remove",
        "move",
        "want",
        "dissolve",
        "bootstrap",
    ] {
        let help = quorb_fed("", &["group", verb, "--help"]).done();
        assert!(help.contains("Example"), "{help}");
    }
}
