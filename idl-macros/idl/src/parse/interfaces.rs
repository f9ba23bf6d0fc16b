//! Interfaces, operations and attributes (IDL 4.2, 7.4.3 and 7.4.4).

use super::{Parsed, Parser};
use crate::diagnostic::Code;
use crate::lex::TokenKind;
use crate::model::{Direction, InterfaceFlavour};
use crate::syntax::{
    AttributeSyntax, Declaration, DeclarationKind, InterfaceSyntax, OperationSyntax, ParameterSyntax,
    ScopedName,
};

impl Parser<'_> {
    pub(super) fn interface(&mut self, flavour: InterfaceFlavour) -> Parsed<DeclarationKind> {
        if !self.eat_keyword("interface") {
            return Err(self.unexpected("interface"));
        }
        let name = self.name()?;
        if self.is(";") {
            return Ok(DeclarationKind::Interface(InterfaceSyntax {
                name,
                flavour,
                bases: Vec::new(),
                body: None,
            }));
        }
        let bases = if self.eat(":") { self.list(Self::scoped_name)? } else { Vec::new() };
        let body = Some(self.braces(Self::export)?);
        Ok(DeclarationKind::Interface(InterfaceSyntax { name, flavour, bases, body }))
    }

    /// One element of an interface with its `;`.
    pub(super) fn export(&mut self, into: &mut Vec<Declaration>) -> Parsed<()> {
        if self.is(";") {
            let span = self.bump();
            self.report.warning(Code::Syntax, span, "this ; ends nothing");
            return Ok(());
        }
        let annotations = self.annotations()?;
        let kind = match self.token().kind {
            TokenKind::Keyword(
                "typedef" | "struct" | "union" | "enum" | "const" | "exception" | "native" | "typeid"
                | "typeprefix",
            ) => self.simple_definition()?,
            TokenKind::Keyword("readonly" | "attribute") => self.attribute()?,
            TokenKind::Keyword("import") => return Err(self.unexpected("a definition")),
            _ => self.operation()?,
        };
        into.push(Declaration { annotations, kind });
        self.expect(";").map(|_| ())
    }

    fn attribute(&mut self) -> Parsed<DeclarationKind> {
        let readonly = self.eat_keyword("readonly");
        if !self.eat_keyword("attribute") {
            return Err(self.unexpected("attribute"));
        }
        let ty = self.parameter_type()?;
        let names = self.list(Self::name)?;
        let get = if readonly { "raises" } else { "getraises" };
        let get_raises = self.raises(get)?;
        let set_raises = if readonly { Vec::new() } else { self.raises("setraises")? };
        let raising = !get_raises.is_empty() || !set_raises.is_empty();
        if raising && let [_, second, ..] = names.as_slice() {
            return Err(self.report.error(
                Code::Syntax,
                second.span,
                "attributes that raise are declared one by one",
            ));
        }
        Ok(DeclarationKind::Attribute(AttributeSyntax { readonly, ty, names, get_raises, set_raises }))
    }

    fn operation(&mut self) -> Parsed<DeclarationKind> {
        let oneway = self.is_keyword("oneway").then(|| self.bump());
        let returns = if self.eat_keyword("void") { None } else { Some(self.parameter_type()?) };
        let name = self.name()?;
        let parameters = self.parameters(false)?;
        let raises = self.raises("raises")?;
        let mut context = Vec::new();
        if self.eat_keyword("context") {
            self.expect("(")?;
            context = self.list(Self::string)?;
            self.expect(")")?;
        }
        Ok(DeclarationKind::Operation(OperationSyntax { name, oneway, returns, parameters, raises, context }))
    }

    /// Parameters in parentheses; those of a factory are all `in`.
    pub(super) fn parameters(&mut self, factory: bool) -> Parsed<Vec<ParameterSyntax>> {
        self.expect("(")?;
        if self.eat(")") {
            return Ok(Vec::new());
        }
        let parameters = self.list(|this| {
            let annotations = this.annotations()?;
            let direction = match this.token().kind {
                TokenKind::Keyword("in") => Direction::In,
                TokenKind::Keyword("out") if !factory => Direction::Out,
                TokenKind::Keyword("inout") if !factory => Direction::InOut,
                _ => return Err(this.unexpected(if factory { "in" } else { "in, out or inout" })),
            };
            this.at += 1;
            let ty = this.parameter_type()?;
            Ok(ParameterSyntax { annotations, direction, ty, name: this.name()? })
        })?;
        self.expect(")")?;
        Ok(parameters)
    }

    /// `raises (A, B)`, if it is there; the word is another one in attributes.
    pub(super) fn raises(&mut self, word: &str) -> Parsed<Vec<ScopedName>> {
        if !self.eat_keyword(word) {
            return Ok(Vec::new());
        }
        self.expect("(")?;
        let names = self.list(Self::scoped_name)?;
        self.expect(")")?;
        Ok(names)
    }
}
