//! A C++ client of omniORB, which knows nothing of groups, through every failure of a replicated object: nothing runs twice,
//! what is said of a call that failed is true, the next call succeeds, and nothing that was acknowledged is lost. With FT_REQUEST
//! everything runs once.

use std::collections::BTreeMap;
use std::process::Command;

use quorb::{Minor, Orb, Proxy};
use quorb_giop::ior::{AlternateAddress, Ior};
use quorb_groups::driver::Domain;
use quorb_groups::manage::interface::Plan;
use quorb_groups::manage::{FT_KEY, Host};
use quorb_interop::limits::{client_wait, end_wait};
use quorb_interop::tally::{Entries, TallyProxy, TallyServant};
use quorb_interop::{Folder, Mesh, Process, free_port, peers};

/// Members of the group.
const MEMBERS: usize = 3;
/// Calls between two events.
const CALLS: u32 = 40;

/// The processes that serve the tally.
struct Replicas {
    domain: Vec<String>,
    brokers: Vec<String>,
    arguments: Vec<String>,
    running: Vec<Option<Process>>,
    reference: String,
    /// What is between them, where that is not the loopback alone.
    mesh: Option<Mesh>,
    /// Removed last.
    data: Option<Folder>,
}

impl Replicas {
    fn start(arguments: &[&str], durable: bool) -> Replicas {
        let domain = (0..MEMBERS).map(|_| free_address()).collect();
        Replicas::begin(domain, None, arguments, durable)
    }

    /// With a network between them that can be cut.
    fn apart(arguments: &[&str]) -> Replicas {
        let ports: Vec<u16> = (0..MEMBERS).map(|_| free_port().expect("there are free ports")).collect();
        let mesh = Mesh::of(&ports).expect("there are free ports");
        Replicas::begin(mesh.addresses(), Some(mesh), arguments, false)
    }

    fn begin(domain: Vec<String>, mesh: Option<Mesh>, arguments: &[&str], durable: bool) -> Replicas {
        let mut replicas = Replicas {
            domain,
            mesh,
            brokers: (0..MEMBERS).map(|_| free_address()).collect(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            data: durable.then(|| Folder::new("tally").expect("there is room")),
            running: (0..MEMBERS).map(|_| None).collect(),
            reference: String::new(),
        };
        replicas.restart(&[0, 1, 2]);
        // Who has come first knows of no other yet.
        while addresses(&replicas.reference) < MEMBERS {
            replicas.kill(MEMBERS - 1);
            replicas.restart(&[MEMBERS - 1]);
        }
        replicas
    }

    /// Starts members that do not run, and waits until they have the state.
    fn restart(&mut self, which: &[usize]) {
        for &at in which {
            let mut command = Command::new(env!("CARGO_BIN_EXE_tally-server"));
            command.args(["--listen", &self.brokers[at], "--domain", &self.domain.join(",")]);
            command.args(&self.arguments);
            if let Some(mesh) = &self.mesh {
                command.args(["--member", &mesh.listen(at), "--advertise", &self.domain[at]]);
            }
            if let Some(data) = &self.data {
                command.arg("--data").arg(data.path().join(at.to_string()));
            }
            self.running[at] = Some(Process::start(command).expect("it starts"));
        }
        for &at in which {
            let ready = self.running[at].as_mut().expect("it runs").ready();
            self.reference = ready.expect("it serves");
        }
    }

    /// kill -9.
    fn kill(&mut self, at: usize) {
        let process = self.running[at].take().expect("it runs");
        process.kill().expect("it can be killed");
    }

    /// Stops or continues one, as the signals of that name do.
    fn signal(&self, at: usize, signal: &str) {
        let process = self.running[at].as_ref().expect("it runs").id().to_string();
        let status = Command::new("kill").args([&format!("-{signal}"), &process]).status();
        assert!(status.expect("there is kill").success());
    }

    /// The tally at one member alone.
    fn alone(&self, at: usize) -> String {
        format!("corbaloc:iiop:1.2@{}/tally", self.brokers[at])
    }

    /// What a member has by itself.
    fn entries(&self, at: usize) -> Vec<u32> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let orb = Orb::client().await.unwrap();
            let tally: TallyProxy = orb.bind(&self.alone(at)).unwrap();
            let reading = async {
                loop {
                    // One that was excluded joins again by itself.
                    if let Ok(entries) = tally.read().await {
                        return entries;
                    }
                }
            };
            tokio::time::timeout(client_wait(), reading).await.expect("it serves again")
        })
    }
}

