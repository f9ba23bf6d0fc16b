//! The syntax of arguments: a superset of JSON, before types say what it means.

use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER_PERMISSIVE};

use crate::limits::ARGUMENT_DEPTH_MAX;

/// An argument as it is written.
///
/// ```text
/// value   = word | "text" | 'c' | hex"0a0b" | base64"Cgs=" | [value, ...] | {key: value, ...} | word(value, ...)
/// word    = letters, digits and _ + - .            numbers, true, null, enumerators
///         | IOR:digits
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    /// A word: what it means is the type's business.
    Word(String),
    /// Text in quotes.
    Quoted(String),
    /// A character in single quotes.
    Char(char),
    /// Octets.
    Octets(Vec<u8>),
    /// Values in brackets.
    List(Vec<Literal>),
    /// Keys and values in braces.
    Record(Vec<(Literal, Literal)>),
    /// A name and what is in parentheses behind it: the case of a union.
    Case(String, Vec<Literal>),
}

impl Literal {
    /// Reads a whole text.
    ///
    /// # Errors
    /// In words, with the column where it goes wrong.
    pub(super) fn parse(text: &str) -> Result<Literal, String> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        let literal = parser.value()?;
        parser.skip_space();
        if parser.rest().is_empty() { Ok(literal) } else { Err(parser.expected("the end")) }
    }

    /// What it is, in a word, for messages.
    pub(super) fn describe(&self) -> String {
        match self {
            Literal::Word(word) => format!("`{word}`"),
            Literal::Quoted(text) => format!("\"{}\"", crate::output::harmless(text)),
            Literal::Char(character) => format!("'{character}'"),
            Literal::Octets(_) => "octets".to_owned(),
            Literal::List(_) => "a list".to_owned(),
            Literal::Record(_) => "a record".to_owned(),
            Literal::Case(name, _) => format!("`{name}(...)`"),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn expected(&self, what: &str) -> String {
        let column = self.text[..self.at].chars().count() + 1;
        match self.peek() {
            Some(found) => format!("expected {what} at column {column}, found `{found}`"),
            None => format!("expected {what} at column {column}, where it ends"),
        }
    }

    fn value(&mut self) -> Result<Literal, String> {
        self.skip_space();
        match self.peek() {
            Some('"') => self.quoted().map(Literal::Quoted),
            Some('\'') => self.character().map(Literal::Char),
            Some('[') => self.nested(|parser| parser.list('[', ']').map(Literal::List)),
            Some('{') => self.nested(Self::record),
            Some(c) if is_word(c) => self.word(),
            _ => Err(self.expected("a value")),
        }
    }

    fn nested(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Literal, String>,
    ) -> Result<Literal, String> {
        if self.depth == ARGUMENT_DEPTH_MAX {
            return Err(format!("values nest deeper than {ARGUMENT_DEPTH_MAX} levels"));
        }
        self.depth += 1;
        let literal = inner(self);
        self.depth -= 1;
        literal
    }

    fn word(&mut self) -> Result<Literal, String> {
        let rest = self.rest();
        let mut length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if rest[..length].eq_ignore_ascii_case("IOR") && rest[length..].starts_with(':') {
            let digits = &rest[length + 1..];
            length += 1 + digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        }
        let word = &rest[..length];
        self.at += length;
        match (word, self.peek()) {
            ("hex", Some('"')) => self.quoted().and_then(|text| hex(&text).map(Literal::Octets)),
            ("base64" | "b64", Some('"')) => {
                self.quoted().and_then(|text| base64(&text).map(Literal::Octets))
            }
            (_, Some('(')) => {
                self.nested(|parser| Ok(Literal::Case(word.to_owned(), parser.list('(', ')')?)))
            }
            _ => Ok(Literal::Word(word.to_owned())),
        }
    }

    /// Values between two brackets. A comma may stand behind the last one.
    fn list(&mut self, open: char, close: char) -> Result<Vec<Literal>, String> {
        self.take(open);
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.take(close) {
                return Ok(items);
            }
            items.push(self.value()?);
            self.skip_space();
            if !self.take(',') && self.peek() != Some(close) {
                return Err(self.expected(&format!("`,` or `{close}`")));
            }
        }
    }

    fn record(&mut self) -> Result<Literal, String> {
        self.take('{');
        let mut entries = Vec::new();
        loop {
            self.skip_space();
            if self.take('}') {
                return Ok(Literal::Record(entries));
            }
            let key = self.value()?;
            self.skip_space();
            if !self.take(':') {
                return Err(self.expected("`:`"));
            }
            entries.push((key, self.value()?));
            self.skip_space();
            if !self.take(',') && self.peek() != Some('}') {
                return Err(self.expected("`,` or `}`"));
            }
        }
    }

    fn quoted(&mut self) -> Result<String, String> {
        self.take('"');
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.expected("`\"`")),
                Some('"') => return Ok(text),
                Some('\\') => text.push(self.escape()?),
                Some(character) => text.push(character),
            }
        }
    }

    fn character(&mut self) -> Result<char, String> {
        self.take('\'');
        let character = match self.next() {
            Some('\\') => self.escape()?,
            Some(character) => character,
            None => return Err(self.expected("a character")),
        };
        if self.take('\'') { Ok(character) } else { Err(self.expected("`'`")) }
    }

    /// What JSON and Rust write behind a backslash.
    fn escape(&mut self) -> Result<char, String> {
        let before = self.at;
        let character = match self.next() {
            Some(character @ ('"' | '\\' | '/' | '\'')) => Some(character),
            Some('b') => Some('\u{8}'),
            Some('f') => Some('\u{c}'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('0') => Some('\0'),
            Some('u') => self.unicode(),
            _ => None,
        };
        character.ok_or_else(|| {
            self.at = before;
            self.expected("an escape such as \\n or \\u00e9")
        })
    }

    /// `XXXX`, two of them for a pair of surrogates, or `{XXXXXX}`.
    fn unicode(&mut self) -> Option<char> {
        if self.take('{') {
            let (digits, _) = self.rest().split_once('}')?;
            let character = hexadecimal(digits).and_then(char::from_u32)?;
            self.at += digits.len() + 1;
            return Some(character);
        }
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first.into());
        }
        self.at = self.rest().starts_with("\\u").then_some(self.at + 2)?;
        let second = self.unit()?;
        char::decode_utf16([first, second]).next()?.ok()
    }

    /// A UTF-16 unit in four digits.
    fn unit(&mut self) -> Option<u16> {
        let digits = self.rest().get(..4)?;
        self.at += 4;
        hexadecimal(digits).and_then(|unit| u16::try_from(unit).ok())
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '+' | '-' | '.')
}

