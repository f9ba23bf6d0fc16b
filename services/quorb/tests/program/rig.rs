//! Running the program, and files for it.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// How a run of the program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// What it printed, if it did what it was asked.
    pub(crate) fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{self:?}");
        self.out
    }

    /// What it printed, as JSON.
    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.done()).expect("the output is JSON")
    }

    /// The reason, if the request failed.
    pub(crate) fn failed(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{self:?}");
        self.err
    }

    /// The reason, if it was used wrongly.
    pub(crate) fn misused(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{self:?}");
        self.err
    }
}

pub(crate) fn quorb<const N: usize>(arguments: [&str; N]) -> Ran {
    quorb_fed("", &arguments)
}

/// Runs the program with text on its standard input.
pub(crate) fn quorb_fed(input: &str, arguments: &[&str]) -> Ran {
    let mut program = Command::new(env!("CARGO_BIN_EXE_quorb"))
        .args(arguments)
        .env_remove("QUORB_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that does not read its input may have ended already.
    let _ = program.stdin.take().expect("its input is piped").write_all(input.as_bytes());
    let output = program.wait_with_output().expect("the program ends");
    let text = |octets| String::from_utf8(octets).expect("the output is text");
    Ran {
        code: output.status.code().expect("the program exits"),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// A file that goes away with its handle.
pub(crate) struct File(PathBuf);

impl File {
    pub(crate) fn with(contents: &str) -> File {
        let file = File::named("txt");
        std::fs::write(&file.0, contents).expect("a file can be written");
        file
    }

    /// A name that no other test has; there is no such file yet.
    pub(crate) fn named(extension: &str) -> File {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("quorb-program-{}-{number}.{extension}", std::process::id());
        File(std::env::temp_dir().join(name))
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().expect("a path of text")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}
