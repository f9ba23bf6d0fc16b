//! Definitions of files and modules (IDL 4.2, 7.4.1).

use super::{Parsed, Parser};
use crate::diagnostic::Code;
use crate::lex::TokenKind;
use crate::model::{InterfaceFlavour, ValueFlavour};
use crate::syntax::{Declaration, DeclarationKind, MemberSyntax};

impl Parser<'_> {
    /// One definition with its `;`.
    pub(super) fn definition(&mut self, into: &mut Vec<Declaration>) -> Parsed<()> {
        if self.is(";") {
            let span = self.bump();
            self.report.warning(Code::Syntax, span, "this ; ends nothing");
            return Ok(());
        }
        let annotations = self.annotations()?;
        let TokenKind::Keyword(keyword) = self.token().kind else {
            if self.is("@") {
                return self.annotation_type();
            }
            return Err(self.unexpected("a definition"));
        };
        let kind = match keyword {
            "module" => match self.module()? {
                Some(kind) => kind,
                None => return Ok(()),
            },
            "interface" => self.interface(InterfaceFlavour::Unconstrained)?,
            "local" => {
                self.at += 1;
                self.interface(InterfaceFlavour::Local)?
            }
            "abstract" if *self.ahead(1) == TokenKind::Keyword("interface") => {
                self.at += 1;
                self.interface(InterfaceFlavour::Abstract)?
            }
            "abstract" => {
                self.at += 1;
                self.valuetype(ValueFlavour::Abstract)?
            }
            "custom" if *self.ahead(1) == TokenKind::Keyword("valuetype") => {
                self.at += 1;
                self.valuetype(ValueFlavour::Custom)?
            }
            "valuetype" => self.valuetype(ValueFlavour::Plain)?,
            "import" => self.import()?,
            "component" | "home" | "eventtype" | "custom" => return self.unsupported(into),
            _ => self.simple_definition()?,
        };
        into.push(Declaration { annotations, kind });
        // The declaration stays: a forgotten ; makes no name unknown.
        self.expect(";").map(|_| ())
    }

    /// What may stand in interfaces as well: types, constants, exceptions, and ids.
    pub(super) fn simple_definition(&mut self) -> Parsed<DeclarationKind> {
        let TokenKind::Keyword(keyword) = self.token().kind else {
            return Err(self.unexpected("a definition"));
        };
        match keyword {
            "typedef" => {
                self.at += 1;
                let ty = self.type_spec()?;
                Ok(DeclarationKind::Typedef { ty, declarators: self.list(Self::declarator)? })
            }
            "struct" | "union" | "enum" => self.declared_type(),
            "const" => {
                self.at += 1;
                let ty = self.constant_type()?;
                let name = self.name()?;
                self.expect("=")?;
                Ok(DeclarationKind::Constant { name, ty, value: self.expression()? })
            }
            "exception" => {
                self.at += 1;
                let name = self.name()?;
                let open = self.expect("{")?;
                let members = self.deeper(open, |this| this.members(0))?;
                Ok(DeclarationKind::Exception { name, members })
            }
            "native" => {
                self.at += 1;
                Ok(DeclarationKind::Native(self.name()?))
            }
            "typeid" => {
                self.at += 1;
                let name = self.scoped_name()?;
                let (id, span) = self.string()?;
                Ok(DeclarationKind::TypeId { name, id, span })
            }
            "typeprefix" => {
                self.at += 1;
                let name = self.scoped_name()?;
                let (prefix, span) = self.string()?;
                Ok(DeclarationKind::TypePrefix { name, prefix, span })
            }
            _ => Err(self.unexpected("a definition")),
        }
    }

    fn declared_type(&mut self) -> Parsed<DeclarationKind> {
        if let (TokenKind::Name { .. }, TokenKind::Punctuation(";")) = (self.ahead(1), self.ahead(2)) {
            let structure = self.eat_keyword("struct");
            if structure || self.eat_keyword("union") {
                let name = self.name()?;
                return Ok(if structure {
                    DeclarationKind::StructForward(name)
                } else {
                    DeclarationKind::UnionForward(name)
                });
            }
        }
        self.type_declaration().map(DeclarationKind::Type)
    }

    /// Members up to the closing brace, which is read too.
    pub(super) fn members(&mut self, least: usize) -> Parsed<Vec<MemberSyntax>> {
        let mut members = Vec::new();
        while !self.is("}") && !self.at_end() && !self.report.is_full() {
            let begin = self.at;
            match self.member() {
                Ok(member) => members.push(member),
                Err(_) => self.recover(begin),
            }
        }
        if members.len() < least && self.is("}") && self.report.is_valid() {
            return Err(self.unexpected("a member"));
        }
        self.expect("}")?;
        Ok(members)
    }

    /// `module A { ... }`, or a template module and what has to do with them.
    fn module(&mut self) -> Parsed<Option<DeclarationKind>> {
        self.at += 1;
        if self.template_module()? {
            return Ok(None);
        }
        let name = self.name()?;
        let body = self.braces(Self::definition)?;
        if body.iter().all(|declaration| matches!(declaration.kind, DeclarationKind::Event { .. }))
            && self.report.is_valid()
        {
            self.report.error(Code::Syntax, name.span, format!("the module {} is empty", name.text));
        }
        Ok(Some(DeclarationKind::Module { name, body }))
    }

    fn import(&mut self) -> Parsed<DeclarationKind> {
        let span = self.bump();
        if matches!(self.token().kind, TokenKind::String(_)) {
            self.string()?;
        } else {
            self.scoped_name()?;
        }
        Ok(DeclarationKind::Import { span })
    }
}
