//! `quorb serve` and `quorb name`: a server that is a process, and every verb against it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use crate::rig::{File, Ran, quorb_fed};

/// A server process. It is killed with its handle.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: String,
}

impl Server {
    /// Starts one; `arguments` say where its data is.
    pub(crate) fn start(listen: &str, arguments: &[&str]) -> Server {
        Server::started(Command::new(env!("CARGO_BIN_EXE_quorb")), listen, arguments).expect("it is ready")
    }

    /// Starts one by a command that has been begun.
    ///
    /// # Errors
    /// It ends before it is ready: what it has said on standard error.
    pub(crate) fn started(mut command: Command, listen: &str, arguments: &[&str]) -> Result<Server, String> {
        command.args(["serve", "--listen", listen]).args(arguments);
        command.env_remove("QUORB_DATA").env_remove("QUORB_LOG");
        command.env_remove("QUORB_NAMES").env_remove("QUORB_EVENTS");
        let mut process =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = process.stdout.as_mut().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says something");
        match line.trim().strip_prefix("ready ") {
            Some(address) => Ok(Server { process, address: address.to_owned() }),
            None => {
                let mut words = String::new();
                let _ = process.stderr.take().expect("it is piped").read_to_string(&mut words);
                process.wait().expect("it ends");
                Err(words)
            }
        }
    }

    pub(crate) fn reference(&self) -> String {
        format!("corbaloc:iiop:1.2@{}/NameService", self.address)
    }

    /// `quorb name` at this server.
    pub(crate) fn name(&self, arguments: &[&str]) -> Ran {
        let reference = self.reference();
        quorb_fed("", &[&["name", "--names", &reference], arguments].concat())
    }

    /// `quorb events` at this server.
    pub(crate) fn events(&self, arguments: &[&str]) -> Ran {
        self.events_fed("", arguments)
    }

    /// `quorb events` at this server, with text on its standard input.
    pub(crate) fn events_fed(&self, input: &str, arguments: &[&str]) -> Ran {
        let reference = self.event_service();
        quorb_fed(input, &[&["events", "--events", &reference], arguments].concat())
    }

    pub(crate) fn event_service(&self) -> String {
        format!("corbaloc:iiop:1.2@{}/EventService", self.address)
    }

    /// Ends it at once.
    pub(crate) fn kill(mut self) {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends it a signal of this name.
    pub(crate) fn signal(&self, name: &str) {
        let told = Command::new("kill").args(["-s", name, &self.process.id().to_string()]).status();
        assert!(told.expect("kill is there").success());
    }

    /// Waits until it has ended by itself. Answers its exit code and what it has said on standard error.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let mut words = String::new();
        let stderr = self.process.stderr.take().expect("it is piped");
        BufReader::new(stderr).read_to_string(&mut words).expect("it is text");
        (self.process.wait().expect("it ends").code(), words)
    }

