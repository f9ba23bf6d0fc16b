//! `any`: a value that brings its type.

mod copy;
mod form;

use std::fmt;

use bytes::Bytes;
use ciborium::Value;
use quorb_giop::cdr::{CdrError, CdrProfile, Decoder, Encoder, Endian};

use super::dynamic::{self, DynamicError};
use super::{BodyError, IdlType};
use crate::model::{TypeDef, TypeDesc};
use crate::value::typecode::TypeCode;

/// A value of any type, with its type.
///
/// It holds the octets of the value as they would stand alone in CDR, so that bulk data stay a block and a type that nobody
/// here knows goes on as it came, also to a peer with another byte order or other code sets. Cheap to clone: the octets are
/// shared. Two of them are equal if their types are [equivalent](TypeCode::is_equivalent) and their
/// values the same, octet for octet.
///
/// ```
/// use quorb::Any;
///
/// let any = Any::new(&vec![1.5, 2.5])?;
/// assert_eq!(any.type_code().to_string(), "sequence<double>");
/// assert_eq!(any.get::<Vec<f64>>()?, [1.5, 2.5]);
/// assert!(any.get::<String>().is_err());
/// # Ok::<(), quorb::value::AnyError>(())
/// ```
#[derive(Clone)]
pub struct Any {
    code: TypeCode,
    octets: Bytes,
    /// The rules by which the octets were written, with alignment from their start.
    profile: CdrProfile,
}

/// Why a value does not go into an [`Any`] or come out of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnyError {
    /// The value is of another type than the one that was asked for.
    #[error("the value is a `{found}`, not a `{expected}`")]
    OtherType {
        /// The type that was asked for.
        expected: String,
        /// The type of the value.
        found: String,
    },
    /// The value cannot be written or read.
    #[error(transparent)]
    Cdr(#[from] CdrError),
    /// The dynamic value is none of the type.
    #[error(transparent)]
    Dynamic(#[from] DynamicError),
}

impl Any {
    /// The rules by which values are kept that did not come from elsewhere.
    const OWN: CdrProfile = CdrProfile::native(Endian::NATIVE);

    /// An `any` that holds nothing.
    pub fn null() -> Any {
        Any { code: TypeCode::null(), octets: Bytes::new(), profile: Any::OWN }
    }

    /// An `any` of a value.
    ///
    /// # Errors
    /// The value has no CDR form: a string with a NUL in it, a `char` that is not ASCII.
    pub fn new<T: IdlType>(value: &T) -> Result<Any, AnyError> {
        let code = TypeCode::of::<T>();
        let mut out = Encoder::with_buffer(Vec::new(), 0, Any::OWN);
        if let Some(id) = exception_id(&code) {
            out.write_string_octets(id.as_bytes())?;
        }
        value.encode(&mut out)?;
        Ok(Any { code, octets: out.into_bytes().into(), profile: Any::OWN })
    }

    /// An `any` of a [dynamic value](crate::value::dynamic).
    ///
    /// # Errors
    /// It is no value of the type.
    pub fn from_dynamic(code: TypeCode, value: &Value) -> Result<Any, AnyError> {
        let mut out = Encoder::with_buffer(Vec::new(), 0, Any::OWN);
        dynamic::write_any_value(value, &code, &mut out)?;
        Ok(Any { code, octets: out.into_bytes().into(), profile: Any::OWN })
    }

    /// An `any` of octets that are the value as it stands alone in CDR, aligned from their start, with UTF-8 and UTF-16 as
    /// text. They are checked.
    ///
    /// ```
    /// use quorb::Any;
    /// use quorb_giop::cdr::Endian;
    ///
    /// let any = Any::new(&"up two".to_owned())?;
    /// let octets = any.to_cdr(Endian::Big)?;
    /// assert_eq!(octets[..5], [0, 0, 0, 7, b'u']);
    /// assert_eq!(Any::from_cdr(any.type_code().clone(), &octets, Endian::Big)?, any);
    /// assert!(Any::from_cdr(any.type_code().clone(), &octets[..9], Endian::Big).is_err());
    /// # Ok::<(), quorb::value::AnyError>(())
    /// ```
    ///
    /// # Errors
    /// They are no value of the type, or more than one.
    pub fn from_cdr(code: TypeCode, octets: &[u8], endian: Endian) -> Result<Any, AnyError> {
        let profile = CdrProfile::native(endian);
        let mut input = Decoder::with_profile(octets, 0, profile);
        let mut out = Encoder::with_buffer(Vec::with_capacity(octets.len()), 0, profile);
        copy::Copier::new(&code).any_value(&mut input, &mut out)?;
        input.finish()?;
        Ok(Any { code, octets: out.into_bytes().into(), profile })
    }

    /// The value as it stands alone in CDR: what [`from_cdr`](Any::from_cdr) takes.
    ///
    /// # Errors
    /// Text that came in another code set and has no form in this one.
    pub fn to_cdr(&self, endian: Endian) -> Result<Bytes, AnyError> {
        let profile = CdrProfile::native(endian);
        if self.profile == profile {
            return Ok(self.octets.clone());
        }
        Ok(self.in_profile(profile)?.into())
    }

    /// The type of the value.
    pub fn type_code(&self) -> &TypeCode {
        &self.code
    }

    /// Whether it holds a value of type `T`.
    pub fn is<T: IdlType>(&self) -> bool {
        TypeCode::of::<T>().is_equivalent(&self.code)
    }

    /// The value.
    ///
    /// # Errors
    /// It is not of type `T`.
    pub fn get<T: IdlType>(&self) -> Result<T, AnyError> {
        let expected = TypeCode::of::<T>();
        if !expected.is_equivalent(&self.code) {
            return Err(AnyError::OtherType { expected: expected.to_string(), found: self.code.to_string() });
        }
        let mut input = self.decoder();
        if exception_id(&self.code).is_some() {
            input.read_string_octets()?;
        }
        let value = T::decode(&mut input)?;
        input.finish()?;
        Ok(value)
    }

    /// The value as a [dynamic value](crate::value::dynamic), whatever its type.
    ///
    /// # Errors
    /// The value is larger or deeper than dynamic values may be.
    pub fn to_dynamic(&self) -> Result<Value, AnyError> {
        Ok(dynamic::read_any_value(&self.code, &mut self.decoder())?)
    }

    fn decoder(&self) -> Decoder<'_> {
        Decoder::with_profile(&self.octets, 0, self.profile)
    }
}

