//! Builds all foreign peers and prints the folder of the C++ programs and the command that runs a Python script.

use std::process::ExitCode;

use quorb_interop::peers;

fn main() -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    match peers::build() {
        Ok(peers) => println!("{}", peers.folder().display()),
        Err(missing) => {
            eprintln!("{missing}");
            code = ExitCode::FAILURE;
        }
    }
    match peers::build_python() {
        Ok(python) => println!("{:?}", python.script("NAME")),
        Err(missing) => {
            eprintln!("{missing}");
            code = ExitCode::FAILURE;
        }
    }
    code
}
