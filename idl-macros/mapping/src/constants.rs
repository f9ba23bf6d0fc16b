//! Constants.

use proc_macro2::{Literal as Number, TokenStream};
use quorb_idl::model::{Constant, Definition, DefinitionId, DefinitionKind, Fixed, Literal, Primitive, Type};
use quote::quote;

use crate::Mapper;
use crate::names::Scope;
use crate::spelling::ident;

impl Mapper<'_> {
    pub(crate) fn constant(
        &mut self,
        id: DefinitionId,
        definition: &Definition,
        constant: &Constant,
    ) -> TokenStream {
        let scope = definition.parent;
        let (name, place) = (ident(self.names.own(id)), definition.place);
        let ty = match self.model.without_aliases(&constant.ty) {
            Type::String(_) | Type::WString(_) => quote!(&str),
            Type::Primitive(Primitive::WChar) => quote!(char),
            _ => self.ty(&constant.ty, scope, place),
        };
        let value = self.value(&constant.value, &constant.ty, scope);
        let text = format!(" `const {} {}`", self.type_text(&constant.ty), self.scoped(id));
        quote! {
            #[doc = #text]
            pub const #name: #ty = #value;
        }
    }

    /// A value as an expression of its type.
    pub(crate) fn value(&mut self, value: &Literal, ty: &Type, from: Scope) -> TokenStream {
        match value {
            Literal::Integer(number) => {
                // Range-checked against its type by the front end.
                let digits = Number::u128_unsuffixed(number.unsigned_abs());
                if *number < 0 { quote!(-#digits) } else { quote!(#digits) }
            }
            Literal::Float(number) => self.float(*number, ty),
            Literal::Char(character) | Literal::WChar(character) => quote!(#character),
            Literal::Boolean(truth) => quote!(#truth),
            Literal::String(text) | Literal::WString(text) => quote!(#text),
            Literal::Enumerator(enumerator) => self.enumerator(*enumerator, from),
            Literal::Fixed(number) => self.fixed(*number, ty),
        }
    }

    fn float(&self, number: f64, ty: &Type) -> TokenStream {
        let is_float = matches!(self.model.without_aliases(ty), Type::Primitive(Primitive::Float));
        let word = if is_float { quote!(f32) } else { quote!(f64) };
        if number.is_finite() {
            let digits = Number::f64_unsuffixed(number.abs());
            if number.is_sign_negative() { quote!(-#digits) } else { quote!(#digits) }
        } else if number.is_nan() {
            quote!(#word::NAN)
        } else if number > 0.0 {
            quote!(#word::INFINITY)
        } else {
            quote!(#word::NEG_INFINITY)
        }
    }

    /// In units of the last digit of its type, which the front end has made large enough.
    fn fixed(&self, number: Fixed, ty: &Type) -> TokenStream {
        let zeros = match self.model.without_aliases(ty) {
            Type::Fixed { scale, .. } => scale.saturating_sub(number.scale()),
            _ => 0,
        };
        let digits = number.mantissa().unsigned_abs().saturating_mul(10u128.saturating_pow(zeros.into()));
        let (fixed, digits) = (self.chosen.runtime.broker(quote!(Fixed)), Number::u128_unsuffixed(digits));
        if number.mantissa() < 0 {
            quote!(#fixed::of_units(-#digits))
        } else {
            quote!(#fixed::of_units(#digits))
        }
    }

    /// The path of an enumerator.
    pub(crate) fn enumerator(&self, enumerator: DefinitionId, from: Scope) -> TokenStream {
        let DefinitionKind::Enumerator(of, _) = self.model.definition(enumerator).kind else {
            return quote!(());
        };
        let (path, variant) = (self.names.path(of, "", from), ident(&self.variant_of(enumerator)));
        quote!(#path::#variant)
    }
}
