//! `quorb doctor`.

use std::time::{Duration, Instant};

use quorb::{Orb, Proxy};
use quorb_giop::cdr::GiopVersion;
use quorb_giop::ior::{AlternateAddress, IiopProfile, Ior, QuorbEndpoint, TaggedComponent};
use quorb_giop::names::{ObjectKey, RepositoryId};

use crate::fakes;
use crate::rig::{File, Ran, quorb, quorb_fed};
use crate::workshop::{Server, servant};

/// The chart of an examination: the lines, and whether it ended well.
struct Chart(Ran);

fn examine(reference: &str) -> Chart {
    Chart(quorb_fed("", &["doctor", reference, "--timeout", "2s"]))
}

impl Chart {
    /// Whether a line has all of these parts, in order.
    #[track_caller]
    fn has(&self, parts: &[&str]) -> &Chart {
        let fits = |line: &str| {
            parts.iter().try_fold(line, |rest, part| rest.split_once(part).map(|(_, rest)| rest)).is_some()
        };
        assert!(self.0.out.lines().any(fits), "no line with {parts:?} in:\n{}", self.0.out);
        self
    }

    #[track_caller]
    fn ends(&self, code: i32, words: &str) {
        assert_eq!((self.0.code, self.0.err.as_str()), (code, ""), "{}", self.0.out);
        assert_eq!(self.0.out.lines().last(), Some(words), "{}", self.0.out);
    }
}

#[test]
fn a_healthy_object() {
    let server = Server::start();
    let address = server.orb.addresses()[0].to_string();
    examine(&server.reference)
        .has(&["ok", "reference", "IDL:Workshop:1.0, 1 address"])
        .has(&["warn", "reference", &address, "loopback"])
        .has(&["->", "advertise"])
        .has(&["ok", "connect", &address, "connected", "ms)"])
        .has(&["ok", "native", &address, "version 1.0, quorb/0.1.0", "calls in flight, object here", "ms)"])
        .has(&["ok", "giop", &address, "version 1.2, 1.1, 1.0, object here", "ms)"])
        .has(&["ok", "object", "it answers", "ms)"])
        .has(&["ok", "type", "IDL:Workshop:1.0"])
        .has(&["ok", "metadata", "Workshop, 11 operations", "ms)"])
        .ends(0, "healthy, with 1 to be looked at");
    let by_name = server.corbaloc("workshop").replace("127.0.0.1", "localhost");
    examine(&by_name)
        .has(&["ok", "reference", "of no said type"])
        .has(&["ok", "resolve", "localhost", "127.0.0.1", "ms)"])
        .has(&["ok", "native", "object here"])
        .has(&["note", "type", "IDL:Workshop:1.0"])
        .ends(0, "healthy, with 1 to be looked at");
}

#[test]
fn json() {
    let server = Server::start();
    let json = quorb(["doctor", &server.reference, "--json"]).json();
    assert_eq!(json["healthy"], true);
    let steps: Vec<&str> =
        json["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["reference", "reference", "connect", "native", "giop", "object", "type", "metadata"]);
    assert_eq!(
        (&json["steps"][1]["finding"], &json["steps"][2]["finding"]),
        (&"warning".into(), &"good".into())
    );
    assert!(json["steps"][2]["ms"].is_number() && json["steps"][1]["advice"].is_string());
    let ran = quorb(["doctor", "IOR:0", "--json"]);
    assert_eq!(ran.code, 1);
    let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&json["healthy"], &json["steps"][0]["finding"]), (&false.into(), &"fault".into()));
}

#[test]
fn a_unix_socket() {
    let socket = File::named("sock");
    let server = Server::listening(&[&format!("unix:{}", socket.path())]);
    examine(&server.reference)
        .has(&["ok", "connect", socket.path(), "connected"])
        .has(&["ok", "native", socket.path(), "object here"])
        .has(&["ok", "giop", socket.path(), "object here"])
        .ends(0, "healthy");
    let reference = server.reference.clone();
    server.orb.shutdown(Duration::from_secs(1));
    examine(&reference).has(&["FAIL", "connect", socket.path(), "no such file"]).ends(1, "not healthy");
}

