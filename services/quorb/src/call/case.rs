//! How the cases of unions are written.

use std::fmt;

use quorb::model::Case;

use super::literal::Literal;

/// A union as it is written.
pub(super) struct Written<'a> {
    pub(super) case: &'a str,
    in_json: Option<&'a Literal>,
    in_parentheses: &'a [Literal],
}

impl<'a> Written<'a> {
    pub(super) fn of(literal: &'a Literal) -> Option<Written<'a>> {
        let plain = |case| Written { case, in_json: None, in_parentheses: &[] };
        match literal {
            Literal::Word(case) | Literal::Quoted(case) => Some(plain(case)),
            Literal::Case(case, parts) => Some(Written { in_parentheses: parts, ..plain(case) }),
            Literal::Record(entries) => match entries.as_slice() {
                [(Literal::Word(case) | Literal::Quoted(case), value)] => {
                    Some(Written { in_json: Some(value), ..plain(case) })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// What stands alone in parentheses, or as the label in JSON.
    pub(super) fn only_part(&self) -> Option<&'a Literal> {
        match (self.in_json, self.in_parentheses) {
            (None, [part]) => Some(part),
            (Some(Literal::Record(entries)), _) => entries.first().map(|(_, label)| label),
            _ => None,
        }
    }

    /// The label and the value, where the case has them and they are given.
    pub(super) fn parts(&self, shape: &CaseShape<'_>) -> Option<(Option<&'a Literal>, Option<&'a Literal>)> {
        let has_value = shape.case.ty.is_some();
        match (shape.keeps_label, self.in_json, self.in_parentheses) {
            (false, None, []) if !has_value => Some((None, None)),
            (false, None, [value]) if has_value => Some((None, Some(value))),
            (true, None, [label]) if !has_value => Some((Some(label), None)),
            (true, None, [label, value]) if has_value => Some((Some(label), Some(value))),
            (false, Some(value), _) if has_value => Some((None, Some(value))),
            (true, Some(Literal::Record(entries)), _) => {
                let find = |wanted: &str| {
                    let is_it =
                        |key: &Literal| matches!(key, Literal::Word(k) | Literal::Quoted(k) if k == wanted);
                    entries.iter().find(|(key, _)| is_it(key)).map(|(_, value)| value)
                };
                let value = find("value");
                (value.is_some() == has_value).then_some((Some(find("label")?), value))
            }
            _ => None,
        }
    }
}

/// How a case is written, for messages.
pub(super) struct CaseShape<'a> {
    case: &'a Case,
    keeps_label: bool,
}

impl<'a> CaseShape<'a> {
    pub(super) fn of(case: &'a Case) -> CaseShape<'a> {
        CaseShape { case, keeps_label: keeps_label(case) }
    }
}

/// What stands for a case where a union holds nothing but a discriminator that no case has.
pub(super) const NO_CASE: &str = "_";

/// The name of a case as it is written.
pub(super) fn case_name(case: Option<&Case>) -> &str {
    case.map_or(NO_CASE, |case| &case.name)
}

/// Whether the discriminator must be said, because the case does not tell it: it has several labels, or is the default.
pub(super) fn keeps_label(case: &Case) -> bool {
    case.labels.len() != 1
}

impl fmt::Display for CaseShape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.case.name;
        match (self.keeps_label, &self.case.ty) {
            (false, None) => write!(f, "`{name}`"),
            (false, Some(ty)) => write!(f, "`{name}({ty})`"),
            (true, None) => write!(f, "`{name}(label)`"),
            (true, Some(ty)) => write!(f, "`{name}(label, {ty})`"),
        }
    }
}
