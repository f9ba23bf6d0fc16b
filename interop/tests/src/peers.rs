//! The foreign programs of `interop/peers`, built when they are first asked for.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::plan::Layout;
use crate::steps::{self, StepFault};

/// Debian's packages of the C++ ORB and its compiler.
pub const DEBIAN_PACKAGES: &str = "g++ omniorb omniidl libomniorb4-dev";

/// The Python index's package of the ORB's Python bindings.
pub const PYTHON_PACKAGE: &str = "jeteve-omniorb";

/// The built C++ peers.
#[derive(Debug, Clone)]
pub struct PeerDir {
    layout: Layout,
}

/// The Python peers: an environment with the ORB's bindings, and the stubs of our interfaces.
#[derive(Debug, Clone)]
pub struct PythonDir {
    layout: Layout,
}

/// Why there are no peers, and what helps.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Missing {
    /// A program or a library of the C++ ORB is not installed.
    #[error("the C++ peers need {what}: apt-get install {DEBIAN_PACKAGES}")]
    Omniorb {
        /// What was looked for in vain.
        what: &'static str,
    },
    /// Python, or its way to make environments, is not installed.
    #[error("the Python peers need python3 with the module venv: apt-get install python3 python3-venv")]
    Python,
    /// The Python bindings could not be installed into their environment.
    #[error("the Python peers need the package {PYTHON_PACKAGE} (pip install {PYTHON_PACKAGE}):\n{output}")]
    Bindings {
        /// What pip said.
        output: String,
    },
    /// Everything needed is there but a step of the build failed: a fault of the peers, never a reason to skip.
    #[error("building the peers failed:\n{command}\n{output}")]
    Build {
        /// The command that failed.
        command: String,
        /// What it printed.
        output: String,
    },
}

/// Builds what is not up to date of the C++ peers, once in a process; later calls return the same answer.
///
/// The programs go to `peers/` in the target folder (`QUORB_PEERS_DIR` names another place). A first build takes
/// about 20 s of one processor.
///
/// # Errors
/// [`Missing`] says what to install, or which command failed.
pub fn build() -> Result<PeerDir, Missing> {
    static BUILT: OnceLock<Result<PeerDir, Missing>> = OnceLock::new();
    BUILT.get_or_init(|| build_cpp(&layout())).clone()
}

/// Makes the environment of the Python peers and their stubs, once in a process.
///
/// The first time this installs [`PYTHON_PACKAGE`] into an environment in the target folder; pip's own variables
/// (`PIP_NO_INDEX`, `PIP_FIND_LINKS`) say where from.
///
/// # Errors
/// [`Missing`] says what to install, or which command failed.
pub fn build_python() -> Result<PythonDir, Missing> {
    static BUILT: OnceLock<Result<PythonDir, Missing>> = OnceLock::new();
    BUILT.get_or_init(|| make_python(&layout())).clone()
}

/// The C++ peers, or none if this machine lacks what they need; then it says so on standard error.
///
/// # Panics
/// If the peers do not build, or are missing although `QUORB_REQUIRE_PEERS` is 1.
pub fn or_skip() -> Option<PeerDir> {
    skip_if_missing(build())
}

/// The Python peers, or none if this machine lacks what they need; then it says so on standard error.
///
/// # Panics
/// As [`or_skip`].
pub fn python_or_skip() -> Option<PythonDir> {
    skip_if_missing(build_python())
}

impl PeerDir {
    /// The folder of the programs.
    pub fn folder(&self) -> PathBuf {
        self.layout.programs()
    }

    /// A program of this name, without arguments.
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.folder().join(name))
    }
}

impl PythonDir {
    /// The script `NAME.py` under the environment's interpreter, without arguments.
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new(self.layout.python().join("bin/python"));
        command
            .args(["-B", "-u"])
            .arg(self.layout.sources.join("py").join(format!("{name}.py")))
            .env("PYTHONPATH", self.layout.python_stubs());
        command
    }
}

fn build_cpp(layout: &Layout) -> Result<PeerDir, Missing> {
    for (program, argument, what) in
        [("g++", "--version", "the C++ compiler g++"), ("omniidl", "-V", "the IDL compiler omniidl")]
    {
        if !runs(program, &[argument]) {
            return Err(Missing::Omniorb { what });
        }
    }
    if !compiles("#include <omniORB4/CORBA.h>") {
        return Err(Missing::Omniorb { what: "the headers of omniORB" });
    }
    let headers = headers(&layout.sources.join("cpp")).map_err(|cause| Missing::Build {
        command: "list the headers".to_owned(),
        output: cause.to_string(),
    })?;
    steps::run(&layout.stub_steps()).map_err(build_fault)?;
    steps::run(&layout.compile_steps(&headers)).map_err(build_fault)?;
    steps::run(&layout.link_steps()).map_err(build_fault)?;
    Ok(PeerDir { layout: layout.clone() })
}

fn make_python(layout: &Layout) -> Result<PythonDir, Missing> {
    if !runs("python3", &["-c", "import venv, ensurepip"]) {
        return Err(Missing::Python);
    }
    let [environment, bindings] = layout.environment_steps(PYTHON_PACKAGE);
    steps::run(&[environment]).map_err(build_fault)?;
    steps::run(&[bindings]).map_err(|fault| Missing::Bindings { output: fault.output })?;
    steps::run(&[layout.python_stub_step()]).map_err(build_fault)?;
    Ok(PythonDir { layout: layout.clone() })
}

fn skip_if_missing<T>(built: Result<T, Missing>) -> Option<T> {
    let required = env::var("QUORB_REQUIRE_PEERS").is_ok_and(|value| value == "1");
    match built {
        Ok(peers) => Some(peers),
        Err(missing) if required || matches!(missing, Missing::Build { .. }) => panic!("{missing}"),
        Err(missing) => {
            say_once(&format!("skipped: {missing}\n"));
            None
        }
    }
}

// Straight to standard error: what the print macros write the test harness hides when a test passes, and a
// skipped test does.
fn say_once(line: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(line.to_owned()) {
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

fn build_fault(fault: StepFault) -> Missing {
    Missing::Build { command: fault.command, output: fault.output }
}

fn layout() -> Layout {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = env::var_os("QUORB_PEERS_DIR").map_or_else(
        || {
            let target = env::var_os("CARGO_TARGET_DIR")
                .map_or_else(|| crate_folder.join("../../target"), PathBuf::from);
            target.join("peers")
        },
        PathBuf::from,
    );
    Layout { sources: tidy(crate_folder.join("../peers")), target: tidy(target) }
}

// Without `..`, so that commands in messages can be read; as it is if it does not exist yet.
fn tidy(path: PathBuf) -> PathBuf {
    if fs::create_dir_all(&path).is_err() {
        return path;
    }
    fs::canonicalize(&path).unwrap_or(path)
}

fn headers(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut headers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "h") {
            headers.push(path);
        }
    }
    headers.sort();
    Ok(headers)
}

fn runs(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

fn compiles(source: &str) -> bool {
    let script = format!("printf '%s\\n' '{source}' | g++ -std=c++17 -E -x c++ -o /dev/null -");
    runs("sh", &["-c", &script])
}
