//! What the peers are made of: which files make which programs, by which commands.

use std::path::{Path, PathBuf};

use crate::steps::Step;

/// The interface definitions, without their extension.
const INTERFACES: [&str; 6] = ["bench", "grid", "echo", "stranger", "tally", "zoo"];
/// Those with types that the ORB's Python has not.
const INTERFACES_FOR_CPP: [&str; 1] = ["gauge"];
/// Those with types that the ORB's C++ has not.
const INTERFACES_FOR_PYTHON: [&str; 1] = ["vault"];

/// Those of the event service, which only the sources know whose names begin like this.
const EVENTS: &str = "events";

/// Each C++ program with the sources it is linked from; those that end in `SK` are generated.
const PROGRAMS: [(&str, &[&str]); 14] = [
    ("grid_server", &["grid_server", "serve", "gridSK"]),
    ("grid_client", &["grid_client", "checks", "gridSK"]),
    ("echo_server", &["echo_server", "echo_servant", "serve", "echoSK", "gridSK"]),
    (
        "echo_client",
        &[
            "echo_client",
            "echo_types",
            "echo_objects",
            "echo_faults",
            "echo_load",
            "samples",
            "checks",
            "echoSK",
            "gridSK",
            "strangerSK",
        ],
    ),
    ("forwarder", &["forwarder", "serve"]),
    ("bench_server", &["bench_server", "serve", "benchSK"]),
    ("bench_client", &["bench_client", "bench_works", "benchSK"]),
    ("zoo_server", &["zoo_server", "serve", "zooSK", "gaugeSK"]),
    ("naming_client", &["naming_client"]),
    ("naming_failover", &["naming_failover"]),
    ("naming_load", &["naming_load"]),
    ("tally_client", &["tally_client", "tallySK"]),
    ("event_client", &["event_client", "eventsSK"]),
    ("ir_reader", &["ir_reader"]),
];

/// Where the peers' sources are and where what is made of them goes.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// `interop/peers`.
    pub(crate) sources: PathBuf,
    /// A folder of our own under the build's target folder.
    pub(crate) target: PathBuf,
}

impl Layout {
    /// The folder of the linked programs.
    pub(crate) fn programs(&self) -> PathBuf {
        self.target.join("bin")
    }

    /// The folder of the Python stubs.
    pub(crate) fn python_stubs(&self) -> PathBuf {
        self.target.join("python-stubs")
    }

    /// The virtual environment of the Python peers.
    pub(crate) fn python(&self) -> PathBuf {
        self.target.join("python")
    }

    fn generated(&self) -> PathBuf {
        self.target.join("generated")
    }

    fn object(&self, source: &str) -> PathBuf {
        self.target.join("objects").join(format!("{source}.o"))
    }

    fn idl(&self, interface: &str) -> PathBuf {
        self.sources.join("idl").join(format!("{interface}.idl"))
    }

    fn idl_for_python(&self) -> Vec<PathBuf> {
        INTERFACES.iter().chain(&INTERFACES_FOR_PYTHON).map(|interface| self.idl(interface)).collect()
    }

    /// From IDL to C++ stubs and skeletons.
    pub(crate) fn stub_steps(&self) -> Vec<Step> {
        let idl = self.sources.join("idl");
        let out = self.generated();
        let step = |interface: &str| Step {
            inputs: interfaces_for_cpp().map(|interface| self.idl(interface)).collect(),
            // Written after its header.
            output: out.join(format!("{interface}SK.cc")),
            command: words(["omniidl", "-bcxx", &format!("-C{}", show(&out)), &format!("-I{}", show(&idl))])
                .chain([show(&self.idl(interface))])
                .collect(),
        };
        let events = Step { inputs: vec![self.idl(EVENTS)], ..step(EVENTS) };
        interfaces_for_cpp().map(step).chain([events]).collect()
    }

    /// From C++ to objects. A change of any header makes all of them anew: there are few.
    pub(crate) fn compile_steps(&self, headers: &[PathBuf]) -> Vec<Step> {
        let mut sources: Vec<&str> =
            PROGRAMS.iter().flat_map(|(_, sources)| sources.iter().copied()).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.into_iter().map(|source| self.compile_step(source, headers)).collect()
    }

