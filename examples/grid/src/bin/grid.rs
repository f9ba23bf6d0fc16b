//! The demonstration: starts a server process, runs the client against it over both protocols, and says what happened.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};

use clap::Parser;
use grid::client::Protocol;

/// What this program starts itself with to become the server.
const AS_SERVER: &str = "--as-server";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = if std::env::args().nth(1).as_deref() == Some(AS_SERVER) {
        let arguments = std::env::args().skip(1).enumerate().filter(|(index, _)| *index != 0);
        let arguments =
            std::iter::once("grid-server".to_owned()).chain(arguments.map(|(_, argument)| argument));
        grid::server::run(grid::server::Options::parse_from(arguments)).await
    } else {
        demonstrate().await
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("grid: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn demonstrate() -> Result<(), Box<dyn std::error::Error>> {
    let mut server = Server::start()?;
    println!(
        "A server process is up (pid {}). It serves a grid of 100 x 100 under this reference:",
        server.child.id()
    );
    println!("{}\n", server.reference);
    for (protocol, words) in
        [(Protocol::Native, "the native protocol"), (Protocol::Iiop, "IIOP, as any CORBA program would")]
    {
        println!("A client calls it over {words}:");
        grid::client::run(grid::client::Options { reference: server.reference.clone(), protocol }).await?;
        println!();
    }
    server.stop()?;
    println!("The server was told to end (SIGTERM), finished its calls, and is gone.");
    println!("Every call went to one port; the first octets of a connection say which protocol it speaks.");
    Ok(())
}

/// A server process; it is killed if it is still there when this is dropped.
struct Server {
    child: Child,
    reference: String,
}

impl Server {
    fn start() -> Result<Server, Box<dyn std::error::Error>> {
        let mut child =
            Command::new(std::env::current_exe()?).arg(AS_SERVER).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or("the server has no output")?;
        let mut server = Server { child, reference: String::new() };
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let reference = line.trim_end().strip_prefix("ready ").ok_or("the server did not become ready")?;
        server.reference = reference.to_owned();
        Ok(server)
    }

    fn stop(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let ended = self.child.wait()?;
        if told.success() && ended.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {ended}").into())
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone already when everything went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