fn hexadecimal(digits: &str) -> Option<u32> {
    let valid = !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|d| d.is_ascii_hexdigit());
    valid.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// Octets in base64, with or without padding.
pub(super) fn base64(text: &str) -> Result<Vec<u8>, String> {
    let encoding = if text.ends_with('=') || text.len().is_multiple_of(4) { BASE64 } else { BASE64_NOPAD };
    encoding.decode(text.as_bytes()).map_err(|cause| format!("no base64: {cause}"))
}

/// Octets in hexadecimal digits of either case.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|cause| format!("not hexadecimal: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str) -> Literal {
        Literal::Word(text.to_owned())
    }

    fn quoted(text: &str) -> Literal {
        Literal::Quoted(text.to_owned())
    }

    #[test]
    fn every_form() {
        for (text, literal) in [
            ("-12.5e3", word("-12.5e3")),
            (" true ", word("true")),
            (r#""a\n\"b\u00e9\ud83d\ude00\u{1f600}""#, quoted("a\n\"bé😀😀")),
            (r"'\''", Literal::Char('\'')),
            ("'é'", Literal::Char('é')),
            (r#"hex"0a0B""#, Literal::Octets(vec![10, 11])),
            (r#"base64"Cgs=""#, Literal::Octets(vec![10, 11])),
            (r#"b64"Cgs""#, Literal::Octets(vec![10, 11])),
            ("[]", Literal::List(vec![])),
            ("[1, a,]", Literal::List(vec![word("1"), word("a")])),
            ("{}", Literal::Record(vec![])),
            (
                r#"{x: 1, "y": [2]}"#,
                Literal::Record(vec![(word("x"), word("1")), (quoted("y"), Literal::List(vec![word("2")]))]),
            ),
            ("Circle(2.5)", Literal::Case("Circle".to_owned(), vec![word("2.5")])),
            ("[IOR:00ff, null]", Literal::List(vec![word("IOR:00ff"), word("null")])),
        ] {
            assert_eq!(Literal::parse(text), Ok(literal), "{text}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_column() {
        for (text, message) in [
            ("", "expected a value at column 1, where it ends"),
            ("[1 2]", "expected `,` or `]` at column 4, found `2`"),
            ("{a 1}", "expected `:` at column 4, found `1`"),
            ("\"abc", "expected `\"` at column 5, where it ends"),
            ("'ab'", "expected `'` at column 3, found `b`"),
            ("1 2", "expected the end at column 3, found `2`"),
            (r#""\q""#, "expected an escape such as \\n or \\u00e9 at column 3, found `q`"),
            (r#""\ud800x""#, "expected an escape such as \\n or \\u00e9 at column 3, found `u`"),
            ("hex\"0\"", "not hexadecimal: invalid length at 0"),
        ] {
            assert_eq!(Literal::parse(text), Err(message.to_owned()), "{text}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(
            Literal::parse(&deep),
            Err(format!("values nest deeper than {ARGUMENT_DEPTH_MAX} levels"))
        );
    }

    #[test]
    fn random_text_ends_in_a_literal_or_a_message() {
        let mut state = 0x1234_5678_9abc_def0u64;
        let alphabet: Vec<char> = r#"[]{}(),:"'\ux0aé hexIOR null1-."#.chars().collect();
        for _ in 0..50_000 {
            let text: String = (0..state % 24)
                .map(|_| {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    alphabet[(state % alphabet.len() as u64) as usize]
                })
                .collect();
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            // Neither panics nor hangs.
            let _ = Literal::parse(&text);
        }
    }
}