#[test]
fn an_object_that_is_not_there() {
    let server = Server::start();
    examine(&server.corbaloc("nothing"))
        .has(&["warn", "native", "object not here"])
        .has(&["warn", "giop", "object not here"])
        .has(&["FAIL", "object", "OBJECT_NOT_EXIST: no object with this key is active here"])
        .has(&["->", "check the key"])
        .ends(1, "not healthy");
}

#[test]
fn a_transient_object_of_an_earlier_life() {
    let first = Orb::builder().listen("127.0.0.1:0").start_blocking().unwrap();
    let address = first.addresses()[0].to_string();
    let reference = first.adapter().activate(servant()).object().to_string();
    first.shutdown(Duration::from_secs(1));
    // A program that another test begins at this moment has the listening socket too, until it is the new program.
    let until = Instant::now() + Duration::from_secs(20);
    let second = loop {
        match Orb::builder().listen(&address).start_blocking() {
            Ok(orb) => break orb,
            Err(error) => assert!(Instant::now() < until, "{error}"),
        }
    };
    examine(&reference)
        .has(&["native", "of an earlier life of the server", "restarted since the reference was made"])
        .has(&["FAIL", "object", "the object was transient and its server has restarted"])
        .has(&["->", "give the object an id"])
        .ends(1, "not healthy");
    drop(second);
}

#[test]
fn another_object_under_the_same_key() {
    let server = Server::start();
    let ior: Ior = server.reference.parse().unwrap();
    let other = Ior { type_id: RepositoryId::from_static("IDL:Other:1.0"), ..ior };
    examine(&other.to_string())
        .has(&["FAIL", "type", "the object is no IDL:Other:1.0; it is IDL:Workshop:1.0"])
        .ends(1, "not healthy");
}

#[test]
fn addresses_that_lead_nowhere() {
    examine("corbaloc::127.0.0.1:1/k")
        .has(&["FAIL", "connect", "127.0.0.1:1", "connection refused"])
        .has(&["->", "start the server"])
        .ends(1, "not healthy");
    examine("corbaloc::no-such-host.invalid/k")
        .has(&["FAIL", "resolve", "no-such-host.invalid", "does not resolve"])
        .has(&["->", "resolver"])
        .ends(1, "not healthy");
    examine("corbaloc::127.0.0.1:0/k").has(&["FAIL", "reference", "port is 0"]).ends(1, "not healthy");
    examine("IOR:00000000000000010000000000000000").has(&["FAIL", "reference", "nil"]).ends(1, "not healthy");
    examine("corbaloc:rir:/NameService").has(&["FAIL", "reference"]).ends(1, "not healthy");
    examine("IOR:00000")
        .has(&["FAIL", "reference", "cut off?"])
        .has(&["->", "corbaloc:"])
        .ends(1, "not healthy");
    examine("corbaname::h#a").has(&["FAIL", "reference", "must be resolved first"]).ends(1, "not healthy");
}

#[test]
fn an_address_that_keeps_silent() {
    let black_hole = fakes::black_hole();
    let ran = quorb(["doctor", &format!("corbaloc::{}/k", black_hole.address), "--timeout", "300ms"]);
    Chart(ran)
        .has(&["FAIL", "connect", "no answer within 300ms", "ms)"])
        .has(&["->", "firewall"])
        .ends(1, "not healthy");
}

