//! Directives: the lines that begin with `#`.

use std::sync::Arc;

use super::macros::Macro;
use super::scan::{Piece, PieceKind};
use super::{Preprocessor, pragma};
use crate::diagnostic::{Code, Diagnostic};
use crate::lex;
use crate::source::Span;

/// A group that an `#if` opened in a file.
#[derive(Debug)]
pub(super) struct Group {
    /// Whether the text of the present branch counts, as far as this group decides.
    pub(super) active: bool,
    /// Whether a branch was taken already, or none may be since the group stands in text that does not count.
    done: bool,
    has_else: bool,
    opened_at: Span,
}

impl Preprocessor<'_> {
    /// Obeys the directive behind a `#`, up to the end of its line.
    pub(super) fn directive(&mut self, hash: &Piece) {
        let name = self.next_piece();
        if matches!(name.kind, PieceKind::Newline | PieceKind::End) {
            return;
        }
        if self.is_active() && &*name.text == "include" {
            return self.include_directive(&name);
        }
        let line = self.rest_of_line();
        let at = name.span;
        match &*name.text {
            "if" => self.open_group(at, |this| this.condition(&line, at)),
            "ifdef" => self.open_group(at, |this| this.is_defined(&line, at)),
            "ifndef" => self.open_group(at, |this| !this.is_defined(&line, at)),
            "elif" => self.elif(&line, at),
            "else" => self.else_branch(at),
            "endif" => self.endif(at),
            _ if !self.is_active() => {}
            "define" => self.define(&line, at),
            "undef" => self.undef(&line, at),
            "line" => self.line_directive(&line, at),
            "pragma" => self.pragma(&line, at),
            "error" => {
                self.report.error(Code::UserError, at, format!("#error {}", pragma::text(&line)));
            }
            "warning" => {
                self.report.warning(Code::UserWarning, at, format!("#warning {}", pragma::text(&line)))
            }
            "ident" => {}
            _ if name.kind == PieceKind::Number => {
                // A line marker, as other preprocessors leave them: `# 12 "file.idl" 1`.
                let whole: Vec<Piece> = std::iter::once(name).chain(line).collect();
                self.line_directive(&whole, hash.span);
            }
            unknown => {
                self.report.error(Code::Directive, at, format!("there is no directive #{unknown}"));
            }
        }
    }

    /// The pieces up to the end of the line; what is malformed in them is reported.
    pub(super) fn rest_of_line(&mut self) -> Vec<Piece> {
        let mut line = Vec::new();
        loop {
            let piece = self.next_piece();
            match piece.kind {
                PieceKind::Newline | PieceKind::End => return line,
                PieceKind::OpenComment => {
                    self.report.push(lex::fault(&piece));
                }
                _ => line.push(piece),
            }
        }
    }

    fn open_group(&mut self, at: Span, condition: impl FnOnce(&mut Self) -> bool) {
        let outer = self.is_active();
        let active = outer && condition(self);
        let depth_max = self.limits.condition_depth_max;
        let Some(input) = self.inputs.last_mut() else { return };
        if input.groups.len() >= depth_max {
            self.halt(at, format!("conditional groups inside one another deeper than {depth_max}"));
            return;
        }
        input.groups.push(Group { active, done: active || !outer, has_else: false, opened_at: at });
    }

    fn elif(&mut self, line: &[Piece], at: Span) {
        let Some(group) = self.branch(at, "elif") else { return };
        group.active = false;
        if !group.done {
            let taken = self.condition(line, at);
            if let Some(group) = self.group() {
                group.active = taken;
                group.done = taken;
            }
        }
    }

    fn else_branch(&mut self, at: Span) {
        if let Some(group) = self.branch(at, "else") {
            group.active = !group.done;
            group.done = true;
            group.has_else = true;
        }
    }

    fn endif(&mut self, at: Span) {
        if self.inputs.last_mut().and_then(|input| input.groups.pop()).is_none() {
            self.report.error(Code::Conditional, at, "#endif without #if");
        }
    }

    fn group(&mut self) -> Option<&mut Group> {
        self.inputs.last_mut()?.groups.last_mut()
    }

    /// The innermost group, if a branch may follow in it.
    fn branch(&mut self, at: Span, name: &str) -> Option<&mut Group> {
        match self.group().map(|group| (group.has_else, group.opened_at)) {
            None => {
                self.report.error(Code::Conditional, at, format!("#{name} without #if"));
                None
            }
            Some((true, opened_at)) => {
                let fault = Diagnostic::error(Code::Conditional, at, format!("#{name} behind #else"));
                self.report.push(fault.related(opened_at, "the group begins here"));
                None
            }
            Some((false, _)) => self.group(),
        }
    }

    /// Reports groups that a file opens and does not close.
    pub(super) fn check_groups(&mut self, groups: &[Group]) {
        for group in groups {
            self.report.error(Code::Conditional, group.opened_at, "this conditional group has no #endif");
        }
    }

    fn is_defined(&mut self, line: &[Piece], at: Span) -> bool {
        self.macro_name(line, at).is_some_and(|name| self.macros.contains_key(&name.text))
    }

    fn macro_name(&mut self, line: &[Piece], at: Span) -> Option<Piece> {
        match line.first() {
            Some(name) if name.kind == PieceKind::Name && &*name.text != "defined" => Some(name.clone()),
            other => {
                let at = other.map_or(at, |piece| piece.span);
                self.report.error(Code::Macro, at, "expected the name of a macro");
                None
            }
        }
    }

    fn define(&mut self, line: &[Piece], at: Span) {
        let Some(name) = self.macro_name(line, at) else { return };
        let definition = match Macro::parse(&name, &line[1..]) {
            Ok(definition) => definition,
            Err(fault) => {
                self.report.push(fault);
                return;
            }
        };
        if let Some(before) = self.macros.get(&name.text)
            && !before.same_as(&definition)
        {
            let warning =
                Diagnostic::warning(Code::Macro, name.span, format!("the macro {} is redefined", name.text));
            self.report.push(warning.related(before.defined_at, "first defined here"));
        }
        self.macros.insert(name.text, definition);
    }

    fn undef(&mut self, line: &[Piece], at: Span) {
        if let Some(name) = self.macro_name(line, at) {
            self.macros.remove(&name.text);
        }
    }

    fn line_directive(&mut self, line: &[Piece], at: Span) {
        let Some(line) = self.expand_list(line.to_vec(), at) else { return };
        let number = line.first().and_then(|piece| piece.text.parse::<u32>().ok());
        let file: Option<Arc<str>> =
            line.get(1).filter(|piece| piece.kind == PieceKind::Quoted).map(unquoted);
        let (Some(number), true) = (number, line.len() < 2 || file.is_some()) else {
            self.report.error(Code::Directive, at, "#line takes a line number and perhaps a file name");
            return;
        };
        if let Some(input) = self.inputs.last() {
            self.sources.renumber(at.file, input.scanner.at(), number, file);
        }
    }
}

fn unquoted(piece: &Piece) -> Arc<str> {
    piece.text.trim_matches('"').into()
}
