//! Names as text: `trading/grid.object`.
//!
//! Components are separated by `/`, id and kind of one by `.`; `\` takes the meaning from one of the three. A component
//! of an id alone has no dot, one of a kind alone begins with it, and a dot alone is the component that has neither.

use crate::cos::NameComponent;

/// Reads a name.
///
/// # Errors
/// Whatever makes it no name, with the offset in octets.
pub fn parse(text: &str) -> Result<Vec<NameComponent>, MalformedName> {
    let mut parser = Parser::default();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some((_, escaped @ ('/' | '.' | '\\'))) => parser.push(escaped),
                _ => return Err(MalformedName::Escape { at }),
            },
            '/' => parser.end_component(at)?,
            '.' if parser.in_kind => return Err(MalformedName::SecondDot { at }),
            '.' => parser.in_kind = true,
            '\0' => return Err(MalformedName::Nul { at }),
            _ => parser.push(character),
        }
    }
    parser.end_component(text.len())?;
    Ok(parser.name)
}

/// The name as text; [`parse`] gives it back. The name without components is the empty text, which is no name.
pub fn write(name: &[NameComponent]) -> String {
    let mut text = String::with_capacity(name.iter().map(|part| part.id.len() + part.kind.len() + 2).sum());
    for (index, component) in name.iter().enumerate() {
        if index > 0 {
            text.push('/');
        }
        escape(&component.id, &mut text);
        if !component.kind.is_empty() || component.id.is_empty() {
            text.push('.');
            escape(&component.kind, &mut text);
        }
    }
    text
}

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedName {
    /// No text, or nothing before, behind or between slashes.
    #[error("a component of a name is empty at offset {at} (one with neither id nor kind is a dot)")]
    EmptyComponent {
        /// Where it would end.
        at: usize,
    },
    /// `\` is not followed by `/`, `.` or `\`.
    #[error("`\\` stands before `/`, `.` or `\\` only: offset {at}")]
    Escape {
        /// Where.
        at: usize,
    },
    /// A component has two dots.
    #[error("a component has one dot at most, others are written `\\.`: offset {at}")]
    SecondDot {
        /// Where.
        at: usize,
    },
    /// An id, a dot, and no kind.
    #[error("a component does not end with a dot: offset {at}")]
    EmptyKind {
        /// Where the component ends.
        at: usize,
    },
    /// A NUL character, which no string of CORBA has.
    #[error("a name has no NUL character: offset {at}")]
    Nul {
        /// Where.
        at: usize,
    },
}

#[derive(Default)]
struct Parser {
    name: Vec<NameComponent>,
    component: NameComponent,
    in_kind: bool,
}

impl Parser {
    fn push(&mut self, character: char) {
        let part = if self.in_kind { &mut self.component.kind } else { &mut self.component.id };
        part.push(character);
    }

    fn end_component(&mut self, at: usize) -> Result<(), MalformedName> {
        let component = std::mem::take(&mut self.component);
        let had_dot = std::mem::take(&mut self.in_kind);
        match (component.id.is_empty(), had_dot, component.kind.is_empty()) {
            (true, false, _) => Err(MalformedName::EmptyComponent { at }),
            (false, true, true) => Err(MalformedName::EmptyKind { at }),
            _ => {
                self.name.push(component);
                Ok(())
            }
        }
    }
}

fn escape(part: &str, text: &mut String) {
    for character in part.chars() {
        if matches!(character, '/' | '.' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(id: &str, kind: &str) -> NameComponent {
        NameComponent { id: id.into(), kind: kind.into() }
    }

    #[test]
    fn names_and_texts_are_the_same() {
        let cases: [(&str, &[(&str, &str)]); 9] = [
            ("a", &[("a", "")]),
            ("a.b", &[("a", "b")]),
            (".b", &[("", "b")]),
            (".", &[("", "")]),
            ("a/./b", &[("a", ""), ("", ""), ("b", "")]),
            ("a/.b/c.d", &[("a", ""), ("", "b"), ("c", "d")]),
            (r"a\/b\.c\\d.e\.f", &[("a/b.c\\d", "e.f")]),
            ("with space/é.ü", &[("with space", ""), ("é", "ü")]),
            (r"\./\.", &[(".", ""), (".", "")]),
        ];
        for (text, parts) in cases {
            let name: Vec<_> = parts.iter().map(|(id, kind)| component(id, kind)).collect();
            assert_eq!(parse(text), Ok(name.clone()), "{text}");
            assert_eq!(write(&name), text);
        }
    }

    #[test]
    fn what_is_no_name_says_where() {
        let cases = [
            ("", MalformedName::EmptyComponent { at: 0 }),
            ("/", MalformedName::EmptyComponent { at: 0 }),
            ("a/", MalformedName::EmptyComponent { at: 2 }),
            ("/a", MalformedName::EmptyComponent { at: 0 }),
            ("a//b", MalformedName::EmptyComponent { at: 2 }),
            ("a.", MalformedName::EmptyKind { at: 2 }),
            ("a./b", MalformedName::EmptyKind { at: 2 }),
            ("a.b.c", MalformedName::SecondDot { at: 3 }),
            ("..", MalformedName::SecondDot { at: 1 }),
            ("a\\", MalformedName::Escape { at: 1 }),
            ("a\\b", MalformedName::Escape { at: 1 }),
            ("a\0", MalformedName::Nul { at: 1 }),
        ];
        for (text, reason) in cases {
            assert_eq!(parse(text), Err(reason), "{text:?}");
        }
    }

    /// Seeded: what is written is read back, and what is read is written back.
    #[test]
    fn any_name_survives() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut draw = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let alphabet = ['a', '/', '.', '\\', 'é', ' '];
        for _ in 0..20_000 {
            let text: String = (0..draw(9)).map(|_| alphabet[draw(alphabet.len())]).collect();
            if let Ok(name) = parse(&text) {
                assert_eq!(write(&name), text);
            }
            let mut part = || (0..draw(4)).map(|_| alphabet[draw(alphabet.len())]).collect::<String>();
            let name = vec![component(&part(), &part()), component(&part(), &part())];
            assert_eq!(parse(&write(&name)), Ok(name));
        }
    }
}
