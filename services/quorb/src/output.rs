//! Standard output: text for people, aligned and coloured on a terminal, or JSON.

use std::ffi::OsString;
use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::verdict::Verdict;

/// Where results go. A reader that has gone away is no error: what else there is to say is dropped.
pub(crate) struct Output {
    sink: Box<dyn Write>,
    coloured: bool,
    closed: bool,
}

/// What a piece of text is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Label,
    Good,
    Warning,
    Bad,
    Dim,
}

impl Tone {
    /// The parameter of the terminal's `SGR` sequence (ECMA-48, 8.3.117).
    const fn code(self) -> &'static str {
        match self {
            Tone::Label => "1",
            Tone::Good => "32",
            Tone::Warning => "33",
            Tone::Bad => "31",
            Tone::Dim => "2",
        }
    }
}

impl Output {
    /// Standard output, coloured if it is a terminal and `NO_COLOR` is not set.
    pub(crate) fn stdout() -> Output {
        let coloured = is_coloured(io::stdout().is_terminal(), std::env::var_os("NO_COLOR"));
        Output { sink: Box::new(io::stdout()), coloured, closed: false }
    }

    /// Text in the colour of its tone, where there are colours.
    pub(crate) fn paint<T: Display>(&self, tone: Tone, text: T) -> Painted<T> {
        Painted { tone: self.coloured.then_some(tone), text }
    }

    pub(crate) fn line(&mut self, line: impl Display) -> Result<(), Verdict> {
        if self.closed {
            return Ok(());
        }
        let written = writeln!(self.sink, "{line}").and_then(|()| self.sink.flush());
        self.written(written)
    }

    /// A value as JSON, indented.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Verdict> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|cause| Verdict::failed(format_args!("the result has no JSON form: {cause}")))?;
        self.line(text)
    }

    /// Makes sure that everything is out.
    pub(crate) fn finish(&mut self) -> Result<(), Verdict> {
        let flushed = self.sink.flush();
        self.written(flushed)
    }

    fn written(&mut self, result: io::Result<()>) -> Result<(), Verdict> {
        match result {
            Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            other => other.map_err(|cause| Verdict::failed(format_args!("standard output: {cause}"))),
        }
    }
}

/// Colours are for terminals, unless the user has had enough of them (no-color.org: the variable counts if it is not
/// empty).
fn is_coloured(is_terminal: bool, no_color: Option<OsString>) -> bool {
    is_terminal && no_color.is_none_or(|value| value.is_empty())
}

/// Text with its colour. Width and padding count the text alone.
pub(crate) struct Painted<T> {
    tone: Option<Tone>,
    text: T,
}

impl<T: Display> Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tone {
            None => self.text.fmt(f),
            Some(tone) => {
                write!(f, "\x1b[{}m", tone.code())?;
                self.text.fmt(f)?;
                f.write_str("\x1b[0m")
            }
        }
    }
}

/// Text that is safe on a terminal: control characters escaped.
pub(crate) fn harmless(text: &str) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(coloured: bool) -> Output {
        Output { sink: Box::new(io::sink()), coloured, closed: false }
    }

    #[test]
    fn padding_does_not_count_the_colour() {
        assert_eq!(format!("{:6}|", output(false).paint(Tone::Good, "ok")), "ok    |");
        assert_eq!(format!("{:6}|", output(true).paint(Tone::Good, "ok")), "\x1b[32mok    \x1b[0m|");
    }

    #[test]
    fn colours_are_for_terminals_and_for_those_who_want_them() {
        for (is_terminal, no_color, coloured) in
            [(true, None, true), (true, Some(""), true), (true, Some("1"), false), (false, None, false)]
        {
            assert_eq!(is_coloured(is_terminal, no_color.map(OsString::from)), coloured);
        }
    }

    #[test]
    fn a_reader_that_has_gone_away_is_no_error_and_a_full_disk_is() {
        struct Failing(io::ErrorKind);
        impl Write for Failing {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let output = |kind| Output { sink: Box::new(Failing(kind)), coloured: false, closed: false };
        let mut gone = output(io::ErrorKind::BrokenPipe);
        assert_eq!(gone.line("x"), Ok(()));
        assert!(gone.closed);
        assert_eq!(gone.line("y"), Ok(()));
        assert!(matches!(output(io::ErrorKind::StorageFull).line("x"), Err(Verdict::Failed(_))));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(harmless("a\x1b[31mé\n"), "a\\u{1b}[31mé\\n");
    }
}
