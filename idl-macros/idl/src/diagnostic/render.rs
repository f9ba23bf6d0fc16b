//! A diagnostic as text.

use std::fmt::Write;

use super::{Diagnostic, Severity};
use crate::source::{SourceMap, Span};

/// The text of a diagnostic: `file:line:col: severity[code]: message`, the source line with a caret below the place, and
/// each related place in the same form.
///
/// At most `excerpt_chars_max` characters of a source line are shown.
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, excerpt_chars_max: usize) -> String {
    let severity = match diagnostic.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut text = String::new();
    if let Some(span) = diagnostic.span {
        let _ = write!(text, "{}: ", sources.location(span));
    }
    let _ = writeln!(text, "{severity}[{}]: {}", diagnostic.code.as_str(), diagnostic.message);
    if let Some(span) = diagnostic.span {
        excerpt(&mut text, sources, span, excerpt_chars_max);
    }
    for (span, message) in &diagnostic.related {
        let _ = writeln!(text, "{}: note: {message}", sources.location(*span));
        excerpt(&mut text, sources, *span, excerpt_chars_max);
    }
    text
}

fn excerpt(text: &mut String, sources: &SourceMap, span: Span, chars_max: usize) {
    let (line, start) = sources.line(span);
    let before = line.get(..(span.start - start) as usize).unwrap_or(line);
    // Of a long line the part around the place is shown.
    let skipped = before.chars().count().saturating_sub(chars_max / 2);
    let shown: String = line.chars().skip(skipped).take(chars_max).map(tab_as_space).collect();
    let indent = before.chars().count() - skipped;
    let length = sources
        .text(span.file)
        .get(span.start as usize..span.end as usize)
        .map_or(1, |place| place.split('\n').next().unwrap_or_default().chars().count());
    let carets = length.min(shown.chars().count().saturating_sub(indent)).max(1);
    let _ = writeln!(text, "    {}", shown.trim_end());
    let _ = writeln!(text, "    {}{}", " ".repeat(indent), "^".repeat(carets));
}

// Control characters of a hostile file do not reach the terminal either.
fn tab_as_space(char: char) -> char {
    if char.is_control() { ' ' } else { char }
}
