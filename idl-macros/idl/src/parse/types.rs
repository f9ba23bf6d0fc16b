//! Types (IDL 4.2, 7.4.1.4.4 and 7.4.13).

use super::{Parsed, Parser};
use crate::diagnostic::Code;
use crate::lex::TokenKind;
use crate::model::Primitive;
use crate::syntax::{CaseSyntax, Declarator, MemberSyntax, TypeDeclaration, TypeKind, TypeSpec};

impl Parser<'_> {
    /// Any type, even one declared in passing.
    pub(super) fn type_spec(&mut self) -> Parsed<TypeSpec> {
        let begin = self.token().span;
        self.deeper(begin, |this| {
            let kind = match this.token().kind {
                TokenKind::Keyword("struct" | "union" | "enum") => {
                    TypeKind::Declared(Box::new(this.type_declaration()?))
                }
                TokenKind::Keyword("sequence") => this.sequence()?,
                TokenKind::Keyword("string" | "wstring") => this.string_type()?,
                TokenKind::Keyword("fixed") => this.fixed_type()?,
                TokenKind::Keyword(_) => match this.primitive()? {
                    Some(primitive) => TypeKind::Primitive(primitive),
                    None => TypeKind::Named(this.scoped_name()?),
                },
                TokenKind::Name { .. } | TokenKind::Punctuation("::") => this.named_type()?,
                _ => return Err(this.unexpected("a type")),
            };
            let end = this.tokens[this.at.saturating_sub(1)].span;
            Ok(TypeSpec { span: begin.to(end), kind })
        })
    }

    /// The type of a parameter, a result or an attribute: anonymous types are not allowed (IDL 4.2, 7.4.3.3).
    pub(super) fn parameter_type(&mut self) -> Parsed<TypeSpec> {
        let ty = self.type_spec()?;
        match ty.kind {
            TypeKind::Sequence { .. } | TypeKind::Fixed(_) | TypeKind::Declared(_) => {
                let message =
                    "give this type a name with typedef: an anonymous one cannot stand in a signature";
                Err(self.report.error(Code::Syntax, ty.span, message))
            }
            _ => Ok(ty),
        }
    }

    pub(super) fn constant_type(&mut self) -> Parsed<TypeSpec> {
        if self.is_keyword("fixed") && *self.ahead(1) != TokenKind::Punctuation("<") {
            return Ok(TypeSpec { span: self.bump(), kind: TypeKind::Fixed(None) });
        }
        let ty = self.type_spec()?;
        match ty.kind {
            TypeKind::Sequence { .. } | TypeKind::Declared(_) => {
                Err(self.report.error(Code::ConstantType, ty.span, "a constant cannot have this type"))
            }
            _ => Ok(ty),
        }
    }

    fn primitive(&mut self) -> Parsed<Option<Primitive>> {
        let TokenKind::Keyword(word) = self.token().kind else { return Ok(None) };
        let primitive = match word {
            "float" => Primitive::Float,
            "double" => Primitive::Double,
            "char" => Primitive::Char,
            "wchar" => Primitive::WChar,
            "boolean" => Primitive::Boolean,
            "octet" => Primitive::Octet,
            "any" => Primitive::Any,
            "Object" => Primitive::Object,
            "ValueBase" => Primitive::ValueBase,
            "short" => Primitive::Short,
            "long" | "unsigned" => return self.integer().map(Some),
            "void" => return Err(self.unexpected("a type that has values")),
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(primitive))
    }

    fn integer(&mut self) -> Parsed<Primitive> {
        let unsigned = self.eat_keyword("unsigned");
        if unsigned && self.eat_keyword("short") {
            return Ok(Primitive::UnsignedShort);
        }
        if !self.eat_keyword("long") {
            return Err(self.unexpected("short or long behind unsigned"));
        }
        if !unsigned && self.eat_keyword("double") {
            return Ok(Primitive::LongDouble);
        }
        Ok(match (unsigned, self.eat_keyword("long")) {
            (false, false) => Primitive::Long,
            (false, true) => Primitive::LongLong,
            (true, false) => Primitive::UnsignedLong,
            (true, true) => Primitive::UnsignedLongLong,
        })
    }

    fn string_type(&mut self) -> Parsed<TypeKind> {
        let wide = self.is_keyword("wstring");
        self.at += 1;
        let bound = if self.eat("<") {
            let bound = self.bound()?;
            self.expect_angle()?;
            Some(Box::new(bound))
        } else {
            None
        };
        Ok(TypeKind::String { wide, bound })
    }

    fn sequence(&mut self) -> Parsed<TypeKind> {
        self.at += 1;
        self.expect("<")?;
        let element = Box::new(self.type_spec()?);
        if matches!(element.kind, TypeKind::Declared(_)) {
            return Err(self.report.error(
                Code::Syntax,
                element.span,
                "a type is not declared inside of a sequence",
            ));
        }
        let bound = if self.eat(",") { Some(Box::new(self.bound()?)) } else { None };
        self.expect_angle()?;
        Ok(TypeKind::Sequence { element, bound })
    }

    fn fixed_type(&mut self) -> Parsed<TypeKind> {
        self.at += 1;
        self.expect("<")?;
        let digits = self.bound()?;
        self.expect(",")?;
        let scale = self.bound()?;
        self.expect_angle()?;
        Ok(TypeKind::Fixed(Some(Box::new((digits, scale)))))
    }

    /// A name, or `map<...>` of a building block that CORBA does not use.
    fn named_type(&mut self) -> Parsed<TypeKind> {
        if let TokenKind::Name { text, escaped: false } = &self.token().kind
            && &**text == "map"
            && *self.ahead(1) == TokenKind::Punctuation("<")
        {
            let span = self.token().span;
            return Err(self.report.error(
                Code::Unsupported,
                span,
                "maps (IDL 4.2, 7.4.13) are not part of CORBA",
            ));
        }
        self.scoped_name().map(TypeKind::Named)
    }

    pub(super) fn declarator(&mut self) -> Parsed<Declarator> {
        self.annotations()?;
        let name = self.name()?;
        let mut dimensions = Vec::new();
        while self.eat("[") {
            dimensions.push(self.expression()?);
            self.expect("]")?;
        }
        Ok(Declarator { name, dimensions })
    }

    pub(super) fn member(&mut self) -> Parsed<MemberSyntax> {
        let annotations = self.annotations()?;
        let ty = self.type_spec()?;
        let declarators = self.list(Self::declarator)?;
        self.expect(";")?;
        Ok(MemberSyntax { annotations, ty, declarators })
    }

    /// `struct`, `union` or `enum` with a body.
    pub(super) fn type_declaration(&mut self) -> Parsed<TypeDeclaration> {
        if self.eat_keyword("struct") {
            let name = self.name()?;
            if self.is(":") {
                let span = self.token().span;
                return Err(self.report.error(
                    Code::Unsupported,
                    span,
                    "structs that inherit (IDL 4.2, 7.4.13) are not part of CORBA",
                ));
            }
            let open = self.expect("{")?;
            let members = self.deeper(open, |this| this.members(1))?;
            return Ok(TypeDeclaration::Struct { name, members });
        }
        if self.eat_keyword("enum") {
            let name = self.name()?;
            self.expect("{")?;
            let enumerators = self.list(|this| {
                this.annotations()?;
                this.name()
            })?;
            self.expect("}")?;
            return Ok(TypeDeclaration::Enum { name, enumerators });
        }
        self.at += 1;
        self.union()
    }

    fn union(&mut self) -> Parsed<TypeDeclaration> {
        let name = self.name()?;
        if !self.eat_keyword("switch") {
            return Err(self.unexpected("switch"));
        }
        self.expect("(")?;
        self.annotations()?;
        let discriminator = Box::new(self.type_spec()?);
        self.expect(")")?;
        let open = self.expect("{")?;
        self.deeper(open, |this| {
            let mut cases = Vec::new();
            while !this.is("}") && !this.at_end() && !this.report.is_full() {
                let begin = this.at;
                match this.case() {
                    Ok(case) => cases.push(case),
                    Err(_) => this.recover(begin),
                }
            }
            if cases.is_empty() && this.report.is_valid() {
                return Err(this.unexpected("a case"));
            }
            this.expect("}")?;
            Ok(TypeDeclaration::Union { name, discriminator, cases })
        })
    }

    fn case(&mut self) -> Parsed<CaseSyntax> {
        let mut labels = Vec::new();
        loop {
            let span = self.token().span;
            if self.eat_keyword("default") {
                labels.push((None, span));
            } else if self.eat_keyword("case") {
                let label = self.expression()?;
                let span = label.span;
                labels.push((Some(label), span));
            } else if labels.is_empty() {
                return Err(self.unexpected("case or default"));
            } else {
                break;
            }
            self.expect(":")?;
        }
        let annotations = self.annotations()?;
        let ty = self.type_spec()?;
        let declarators = vec![self.declarator()?];
        self.expect(";")?;
        Ok(CaseSyntax { labels, member: MemberSyntax { annotations, ty, declarators } })
    }
}
