//! Our event service and foreign clients: omniEvents' own tools, and a C++ program that is any of the four kinds of client.
//! Where omniEvents is installed, the same program runs against it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use quorb::{BlockingOrb, Orb, Proxy};
use quorb_events::{EventServer, Events, Feed, Limits, Overflow};
use quorb_interop::{Process, peers};

/// The time that a foreign program gets.
const PATIENCE: Duration = Duration::from_secs(120);

/// What the C++ client prints of what is wrong.
const STEPS: &str = "\
try_pull before connecting: Disconnected
connect a nil supplier: done
connect it again: AlreadyConnected
connect a nil puller: done
connect it again: AlreadyConnected
connect a nil consumer: BAD_PARAM
connect a nil pulled supplier: BAD_PARAM
push: done
pull: done
disconnect the supplier: done
push behind that: OBJECT_NOT_EXIST
disconnect the puller: done
pull behind that: OBJECT_NOT_EXIST
";

struct Served {
    orb: BlockingOrb,
    service: EventServer,
    runtime: tokio::runtime::Runtime,
    events: Events,
}

fn serve() -> Served {
    let orb = Orb::builder().listen("127.0.0.1:0").start_blocking().expect("it starts");
    let runtime = tokio::runtime::Runtime::new().expect("there are threads");
    let service = runtime.block_on(EventServer::start(&orb, None, Limits::default())).expect("it starts");
    let events = Events::with_service(service.reference());
    Served { orb, service, runtime, events }
}

impl Served {
    /// A channel, as C++ programs find it. Nobody loses anything: consumers are waited for.
    fn channel(&self, name: &str) -> String {
        let overflow = Some(Overflow::SlowPublisher);
        let options = quorb_events::ChannelOptions { overflow, ..Default::default() };
        self.runtime.block_on(self.events.channel(name, options)).expect("it is made");
        format!("corbaloc::{}/EventChannel/{name}", self.orb.addresses()[0])
    }

    fn end(self) {
        self.orb.shutdown(Duration::from_secs(5));
        self.runtime.block_on(self.service.close());
    }
}

fn client(peers: &peers::PeerDir, channel: &str, arguments: &[&str]) -> Process {
    let mut command = peers.program("event_client");
    command.args(["-ORBclientCallTimeOutPeriod", "60000", channel]).args(arguments);
    let mut process = Process::start(command).expect("it starts");
    process.line("ready", PATIENCE).expect("it is connected");
    process
}

/// Waits for a client's end: how many events, all in order.
#[track_caller]
fn count(mut process: Process) -> u64 {
    let count = process.line("count ", PATIENCE).expect("it ends").parse().expect("a number");
    assert_eq!(process.line("order ", PATIENCE).expect("it says so"), "kept");
    let finished = process.wait(PATIENCE).expect("it ends");
    assert!(finished.status.success(), "{}", finished.stderr);
    count
}

#[test]
fn foreign_suppliers_and_consumers_of_all_kinds() {
    let Some(peers) = peers::or_skip() else { return };
    let ours = serve();
    let channel = ours.channel("c");
    let consumers =
        [client(&peers, &channel, &["consume", "500"]), client(&peers, &channel, &["consume", "500"])];
    let puller = client(&peers, &channel, &["pull", "500"]);
    let mut feed: Feed<String> = ours.runtime.block_on(ours.events.subscribe("c")).expect("it begins");
    assert_eq!(count(client(&peers, &channel, &["push", "500", "100"])), 500);
    for consumer in consumers {
        assert_eq!(count(consumer), 500);
    }
    assert_eq!(count(puller), 500);
    let words = ours.runtime.block_on(async {
        let mut words = Vec::new();
        while words.len() < 500 {
            words.push(feed.next().await.expect("it goes on"));
        }
        words
    });
    assert!(words.iter().enumerate().all(|(number, word)| word.trim() == number.to_string()));
    drop(feed);
    // A supplier that is pulled.
    let consumer = client(&peers, &channel, &["consume", "200"]);
    let supplier = client(&peers, &channel, &["supply", "200"]);
    assert_eq!((count(supplier), count(consumer)), (200, 200));
    ours.end();
}

#[test]
fn native_publishers_and_foreign_consumers_one_of_which_is_killed() {
    let Some(peers) = peers::or_skip() else { return };
    let ours = serve();
    let channel = ours.channel("c");
    let survivor = client(&peers, &channel, &["consume", "3000"]);
    let victim = client(&peers, &channel, &["consume", "3000"]);
    let events = ours.events.clone();
    let publishing = ours.runtime.spawn(async move {
        let topic = events.topic::<String>("c/x").await.expect("it is there");
        for number in 0..3_000 {
            topic.publish(number.to_string()).await.expect("it is published");
        }
        topic.flush().await.expect("it is published");
    });
    victim.kill().expect("it runs");
    assert_eq!(count(survivor), 3_000, "nobody else has lost anything");
    ours.runtime.block_on(publishing).expect("it ends");
    ours.end();
}

