//! The programs do what their documentation says.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const SERVER: &str = env!("CARGO_BIN_EXE_grid-server");
const CLIENT: &str = env!("CARGO_BIN_EXE_grid-client");
const GRID: &str = env!("CARGO_BIN_EXE_grid");

struct Server(Child, String);

impl Server {
    fn start(arguments: &[&str]) -> Server {
        Server::spawn(arguments).ready()
    }

    fn spawn(arguments: &[&str]) -> Server {
        Server(Command::new(SERVER).args(arguments).stdout(Stdio::piped()).spawn().unwrap(), String::new())
    }

    fn ready(mut self) -> Server {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let reference = line.trim_end().strip_prefix("ready ");
        self.1 = reference.expect("the server says that it is ready").to_owned();
        self
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([&format!("-{signal}"), &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Ends the server in order.
    fn terminate(mut self) {
        self.signal("TERM");
        assert!(self.0.wait().unwrap().success(), "SIGTERM ends the server in order");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn client(arguments: &[&str]) -> Output {
    Command::new(CLIENT).args(arguments).output().unwrap()
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}

const EXPECTED: &str =
    "height 7\nwidth 9\nset (2,4) to 123\nget (2,4) gives 123\nget (7,9) raises OutOfRange { n: 7, m: 9 }\n";

#[test]
fn the_client_sees_every_operation_over_both_protocols() {
    let server = Server::start(&["--height", "7", "--width", "9"]);
    for protocol in ["native", "iiop"] {
        let output = client(&[&server.1, "--protocol", protocol]);
        assert_eq!(text(&output.stdout), EXPECTED, "{protocol}: {}", text(&output.stderr));
        assert!(output.status.success());
    }
    server.terminate();
}

/// From the moment in which it says that it is ready, a server ends in order when it is told to.
#[test]
fn a_signal_right_after_the_ready_line_ends_the_server_in_order() {
    for _ in 0..30 {
        Server::start(&[]).terminate();
    }
}

fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A replica that stands still for too long is excluded, and takes part again by itself.
#[test]
fn a_replica_that_stood_still_comes_back() {
    let domain = [free_address(), free_address(), free_address()].join(",");
    let listen = [free_address(), free_address(), free_address()];
    let spawn = |listen: &String| {
        let size = ["--height", "7", "--width", "9"];
        let group = ["--listen", listen, "--group", "grid", "--domain", &domain];
        Server::spawn(&[&size[..], &group[..]].concat())
    };
    let servers: Vec<Server> =
        { listen.iter().map(spawn).collect::<Vec<_>>() }.into_iter().map(Server::ready).collect();
    servers[2].signal("STOP");
    // Every replica has an update before that is acknowledged: the one that stands still is none any more.
    let output = client(&[&servers[0].1]);
    assert_eq!(text(&output.stdout), EXPECTED, "{}", text(&output.stderr));
    servers[2].signal("CONT");
    let address = format!("corbaloc:iiop:1.2@{}/grid", listen[2]);
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let output = client(&[&address, "--protocol", "iiop"]);
        if output.status.success() {
            assert_eq!(text(&output.stdout), EXPECTED);
            break;
        }
        assert!(Instant::now() < patience, "{}", text(&output.stderr));
    }
    servers.into_iter().for_each(Server::terminate);
}

#[test]
fn the_reference_file_and_a_corbaloc_address_lead_to_the_grid() {
    let directory = std::env::temp_dir().join(format!("quorb-grid-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let file = directory.join("grid.ior");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("127.0.0.1:{port}");
    let server = Server::start(&[
        "--listen",
        &listen,
        "--height",
        "7",
        "--width",
        "9",
        "--ior-file",
        file.to_str().unwrap(),
    ]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), server.1);
    for version in ["1.0", "1.1", "1.2"] {
        let output = client(&[&format!("corbaloc:iiop:{version}@{listen}/grid")]);
        assert_eq!(text(&output.stdout), EXPECTED, "GIOP {version}: {}", text(&output.stderr));
    }
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn the_demonstration_succeeds() {
    let output = Command::new(GRID).output().unwrap();
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert_eq!(said.matches("get (2,4) gives 123").count(), 2);
    assert_eq!(said.matches("raises OutOfRange { n: 100, m: 100 }").count(), 2);
}

#[test]
fn mistakes_are_explained() {
    let gone = client(&["corbaloc:iiop:1.2@127.0.0.1:1/grid"]);
    assert_eq!(gone.status.code(), Some(1));
    let line = text(&gone.stderr);
    assert!(line.contains("TRANSIENT") && line.contains("127.0.0.1:1") && line.contains("refused"), "{line}");

    let nonsense = client(&["grid"]);
    assert_eq!(nonsense.status.code(), Some(1));
    assert!(text(&nonsense.stderr).contains("corbaloc:"), "{}", text(&nonsense.stderr));

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let server = Command::new(SERVER).args(["--listen", &address]).output().unwrap();
    assert_eq!(server.status.code(), Some(1));
    assert!(text(&server.stderr).contains(&address), "{}", text(&server.stderr));

    assert_eq!(Command::new(SERVER).args(["--height", "0"]).output().unwrap().status.code(), Some(2));
}
