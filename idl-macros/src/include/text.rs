//! IDL that stands in the macro: as a text, or as tokens of Rust that are put where they stood.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{LitStr, Token, bracketed};

use super::options::Options;
use super::report::Places;

/// IDL, and where it came from.
pub(super) struct Text {
    pub(super) content: String,
    pub(super) options: Options,
    pub(super) places: Places,
}

/// The text in the macro: a literal with options behind it, or tokens with options in front, `#![...]`.
pub(super) fn read(input: TokenStream) -> syn::Result<Text> {
    let is_text = matches!(input.clone().into_iter().next(), Some(TokenTree::Literal(literal)) if literal.to_string().ends_with(['"', '#']));
    if is_text { from_literal.parse2(input) } else { from_tokens.parse2(input) }
}

fn from_literal(input: ParseStream<'_>) -> syn::Result<Text> {
    let literal: LitStr = input.parse()?;
    let options = Options::behind(input)?;
    let span = literal.span();
    let content = format!("{}{}", line_directive(span.start().line, span), literal.value());
    Ok(Text { content, options, places: Places::one(span) })
}

fn from_tokens(input: ParseStream<'_>) -> syn::Result<Text> {
    let options = if input.peek(Token![#]) && input.peek2(Token![!]) {
        input.parse::<Token![#]>()?;
        input.parse::<Token![!]>()?;
        let content;
        bracketed!(content in input);
        Options::parse(&content)?
    } else {
        Options::default()
    };
    let tokens: TokenStream = input.parse()?;
    let mut writer = Writer::new(&tokens);
    writer.tokens(tokens);
    Ok(Text { content: writer.content, options, places: writer.places })
}

/// `#line`, so that lines are counted as in the source; nothing where the source is not known.
fn line_directive(line: usize, span: Span) -> String {
    let file = span.file();
    if line == 0 || file.is_empty() || file.contains('"') {
        return String::new();
    }
    format!("#line {line} \"{file}\"\n")
}

/// Puts tokens into lines and columns as they stood, which the preprocessor and messages go by.
struct Writer {
    content: String,
    places: Places,
    line: usize,
    column: usize,
    /// Whether the next token touches the last one, for tokens without a place.
    joint: bool,
}

/// Blank lines and columns between two tokens are kept up to this many: macros may mix tokens from afar.
const GAP_MAX: usize = 10_000;

impl Writer {
    fn new(tokens: &TokenStream) -> Writer {
        let span = tokens.clone().into_iter().next().map_or_else(Span::call_site, |first| first.span());
        let line = span.start().line;
        Writer {
            content: line_directive(line, span),
            places: Places::one(Span::call_site()),
            line,
            column: 0,
            joint: false,
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            // Comments for documentation become attributes on their way here.
            if let (TokenTree::Punct(mark), Some(TokenTree::Group(group))) = (&token, tokens.peek())
                && mark.as_char() == '#'
                && is_documentation(group)
            {
                tokens.next();
                continue;
            }
            self.token(token);
        }
    }

    fn token(&mut self, token: TokenTree) {
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                self.word(open, group.span_open());
                self.tokens(group.stream());
                self.word(close, group.span_close());
            }
            TokenTree::Punct(mark) => {
                self.word(&mark.as_char().to_string(), mark.span());
                self.joint = mark.spacing() == Spacing::Joint;
            }
            other => self.word(&other.to_string(), other.span()),
        }
    }

    fn word(&mut self, text: &str, span: Span) {
        if text.is_empty() {
            return;
        }
        let start = span.start();
        let is_placed = start.line > 0 && start.line >= self.line && start.line - self.line < GAP_MAX;
        if is_placed && start.line > self.line {
            self.content.extend(std::iter::repeat_n('\n', start.line - self.line));
            (self.line, self.column) = (start.line, 0);
        }
        if is_placed && start.column >= self.column && start.column - self.column < GAP_MAX {
            self.content.extend(std::iter::repeat_n(' ', start.column - self.column));
            self.column = start.column;
        } else if !self.joint {
            self.content.push(' ');
            self.column += 1;
        }
        self.places.note(self.line, self.column, span);
        self.content.push_str(text);
        self.column += text.chars().count();
        self.joint = false;
    }
}

fn is_documentation(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(word)) if word == "doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> String {
        let text = read(source.parse().unwrap()).unwrap();
        text.content.lines().filter(|line| !line.starts_with("#line")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn tokens_keep_their_lines_and_columns() {
        let source = "#define N 4\nmodule M {\n  typedef sequence<sequence<long, N>> Rows; // rows\n};";
        assert_eq!(text(source), "#define N 4\nmodule M {\n  typedef sequence<sequence<long, N>> Rows;\n};");
    }

    #[test]
    fn documentation_is_no_directive() {
        assert_eq!(
            text("interface A {\n  /// Says.\n  void f();\n};").replace([' ', '\n'], ""),
            "interfaceA{voidf();};"
        );
    }

    #[test]
    fn options_stand_in_front_of_tokens_and_behind_texts() {
        let text = read("#![query = [A::f]] interface A { void f(); };".parse().unwrap()).unwrap();
        assert_eq!(text.options.settings.query, ["A::f"]);
        let text = read(r##"r#"interface A {};"#, async = A"##.parse().unwrap()).unwrap();
        assert_eq!(text.options.settings.asynchronous, ["A"]);
    }
}
