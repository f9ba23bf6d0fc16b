//! What is generated is what one would write: equal descriptions, so equal fingerprints.

use quorb::Proxy;

use crate::{handwritten, shop};

#[test]
fn the_description_is_that_of_the_handwritten_interface() {
    let generated = shop::ShelfProxy::interface();
    let written = handwritten::ShelfProxy::interface();
    let (left, right) = (generated.describe(), written.describe());
    for (left, right) in left.operations.iter().zip(&right.operations) {
        assert_eq!(left, right);
    }
    assert_eq!(left, right);
    assert_eq!(generated.fingerprint(), written.fingerprint());
    assert_eq!(shop::TillProxy::interface().fingerprint(), handwritten::TillProxy::interface().fingerprint());
}

#[test]
fn constants_have_their_values() {
    assert_eq!((shop::SHELVES, shop::MASK, shop::shelf::WIDTH), (4i32, 255u8, 7i16));
    assert_eq!((shop::MOTTO, shop::RATE), ("buy \"now\"", -1.5));
    assert_eq!(shop::FAVOURITE, shop::Colour::LightGreen);
}

#[test]
fn types_have_the_traits_that_their_parts_allow() {
    fn hashes<T: Eq + std::hash::Hash + Default>(_: &T) {}
    hashes(&shop::Colour::Red);
    hashes(&shop::shelf::Place { row: 1, now: shop::shelf::State::Open });
    fn compares<T: Eq + std::hash::Hash>(_: &T) {}
    compares(&shop::Answer::Blob(vec![1]));
    assert_eq!(shop::Item::default().parts, vec![]);
}

#[test]
fn idl_in_rust_is_idl_from_a_file() {
    mod tokens {
        quorb::idl! {
            #![query = Cell::read]
            /// A cell, with a wide range.
            #pragma prefix "quorb.test"
            module Sheet { typedef sequence<sequence<long, 2>> Table; };
            interface Cell { long read(in Sheet::Table at); readonly attribute octet kind; };
        }
    }
    mod text {
        quorb::idl!(
            r#"
            #pragma prefix "quorb.test"
            module Sheet { typedef sequence<sequence<long, 2>> Table; };
            interface Cell { long read(in Sheet::Table at); readonly attribute octet kind; };
            const wstring WIDE = L"w'";
            "#,
            query = [Cell::read]
        );
    }
    assert_eq!(tokens::CellProxy::interface().describe(), text::CellProxy::interface().describe());
    assert_eq!(text::WIDE, "w'");
    assert!(tokens::CellProxy::interface().operation("read").is_some_and(|read| read.is_repeatable()));
}