fn free_address() -> String {
    format!("127.0.0.1:{}", free_port().expect("there are free ports"))
}

/// How many addresses a foreign client finds in a reference.
fn addresses(reference: &str) -> usize {
    let ior: Ior = reference.parse().expect("a reference");
    let profile = ior.iiop_profiles().next().expect("it has a profile").expect("it is readable");
    1 + profile.components_of::<AlternateAddress>().count()
}

/// The client, and what it has said.
struct Client {
    process: Process,
    /// What became of each entry: added, or the completion of its failure.
    said: BTreeMap<u32, String>,
    /// What it has said of calls that failed.
    failures: Vec<String>,
}

impl Client {
    fn start(peers: &peers::PeerDir, mode: &str, reference: &str, count: u32) -> Client {
        let mut command = peers.program("tally_client");
        command.args(["-ORBclientCallTimeOutPeriod", "60000", mode, reference, &count.to_string()]);
        Client {
            process: Process::start(command).expect("it starts"),
            said: BTreeMap::new(),
            failures: Vec::new(),
        }
    }

    /// The next so many entries.
    fn until(&mut self, count: u32) {
        let mut last_failed = false;
        let until = self.said.len() as u32 + count;
        while (self.said.len() as u32) < until {
            let line = self.process.line("", client_wait()).expect("it goes on");
            let words: Vec<&str> = line.split(' ').collect();
            let entry: u32 = words[1].parse().expect("an entry");
            let became = match words[0] {
                "added" => "added",
                told => {
                    assert!(
                        !last_failed || told == "again",
                        "the call after one that failed has failed: {line}"
                    );
                    self.failures.push(line.clone());
                    self.process.tell("").expect("it listens");
                    words[3]
                }
            };
            last_failed = words[0] == "failed";
            if words[0] != "again" {
                self.said.insert(entry, became.to_owned());
            }
        }
    }

    /// Compares what it was told with what there is.
    fn end(self, found: &[u32]) {
        let finished = self.process.wait(client_wait()).expect("it ends");
        assert!(finished.status.success(), "{}", finished.stderr);
        for (entry, became) in &self.said {
            let times = found.iter().filter(|&found| found == entry).count();
            let allowed = match &**became {
                "added" | "yes" => 1..=1,
                "no" => 0..=0,
                _ => 0..=1,
            };
            assert!(allowed.contains(&times), "{entry}: {became}, and it is there {times} times");
        }
        assert!(found.iter().all(|entry| self.said.contains_key(entry)));
    }
}

/// Each member is killed, and comes back before the next is: also the sequencer, also two in a row.
fn each_in_turn(arguments: &[&str], durable: bool, mode: &str) {
    let Some(peers) = peers::or_skip() else { return };
    let mut replicas = Replicas::start(arguments, durable);
    let mut client = Client::start(&peers, mode, &replicas.reference, 6 * CALLS + 1);
    for at in 0..MEMBERS {
        client.until(CALLS);
        replicas.kill(at);
        client.until(CALLS);
        replicas.restart(&[at]);
    }
    client.until(1);
    assert!(client.failures.len() <= MEMBERS, "{MEMBERS} members were lost: {:?}", client.failures);
    let found = replicas.entries(0);
    assert_eq!(found, replicas.entries(1));
    assert_eq!(found, replicas.entries(2));
    if mode == "numbered" {
        assert_eq!(found, (0..=6 * CALLS).collect::<Vec<_>>(), "everything once");
    }
    client.end(&found);
}

#[test]
fn every_member_is_killed_and_all_execute() {
    each_in_turn(&[], false, "add");
}

