//! Booleans, text, options, boxes and small tuples.

use std::sync::Arc;

use super::{Cdr, CdrError, Decoder, Encoder};

/// A `boolean`: one octet. Any octet but 0 reads as true.
impl Cdr for bool {
    const SIZE_MIN: usize = 1;

    #[inline]
    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_bool(*self);
        Ok(())
    }

    #[inline]
    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        input.read_bool()
    }

    fn encode_slice(items: &[Self], out: &mut Encoder) -> Result<(), CdrError> {
        out.write_octets(bytemuck::cast_slice(items));
        Ok(())
    }

    fn decode_vec(count: usize, input: &mut Decoder<'_>) -> Result<Vec<Self>, CdrError> {
        let octets = input.read_octets(count)?;
        Ok(octets.iter().map(|octet| *octet != 0).collect())
    }
}

/// An IDL `char`: one octet in the transmission code set.
impl Cdr for char {
    const SIZE_MIN: usize = 1;

    #[inline]
    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_char(*self)
    }

    #[inline]
    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        input.read_char()
    }
}

/// An IDL `string`.
impl Cdr for String {
    // A conforming string takes five octets; four are accepted for an empty one.
    const SIZE_MIN: usize = 4;

    #[inline]
    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        out.write_string(self)
    }

    #[inline]
    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        input.read_string()
    }
}

/// Nothing at all: the result of an operation without one.
impl Cdr for () {
    const SIZE_MIN: usize = 0;

    fn encode(&self, _: &mut Encoder) -> Result<(), CdrError> {
        Ok(())
    }

    fn decode(_: &mut Decoder<'_>) -> Result<Self, CdrError> {
        Ok(())
    }
}

/// `union switch (boolean) { case TRUE: T value; }`.
impl<T: Cdr> Cdr for Option<T> {
    const SIZE_MIN: usize = 1;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        T::encode_option(self.as_ref(), out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        T::decode_option(input)
    }
}

/// What is inside. Reading one costs a nesting level.
impl<T: Cdr> Cdr for Box<T> {
    const SIZE_MIN: usize = T::SIZE_MIN;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        (**self).encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        input.nested(T::decode).map(Self::new)
    }
}

/// What is inside; sharing is not kept. Reading one costs a nesting level.
impl<T: Cdr> Cdr for Arc<T> {
    const SIZE_MIN: usize = T::SIZE_MIN;

    fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
        (**self).encode(out)
    }

    fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
        input.nested(T::decode).map(Self::new)
    }
}

macro_rules! tuples {
    ($(($($name:ident . $index:tt),+))*) => {$(
        /// A structure of the elements in order.
        impl<$($name: Cdr),+> Cdr for ($($name,)+) {
            const SIZE_MIN: usize = 0usize $(.saturating_add($name::SIZE_MIN))+;

            fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
                $(self.$index.encode(out)?;)+
                Ok(())
            }

            fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
                Ok(($($name::decode(input)?,)+))
            }
        }
    )*};
}

tuples! {
    (A.0)
    (A.0, B.1)
    (A.0, B.1, C.2)
    (A.0, B.1, C.2, D.3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdr::Endian;

    fn octets<T: Cdr>(value: &T) -> Vec<u8> {
        let mut out = Encoder::new(Endian::Big);
        value.encode(&mut out).unwrap();
        out.into_bytes()
    }

    fn value<T: Cdr>(octets: &[u8]) -> Result<T, CdrError> {
        let mut input = Decoder::new(octets, Endian::Big);
        let value = T::decode(&mut input)?;
        input.finish()?;
        Ok(value)
    }

    #[test]
    fn booleans_are_lenient_to_read() {
        assert_eq!(octets(&vec![true, false]), [0, 0, 0, 2, 1, 0]);
        assert_eq!(value::<Vec<bool>>(&[0, 0, 0, 3, 0, 1, 0xff]), Ok(vec![false, true, true]));
        assert_eq!(value::<[bool; 2]>(&[0, 2]), Ok([false, true]));
    }

    #[test]
    fn options_are_unions() {
        assert_eq!(octets(&Some(7u32)), [1, 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(octets(&None::<u32>), [0]);
        assert_eq!(value::<Option<u16>>(&[1, 0, 0, 7]), Ok(Some(7)));
        assert_eq!(value::<Option<u16>>(&[0]), Ok(None));
    }

    #[test]
    fn tuples_boxes_and_text() {
        let sample = (1u8, Box::new(String::from("ab")), Arc::new('c'), ());
        let expected = [1, 0, 0, 0, 0, 0, 0, 3, b'a', b'b', 0, b'c'];
        assert_eq!(octets(&sample), expected);
        assert_eq!(value(&expected), Ok(sample));
        assert_eq!(<(u8, u32, String)>::SIZE_MIN, 9);
    }

    #[test]
    fn a_list_by_boxes_ends() {
        #[derive(Debug)]
        struct Node(Option<Box<Node>>);
        impl Cdr for Node {
            const SIZE_MIN: usize = 1;
            fn encode(&self, out: &mut Encoder) -> Result<(), CdrError> {
                self.0.encode(out)
            }
            fn decode(input: &mut Decoder<'_>) -> Result<Self, CdrError> {
                Option::decode(input).map(Self)
            }
        }
        assert!(matches!(value::<Node>(&[1; 100_000]), Err(CdrError::TooDeep { .. })));
        assert!(value::<Node>(&[1, 1, 0]).unwrap().0.unwrap().0.unwrap().0.is_none());
    }
}
