//! Small files, one rule of the standard each: `corpus/accept` must be valid and keep its model when printed,
//! `corpus/reject` must give the diagnostic that its second line states.

#[path = "support/corpus.rs"]
mod corpus;

use quorb_idl::{Compiler, Memory, print};

#[test]
fn valid_files_are_accepted_and_printed() {
    let files = corpus::files("accept");
    assert!(files.len() >= 60, "{} files", files.len());
    let mut wrong = Vec::new();
    for (name, content) in files {
        let outcome = corpus::compile(&name, content);
        let said: String = outcome.rendered().collect();
        let Some(model) = outcome.model else {
            wrong.push(said);
            continue;
        };
        let text = print(&model);
        let memory = Memory::new().with("printed.idl", text.as_str());
        let again = Compiler::new(&memory).compile("printed.idl");
        let said: String = again.rendered().collect();
        if again.model.as_ref() != Some(&model) {
            wrong.push(format!("{name} printed:\n{text}{said}"));
        } else if again.model.is_some_and(|again| print(&again) != text) {
            wrong.push(format!("{name} is printed in two ways"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn wrong_files_are_rejected_where_they_are_wrong() {
    let files = corpus::files("reject");
    assert!(files.len() >= 100, "{} files", files.len());
    let mut wrong = Vec::new();
    for (name, content) in files {
        let text = String::from_utf8(content.clone()).expect("the files are UTF-8");
        let expected =
            text.lines().nth(1).and_then(|line| line.strip_prefix("// expect: ")).expect("an expectation");
        let (code, place) = expected.split_once(' ').expect("a code and a place");
        let outcome = corpus::compile(&name, content);
        let said: String = outcome.rendered().collect();
        let first = outcome.errors().next().unwrap_or_default();
        let wanted = format!("{name}:{place}: error[{code}]: ");
        if outcome.is_valid() || !first.starts_with(&wanted) || outcome.errors().count() != 1 {
            wrong.push(format!("wanted {wanted}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}