#[test]
fn every_member_is_killed_and_one_executes() {
    each_in_turn(&["--executor"], false, "add");
}

#[test]
fn every_member_is_killed_and_calls_are_numbered() {
    each_in_turn(&[], false, "numbered");
}

/// Who executes may be lost in the middle of a call that was numbered by a foreign client.
#[test]
fn every_member_is_killed_while_one_executes_numbered_calls() {
    each_in_turn(&["--executor"], false, "numbered");
}

#[test]
fn all_members_of_a_durable_group_are_killed() {
    let Some(peers) = peers::or_skip() else { return };
    let mut replicas = Replicas::start(&[], true);
    let mut client = Client::start(&peers, "add", &replicas.reference, 3 * CALLS);
    client.until(CALLS);
    // The one that it calls comes first: as the last of three it would say that it does not know, and then break the connection
    // under the next call.
    (0..MEMBERS).rev().for_each(|at| replicas.kill(at));
    // It may have had replies on the way; then it fails, and waits to be told.
    let failed = loop {
        let line = client.process.line("", client_wait()).expect("it goes on");
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let became = if words[0] == "added" { "added" } else { &words[3] };
        client.said.insert(words[1].parse().expect("an entry"), became.to_owned());
        if words[0] == "failed" {
            break words;
        }
    };
    assert_ne!(failed[3], "yes", "{failed:?}");
    replicas.restart(&[0, 1, 2]);
    client.process.tell("").expect("it listens");
    let left = 3 * CALLS - client.said.len() as u32;
    client.until(left);
    assert!(client.failures.is_empty(), "after the failure of all: {:?}", client.failures);
    let found = replicas.entries(2);
    assert_eq!(found, replicas.entries(0));
    client.end(&found);
}

/// A member that stands still is like one that is cut off: the others go on without it, and it comes back with the state.
#[test]
fn a_member_is_cut_off_and_returns() {
    let Some(peers) = peers::or_skip() else { return };
    let mut replicas = Replicas::start(&["--detection", "300"], false);
    // The client calls the member whose reference it has: the last one.
    let mut client = Client::start(&peers, "add", &replicas.reference, 4 * CALLS);
    for at in [0, 1] {
        client.until(CALLS);
        replicas.signal(at, "STOP");
        client.until(CALLS);
        replicas.signal(at, "CONT");
        replicas.entries(at);
    }
    assert!(client.failures.is_empty(), "its own member was not cut off: {:?}", client.failures);
    let found = replicas.entries(2);
    assert_eq!(found, replicas.entries(0));
    assert_eq!(found, replicas.entries(1));
    client.end(&found);
    replicas.running.clear();
}

/// A C++ client that calls one member alone, and takes every refusal for what it says.
struct Asker {
    process: Process,
    /// The next entry.
    next: u32,
    /// What became of those before.
    said: BTreeMap<u32, String>,
}

impl Asker {
    fn start(peers: &peers::PeerDir, address: &str, first: u32) -> Asker {
        let mut command = peers.program("tally_client");
        command.args(["-ORBclientCallTimeOutPeriod", "60000", "ask", address, "1"]);
        Asker { process: Process::start(command).expect("it starts"), next: first, said: BTreeMap::new() }
    }

    /// What an update and a query end in.
    fn ask(&mut self) -> [String; 2] {
        let entry = self.next;
        self.next += 1;
        self.process.tell(&entry.to_string()).expect("it listens");
        let line = self.process.line("asked ", client_wait()).expect("it goes on");
        let words: Vec<&str> = line.split(' ').collect();
        let [update, query] = words[..] else { panic!("what is {line:?}?") };
        let became = update.rsplit('-').next().unwrap_or(update);
        self.said.insert(entry, became.to_owned());
        [update.to_owned(), query.to_owned()]
    }

    /// Asks until that is what it ends in.
    fn until(&mut self, wanted: [&str; 2]) {
        while self.ask() != wanted {}
    }
}

