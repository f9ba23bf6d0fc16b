//! Interfaces that are generated from the IDL of the foreign peers, in both directions; and IDL that is printed from ours.

use std::process::Command;
use std::sync::Mutex;

use quorb::model::{Interface, InterfaceDesc};
use quorb::{Orb, Proxy};
use quorb_interop::{Reference, echo as handwritten, peers};

use crate::support::{cpp_client, cpp_server, ends_well, passes, python_client};

mod generated {
    quorb::include_idl!("../peers/idl/echo.idl");
}

use generated::torture::{
    Choice, Colour, EchoProxy, MaybeRecord, Point, Record, Shape, echo::RaiseEitherError,
};
use generated::{Grid, GridProxy, GridServant, OutOfRange};

struct Board {
    rows: Mutex<Vec<Vec<i32>>>,
    width: i16,
}

impl Board {
    fn cell<R>(&self, n: i16, m: i16, use_it: impl FnOnce(&mut i32) -> R) -> Result<R, OutOfRange> {
        let mut rows = self.rows.lock().unwrap();
        let row = usize::try_from(n).ok().and_then(|n| rows.get_mut(n));
        let cell = row.and_then(|row| row.get_mut(usize::try_from(m).ok()?));
        cell.map(use_it).ok_or(OutOfRange { n, m })
    }
}

impl Grid for Board {
    fn height(&self) -> i16 {
        self.rows.lock().unwrap().len() as i16
    }
    fn width(&self) -> i16 {
        self.width
    }
    fn set(&self, n: i16, m: i16, value: i32) -> Result<(), OutOfRange> {
        self.cell(n, m, |cell| *cell = value)
    }
    fn get(&self, n: i16, m: i16) -> Result<i32, OutOfRange> {
        self.cell(n, m, |cell| *cell)
    }
}

#[test]
fn foreign_clients_check_a_generated_server() {
    let (Some(cpp), python) = (peers::or_skip(), peers::python_or_skip()) else { return };
    let server = Orb::builder().listen("127.0.0.1:0").start_blocking().expect("it starts");
    let board = Board { rows: Mutex::new(vec![vec![0; 300]; 7]), width: 300 };
    let grid: GridProxy = server.serve("grid", GridServant::new(board)).expect("the key is free");
    let reference = Reference::from(grid.to_string());
    let size = ["--height", "7", "--width", "300"];
    for more in [&["--threads", "64"][..], &["--version", "1.0"], &["--version", "1.1"]] {
        passes(cpp_client(&cpp, "grid_client", &reference, &[&size, more].concat()));
    }
    if let Some(python) = python {
        passes(python_client(&python, "grid_client", &reference, &size));
    }
}

fn record() -> Record {
    Record {
        tag: 7,
        name: "bolt".to_owned(),
        at: Point { x: -1, y: 0.5 },
        visible: true,
        values: vec![1, -2],
        paint: Colour::Blue,
        notes: vec![String::new()],
        rank: -3,
        serial: u64::MAX,
    }
}

