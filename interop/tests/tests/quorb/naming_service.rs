//! Our naming service and foreign clients: omniORB's own tools, and a C++ program that does everything. What that program
//! prints is held against what it prints of omniNames, line by line.

use std::process::Command;
use std::time::Duration;

use quorb::{BlockingOrb, Orb, Proxy};
use quorb_interop::{OmniNames, Process, peers};
use quorb_naming::storage::MemoryStore;
use quorb_naming::{Limits, NameServer};

/// What the C++ client prints of our service.
const EXPECTED: &str = include_str!("naming_client.txt");

/// Where omniNames does otherwise than CosNaming says, and than ours: it replaces contexts by objects and objects by contexts,
/// binds nil, and takes `next_n(0)`. The rest follows from the nil that it has bound, and the object that it has replaced.
const ONLY_OF_OMNINAMES: [&str; 10] = [
    "rebind replaced: done",
    "rebind_context over an object: done",
    "bind nil: done",
    "rebind_context of nil: done",
    "list 0: 0 no more destroyed, 26 in all",
    "list 5: 5 no more destroyed, 26 in all",
    "list 100: 26, 26 in all",
    "list 24: 24 no more destroyed, 26 in all",
    "next_n of none: done",
    "resolve_str lab/grid.object: something else",
];

/// The time that a foreign program gets.
const PATIENCE: Duration = Duration::from_secs(60);

struct Served {
    orb: BlockingOrb,
    _service: NameServer,
    /// Where the service's tasks are.
    _runtime: tokio::runtime::Runtime,
    reference: String,
    /// Two objects to be bound.
    objects: [String; 2],
}

fn serve() -> Served {
    let orb = Orb::builder().listen("127.0.0.1:0").start_blocking().expect("it starts");
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    let service = runtime.block_on(NameServer::start(&orb, MemoryStore::new(), Limits::default()));
    let service = service.expect("it starts");
    let other = service.root().blocking();
    let object = || other.new_context().expect("it is made").object().to_string();
    let objects = [object(), object()];
    let reference = format!("corbaloc::{}/NameService", orb.addresses()[0]);
    Served { orb, _service: service, _runtime: runtime, reference, objects }
}

/// What the C++ client prints of a naming service.
fn printed(peers: &peers::PeerDir, service: &str, objects: &[String; 2]) -> String {
    let mut client = peers.program("naming_client");
    client.args(["-ORBclientCallTimeOutPeriod", "30000", service]).args(objects);
    let finished = Process::start(client).and_then(|client| client.wait(PATIENCE)).expect("it ends");
    assert!(finished.status.success(), "{}{}", finished.stdout, finished.stderr);
    finished.stdout
}

#[test]
fn a_foreign_client_does_everything() {
    let Some(peers) = peers::or_skip() else { return };
    let ours = serve();
    let lines = printed(&peers, &ours.reference, &ours.objects);
    assert_eq!(lines, EXPECTED, "in full:\n{lines}");
    ours.orb.shutdown(Duration::from_secs(5));
}

#[test]
fn omninames_is_no_different_where_it_keeps_to_the_standard() {
    let Some(peers) = peers::or_skip() else { return };
    let Some(server) = OmniNames::start().expect("it starts") else {
        eprintln!("skipped: install omniorb-nameserver");
        return;
    };
    let objects = serve();
    let lines = printed(&peers, server.reference(), &objects.objects);
    let differences: Vec<&str> = lines
        .lines()
        .zip(EXPECTED.lines())
        .filter(|(theirs, ours)| theirs != ours)
        .map(|(theirs, _)| theirs)
        .collect();
    assert_eq!(lines.lines().count(), EXPECTED.lines().count());
    assert_eq!(differences, ONLY_OF_OMNINAMES);
    objects.orb.shutdown(Duration::from_secs(5));
}

/// What omniORB's naming client says, if it succeeds.
#[track_caller]
fn nameclt(arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new("nameclt").args(arguments).output().expect("nameclt is installed with the peers");
    let said = |octets| String::from_utf8_lossy(octets).trim().to_owned();
    match output.status.success() {
        true => Ok(said(&output.stdout)),
        false => Err(said(&[output.stdout, output.stderr].concat())),
    }
}

#[test]
fn the_tools_of_omniorb() {
    let Some(_) = peers::or_skip() else { return };
    let ours = serve();
    // As users of omniNames say where it is: by an initial reference.
    let place = format!("NameService={}", ours.reference);
    let at = |arguments: &[&str]| nameclt(&[&["-ORBInitRef", &place, "-advanced"], arguments].concat());
    let grid = &ours.objects[0];
    at(&["bind_new_context", "lab"]).unwrap();
    at(&["bind", "lab/grid.object", grid]).unwrap();
    assert!(at(&["bind", "lab/grid.object", grid]).unwrap_err().contains("AlreadyBound"));
    at(&["rebind", "lab/grid.object", grid]).unwrap();
    assert_eq!(at(&["list"]).unwrap(), "lab/");
    assert_eq!(at(&["list", "lab"]).unwrap(), "grid.object");
    let found = at(&["resolve", "lab/grid.object"]).unwrap();
    let catior = Command::new("catior").arg(&found).output().expect("catior is installed with the peers");
    let said = String::from_utf8_lossy(&catior.stdout).into_owned();
    assert!(
        said.contains("IDL:omg.org/CosNaming/NamingContextExt:1.0") && said.contains("NameService/"),
        "{said}"
    );
    at(&["bind_context", "lab/other", &ours.objects[1]]).unwrap();
    at(&["unbind", "lab/other"]).unwrap();
    assert!(at(&["resolve", "lab/nothing"]).unwrap_err().contains("NotFound"));
    at(&["unbind", "lab/grid.object"]).unwrap();
    at(&["remove_context", "lab"]).unwrap();
    assert_eq!(at(&["list"]).unwrap(), "");
    ours.orb.shutdown(Duration::from_secs(5));
}
