//! Seeded random values of the types of module `Zoo`.

use quorb::{Any, IdlType, ObjectRef, TypeCode, ValueRef};

use super::types::{
    Basket, ByBoolean, ByChar, ByColour, ByLong, ByLongLong, ByShort, ByUnsignedLong, ByUnsignedLongLong,
    ByUnsignedShort, Colour, Even, Link, Named, Point, Price, Text, Unions,
};

/// Makes values; the same seed, the same values.
#[derive(Debug)]
pub struct Sampler(u64);

impl Sampler {
    /// A maker of the values of this seed.
    pub fn new(seed: u64) -> Sampler {
        Sampler(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number.
    pub fn number(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.number() % limit
    }

    /// Text that every code set has.
    pub fn text(&mut self) -> String {
        (0..self.below(9)).map(|_| char::from(b' ' + self.below(95) as u8)).collect()
    }

    fn double(&mut self) -> f64 {
        self.number() as i64 as f64 / 1024.0
    }

    /// `fixed<9, 3>`.
    pub fn price(&mut self) -> Price {
        let units = i128::from(self.below(1_999_999_999)) - 999_999_999;
        Price::from_units(units).unwrap_or_default()
    }

    /// `fixed<4, 0>`.
    pub fn even(&mut self) -> Even {
        Even::from_units(i128::from(self.below(19_999)) - 9_999).unwrap_or_default()
    }

    /// Unions by every switch.
    pub fn unions(&mut self) -> Unions {
        let (number, small) = (self.double(), self.number() as u8);
        let labelled = self.below(2) == 0;
        let other = self.below(60_000);
        Unions {
            odd: small,
            boolean_switch: if labelled { ByBoolean::Text(self.text()) } else { ByBoolean::Number(small) },
            char_switch: match self.below(3) {
                0 => ByChar::Few('\'', other as i32),
                1 => ByChar::Few('a', -1),
                _ => ByChar::Rest('b', self.text()),
            },
            short_switch: match self.below(3) {
                0 => ByShort::Number(number),
                1 => ByShort::Small(small),
                _ => ByShort::Nothing(8),
            },
            unsigned_short_switch: match labelled {
                true => ByUnsignedShort::Number(number),
                false => ByUnsignedShort::Small(other as u16, small),
            },
            long_switch: if labelled { ByLong::Number(number) } else { ByLong::Small(other as i32, small) },
            unsigned_long_switch: match labelled {
                true => ByUnsignedLong::Number(number),
                false => ByUnsignedLong::Small(other as u32, small),
            },
            long_long_switch: match labelled {
                true => ByLongLong::Number(number),
                false => ByLongLong::Small(-(other as i64), small),
            },
            unsigned_long_long_switch: match labelled {
                true => ByUnsignedLongLong::Number(number),
                false => ByUnsignedLongLong::Small(other, small),
            },
            colour_switch: match self.below(3) {
                0 => ByColour::Number(number),
                1 => ByColour::Text(Colour::Green, self.text()),
                _ => ByColour::Text(Colour::Blue, self.text()),
            },
        }
    }

    /// A point, one with a name, or null.
    pub fn point(&mut self) -> Option<ValueRef<Point>> {
        let point = Point { x: self.number() as i32, y: self.number() as i32 };
        match self.below(3) {
            0 => None,
            1 => Some(ValueRef::new(point)),
            _ => ValueRef::new(Named { point, name: self.text() }).cast(),
        }
    }

    /// A graph of values: chains, twins, circles, or null.
    pub fn link(&mut self) -> Option<ValueRef<Link>> {
        let leaf = ValueRef::new(Link { label: self.text(), next: None, twin: None });
        match self.below(5) {
            0 => None,
            1 => Some(leaf),
            // Three values that end at the same place.
            4 => {
                let twin = Link { label: self.text(), next: None, twin: Some(leaf) };
                let twin = Some(ValueRef::new(twin));
                Some(ValueRef::new(Link { label: self.text(), next: None, twin }))
            }
            2 => Some(ValueRef::new(Link { label: self.text(), next: Some(leaf.clone()), twin: Some(leaf) })),
            _ => {
                let (outer, inner) = (self.text(), self.text());
                Some(ValueRef::new_cyclic(|me| {
                    let inner = Link { label: inner, next: Some(me.clone()), twin: Some(leaf.clone()) };
                    Link { label: outer, next: Some(ValueRef::new(inner)), twin: Some(leaf) }
                }))
            }
        }
    }

    /// A boxed text or null.
    pub fn boxed(&mut self) -> Option<ValueRef<Text>> {
        (self.below(4) > 0).then(|| ValueRef::new(Text(self.text())))
    }

    /// Values of all kinds, some of them twice.
    pub fn basket(&mut self) -> Basket {
        let (first, text, link) = (self.point(), self.boxed(), self.link());
        Basket {
            odd: self.number() as u8,
            second: if self.below(2) == 0 { first.clone() } else { self.point() },
            first,
            number: self.double(),
            labels: vec![text.clone(), self.boxed(), text],
            chain: vec![link.clone(), self.link(), None, link],
        }
    }
}

/// Values of every kind of type that goes into an `any`.
pub fn anys(sampler: &mut Sampler) -> Vec<Any> {
    fn any<T: IdlType>(value: &T) -> Any {
        Any::new(value).expect("it has a form in CDR")
    }
    vec![
        Any::null(),
        any(&(sampler.number() as i16)),
        any(&(sampler.number() as u16)),
        any(&(sampler.number() as i32)),
        any(&(sampler.number() as u32)),
        any(&(sampler.number() as i64)),
        any(&sampler.number()),
        any(&0.5f32),
        any(&sampler.double()),
        any(&true),
        any(&'x'),
        any(&7u8),
        any(&sampler.text()),
        any(&sampler.price()),
        any(&Colour::Blue),
        any(&sampler.unions()),
        any(&(0..sampler.below(50)).map(|_| sampler.number() as u8).collect::<Vec<u8>>()),
        any(&(0..sampler.below(50)).map(|_| sampler.number() as i32).collect::<Vec<i32>>()),
        any(&vec![sampler.unions(), sampler.unions()]),
        any(&[[1i16, 2], [3, 4]]),
        any(&any(&sampler.text())),
        any(&vec![any(&1u8), any(&sampler.double())]),
        any(&TypeCode::of::<Unions>()),
        any(&TypeCode::of::<Option<ValueRef<Link>>>()),
        any(&ObjectRef::nil()),
        any(&quorb::BVec::<i32, 4>::new(vec![1, 2]).expect("it is short")),
    ]
}
