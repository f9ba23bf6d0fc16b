//! References on the command line.

use std::io::Read;
use std::path::Path;

use quorb_giop::url::Reference;

use crate::limits::REFERENCE_TEXT_BYTES_MAX;
use crate::verdict::Verdict;

/// The text of a reference: itself, `@FILE`, or `-` for standard input.
///
/// The line that our servers print, `ready IOR:...`, is taken for its reference.
pub(crate) fn text_of(argument: &str) -> Result<String, Verdict> {
    let text = match argument.strip_prefix('@') {
        Some(path) => {
            let file = std::fs::File::open(Path::new(path));
            let file = file.map_err(|cause| Verdict::misused(format_args!("{path}: {cause}")))?;
            read(file, path)?
        }
        None if argument == "-" => read(std::io::stdin(), "standard input")?,
        None => argument.to_owned(),
    };
    let text = text.trim();
    Ok(text.strip_prefix("ready ").unwrap_or(text).trim_start().to_owned())
}

/// The reference that an argument names.
pub(crate) fn parse(argument: &str) -> Result<Reference, Verdict> {
    let text = text_of(argument)?;
    text.parse().map_err(|cause| Verdict::failed(format_args!("no reference: {cause}")))
}

fn read(source: impl Read, name: &str) -> Result<String, Verdict> {
    let mut text = String::new();
    let read = source.take(REFERENCE_TEXT_BYTES_MAX + 1).read_to_string(&mut text);
    read.map_err(|cause| Verdict::misused(format_args!("{name}: {cause}")))?;
    if text.len() as u64 > REFERENCE_TEXT_BYTES_MAX {
        return Err(Verdict::failed(format_args!("{name}: longer than any reference")));
    }
    Ok(text)
}