/// The network between the members is divided: the one who is alone refuses updates and queries of its C++ client, and executes
/// nothing that it refuses; the others go on; and it returns with the state.
fn a_network_is_divided(arguments: &[&str]) {
    let Some(peers) = peers::or_skip() else { return };
    let arguments = [arguments, &["--detection", "1500"]].concat();
    let mut replicas = Replicas::apart(&arguments);
    // Its member, the last one, is never alone.
    let mut client = Client::start(&peers, "add", &replicas.reference, 4 * CALLS);
    let (refused, mut told) = (format!("TRANSIENT-{}-no", Minor::NOT_PRIMARY), BTreeMap::new());
    for at in [0, 1] {
        let mesh = replicas.mesh.as_ref().expect("there is one");
        let mut asker = Asker::start(&peers, &replicas.alone(at), (at as u32 + 1) * 1_000_000);
        asker.until(["added", "read"]);
        client.until(CALLS);
        mesh.cut_off(at);
        asker.until([&refused, &refused]);
        client.until(CALLS);
        assert_eq!(asker.ask(), [&*refused, &*refused], "it does not change its mind");
        mesh.connect();
        asker.until(["added", "read"]);
        told.append(&mut asker.said);
    }
    client.said.append(&mut told);
    assert!(client.failures.is_empty(), "its own member was never alone: {:?}", client.failures);
    let found = replicas.entries(2);
    assert_eq!(found, replicas.entries(0));
    assert_eq!(found, replicas.entries(1));
    client.end(&found);
    replicas.running.clear();
}

#[test]
fn a_network_is_divided_and_all_execute() {
    a_network_is_divided(&[]);
}

#[test]
fn a_network_is_divided_and_one_executes() {
    a_network_is_divided(&["--executor"]);
}

/// FT-CORBA's reading operations, by a client whose stubs omniidl has made.
#[test]
fn a_foreign_tool_reads_the_members() {
    let Some(peers) = peers::or_skip() else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (hosts, manager, group, addresses) = runtime.block_on(async {
        let seeds: Vec<String> =
            (0..MEMBERS).map(|_| format!("127.0.0.1:{}", free_port().unwrap())).collect();
        let joins = seeds.iter().map(|seed| {
            let join = Domain::join(seeds.clone()).name("tally").listen(seed);
            tokio::spawn(join.into_future())
        });
        let mut hosts = Vec::new();
        for join in joins.collect::<Vec<_>>() {
            let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
            let start = Host::of(join.await.unwrap().unwrap(), &orb);
            let host = start.offer("tally", || TallyServant::new(Entries::default())).start().await.unwrap();
            let plan = Plan { kind: "tally".into(), ..Plan::default() };
            let reference = host.serve("tally", plan).await.unwrap();
            hosts.push((host, orb, reference));
        }
        let orb = &hosts[0].1;
        let tally: TallyProxy = orb.bind(&hosts[0].2.to_string()).unwrap();
        for entry in 0..5 {
            tally.add(entry).await.unwrap();
        }
        let addresses: Vec<String> = hosts.iter().map(|(_, orb, _)| orb.addresses()[0].to_string()).collect();
        let manager = format!("corbaloc:iiop:1.2@{}/{FT_KEY}", addresses[1]);
        // As it was when it had one member.
        let group = tally.object().to_string();
        (hosts, manager, group, addresses)
    });
    let mut command = peers.program("tally_client");
    command.args(["members", &manager, &group]);
    let finished = Process::start(command).expect("it starts").wait(client_wait()).expect("it ends");
    assert!(finished.status.success(), "{}", finished.stderr);
    let told = |first: &str| -> Vec<String> {
        let lines = finished.stdout.lines().filter_map(|line| line.strip_prefix(first));
        lines.map(str::to_owned).collect()
    };
    let mut locations = told("location ");
    locations.sort();
    let mut addresses = addresses;
    addresses.sort();
    assert_eq!(locations, addresses);
    assert_eq!(told("entries "), ["5", "5", "5"]);
    assert_eq!(told("raised "), ["MemberNotFound", "ObjectGroupNotFound"]);
    assert_eq!(told("group ").len(), 1);
    drop(hosts);
    runtime.shutdown_timeout(end_wait());
}
