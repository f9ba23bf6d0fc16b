//! Source files: their text, and what a place in them is called.

mod files;

pub use files::{Disk, Files, Memory, ReadFault};

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// One file of a translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(u32);

/// A stretch of one file, in octets of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first octet.
    pub start: u32,
    /// One past the last octet.
    pub end: u32,
}

impl Span {
    /// From the start of this one to the end of the other; this one alone if they are of different files.
    pub fn to(self, end: Span) -> Span {
        if self.file == end.file && end.end >= self.start { Span { end: end.end, ..self } } else { self }
    }

    /// No stretch of any file; not for diagnostics.
    pub(crate) fn nowhere() -> Span {
        Span { file: FileId(0), start: 0, end: 0 }
    }

    /// The empty stretch just behind this one.
    pub fn behind(self) -> Span {
        Span { start: self.end, ..self }
    }
}

/// Where something stands. Every place equals every other: where a definition stands is no part of what it is.
#[derive(Clone, Copy)]
pub struct Place(pub Span);

impl PartialEq for Place {
    fn eq(&self, _: &Place) -> bool {
        true
    }
}

impl Eq for Place {}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Place")
    }
}

/// A place as people write it: `file:line:column`. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, or what a `#line` called it.
    pub file: Arc<str>,
    /// The line, as `#line` counts it.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// The files of a translation.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    by_name: HashMap<Arc<str>, FileId>,
}

#[derive(Debug, Clone)]
struct SourceFile {
    name: Arc<str>,
    text: Arc<str>,
    line_starts: Vec<u32>,
    renumberings: Vec<Renumbering>,
}

/// What a `#line` said: from the line that starts at `offset` on, lines are counted from `line`.
#[derive(Debug, Clone)]
struct Renumbering {
    offset: u32,
    line: u32,
    file: Option<Arc<str>>,
}

impl SourceMap {
    /// Takes a file in. Octets that are not UTF-8 are read as ISO Latin-1, the character set of OMG IDL (IDL 4.2, 7.2).
    pub(crate) fn add(&mut self, name: &str, bytes: Vec<u8>) -> FileId {
        let text: String = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(fault) => fault.into_bytes().into_iter().map(char::from).collect(),
        };
        let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(&text).into();
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect();
        let name: Arc<str> = name.into();
        let id = FileId(self.files.len() as u32);
        self.files.push(SourceFile { name: name.clone(), text, line_starts, renumberings: Vec::new() });
        self.by_name.insert(name, id);
        id
    }

    pub(crate) fn find(&self, name: &str) -> Option<FileId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn renumber(&mut self, file: FileId, offset: u32, line: u32, name: Option<Arc<str>>) {
        let renumberings = &mut self.files[file.0 as usize].renumberings;
        let name = name.or_else(|| renumberings.last().and_then(|last| last.file.clone()));
        // A file included twice says the same twice.
        if renumberings.last().is_none_or(|last| last.offset < offset) {
            renumberings.push(Renumbering { offset, line, file: name });
        }
    }

    /// The name a file was opened by.
    pub fn name(&self, file: FileId) -> &Arc<str> {
        &self.files[file.0 as usize].name
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &Arc<str> {
        &self.files[file.0 as usize].text
    }

    /// The names of all files that were read, in the order of their first reading.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|file| &*file.name)
    }

    /// Where a stretch begins.
    pub fn location(&self, span: Span) -> Location {
        let file = &self.files[span.file.0 as usize];
        let index = file.line_index(span.start);
        let line_start = file.line_starts[index];
        let column =
            file.text.get(line_start as usize..span.start as usize).map_or(0, |text| text.chars().count());
        let (line, name) = file.numbered(index);
        Location { file: name.clone(), line, column: column as u32 + 1 }
    }

    /// The line and the file as `#line` calls them, without the column, which takes a walk along the line.
    pub(crate) fn line_and_file(&self, span: Span) -> (u32, &Arc<str>) {
        let file = &self.files[span.file.0 as usize];
        file.numbered(file.line_index(span.start))
    }

    /// The source line a stretch begins in, without its end, and the octet of the file it begins at.
    pub fn line(&self, span: Span) -> (&str, u32) {
        let file = &self.files[span.file.0 as usize];
        let index = file.line_index(span.start);
        let start = file.line_starts[index];
        let end = file.line_starts.get(index + 1).map_or(file.text.len(), |next| *next as usize - 1);
        (file.text[start as usize..end].trim_end_matches('\r'), start)
    }
}

impl SourceFile {
    fn numbered(&self, index: usize) -> (u32, &Arc<str>) {
        let start = self.line_starts[index];
        let behind = self.renumberings.partition_point(|renumbering| renumbering.offset <= start);
        match behind.checked_sub(1).map(|at| &self.renumberings[at]) {
            Some(last) => {
                let lines = index - self.line_index(last.offset);
                (last.line.saturating_add(lines as u32), last.file.as_ref().unwrap_or(&self.name))
            }
            None => (index as u32 + 1, &self.name),
        }
    }

    fn line_index(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }
}
