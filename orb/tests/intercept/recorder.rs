//! Recordings: what is in them, how they read, and what happens when they are played.

use std::io::Write;
use std::sync::{Arc, Mutex};

use ciborium::Value;
use quorb::intercept::record::{RecordedEnding, RecordedValues};
use quorb::intercept::{Player, RecordedCall, Recorder, RecorderLimits, Recording, RecordingError};
use quorb::{Orb, Proxy};

use crate::desk::{DeskServant, Office, Plain, Way, every_way, until};

/// A file in memory.
#[derive(Clone, Default)]
struct Tape(Arc<Mutex<Vec<u8>>>);

impl Write for Tape {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(octets)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Tape {
    fn calls(&self) -> Vec<RecordedCall> {
        Recording::read(&self.0.lock().unwrap()[..]).unwrap().map(Result::unwrap).collect()
    }
}

/// A desk that is recorded on one side.
async fn recorded(way: Way, at_server: bool, limits: RecorderLimits) -> (Office, Recorder, Tape) {
    let tape = Tape::default();
    let recorder = Recorder::start(tape.clone(), limits).unwrap();
    let registered = recorder.clone();
    let office = match at_server {
        true => Office::open(way, |builder| builder.intercept_service(registered), |builder| builder).await,
        false => Office::open(way, |builder| builder, |builder| builder.intercept_calls(registered)).await,
    };
    (office, recorder, tape)
}

/// Some calls of every kind of end.
async fn session(office: &Office) {
    let desk = &office.desk;
    desk.set_label("caf\u{e9}".to_owned()).await.unwrap();
    desk.label().await.unwrap();
    desk.add(5).await.unwrap();
    desk.add(2000).await.unwrap_err();
    desk.value().await.unwrap();
    desk.note().await.unwrap();
    until("the note is taken", || office.seen.notes.load(std::sync::atomic::Ordering::SeqCst) == 1).await;
    until("nothing is under way", || office.server.open_calls().served == 0).await;
}

#[tokio::test]
async fn calls_are_recorded_as_values_and_read_well() {
    every_way(async |way| {
        for at_server in [true, false] {
            let (office, recorder, tape) = recorded(way, at_server, RecorderLimits::default()).await;
            session(&office).await;
            let report = recorder.finish().unwrap();
            assert_eq!((report.recorded, report.beyond_limit, report.not_written), (6, 0, 0));
            let calls = tape.calls();
            let side = if at_server { "server" } else { "client" };
            let lines: Vec<_> = calls
                .iter()
                .map(|call| {
                    let line = call.to_string();
                    let (_, line) = line.split_once(' ').unwrap();
                    line.rsplit_once(" in ").unwrap().0.to_owned()
                })
                .collect();
            let note = if at_server { "= " } else { "oneway" };
            let desk = format!("{side} intercept/Desk");
            let expected = [
                format!("{desk}/_set_label(\"caf\u{e9}\") = "),
                format!("{desk}/_get_label() = \"caf\u{e9}\""),
                format!("{desk}/add(5) = 5"),
                format!("{desk}/add(2000) raises intercept/TooMuch {{\"limit\": 1000}}"),
                format!("{desk}/value() = 5"),
                format!("{desk}/note() {note}"),
            ];
            assert_eq!(lines, expected, "{way:?}");
            assert!(calls.iter().all(|call| call.object_key.ends_with(b"desk")));
            assert_eq!(calls[2].arguments, RecordedValues::Values(vec![Value::from(5)]));
        }
    })
    .await;
}

#[tokio::test]
async fn a_recording_is_played_against_another_object_and_compared() {
    every_way(async |way| {
        for at_server in [true, false] {
            let (office, recorder, tape) = recorded(way, at_server, RecorderLimits::default()).await;
            session(&office).await;
            recorder.finish().unwrap();
            let server = Orb::builder().memory(&office.network).listen("memory:again").start().await.unwrap();
            let fresh = server.serve("fresh", DeskServant::new(Plain::default())).unwrap();
            let mut player = Player::new();
            let target = office.client.string_to_object(&fresh.object().to_string()).unwrap();
            player.object(tape.calls()[0].object_key.clone(), target).await.unwrap();
            for call in tape.calls() {
                player.play(&call).await;
            }
            let report = player.report();
            assert_eq!((report.same, report.different, report.skipped), (6, 0, 0), "{way:?}: {report}");
            // The second time, the object is in another state.
            for call in tape.calls() {
                player.play(&call).await;
            }
            let report = player.report().to_string();
            assert_eq!(player.report().different, 2, "{report}");
            assert!(report.contains("recorded") && report.contains("add(5) = 10"), "{report}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_player_skips_what_it_cannot_make() {
    let (office, recorder, tape) = recorded(Way::Native, true, RecorderLimits::default()).await;
    session(&office).await;
    recorder.finish().unwrap();
    let mut player = Player::new();
    for call in tape.calls() {
        player.play(&call).await;
    }
    assert_eq!(player.report().skipped, 6, "nothing was said about objects");
    player.all_objects(office.desk.object().clone()).await.unwrap();
    let mut call = tape.calls().pop().unwrap();
    call.operation = "unheard_of".to_owned();
    player.play(&call).await;
    call.operation = "value".to_owned();
    call.ending = RecordedEnding::Cancelled;
    player.play(&call).await;
    assert_eq!(player.report().skipped, 8);
}

#[tokio::test]
async fn a_recording_is_bounded_and_says_what_it_left_out() {
    let mut limits = RecorderLimits::default();
    (limits.recording_bytes_max, limits.body_bytes_max) = (1000, 50);
    let (office, recorder, tape) = recorded(Way::Native, true, limits).await;
    office.desk.set_label("x".repeat(100)).await.unwrap();
    for _ in 0..20 {
        office.desk.value().await.unwrap();
    }
    let report = recorder.finish().unwrap();
    assert!(report.beyond_limit > 0 && report.recorded + report.beyond_limit == 21, "{report:?}");
    assert!(tape.0.lock().unwrap().len() <= 1000);
    assert_eq!(tape.calls().len() as u64, report.recorded);
    assert!(tape.calls()[0].to_string().contains("... 105 octets ..."), "{}", tape.calls()[0]);
    // What comes after the end is not recorded, and nothing fails for it.
    office.desk.value().await.unwrap();
    assert_eq!(recorder.report(), report);
}

#[tokio::test]
async fn a_disk_that_fails_does_not_fail_the_calls() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
            self.0 =
                self.0.checked_sub(octets.len()).ok_or_else(|| std::io::Error::other("the disk is full"))?;
            Ok(octets.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let recorder = Recorder::start(Full(100), RecorderLimits::default()).unwrap();
    let registered = recorder.clone();
    let office =
        Office::open(Way::Native, |builder| builder.intercept_service(registered), |builder| builder).await;
    for _ in 0..200 {
        office.desk.value().await.unwrap();
    }
    assert!(recorder.finish().is_err_and(|error| error.to_string().contains("full")));
}

#[tokio::test]
async fn any_octets_are_a_recording_or_an_error() {
    let (office, recorder, tape) = recorded(Way::Native, true, RecorderLimits::default()).await;
    session(&office).await;
    recorder.finish().unwrap();
    let whole = tape.0.lock().unwrap().clone();
    let read = |octets: &[u8]| -> Result<usize, RecordingError> {
        Recording::read(octets)?
            .try_fold(0, |count, call| call.map(|call| count + call.to_string().len().min(1)))
    };
    assert_eq!(read(&whole).unwrap(), 6);
    assert!(matches!(read(b""), Err(RecordingError::NotARecording(_))));
    let none = read(b"hello").unwrap_err().to_string();
    assert_eq!(none, "this is no recording: invalid type: string, expected map");
    let mut cuts = 0;
    for cut in 1..whole.len() {
        cuts += usize::from(matches!(read(&whole[..cut]), Err(RecordingError::Truncated)));
    }
    assert!(cuts > whole.len() / 2, "{cuts}");
    let mut dice = 1_u64;
    for _ in 0..2000 {
        let mut octets = whole.clone();
        for _ in 0..4 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (dice >> 33) as usize % octets.len();
            octets[at] = (dice >> 17) as u8;
        }
        // Either is fine; a panic or a hang is not.
        let _ = read(&octets);
    }
}