/// The repository id that stands before the members of an exception, if the type is one (CORBA 3.3 Part 2, 9.3.5.5).
pub(crate) fn exception_id(code: &TypeCode) -> Option<&str> {
    match code.types().resolve(code.desc()) {
        Ok((TypeDesc::Named(id), Some(TypeDef::Exception { .. }))) => Some(id),
        _ => None,
    }
}

impl Default for Any {
    fn default() -> Any {
        Any::null()
    }
}

impl PartialEq for Any {
    fn eq(&self, other: &Any) -> bool {
        if !self.code.is_equivalent(&other.code) {
            return false;
        }
        if self.profile == other.profile {
            return self.octets == other.octets;
        }
        let ours = |any: &Any| any.in_profile(Any::OWN);
        matches!((ours(self), ours(other)), (Ok(one), Ok(two)) if one == two)
    }
}

impl Eq for Any {}

impl fmt::Debug for Any {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Any");
        shown.field("type", &self.code);
        match self.to_dynamic() {
            Ok(value) => shown.field("value", &value),
            Err(_) => shown.field("octets", &self.octets),
        };
        shown.finish()
    }
}

impl From<AnyError> for BodyError {
    fn from(error: AnyError) -> BodyError {
        match error {
            AnyError::Cdr(cause) => BodyError::Cdr(cause),
            AnyError::Dynamic(cause) => BodyError::Dynamic(cause),
            AnyError::OtherType { .. } => {
                BodyError::Cbor(super::CborError::NotOfType { reason: error.to_string() })
            }
        }
    }
}
