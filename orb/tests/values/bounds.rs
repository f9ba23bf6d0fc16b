//! Bounded strings and sequences as Rust sees them.

use quorb::{BString, BVec};

#[test]
fn bounded_types_are_made_and_taken_apart() {
    let text: BString<8> = "abc".try_into().expect("it is short");
    assert_eq!((&*text, text.to_string(), text.len()), ("abc", "abc".to_owned(), 3));
    assert_eq!(text.into_string(), "abc");
    let items: BVec<i32, 3> = vec![1, 2].try_into().expect("they are few");
    assert_eq!((&*items, items.len()), (&[1, 2][..], 2));
    assert_eq!(items.into_vec(), [1, 2]);
    assert!(BVec::<i32, 3>::default().is_empty() && BString::<3>::default().is_empty());
    let refused = BString::<2>::new("abc").unwrap_err();
    assert_eq!(refused.to_string(), "a length of 3 exceeds the bound of 2");
}
