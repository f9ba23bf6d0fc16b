//! Values of constant expressions (IDL 4.2, 7.4.1.4.3).

use super::scope::Meaning;
use super::{Resolved, Resolver};
use crate::diagnostic::{Code, Reported};
use crate::lex::TokenKind;
use crate::model::{Constant, DefinitionId, DefinitionKind, Fixed, Literal, Primitive, Type};
use crate::syntax::{Expression, ExpressionKind, Name, ScopedName, TypeKind, TypeSpec};

impl Resolver<'_> {
    pub(super) fn constant(
        &mut self,
        name: &Name,
        spec: &TypeSpec,
        value: &Expression,
    ) -> Resolved<DefinitionId> {
        let result = self.typed_value(spec, value);
        let (ty, value) = match result {
            Ok(constant) => constant,
            Err(reported) => {
                // The name is known all the same, so that its uses are not reported too.
                self.declare(name, Meaning::Unsupported)?;
                return Err(reported);
            }
        };
        self.define(name, DefinitionKind::Constant(Constant { ty, value }))
    }

    fn typed_value(&mut self, spec: &TypeSpec, value: &Expression) -> Resolved<(Type, Literal)> {
        if matches!(spec.kind, TypeKind::Fixed(None)) {
            let value = self.fixed_value(value)?;
            return Ok((Type::Fixed { digits: value.digits(), scale: value.scale() }, Literal::Fixed(value)));
        }
        let ty = self.type_spec(spec)?;
        let allowed = match self.model.without_aliases(&ty) {
            Type::Primitive(primitive) => {
                use Primitive::{AbstractBase, Any, Object, Principal, TypeCode, ValueBase};
                !matches!(primitive, Any | Object | ValueBase | TypeCode | Principal | AbstractBase)
            }
            Type::String(_) | Type::WString(_) | Type::Fixed { .. } => true,
            Type::Named(id) => matches!(self.kind(*id), DefinitionKind::Enum(_)),
            Type::Sequence(..) | Type::Array(..) => false,
        };
        if !allowed {
            return Err(self.report.error(Code::ConstantType, spec.span, "a constant cannot have this type"));
        }
        let value = self.evaluate(value, &ty)?;
        Ok((ty, value))
    }

    /// The value of an expression as a type asks for it.
    pub(super) fn evaluate(&mut self, expression: &Expression, ty: &Type) -> Resolved<Literal> {
        match self.model.without_aliases(ty).clone() {
            Type::Primitive(primitive) => match primitive {
                Primitive::Float | Primitive::Double | Primitive::LongDouble => {
                    self.float(expression, primitive)
                }
                Primitive::Char | Primitive::WChar | Primitive::Boolean => self.single(expression, primitive),
                _ => self.integer(expression, primitive),
            },
            Type::String(bound) => self.text(expression, bound, false),
            Type::WString(bound) => self.text(expression, bound, true),
            Type::Fixed { digits, scale } => {
                let value = self.fixed_value(expression)?.cut(scale);
                if value.digits() - value.scale() > digits - scale {
                    return Err(self.out_of_range(expression, "this fixed type"));
                }
                Ok(Literal::Fixed(value))
            }
            Type::Named(id) => self.enumerator(expression, id),
            Type::Sequence(..) | Type::Array(..) => {
                Err(self.mistyped(expression, "a value that can be constant"))
            }
        }
    }

    fn mistyped(&mut self, expression: &Expression, wanted: &str) -> Reported {
        self.report.error(Code::ConstantType, expression.span, format!("this is not {wanted}"))
    }

    fn out_of_range(&mut self, expression: &Expression, of: &str) -> Reported {
        self.report.error(
            Code::ConstantRange,
            expression.span,
            format!("this value is out of the range of {of}"),
        )
    }

    /// The value of a constant that an expression names.
    fn named_value(&mut self, name: &ScopedName) -> Resolved<Literal> {
        let id = self.lookup_definition(name)?;
        match self.kind(id) {
            DefinitionKind::Constant(constant) => Ok(constant.value.clone()),
            DefinitionKind::Enumerator(..) => Ok(Literal::Enumerator(id)),
            _ => Err(self.wrong_kind(name, "a constant")),
        }
    }

    fn integer(&mut self, expression: &Expression, primitive: Primitive) -> Resolved<Literal> {
        let (least, greatest) = primitive.integer_range().unwrap_or((0, 0));
        let mask = if least < 0 { None } else { Some(greatest.max(u32::MAX.into())) };
        let value = self.integer_value(expression, mask)?;
        if value < least || value > greatest {
            return Err(self.out_of_range(expression, primitive.as_str()));
        }
        Ok(Literal::Integer(value))
    }

    /// An integer; `mask` holds the bits of an unsigned type, which `~` turns over.
    fn integer_value(&mut self, expression: &Expression, mask: Option<i128>) -> Resolved<i128> {
        match &expression.kind {
            ExpressionKind::Literal(TokenKind::Integer(value)) => Ok((*value).into()),
            ExpressionKind::Name(name) => match self.named_value(name)? {
                Literal::Integer(value) => Ok(value),
                _ => Err(self.mistyped(expression, "an integer")),
            },
            ExpressionKind::Unary(operator, operand) => {
                let value = self.integer_value(operand, mask)?;
                Ok(match (*operator, mask) {
                    ("-", _) => -value,
                    ("~", Some(mask)) if value >= 0 => mask - (value & mask),
                    ("~", _) => !value,
                    _ => value,
                })
            }
            ExpressionKind::Binary(operator, left, right) => {
                let left = self.integer_value(left, mask)?;
                let right_value = self.integer_value(right, mask)?;
                if matches!(*operator, "<<" | ">>") && !(0..64).contains(&right_value) {
                    return Err(self.report.error(Code::ConstantRange, right.span, "a shift is by 0 to 63"));
                }
                if matches!(*operator, "/" | "%") && right_value == 0 {
                    return Err(self.report.error(Code::ConstantRange, right.span, "division by zero"));
                }
                integer_result(operator, left, right_value)
                    .filter(|value| i128::from(i64::MIN) <= *value && *value <= u64::MAX.into())
                    .ok_or_else(|| self.out_of_range(expression, "all integer types"))
            }
            _ => Err(self.mistyped(expression, "an integer")),
        }
    }

    fn float(&mut self, expression: &Expression, primitive: Primitive) -> Resolved<Literal> {
        let value = self.float_value(expression)?;
        let infinite =
            if primitive == Primitive::Float { (value as f32).is_infinite() } else { value.is_infinite() };
        if infinite || value.is_nan() {
            return Err(self.out_of_range(expression, primitive.as_str()));
        }
        Ok(Literal::Float(value))
    }

    fn float_value(&mut self, expression: &Expression) -> Resolved<f64> {
        match &expression.kind {
            ExpressionKind::Literal(TokenKind::Float(value)) => Ok(*value),
            ExpressionKind::Name(name) => match self.named_value(name)? {
                Literal::Float(value) => Ok(value),
                _ => Err(self.mistyped(expression, "a floating point number")),
            },
            ExpressionKind::Unary("-", operand) => self.float_value(operand).map(|value| -value),
            ExpressionKind::Unary("+", operand) => self.float_value(operand),
            ExpressionKind::Binary(operator @ ("+" | "-" | "*" | "/"), left, right) => {
                let (left, right) = (self.float_value(left)?, self.float_value(right)?);
                Ok(match *operator {
                    "+" => left + right,
                    "-" => left - right,
                    "*" => left * right,
                    _ => left / right,
                })
            }
            _ => Err(self.mistyped(expression, "a floating point number")),
        }
    }

    fn fixed_value(&mut self, expression: &Expression) -> Resolved<Fixed> {
        match &expression.kind {
            ExpressionKind::Literal(TokenKind::Fixed(value)) => Ok(*value),
            ExpressionKind::Name(name) => match self.named_value(name)? {
                Literal::Fixed(value) => Ok(value),
                _ => Err(self.mistyped(expression, "a fixed-point number")),
            },
            ExpressionKind::Unary("-", operand) => self.fixed_value(operand).map(Fixed::negated),
            ExpressionKind::Unary("+", operand) => self.fixed_value(operand),
            ExpressionKind::Binary(operator @ ("+" | "-" | "*" | "/"), left, right) => {
                let (left, right) = (self.fixed_value(left)?, self.fixed_value(right)?);
                let result = match *operator {
                    "+" => left.plus(right),
                    "-" => left.plus(right.negated()),
                    "*" => left.times(right),
                    _ => left.divided_by(right),
                };
                result.ok_or_else(|| self.out_of_range(expression, "fixed-point numbers"))
            }
            _ => Err(self.mistyped(expression, "a fixed-point number")),
        }
    }

    /// A character or a boolean: a literal, or a constant of the type.
    fn single(&mut self, expression: &Expression, primitive: Primitive) -> Resolved<Literal> {
        let value = match &expression.kind {
            ExpressionKind::Literal(TokenKind::Char(char)) => Literal::Char(*char),
            ExpressionKind::Literal(TokenKind::WChar(char)) => Literal::WChar(*char),
            ExpressionKind::Boolean(value) => Literal::Boolean(*value),
            ExpressionKind::Name(name) => self.named_value(name)?,
            _ => return Err(self.mistyped(expression, &format!("a {}", primitive.as_str()))),
        };
        match (&value, primitive) {
            (Literal::Char(_), Primitive::Char)
            | (Literal::WChar(_), Primitive::WChar)
            | (Literal::Boolean(_), Primitive::Boolean) => Ok(value),
            _ => Err(self.mistyped(expression, &format!("a {}", primitive.as_str()))),
        }
    }

    fn text(&mut self, expression: &Expression, bound: Option<u32>, wide: bool) -> Resolved<Literal> {
        let value = match &expression.kind {
            ExpressionKind::Literal(TokenKind::String(text)) => Literal::String(text.clone()),
            ExpressionKind::Literal(TokenKind::WString(text)) => Literal::WString(text.clone()),
            ExpressionKind::Name(name) => self.named_value(name)?,
            _ => return Err(self.mistyped(expression, "a string")),
        };
        let length = match &value {
            Literal::String(text) if !wide => text.chars().count(),
            Literal::WString(text) if wide => text.chars().count(),
            _ => return Err(self.mistyped(expression, if wide { "a wide string" } else { "a string" })),
        };
        match bound {
            Some(bound) if length > bound as usize => {
                Err(self.out_of_range(expression, "this bounded string"))
            }
            _ => Ok(value),
        }
    }

    fn enumerator(&mut self, expression: &Expression, of: DefinitionId) -> Resolved<Literal> {
        if let ExpressionKind::Name(name) = &expression.kind
            && let Literal::Enumerator(id) = self.named_value(name)?
            && matches!(self.kind(id), DefinitionKind::Enumerator(owner, _) if *owner == of)
        {
            return Ok(Literal::Enumerator(id));
        }
        let wanted = format!("a value of the enum {}", self.model.definition(of).name);
        Err(self.mistyped(expression, &wanted))
    }
}

fn integer_result(operator: &str, left: i128, right: i128) -> Option<i128> {
    match operator {
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "&" => Some(left & right),
        "<<" => left.checked_mul(1_i128 << right),
        ">>" => Some(left >> right),
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        _ => left.checked_rem(right),
    }
}
