//! The values each type is tried with: its edges (least, greatest, empty, payloads of NaNs, quotes, text beyond ASCII and
//! beyond Latin-1) and seeded random ones.

use super::random::Random;
use super::session::Session;
use crate::echo::{Choice, Colour, Entries, FewLongs, Point, Record, Shape};

/// Makes random values. Sequences get at most `elements_max` elements a level.
pub(super) struct Maker<'a> {
    pub(super) random: &'a mut Random,
    /// Text may hold any character; else those of ISO 8859-1.
    pub(super) utf8: bool,
    elements_max: u32,
}

impl Maker<'_> {
    fn length(&mut self) -> usize {
        self.random.below(self.elements_max + 1) as usize
    }

    pub(super) fn text(&mut self, characters_max: u32) -> String {
        let count = self.random.below(characters_max + 1);
        (0..count).map(|_| self.character()).collect()
    }

    fn character(&mut self) -> char {
        match (self.random.below(4), self.utf8) {
            (0, true) => char::from_u32(1 + self.random.below(0x10_fffe)).unwrap_or('\u{20ac}'),
            (0, false) => char::from_u32(1 + self.random.below(0xff)).unwrap_or('x'),
            _ => self.printable(),
        }
    }

    fn printable(&mut self) -> char {
        char::from_u32(0x20 + self.random.below(95)).unwrap_or(' ')
    }
}

