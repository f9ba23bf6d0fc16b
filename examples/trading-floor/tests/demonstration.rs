//! The demonstration holds what it promises.

use std::process::Command;

#[test]
fn a_day_replays_and_the_book_agrees() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trading-floor"));
    let output = command.args(["--trades", "600"]).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}");
    assert_eq!(said.matches("kill -9").count(), 2, "{said}");
    assert!(
        said.contains("600 trades are in the book")
            && said.contains("the book agrees, and so do the figures"),
        "{said}"
    );
}
