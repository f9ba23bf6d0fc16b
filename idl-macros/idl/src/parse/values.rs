//! Valuetypes (IDL 4.2, 7.4.5 and 7.4.7).

use super::{Parsed, Parser};
use crate::lex::TokenKind;
use crate::model::ValueFlavour;
use crate::syntax::{Declaration, DeclarationKind, ValueSyntax};

impl Parser<'_> {
    pub(super) fn valuetype(&mut self, flavour: ValueFlavour) -> Parsed<DeclarationKind> {
        if !self.eat_keyword("valuetype") {
            return Err(self.unexpected("valuetype or interface"));
        }
        let name = self.name()?;
        let begins_value = matches!(
            self.token().kind,
            TokenKind::Punctuation("{" | ":" | ";") | TokenKind::Keyword("supports") | TokenKind::End
        );
        if flavour == ValueFlavour::Plain && !begins_value {
            return Ok(DeclarationKind::ValueBox { name, ty: self.type_spec()? });
        }
        let mut value = ValueSyntax {
            name,
            flavour,
            truncatable: None,
            bases: Vec::new(),
            supports: Vec::new(),
            body: None,
        };
        if self.is(";") {
            return Ok(DeclarationKind::Value(value));
        }
        if self.eat(":") {
            value.truncatable = self.is_keyword("truncatable").then(|| self.bump());
            value.bases = self.list(Self::scoped_name)?;
        }
        if self.eat_keyword("supports") {
            value.supports = self.list(Self::scoped_name)?;
        }
        value.body = Some(self.braces(Self::value_element)?);
        Ok(DeclarationKind::Value(value))
    }

    /// One element of a valuetype with its `;`.
    fn value_element(&mut self, into: &mut Vec<Declaration>) -> Parsed<()> {
        let begin = self.at;
        let annotations = self.annotations()?;
        if self.is_keyword("public") || self.is_keyword("private") {
            let public = self.is_keyword("public");
            self.at += 1;
            let member = self.member()?;
            into.push(Declaration { annotations, kind: DeclarationKind::State { public, member } });
            return Ok(());
        }
        if self.eat_keyword("factory") {
            let name = self.name()?;
            let parameters = self.parameters(true)?;
            let raises = self.raises("raises")?;
            into.push(Declaration {
                annotations,
                kind: DeclarationKind::Factory { name, parameters, raises },
            });
            return self.expect(";").map(|_| ());
        }
        self.at = begin;
        self.export(into)
    }
}
