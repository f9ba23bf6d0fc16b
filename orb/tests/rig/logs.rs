//! The log, captured: a subscriber that keeps every event as one line.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use tokio::sync::watch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The lines that are kept: tests of one program share them.
const LINES_MAX: usize = 100_000;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
static COUNT: OnceLock<watch::Sender<usize>> = OnceLock::new();

struct Capture;

impl Subscriber for Capture {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("quorb") && *metadata.level() <= Level::DEBUG
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < LINES_MAX {
            lines.push(line.0);
        }
        if let Some(count) = COUNT.get() {
            count.send_replace(lines.len());
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {field}={value}");
    }
}

/// Starts to capture; to be called before what is to be captured.
pub fn capture() {
    COUNT.get_or_init(|| {
        tracing::subscriber::set_global_default(Capture).expect("the tests install one subscriber");
        watch::Sender::new(0)
    });
}

/// Waits for a line that holds every one of `parts`, and returns it.
///
/// # Panics
/// It does not come.
pub async fn line_with(parts: &[&str]) -> String {
    let mut count = COUNT.get().expect("capture() comes first").subscribe();
    let find = async {
        loop {
            count.borrow_and_update();
            if let Some(line) = find(parts) {
                return line;
            }
            count.changed().await.expect("the sender is static");
        }
    };
    match tokio::time::timeout(super::PATIENCE, find).await {
        Ok(line) => line,
        Err(_) => panic!("no line with {parts:?}"),
    }
}

/// A line that holds every one of `parts`, if there is one already.
pub fn find(parts: &[&str]) -> Option<String> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.iter().find(|line| parts.iter().all(|part| line.contains(part))).cloned()
}
