//! The demonstration holds what it promises, in both styles.

use std::process::Command;

#[test]
fn every_acknowledged_update_is_there() {
    for style in ["active", "executor"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replicated-grid"));
        let output = command.args(["--style", style, "--updates", "200", "--kills", "3"]).output().unwrap();
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{style}: {said}{errors}");
        assert_eq!(said.matches("kill -9").count(), 3, "{said}");
        assert!(
            said.contains("none failed") && said.contains("Every acknowledged update is there"),
            "{said}"
        );
        assert!(said.contains("The longest call took"), "{said}");
    }
}
