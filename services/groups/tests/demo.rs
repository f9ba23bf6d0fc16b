//! The demonstration with three processes, a kill -9 and a kill -STOP, as a user runs it.

use std::process::Command;

#[test]
fn survivors_and_newcomer_deliver_one_sequence() {
    let output = Command::new(env!("CARGO_BIN_EXE_group-demo")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("killed with -9") && said.contains("-STOP"), "{said}");
    assert!(said.ends_with("all survivors and the newcomers delivered the same sequence\n"), "{said}");
}