    /// Ends it in order. Answers its exit code and what it has said on standard error.
    pub(crate) fn terminate(self) -> (Option<i32>, String) {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A folder that goes away with its handle.
pub(crate) struct Folder(File);

impl Folder {
    pub(crate) fn new() -> Folder {
        Folder(File::named("data"))
    }

    pub(crate) fn path(&self) -> &str {
        self.0.path()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.path());
    }
}

const GRID: &str = "corbaloc:iiop:1.2@grid.example:1/grid";

/// A server that is told no address is where clients look that are told none; where somebody is already, it says so.
#[test]
fn the_port_that_everybody_expects() {
    let place = "127.0.0.1:2809";
    let is_free = std::net::TcpListener::bind(place).is_ok();
    let mut command = Command::new(env!("CARGO_BIN_EXE_quorb"));
    command.args(["serve", "--memory"]).env_remove("QUORB_NAMES").env_remove("QUORB_DATA");
    let mut first = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
    if is_free {
        let mut line = String::new();
        BufReader::new(first.stdout.as_mut().expect("it is piped")).read_line(&mut line).expect("it is text");
        assert_eq!(line, format!("ready {place}\n"));
        quorb_fed("", &["name", "mkdir", "lab"]).done();
        assert_eq!(quorb_fed("", &["name", "ls"]).done(), "lab/\n");
        let theirs = ["-ORBInitRef", "NameService=corbaname::127.0.0.1", "list"];
        if let Ok(listed) = Command::new("nameclt").args(theirs).output() {
            assert_eq!(String::from_utf8_lossy(&listed.stdout), "lab/\n");
        }
    }
    let second = quorb_fed("", &["serve", "--memory"]).failed();
    assert!(second.contains(place) && second.contains("in use"), "{second}");
    first.kill().expect("it runs, or has ended");
    first.wait().expect("it ends");
}

#[test]
fn every_verb() {
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    assert_eq!(server.name(&["ls"]).done(), "");
    server.name(&["bind", "-p", "trading/eu/grid.object", GRID]).done();
    assert_eq!(
        server.name(&["bind", "trading/eu/grid.object", GRID]).failed(),
        "`trading/eu/grid.object` is bound already\n"
    );
    server.name(&["bind", "-f", "trading/eu/grid.object", GRID]).done();
    server.name(&["mkdir", "trading/us"]).done();
    server.name(&["mkdir", "-p", "/trading/us"]).done();
    assert_eq!(server.name(&["mkdir", "trading/us"]).failed(), "`trading/us` is bound already\n");
    assert_eq!(server.name(&["mkdir", "a/b"]).failed(), "`a`: `a` is not bound\n");
    assert_eq!(server.name(&["ls"]).done(), "trading/\n");
    assert_eq!(server.name(&["ls", "/trading"]).done(), "eu/\nus/\n");
    assert_eq!(server.name(&["ls", "trading/eu/grid.object"]).done(), "trading/eu/grid.object\n");
    let tree = "└── trading/\n    ├── eu/\n    │   └── grid.object\n    └── us/\n";
    assert_eq!(server.name(&["ls", "--tree"]).done(), tree);
    let json = server.name(&["ls", "--tree", "--json"]).json();
    assert_eq!(json[0]["entries"][0]["entries"][0]["path"], "trading/eu/grid.object");
    assert_eq!(json[0]["entries"][1]["kind"], "context");
    let reference = server.name(&["resolve", "trading/eu/grid.object"]).done();
    let decoded = quorb_fed("", &["ior", "decode", reference.trim()]).done();
    assert!(decoded.contains("grid.example"), "{decoded}");
    let json = server.name(&["resolve", "trading", "--json"]).json();
    assert_eq!(json["type"], "IDL:omg.org/CosNaming/NamingContextExt:1.0");
    assert_eq!(server.name(&["resolve", "trading/x"]).failed(), "`trading/x`: `x` is not bound\n");
    assert_eq!(server.name(&["rm", "trading"]).failed(), "the context `trading` is not empty\n");
    server.name(&["unbind", "trading/eu/grid.object"]).done();
    server.name(&["rm", "trading/eu"]).done();
    server.name(&["rm", "-r", "trading"]).done();
    assert_eq!(server.name(&["ls"]).done(), "");
    let (code, words) = server.terminate();
    assert_eq!(code, Some(0));
    assert_eq!(words, "naming: 0 names, kept in memory\nevents: 0 channels, kept in memory\n");
}

#[test]
fn contexts_in_circles_are_shown_once_and_removed_with_care() {
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    server.name(&["bind", "-p", "a/b/leaf", GRID]).done();
    server.name(&["bind", "keep/x", GRID, "-p"]).done();
    let root = server.reference();
    server.name(&["bind", "--context", "a/up", &root]).done();
    let a = server.name(&["resolve", "a"]).done();
    server.name(&["bind", "--context", "a/b/self", a.trim()]).done();
    let keep = server.name(&["resolve", "keep"]).done();
    server.name(&["bind", "--context", "a/shared", keep.trim()]).done();
    let shown = server.name(&["ls", "--tree"]).done();
    assert_eq!(shown.matches("leaf").count(), 1, "{shown}");
    server.name(&["rm", "-r", "a"]).done();
    assert_eq!(server.name(&["ls", "--tree"]).done(), "└── keep/\n    └── x\n");
    assert_eq!(server.name(&["rm", "-r", "/"]).misused(), "the root cannot be removed\n");
}

#[test]
fn a_tree_through_two_servers() {
    let (near, far) =
        (Server::start("127.0.0.1:0", &["--memory"]), Server::start("127.0.0.1:0", &["--memory"]));
    far.name(&["bind", "grid", GRID]).done();
    near.name(&["bind", "--context", "far", &far.reference()]).done();
    far.name(&["bind", "--context", "near", &near.reference()]).done();
    near.name(&["bind", "far/other", GRID]).done();
    assert_eq!(far.name(&["ls"]).done(), "grid\nnear/\nother\n");
    let shown = near.name(&["ls", "--tree"]).done();
    assert!(shown.contains("    ├── grid\n") && shown.contains("other"), "{shown}");
    // What is of the other server loses the name that it had here, and nothing else.
    near.name(&["rm", "-r", "far"]).done();
    assert_eq!(near.name(&["ls"]).done(), "");
    assert_eq!(far.name(&["ls"]).done(), "grid\nnear/\nother\n");
}

#[test]
fn changes_are_printed_as_they_happen() {
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    let reference = server.reference();
    let mut watch = Command::new(env!("CARGO_BIN_EXE_quorb"))
        .args(["name", "--names", &reference, "watch", "--json", "--count", "4"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(watch.stdout.take().expect("it is piped")).lines();
    // The watch has begun when it tells of a name: which one is left to chance.
    let mut beats = 0;
    let mut labs = 0;
    let first = std::thread::spawn(move || (lines.next(), lines));
    while !first.is_finished() {
        beats += 1;
        server.name(&["bind", "-f", "beat", &format!("corbaloc::h:{beats}/k")]).done();
    }
    let (line, lines) = first.join().expect("it reads");
    assert_eq!(line.expect("a line").expect("text"), r#"{"change":"bound","path":"beat"}"#);
    server.name(&["unbind", "beat"]).done();
    // How many of the beats it has told of is left to chance, too: it ends after the fourth change, whichever that is.
    let rest = std::thread::spawn(move || lines.map(|line| line.expect("text")).collect::<Vec<String>>());
    while !rest.is_finished() {
        labs += 1;
        server.name(&["mkdir", &format!("lab-{labs}")]).done();
    }
    let rest = rest.join().expect("it reads");
    assert_eq!(rest.len(), 3, "{rest:?}");
    assert!(rest.iter().any(|line| line == r#"{"change":"unbound","path":"beat"}"#) || beats > 3, "{rest:?}");
    assert!(watch.wait().expect("it ends").success());
}

#[test]
fn what_is_used_wrongly() {
    let server = Server::start("127.0.0.1:0", &["--memory"]);
    assert!(server.name(&["bind", "a//b", GRID]).misused().contains("empty at offset 2"));
    assert!(server.name(&["bind", "a"]).misused().contains("REF"));
    assert!(server.name(&["bind", "a", "nonsense"]).failed().contains("reference string is malformed"));
    assert!(server.name(&["frobnicate"]).misused().contains("frobnicate"));
    let nobody = quorb_fed("", &["name", "--names", "corbaloc::127.0.0.1:1/NameService", "ls"]).failed();
    assert!(nobody.contains("connection refused"), "{nobody}");
    let wrong = quorb_fed("", &["serve", "--listen", "nonsense"]).failed();
    assert!(wrong.contains("nonsense"), "{wrong}");
    let taken = quorb_fed("", &["serve", "--memory", "--listen", &server.address]).failed();
    assert!(taken.contains(&server.address), "{taken}");
    for verb in [&["serve"][..], &["name"], &["name", "ls"], &["name", "bind"], &["name", "watch"]] {
        let help = quorb_fed("", &[verb, &["--help"]].concat()).done();
        assert!(help.contains("Example"), "{help}");
    }
}

#[test]
fn two_servers_do_not_share_data() {
    let data = Folder::new();
    let first = Server::start("127.0.0.1:0", &["--data", data.path()]);
    let second = quorb_fed("", &["serve", "--listen", "127.0.0.1:0", "--data", data.path()]).failed();
    assert!(second.contains("another process uses it"), "{second}");
    first.name(&["bind", "a", GRID]).done();
    let (code, _) = first.terminate();
    assert_eq!(code, Some(0));
    let again = Server::start("127.0.0.1:0", &["--data", data.path()]);
    assert_eq!(again.name(&["ls"]).done(), "a\n");
}