#[test]
fn one_address_of_several_is_enough() {
    let server = Server::start();
    let key = ObjectKey::from_static(b"workshop");
    let mut profile = IiopProfile::new(GiopVersion::V1_2, "127.0.0.1".into(), 1, key);
    let quorb::Address::Tcp { host, port } = server.orb.addresses()[0].clone() else {
        panic!("a TCP address")
    };
    profile.components = vec![TaggedComponent::of(&AlternateAddress { host, port }).unwrap()];
    let ior = Ior::with_iiop(RepositoryId::from_static("IDL:Workshop:1.0"), &profile).unwrap();
    examine(&ior.to_string())
        .has(&["FAIL", "connect", "127.0.0.1:1", "connection refused"])
        .has(&["ok", "object", "it answers"])
        .ends(0, "healthy, but 1 of its addresses cannot be reached");
}

#[test]
fn servers_that_are_no_brokers() {
    let at = |fake: &fakes::Fake| format!("corbaloc:iiop:1.2@{}/k", fake.address);
    let http = fakes::saying(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    examine(&at(&http))
        .has(&["ok", "connect"])
        .has(&["FAIL", "protocol", "an HTTP server answers"])
        .has(&["->", "check the port"])
        .ends(1, "not healthy");
    let tls = fakes::saying(b"\x15\x03\x03\0\x02\x02\x0a");
    examine(&at(&tls)).has(&["FAIL", "protocol", "a TLS server answers"]).ends(1, "not healthy");
    let silent = fakes::silent();
    let ran = quorb(["doctor", &at(&silent), "--timeout", "300ms"]);
    Chart(ran).has(&["FAIL", "protocol", "neither protocol: no answer within 300ms"]).ends(1, "not healthy");
    let shy = fakes::serve(|_| Ok(()));
    examine(&at(&shy))
        .has(&["FAIL", "protocol", "neither protocol: closed without a word"])
        .ends(1, "not healthy");
}

#[test]
fn versions_that_do_not_fit() {
    let newer = fakes::saying(b"QUORB\x02\x07\0");
    examine(&format!("corbaloc:iiop:1.2@{}/k", newer.address))
        .has(&[
            "FAIL",
            "protocol",
            "a broker answers, but: the peer speaks version 2.7 of the protocol, this side 1.0",
        ])
        .has(&["->", "update"])
        .ends(1, "not healthy");
    let older = fakes::broker(GiopVersion::V1_0);
    examine(&format!("corbaloc:iiop:1.2@{}/k", older.address))
        .has(&[
            "FAIL",
            "giop",
            "version 1.0, object here; 1.2 fails: not understood; the server speaks GIOP 1.0",
        ])
        .has(&["->", "corbaloc:iiop:1.0@"])
        .ends(1, "not healthy");
    examine(&format!("corbaloc:iiop:1.0@{}/k", older.address))
        .has(&["ok", "giop", "version 1.0"])
        .ends(0, "healthy, with 1 to be looked at");
}

#[test]
fn objects_of_other_brokers() {
    let foreign = fakes::foreign_object();
    examine(&format!("corbaloc:iiop:1.2@{}/k", foreign.address))
        .has(&["note", "native", "not spoken"])
        .has(&["ok", "giop", "version 1.2, 1.1, 1.0, object here"])
        .has(&["ok", "object", "it answers"])
        .has(&["note", "metadata", "not served"])
        .ends(0, "healthy, with 1 to be looked at");
    // A reference that promises the native protocol of a server which does not speak it.
    let key = ObjectKey::from_static(b"k");
    let port = foreign.address.port();
    let mut profile = IiopProfile::new(GiopVersion::V1_2, "127.0.0.1".into(), port, key);
    let promise = QuorbEndpoint { protocol_version: 9, ..QuorbEndpoint::default() };
    profile.components = vec![TaggedComponent::of(&promise).unwrap()];
    let ior = Ior::with_iiop(RepositoryId::from_static("IDL:Foreign:1.0"), &profile).unwrap();
    examine(&ior.to_string())
        .has(&["warn", "reference", "it announces native protocol 9, this program speaks 1.0"])
        .has(&["FAIL", "native", "not spoken"])
        .ends(1, "not healthy");
}
