//! From events to values, and from values to events.

use std::any::TypeId;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use quorb::value::AnyError;
use quorb::{Any, IdlType, TypeCode};
use quorb_giop::cdr::{CdrProfile, Decoder, Encoder, Endian};

use crate::block::{Block, EventView};
use crate::corba::{Reader, type_octets};

/// An event with everything that is known of it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event<T> {
    /// Its position in its channel: where a later subscription can go on, with the next one.
    pub position: u64,
    /// When the channel got it, in microseconds since 1970.
    pub time_us: u64,
    /// Its subject.
    pub subject: String,
    /// What it is conflated by, if its publisher has said so.
    pub key: Vec<u8>,
    /// Its value.
    pub value: T,
}

impl<T> Event<T> {
    /// When the channel got it.
    pub fn time(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_micros(self.time_us)
    }
}

/// The rules by which payloads are written.
const PROFILE: CdrProfile = CdrProfile::native(Endian::Little);

/// Writes values of a type. An [`Any`] is published as what it holds.
#[derive(Debug)]
pub(super) struct Writer<T> {
    form: Form,
    ty: Vec<u8>,
    _of: PhantomData<fn(T)>,
}

/// How values of a type become events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// An exception, whose values have their type in front.
    Exception,
    Any,
}

fn form_of<T: IdlType>() -> Form {
    if TypeId::of::<T>() == TypeId::of::<Any>() {
        Form::Any
    } else if TypeCode::of::<T>().kind() == quorb::value::TcKind::EXCEPT {
        Form::Exception
    } else {
        Form::Plain
    }
}

thread_local! {
    /// What the last value was written into.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What is kept of the memory that a value was written into.
const SCRATCH_BYTES_MAX: usize = 64 << 10;

impl<T: IdlType> Writer<T> {
    pub(super) fn new() -> Result<Writer<T>, AnyError> {
        Ok(Writer { form: form_of::<T>(), ty: type_octets(&TypeCode::of::<T>())?, _of: PhantomData })
    }

    /// Writes a value: its type, if it is not the usual one, and its octets.
    pub(super) fn write(&self, value: &T) -> Result<(Option<Vec<u8>>, Vec<u8>), AnyError> {
        match self.form {
            Form::Plain => {
                let buffer = SCRATCH.with(|scratch| std::mem::take(&mut *scratch.borrow_mut()));
                let mut out = Encoder::with_buffer(buffer, 0, PROFILE);
                value.encode(&mut out)?;
                Ok((None, out.into_bytes()))
            }
            Form::Exception => Ok((None, Any::new(value)?.to_cdr(Endian::Little)?.to_vec())),
            Form::Any => {
                let value: &dyn std::any::Any = value;
                let null = Any::null();
                let any = value.downcast_ref::<Any>().unwrap_or(&null);
                Ok((Some(type_octets(any.type_code())?), any.to_cdr(Endian::Little)?.to_vec()))
            }
        }
    }

    /// The usual type.
    pub(super) fn ty(&self) -> &[u8] {
        &self.ty
    }

    /// Takes back what a value was written into.
    pub(super) fn recycle(mut octets: Vec<u8>) {
        if octets.capacity() <= SCRATCH_BYTES_MAX {
            octets.clear();
            SCRATCH.with(|scratch| *scratch.borrow_mut() = octets);
        }
    }
}

/// Reads values of a type. Any event is an [`Any`].
#[derive(Debug)]
pub(super) struct Typed<T> {
    form: Form,
    expected: TypeCode,
    /// A type as octets that values of are known to be ours: usually the only one that comes.
    fitting: Vec<u8>,
    reader: Reader,
    _of: PhantomData<fn() -> T>,
}

/// Why an event is no value.
#[derive(Debug)]
pub(super) enum NoValue {
    OtherType(String),
    Malformed(AnyError),
}

impl<T: IdlType> Typed<T> {
    pub(super) fn new() -> Result<Typed<T>, AnyError> {
        let expected = TypeCode::of::<T>();
        let fitting = type_octets(&expected)?;
        Ok(Typed { form: form_of::<T>(), expected, fitting, reader: Reader::default(), _of: PhantomData })
    }

    /// The value of an event.
    pub(super) fn value(&mut self, block: &Block, event: &EventView<'_>) -> Result<T, NoValue> {
        if self.form == Form::Any {
            let any = self.reader.any(block, event).map_err(NoValue::Malformed)?;
            let mut slot = Some(any);
            let slot: &mut dyn std::any::Any = &mut slot;
            let value = slot.downcast_mut::<Option<T>>().and_then(Option::take);
            return value.ok_or_else(|| NoValue::OtherType("any".to_owned()));
        }
        let ty = block.type_octets(event.ty);
        if *self.fitting != *ty {
            let found = self.reader.type_code(ty).map_err(NoValue::Malformed)?;
            if !self.expected.is_equivalent(&found) {
                return Err(NoValue::OtherType(found.to_string()));
            }
            self.fitting = ty.to_vec();
        }
        if self.form == Form::Exception {
            let any = self.reader.any(block, event).map_err(NoValue::Malformed)?;
            return any.get().map_err(NoValue::Malformed);
        }
        let mut input = Decoder::with_profile(event.payload, 0, PROFILE);
        let value = T::decode(&mut input).and_then(|value| input.finish().map(|()| value));
        value.map_err(|cause| NoValue::Malformed(cause.into()))
    }
}