    fn compile_step(&self, source: &str, headers: &[PathBuf]) -> Step {
        let is_generated = source.ends_with("SK");
        let folder = if is_generated { self.generated() } else { self.sources.join("cpp") };
        let file = folder.join(format!("{source}.cc"));
        // What omniidl generates does not handle a union's label without a member in its switch.
        let warnings: &[&str] = if is_generated { &["-w"] } else { &["-Wall", "-Wextra", "-Werror"] };
        // What is generated may be as it is: warnings are for what we write.
        let includes = [
            "-isystem".to_owned(),
            show(&self.generated()),
            format!("-I{}", show(&self.sources.join("cpp"))),
        ];
        let mut inputs = headers.to_vec();
        inputs.push(file.clone());
        let generated = |interface: &str| self.generated().join(format!("{interface}SK.cc"));
        if source.starts_with("event") {
            inputs.push(generated(EVENTS));
        } else {
            inputs.extend(interfaces_for_cpp().map(generated));
        }
        Step {
            inputs,
            output: self.object(source),
            command: words(["g++", "-std=c++17", "-O2", "-pthread"])
                .chain(warnings.iter().map(|&word| word.to_owned()))
                .chain(includes)
                .chain(words(["-c", &show(&file), "-o", "{out}"]))
                .collect(),
        }
    }

    /// From objects to programs.
    pub(crate) fn link_steps(&self) -> Vec<Step> {
        let step = |(program, sources): &(&str, &[&str])| {
            let objects: Vec<PathBuf> = sources.iter().map(|source| self.object(source)).collect();
            Step {
                command: words(["g++", "-pthread", "-o", "{out}"])
                    .chain(objects.iter().map(|object| show(object)))
                    .chain(words(["-lomniDynamic4", "-lomniORB4", "-lomnithread"]))
                    .collect(),
                inputs: objects,
                output: self.programs().join(program),
            }
        };
        PROGRAMS.iter().map(step).collect()
    }

    /// The virtual environment, made by the given Python, and the ORB's bindings in it.
    pub(crate) fn environment_steps(&self, package: &str) -> [Step; 2] {
        let environment = self.python();
        let interpreter = environment.join("bin/python");
        let installed = environment.join("installed");
        [
            Step {
                inputs: vec![],
                output: interpreter.clone(),
                command: words(["python3", "-m", "venv", &show(&environment)]).collect(),
            },
            Step {
                inputs: vec![],
                output: installed.clone(),
                // The shell names the marker last, when all before it has succeeded.
                command: words([
                    "sh",
                    "-c",
                    "\"$0\" -m pip install --quiet --disable-pip-version-check \"$1\" && : > \"$2\"",
                ])
                .chain([show(&interpreter), package.to_owned(), "{out}".to_owned()])
                .collect(),
            },
        ]
    }

    /// From IDL to Python stubs, by the compiler that came with the bindings: its output fits them alone.
    ///
    /// One command for all interfaces: they write into common packages and must not do so at once.
    pub(crate) fn python_stub_step(&self) -> Step {
        let out = self.python_stubs();
        Step {
            inputs: self.idl_for_python().into_iter().chain([self.python().join("installed")]).collect(),
            output: out.join("vault_idl.py"),
            command: words([&show(&self.python().join("bin/omniidl")), "-bpython"])
                .chain([format!("-C{}", show(&out)), format!("-I{}", show(&self.sources.join("idl")))])
                .chain(self.idl_for_python().iter().map(|file| show(file)))
                .collect(),
        }
    }
}

fn interfaces_for_cpp() -> impl Iterator<Item = &'static str> {
    INTERFACES.into_iter().chain(INTERFACES_FOR_CPP)
}

fn words<const N: usize>(words: [&str; N]) -> impl Iterator<Item = String> {
    words.map(str::to_owned).into_iter()
}

fn show(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
