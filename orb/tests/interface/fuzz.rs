//! Derived decoders under input that nobody wrote on purpose: seeded, bounded.

use quorb::IdlType;

use crate::exceptions::OutOfRange;
use crate::structs::{Colour, Matrix, Point, Tree};
use crate::support::{cbor, cdr, from_cbor, from_cdr};
use crate::unions::{Answer, Shape};

/// A small generator of numbers (xorshift64): the same ones every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit as u64) as usize
    }

    /// Octets with some cut off, flipped or replaced.
    fn damage(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut damaged = octets.to_vec();
        for _ in 0..1 + self.below(3) {
            let place = self.below(damaged.len().max(1));
            match self.below(4) {
                0 => damaged.truncate(place),
                1 => damaged.insert(place, self.roll() as u8),
                _ => damaged.iter_mut().skip(place).take(1).for_each(|octet| *octet ^= 1 << self.below(8)),
            }
        }
        damaged
    }
}

/// Reads damaged encodings of `value`, and noise. What is accepted must be writable again.
fn exercise<T: IdlType>(value: &T, seed: u64) {
    const ROUNDS: usize = 4_000;
    let mut dice = Dice(seed);
    let (mut accepted, mut refused) = (0, 0);
    let mut count = |is_ok: bool| if is_ok { accepted += 1 } else { refused += 1 };
    for _ in 0..ROUNDS {
        let noise: Vec<u8> = (0..dice.below(64)).map(|_| dice.roll() as u8).collect();
        for octets in [dice.damage(&cdr(value)), noise.clone()] {
            let read = from_cdr::<T>(&octets);
            read.iter().for_each(|value| drop(cdr(value)));
            count(read.is_ok());
        }
        for octets in [dice.damage(&cbor(value)), noise] {
            let read = from_cbor::<T>(&octets);
            read.iter().for_each(|value| drop(cbor(value)));
            count(read.is_ok());
        }
    }
    assert!(accepted > 0 && refused > 0, "the damage is neither harmless nor total");
}

#[test]
fn damaged_values_cost_an_error() {
    let tree = Tree { label: "a".into(), children: vec![], next: None };
    let tree =
        Tree { label: "b".into(), children: vec![tree.clone(), tree.clone()], next: Some(Box::new(tree)) };
    exercise(&tree, 1);
    exercise(&Point { x: 1, r#type: Some("t".into()), z: vec![1, 2], note: "n".into(), weight: 1 }, 2);
    exercise(&Matrix(vec![vec![1, 2], vec![3]]), 3);
    exercise(&Colour::Blue, 4);
    exercise(
        &Shape::Group(vec![Shape::Circle(1.0), Shape::Nothing, Shape::Inverse(Box::new(Shape::Nothing))]),
        5,
    );
    exercise(&Answer::Few(3, true), 6);
    exercise(&Answer::Other(9, "text".into()), 7);
    exercise(&OutOfRange { n: 1, m: 2 }, 8);
}
