//! Files on top of one another: `#include`, and the end of a file.

use std::sync::Arc;

use super::pragma::EventKind;
use super::scan::{Piece, PieceKind, Scanner};
use super::{Input, Preprocessor};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::{FileId, ReadFault, Span};

/// What `orb.idl` says where the search path has none (CORBA 3.3 Part 1, 8.1): the names of the ORB's own module.
const ORB_IDL: &str = include_str!("orb.idl");

impl Preprocessor<'_> {
    pub(super) fn push_main(&mut self, path: &str) {
        match self.load(path) {
            Ok(file) => self.enter(file, path, None),
            Err(fault) => {
                self.report.push(Diagnostic {
                    severity: Severity::Error,
                    code: if matches!(fault, ReadFault::TooLarge { .. }) {
                        Code::Limit
                    } else {
                        Code::Include
                    },
                    span: None,
                    message: format!("{path}: {fault}"),
                    related: Vec::new(),
                });
                self.halted = true;
            }
        }
    }

    pub(super) fn push_text(&mut self, name: &str, text: Vec<u8>, included_at: Option<Span>) {
        let file = self.sources.find(name).unwrap_or_else(|| self.sources.add(name, text));
        self.enter(file, name, included_at);
    }

    /// Obeys an `#include`; the scanner stands behind the word.
    pub(super) fn include_directive(&mut self, word: &Piece) {
        let Some(input) = self.inputs.last_mut() else { return };
        let header = if self.frames.is_empty() { input.scanner.header() } else { None };
        let line = self.rest_of_line();
        let Some((angled, name, span)) = header.or_else(|| self.header_from_macros(line, word.span)) else {
            self.report.error(Code::Directive, word.span, "#include takes \"FILE\" or <FILE>");
            return;
        };
        if self.inputs.len() >= self.limits.include_depth_max {
            self.halt(
                span,
                format!("files include one another deeper than {}", self.limits.include_depth_max),
            );
            return;
        }
        let mut fault = ReadFault::Missing;
        for path in self.candidates(&name, angled) {
            match self.load(&path) {
                Ok(file) => return self.enter(file, &path, Some(span)),
                Err(ReadFault::Missing) => {}
                Err(worse) => {
                    fault = worse;
                    break;
                }
            }
        }
        if name == "orb.idl" && fault == ReadFault::Missing {
            return self.push_text("<orb.idl>", ORB_IDL.as_bytes().to_vec(), Some(span));
        }
        let code = if matches!(fault, ReadFault::TooLarge { .. }) { Code::Limit } else { Code::Include };
        self.report.error(code, span, format!("{name}: {fault}"));
    }

    fn header_from_macros(&mut self, line: Vec<Piece>, at: Span) -> Option<(bool, String, Span)> {
        let line = self.expand_list(line, at)?;
        let first = line.first()?;
        if first.kind == PieceKind::Quoted && first.text.starts_with('"') {
            return Some((false, first.text.trim_matches('"').to_owned(), first.span));
        }
        let end = line.iter().position(|piece| &*piece.text == ">")?;
        let inner = line.get(1..end).filter(|_| &*first.text == "<")?;
        Some((true, inner.iter().map(|piece| &*piece.text).collect(), first.span))
    }

    /// The paths an include may mean, in the order to try them.
    fn candidates(&self, name: &str, angled: bool) -> Vec<String> {
        if name.starts_with('/') {
            return vec![name.to_owned()];
        }
        let own = self.inputs.last().filter(|_| !angled).map(|input| joined(&input.folder, name));
        own.into_iter().chain(self.search_path.iter().map(|folder| joined(folder, name))).collect()
    }

    fn load(&mut self, path: &str) -> Result<FileId, ReadFault> {
        match self.sources.find(path) {
            Some(file) => Ok(file),
            None => {
                let bytes = self.files.read(path, self.limits.file_bytes_max)?;
                Ok(self.sources.add(path, bytes))
            }
        }
    }

    fn enter(&mut self, file: FileId, path: &str, included_at: Option<Span>) {
        let text = self.sources.text(file).clone();
        self.source_bytes = self.source_bytes.saturating_add(text.len() + 64);
        if self.source_bytes > self.limits.source_bytes_max {
            let at = included_at.unwrap_or(Span { file, start: 0, end: 0 });
            self.halt(
                at,
                format!("more than {} octets of source, includes counted", self.limits.source_bytes_max),
            );
            return;
        }
        let folder: Arc<str> = path.rfind('/').map_or("", |slash| &path[..=slash]).into();
        self.inputs.push(Input {
            scanner: Scanner::new(file, text),
            groups: Vec::new(),
            folder,
            included_at,
        });
        self.event(EventKind::Enter, Span { file, start: 0, end: 0 });
    }

    /// Goes on in the file that included this one; true if there is none.
    pub(super) fn leave_file(&mut self) -> bool {
        let Some(input) = self.inputs.pop() else { return true };
        self.check_groups(&input.groups);
        let end =
            Span { file: input.scanner.end_span().file, start: input.scanner.at(), end: input.scanner.at() };
        self.event(EventKind::Leave, input.included_at.unwrap_or(end));
        self.inputs.is_empty()
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() || folder.ends_with('/') {
        format!("{folder}{name}")
    } else {
        format!("{folder}/{name}")
    }
}
