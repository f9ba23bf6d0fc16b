//! Text that somebody calls IDL.

use quorb_idl::{Compiler, Memory, print};

/// Octets as a file of IDL: it is valid or has an error, and what is printed of a valid one means the same.
///
/// # Panics
/// If an invariant is broken.
pub fn idl_source(octets: &[u8]) {
    let compile = |content: &[u8]| {
        let files =
            Memory::new().with("fuzz.idl", content).with("other.idl", "module Other { typedef long T; };\n");
        Compiler::new(&files).compile("fuzz.idl")
    };
    let outcome = compile(octets);
    let said: String = outcome.rendered().collect();
    assert_eq!(outcome.model.is_none(), outcome.errors().next().is_some(), "{said}");
    let Some(model) = outcome.model else {
        return;
    };
    let text = print(&model);
    let again = compile(text.as_bytes());
    let said: String = again.rendered().collect();
    assert!(again.model.as_ref() == Some(&model), "printed it is\n{text}{said}");
}
