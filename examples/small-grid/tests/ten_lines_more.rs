//! Replicating the grid costs its server at most ten lines, and its client none.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};

fn lines(source: &str) -> usize {
    source.lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn the_replicated_program_has_at_most_ten_lines_more() {
    let plain = lines(include_str!("../src/main.rs"));
    let replicated = lines(include_str!("../src/bin/small-replicated-grid.rs"));
    assert!(replicated <= plain + 10, "{plain} lines, and {replicated} replicated");
}

struct Replica(Child, String);

impl Drop for Replica {
    fn drop(&mut self) {
        // It is gone already when everything went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn clients_of_either_program_call_it_and_notice_no_failure() {
    let open = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let domain = open.each_ref().map(|listener| listener.local_addr().unwrap().to_string());
    drop(open);
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_small-replicated-grid"));
        Replica(command.args(&domain).stdout(Stdio::piped()).spawn().unwrap(), String::new())
    };
    let mut replicas = [start(), start(), start()];
    for Replica(child, reference) in &mut replicas {
        BufReader::new(child.stdout.take().unwrap()).read_line(reference).unwrap();
        assert!(reference.starts_with("IOR:"), "{reference}");
    }
    // The reference of the last one to come names them all.
    let reference =
        replicas.iter().map(|replica| replica.1.trim().to_owned()).max_by_key(String::len).unwrap();
    let [mut first, mut second, mut third] = replicas;
    for program in [env!("CARGO_BIN_EXE_small-grid"), env!("CARGO_BIN_EXE_small-replicated-grid")] {
        let client = || {
            let said = Command::new(program).arg(&reference).output().unwrap();
            let errors = String::from_utf8_lossy(&said.stderr);
            assert_eq!(
                String::from_utf8_lossy(&said.stdout),
                "123 Err(User(OutOfRange { n: 100, m: 0 }))\n",
                "{errors}"
            );
        };
        client();
        // The first one is gone for the second client, too: it finds the others by the same reference.
        let _ = first.0.kill();
        client();
    }
    for Replica(child, _) in [&mut second, &mut third] {
        assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
        assert!(child.wait().unwrap().success());
    }
}