#[test]
fn a_foreign_client_does_what_is_wrong() {
    let Some(peers) = peers::or_skip() else { return };
    let ours = serve();
    let channel = ours.channel("c");
    let mut command = peers.program("event_client");
    command.args(["-ORBclientCallTimeOutPeriod", "60000", &channel, "steps"]);
    let finished = Process::start(command).and_then(|client| client.wait(PATIENCE)).expect("it ends");
    assert_eq!(finished.stdout, STEPS, "{}", finished.stderr);
    ours.end();
}

/// Where Debian has a tool of omniEvents; none if it is not installed.
fn tool(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from("/usr/bin").join(name);
    if !path.exists() {
        eprintln!("skipped: install omnievents for {name}");
        return None;
    }
    Some(path)
}

#[test]
fn the_tools_of_omnievents() {
    let Some(peers) = peers::or_skip() else { return };
    let (Some(eventc), Some(rmeventc), Some(eventf)) = (tool("eventc"), tool("rmeventc"), tool("eventf"))
    else {
        return;
    };
    let ours = serve();
    let address = ours.orb.addresses()[0].to_string();
    let factory = format!("corbaloc::{address}/omniEvents");
    // It binds the channel in a naming service, which is ours, too.
    let naming = ours.runtime.block_on(quorb_naming::NameServer::start(
        &ours.orb,
        quorb_naming::storage::MemoryStore::new(),
        quorb_naming::Limits::default(),
    ));
    let naming = naming.expect("it starts");
    let names = format!("NameService=corbaloc::{address}/NameService");
    let run = |tool: &PathBuf, arguments: &[&str]| {
        let mut command = Command::new(tool);
        command.args(["-ORBInitRef", &names]).args(arguments);
        let finished = Process::start(command).and_then(|tool| tool.wait(PATIENCE)).expect("it ends");
        assert!(finished.status.success(), "{tool:?}: {}{}", finished.stdout, finished.stderr);
        finished.stdout
    };
    for (name, key) in [("prices", "prices"), ("copies", "copies")] {
        run(&eventc, &["-n", name, "-i", key, "-q", "2000", &factory]);
    }
    let channel = |name: &str| format!("corbaloc::{address}/{name}");
    // Events go through both channels: eventf connects the first one to the second one.
    run(&eventf, &[&channel("prices"), &channel("copies")]);
    let consumer = client(&peers, &channel("copies"), &["consume", "100"]);
    assert_eq!(count(client(&peers, &channel("prices"), &["push", "100", "50"])), 100);
    assert_eq!(count(consumer), 100);
    run(&rmeventc, &["-n", "prices"]);
    let left: Vec<String> = ours.service.channels().into_iter().map(|channel| channel.name).collect();
    assert_eq!(left, ["copies"]);
    ours.orb.shutdown(Duration::from_secs(5));
    ours.runtime.block_on(async {
        ours.service.close().await;
        naming.close().await;
    });
}

/// Our interfaces are what Debian's IDL says: what generated code makes of that has the same operations, types, exceptions.
#[cfg(standard_services)]
#[test]
fn our_interfaces_are_omgs() {
    use super::standard_services::generated::events::{
        cos_event_channel_admin as theirs, cos_event_comm as comm,
    };
    use quorb_events::cos;

    let pairs = [
        (cos::PushConsumerProxy::interface(), comm::PushConsumerProxy::interface()),
        (cos::PushSupplierProxy::interface(), comm::PushSupplierProxy::interface()),
        (cos::PullSupplierProxy::interface(), comm::PullSupplierProxy::interface()),
        (cos::PullConsumerProxy::interface(), comm::PullConsumerProxy::interface()),
        (cos::ProxyPushConsumerProxy::interface(), theirs::ProxyPushConsumerProxy::interface()),
        (cos::ProxyPullConsumerProxy::interface(), theirs::ProxyPullConsumerProxy::interface()),
        (cos::ProxyPushSupplierProxy::interface(), theirs::ProxyPushSupplierProxy::interface()),
        (cos::ProxyPullSupplierProxy::interface(), theirs::ProxyPullSupplierProxy::interface()),
        (cos::ConsumerAdminProxy::interface(), theirs::ConsumerAdminProxy::interface()),
        (cos::SupplierAdminProxy::interface(), theirs::SupplierAdminProxy::interface()),
        (cos::EventChannelProxy::interface(), theirs::EventChannelProxy::interface()),
    ];
    for (ours, theirs) in pairs {
        let (ours, theirs) = (ours.describe(), theirs.describe());
        let shape = |description: &quorb::model::InterfaceDesc| {
            let interfaces = description.interfaces();
            interfaces
                .map(|(id, name, bases, operations)| {
                    let operations: Vec<String> = operations
                        .iter()
                        .map(|operation| format!("{} {:?}", operation.name, operation.signature))
                        .collect();
                    (id.to_owned(), name.to_owned(), bases.to_vec(), operations)
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(shape(ours), shape(theirs));
    }
}