#[tokio::test]
async fn a_generated_client_calls_the_cpp_servers() {
    let Some(peers) = peers::or_skip() else { return };
    let client = Orb::client().await.expect("it starts");
    let server = cpp_server(&peers, "grid_server", &[]);
    let grid: GridProxy = client.bind(server.reference().as_str()).unwrap();
    grid.set(2, 4, 123).await.unwrap();
    assert_eq!((grid.get(2, 4).await.unwrap(), grid.height().await.unwrap()), (123, 100));
    assert_eq!(grid.get(200, 0).await.unwrap_err().user(), Some(&OutOfRange { n: 200, m: 0 }));
    ends_well(server);

    let server = cpp_server(&peers, "echo_server", &[]);
    let echo: EchoProxy = client.bind(server.reference().as_str()).unwrap();
    assert_eq!(echo.echo_record(&record()).await.unwrap(), record());
    for shape in [Shape::ShapeEmpty, Shape::Radius(0.5), Shape::Label("x".to_owned()), Shape::Full(record())]
    {
        assert_eq!(echo.echo_shape(&shape).await.unwrap(), shape);
    }
    for choice in [Choice::Few(2, "two".to_owned()), Choice::Blob(vec![1, 2]), Choice::Other(99, -1)] {
        assert_eq!(echo.echo_choice(&choice).await.unwrap(), choice);
    }
    for maybe in [MaybeRecord::Nothing, MaybeRecord::Value(record())] {
        assert_eq!(echo.echo_maybe_record(&maybe).await.unwrap(), maybe);
    }
    assert_eq!(&*echo.echo_short_text(&"12345678".try_into().unwrap()).await.unwrap(), "12345678");
    assert_eq!(echo.echo_matrix(&[[1, 2], [3, 4], [5, 6]]).await.unwrap(), [[1, 2], [3, 4], [5, 6]]);
    assert_eq!(echo.echo_wstring(&"ж".into()).await.unwrap(), "ж".into());
    assert_eq!(echo.split(17, 5).await.unwrap(), (3, 2));
    let (mut item, mut items) = (record(), vec![]);
    let (tag, kind, coordinates) = echo.gather("nut", &mut item, &mut items).await.unwrap();
    assert_eq!((tag, kind, coordinates, item.name.as_str()), (7, Colour::Blue, vec![-1.0, 0.5], "nut"));
    assert_eq!(items, [record()]);
    assert_eq!(echo.raise_either(0).await.unwrap(), 7);
    let reason = echo.raise_either(2).await.unwrap_err();
    assert!(matches!(reason.user(), Some(RaiseEitherError::Reason(reason)) if reason.text == "either"));
    let rich = echo.raise_rich("t", &[1], &record()).await.unwrap_err();
    assert_eq!(rich.user().map(|rich| &rich.group[..]), Some(&[record()][..]));
    echo.set_label("label".to_owned()).await.unwrap();
    assert_eq!(echo.label().await.unwrap(), "label");
    let bottom = echo.make_bottom("deep").await.unwrap();
    assert_eq!(bottom.title().await.unwrap(), "deep");
    assert_eq!(bottom.as_right().right_previous(3).await.unwrap(), 2);
    assert!(echo.echo_self_type(&EchoProxy::nil()).await.unwrap().object().is_nil());
    client.shutdown(std::time::Duration::from_secs(1)).await;
    ends_well(server);
}

/// Where Rust says more than IDL, or the other way round.
const DIFFERENT: [&str; 5] =
    ["echo_shape", "echo_shapes", "echo_maybe_long", "echo_maybe_record", "echo_entries"];

#[test]
fn the_generated_interface_has_the_signatures_of_the_handwritten_one() {
    let generated: &InterfaceDesc = EchoProxy::interface().describe();
    let written: &InterfaceDesc = handwritten::EchoProxy::interface().describe();
    assert_eq!(generated.id, written.id);
    assert_eq!(generated.operations.len(), written.operations.len());
    for (one, other) in generated.operations.iter().zip(&written.operations) {
        assert_eq!(one.name, other.name);
        if !DIFFERENT.contains(&one.name.as_str()) {
            assert_eq!(one.signature, other.signature, "{}", one.name);
        }
    }
    for id in
        ["IDL:Torture/Record:1.0", "IDL:Torture/Choice:1.0", "IDL:Torture/Rich:1.0", "IDL:Torture/Colour:1.0"]
    {
        assert_eq!(
            without_names(&format!("{:?}", generated.types[id])),
            without_names(&format!("{:?}", written.types[id]))
        );
    }
}

/// The handwritten union has names of its own for its cases.
fn without_names(text: &str) -> String {
    text.to_ascii_lowercase()
}

#[test]
fn omniidl_accepts_the_idl_of_every_interface() {
    let Some(_) = peers::or_skip() else { return };
    let interfaces: [&'static Interface; 10] = [
        quorb_interop::zoo::KeeperProxy::interface(),
        EchoProxy::interface(),
        GridProxy::interface(),
        handwritten::EchoProxy::interface(),
        handwritten::BottomProxy::interface(),
        handwritten::CallbackProxy::interface(),
        handwritten::stranger::EchoProxy::interface(),
        quorb_interop::table::TableProxy::interface(),
        grid::GridProxy::interface(),
        generated::torture::BottomProxy::interface(),
    ];
    for (number, interface) in interfaces.into_iter().enumerate() {
        let text = interface.idl().unwrap_or_else(|reason| panic!("{}: {reason}", interface.id()));
        let path = format!("{}/printed{number}.idl", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(&path, &text).expect("the file can be written");
        accepted(&path);
    }
    // What an interface with every type prints, value types among them.
    for name in ["depot", "echo"] {
        accepted(&format!("{}/../../orb/tests/to_idl/idl/{name}.idl", env!("CARGO_MANIFEST_DIR")));
    }
}

/// Checks that omniidl finds nothing wrong with a file.
#[track_caller]
fn accepted(path: &str) {
    let output = Command::new("omniidl").args(["-bdump", "-I/usr/share/idl/omniORB", path]).output();
    let output = output.expect("omniidl is installed with the peers");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("rror"), "{path}: {said}");
}