/// A type with random values.
pub(super) trait Sample {
    fn sample(maker: &mut Maker<'_>) -> Self;
}

/// A random value.
pub(super) fn sample<T: Sample>(session: &mut Session) -> T {
    sample_of(session, 6)
}

/// A random value whose sequences have at most so many elements.
pub(super) fn sample_of<T: Sample>(session: &mut Session, elements_max: u32) -> T {
    let utf8 = session.options.utf8;
    T::sample(&mut Maker { random: &mut session.random, utf8, elements_max })
}

/// These values, random ones, and a large one.
pub(super) fn samples<T: Sample>(session: &mut Session, mut values: Vec<T>) -> Vec<T> {
    for _ in 0..session.options.rounds {
        values.push(sample(session));
    }
    values.push(sample_of(session, 40));
    values
}

macro_rules! numbers {
    ($($number:ty),+) => { $(
        impl Sample for $number {
            fn sample(maker: &mut Maker<'_>) -> Self {
                maker.random.next() as $number
            }
        }

        impl Edges for $number {
            fn edges() -> Vec<Self> {
                vec![<$number>::MIN, <$number>::MAX, 0, 1, <$number>::MAX / 2 + 1, <$number>::MIN + 1]
            }
        }
    )+ };
}
numbers!(i16, i32, i64, u8, u16, u32, u64);

/// A type with values where it may break.
pub(super) trait Edges: Sized {
    fn edges() -> Vec<Self>;
}

impl Sample for f32 {
    fn sample(maker: &mut Maker<'_>) -> Self {
        f32::from_bits(maker.random.next() as u32)
    }
}

impl Edges for f32 {
    fn edges() -> Vec<f32> {
        let denormal = f32::from_bits(1);
        let mut edges = vec![0.0, -0.0, 1.5, f32::MIN_POSITIVE, f32::MAX, f32::MIN, denormal];
        edges.extend([f32::INFINITY, f32::NEG_INFINITY]);
        edges.extend([0x7fc1_2345, 0xffab_cdef].map(f32::from_bits));
        edges
    }
}

impl Sample for f64 {
    fn sample(maker: &mut Maker<'_>) -> Self {
        f64::from_bits(maker.random.next())
    }
}

impl Edges for f64 {
    fn edges() -> Vec<f64> {
        let denormal = f64::from_bits(1);
        let mut edges = vec![0.0, -0.0, 0.1, f64::MIN_POSITIVE, f64::MAX, f64::MIN, denormal];
        edges.extend([f64::INFINITY, f64::NEG_INFINITY]);
        edges.extend(
            [0x7ff8_1234_5678_9abc, 0x7ff0_0000_0000_0001, 0xfffe_dcba_9876_5432].map(f64::from_bits),
        );
        edges
    }
}

impl Sample for String {
    fn sample(maker: &mut Maker<'_>) -> Self {
        maker.text(12)
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(maker: &mut Maker<'_>) -> Self {
        (0..maker.length()).map(|_| T::sample(maker)).collect()
    }
}

impl<T: Sample> Sample for Option<T> {
    fn sample(maker: &mut Maker<'_>) -> Self {
        (maker.random.below(3) != 0).then(|| T::sample(maker))
    }
}

impl Sample for FewLongs {
    fn sample(maker: &mut Maker<'_>) -> Self {
        let count = maker.random.below(5);
        FewLongs::new((0..count).map(|_| i32::sample(maker)).collect()).unwrap_or_default()
    }
}

impl Sample for Entries {
    fn sample(maker: &mut Maker<'_>) -> Self {
        let count = maker.random.below(7);
        let entry = |index| (format!("key {}/{index}", maker.random.below(1000)), i32::sample(maker));
        (0..count).map(entry).collect()
    }
}

impl Sample for Colour {
    fn sample(maker: &mut Maker<'_>) -> Self {
        [Colour::Red, Colour::Green, Colour::Blue][maker.random.below(3) as usize]
    }
}

impl Sample for Point {
    fn sample(maker: &mut Maker<'_>) -> Self {
        Point { x: i32::sample(maker), y: f64::sample(maker) }
    }
}

impl Sample for Record {
    fn sample(maker: &mut Maker<'_>) -> Self {
        Record {
            tag: u8::sample(maker),
            name: String::sample(maker),
            at: Point::sample(maker),
            visible: maker.random.below(2) == 1,
            values: Vec::sample(maker),
            paint: Colour::sample(maker),
            notes: Vec::sample(maker),
            rank: i16::sample(maker),
            serial: u64::sample(maker),
        }
    }
}

impl Sample for Shape {
    fn sample(maker: &mut Maker<'_>) -> Self {
        match maker.random.below(4) {
            0 => Shape::Empty,
            1 => Shape::Circle(f64::sample(maker)),
            2 => Shape::Label(String::sample(maker)),
            _ => Shape::Full(Record::sample(maker)),
        }
    }
}

impl Sample for Choice {
    fn sample(maker: &mut Maker<'_>) -> Self {
        match maker.random.below(4) {
            0 => Choice::Few(1, String::sample(maker)),
            1 => Choice::Few(2, String::sample(maker)),
            2 => Choice::Blob(Vec::sample(maker)),
            _ => {
                let label = i32::sample(maker);
                Choice::Other(if [1, 2, -7].contains(&label) { 3 } else { label }, i16::sample(maker))
            }
        }
    }
}

/// Text in the code set of the server.
pub(super) fn texts(session: &mut Session) -> Vec<String> {
    let mut texts = text_edges(session.options.utf8);
    for _ in 0..session.options.rounds {
        texts.push(random_text(session, 60));
    }
    texts
}

pub(super) fn random_text(session: &mut Session, characters_max: u32) -> String {
    let utf8 = session.options.utf8;
    Maker { random: &mut session.random, utf8, elements_max: 0 }.text(characters_max)
}

pub(super) fn text_edges(utf8: bool) -> Vec<String> {
    let control: String = (1..32).map(char::from).chain(['\x7f']).collect();
    let mut edges = ["", "a", "abc", "abcd", "he said \"no\", 'never' and \\n", "100% {} <&>;", &control]
        .map(str::to_owned)
        .to_vec();
    edges.push("x".repeat(5000));
    if utf8 {
        edges.extend(["café ÿ", "Ελληνικά", "日本語", "\u{fffd}€", "😀 \u{10fffd}"].map(str::to_owned));
    } else {
        edges.push((0x80..=0xff).map(char::from).collect());
        edges.push("café".to_owned());
    }
    edges
}

/// Text of the basic plane.
pub(super) fn wide_texts(session: &mut Session) -> Vec<String> {
    let mut texts =
        ["", "x", "xy", "€", "café", "Жд", "日本", "\u{fffd}\u{1}", "say \"“no”\"", "\u{feff}mark"]
            .map(str::to_owned)
            .to_vec();
    texts.push("Ω".repeat(3000));
    for _ in 0..session.options.rounds {
        let count = session.random.below(61);
        texts.push((0..count).map(|_| basic_plane(&mut session.random)).collect());
    }
    texts
}

/// A character that one unit of UTF-16 holds.
pub(super) fn basic_plane(random: &mut Random) -> char {
    char::from_u32(1 + random.below(0xfffc)).unwrap_or('€')
}
