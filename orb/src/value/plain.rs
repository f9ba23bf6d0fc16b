//! Which values a call within the process may hand over as they are, without encoding them.

use super::IdlType;

/// Levels of values in values that are looked at before a value is taken for one that has to be encoded.
const PLAIN_LEVELS_MAX: u32 = 16;

/// Elements that take no octets and are taken for plain: decoders refuse large numbers of them.
const EMPTY_ELEMENTS_PLAIN_MAX: usize = 64;

/// Whether an argument, a result or an exception may be handed over as it is.
pub fn is_plain<T: IdlType>(value: &T) -> bool {
    value.is_plain(PLAIN_LEVELS_MAX)
}

/// Whether the elements of an argument may be.
pub fn is_plain_slice<T: IdlType>(items: &[T]) -> bool {
    are_plain(items, PLAIN_LEVELS_MAX)
}

/// Whether a text may be: one with a NUL in it cannot be encoded.
pub fn is_plain_text(text: &str) -> bool {
    !text.as_bytes().contains(&0)
}

/// [`IdlType::is_plain`] of a sequence of these.
pub(super) fn are_plain<T: IdlType>(items: &[T], levels: u32) -> bool {
    levels > 0
        && (T::SIZE_MIN > 0 || items.len() <= EMPTY_ELEMENTS_PLAIN_MAX)
        && T::are_plain(items, levels - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::value::{BString, BVec};

    #[test]
    fn values_that_come_back_as_they_went() {
        assert!(is_plain(&1u8) && is_plain(&f64::NAN) && is_plain(&true) && is_plain(&'a'));
        assert!(is_plain(&vec![vec![1.5f32]]) && is_plain(&[1i64; 3]) && is_plain(&Some("x".to_owned())));
        assert!(is_plain(&Box::new(BTreeMap::from([("a".to_owned(), 1u16)]))));
        assert!(
            is_plain(&BVec::<u8, 3>::new(vec![1]).unwrap()) && is_plain(&BString::<3>::new("a").unwrap())
        );
        assert!(is_plain_slice(&["a".to_owned()]) && is_plain_text(""));
    }

    #[test]
    fn values_that_encoding_refuses_or_changes() {
        assert!(!is_plain_text("a\0b") && !is_plain(&vec!["\0".to_owned()]) && !is_plain(&'\u{e9}'));
        assert!(!is_plain(&BString::<3>::new("\0").unwrap()));
        assert!(!is_plain(&BTreeMap::from([(1u8, "\0".to_owned())])));
        assert!(!is_plain(&crate::ObjectRef::nil()), "references are bound anew");
    }

    #[test]
    fn what_is_nested_deeply_is_encoded() {
        type Two<T> = Vec<Vec<T>>;
        type Sixteen<T> = Two<Two<Two<Two<Two<Two<Two<Two<T>>>>>>>>;
        fn around<T>(value: T) -> Two<T> {
            vec![vec![value]]
        }
        let sixteen: Sixteen<u8> = around(around(around(around(around(around(around(around(1))))))));
        assert!(is_plain(&sixteen));
        assert!(!is_plain(&vec![sixteen]));
    }
}
