//! Every type of the interface, there and back.

use quorb::{Fault, WChar, WString};
use quorb_giop::cdr::Cdr;

use super::compare::{Verdict, expect_same};
use super::samples::{Edges, Sample, basic_plane, samples, texts, wide_texts};
use super::session::Session;
use super::{Check, checks};
use crate::echo::{Choice, Colour, EchoProxy, Entries, FewLongs, Matrix, Point, Record, Shape, ShortText};

pub(super) fn checks() -> Vec<Check> {
    checks! {
        "all": short long long_long octet unsigned_short unsigned_long unsigned_long_long float double boolean char string
            short_text few_longs octets longs doubles strings long_table matrix point record records colour shape shapes
            choice maybe_long maybe_record entries;
        "latin1": char_latin1;
        "quiet": float_quiet;
        "wide": wchar wstring;
    }
}

/// Sends each value and expects it back.
async fn echo<T: Cdr + Clone>(
    session: &Session,
    values: Vec<T>,
    call: impl AsyncFn(&EchoProxy, T) -> Result<T, Fault>,
) -> Verdict {
    let target = session.echo();
    for value in values {
        let got = call(&target, value.clone()).await?;
        expect_same(&value, &got)?;
    }
    Ok(())
}

/// Edges and random values of a number.
fn numbers<T: Sample + Edges>(session: &mut Session) -> Vec<T> {
    samples(session, T::edges())
}

/// Checks of types whose edges and random values say all.
macro_rules! plain {
    ($($name:ident: $ty:ty, $values:expr, |$target:ident, $value:ident| $call:expr;)+) => { $(
        async fn $name(session: &mut Session) -> Verdict {
            let values: Vec<$ty> = $values(session);
            echo(session, values, async |$target: &EchoProxy, $value: $ty| $call.await).await
        }
    )+ };
}

plain! {
    short: i16, numbers, |target, value| target.echo_short(value);
    long: i32, numbers, |target, value| target.echo_long(value);
    long_long: i64, numbers, |target, value| target.echo_long_long(value);
    octet: u8, numbers, |target, value| target.echo_octet(value);
    unsigned_short: u16, numbers, |target, value| target.echo_unsigned_short(value);
    unsigned_long: u32, numbers, |target, value| target.echo_unsigned_long(value);
    unsigned_long_long: u64, numbers, |target, value| target.echo_unsigned_long_long(value);
    float: f32, numbers, |target, value| target.echo_float(value);
    // Who widens a float to a double and back makes a signalling NaN a quiet one.
    float_quiet: f32, quiet_numbers, |target, value| target.echo_float(value);
    double: f64, numbers, |target, value| target.echo_double(value);
    boolean: bool, |_: &mut Session| vec![false, true], |target, value| target.echo_boolean(value);
    char: char, |_: &mut Session| (0..0x80u8).map(char::from).collect(), |target, value| target.echo_char(value);
    // Compared as wide characters: UTF-8 has no place for them in an octet.
    char_latin1: WChar, |_: &mut Session| (0x80..=0xffu8).map(char::from).map(WChar).collect(),
        |target, value| async { Ok(WChar(target.echo_char(value.0).await?)) };
    wchar: WChar, wide_characters, |target, value| target.echo_wchar(value);
    string: String, texts, |target, value| target.echo_string(&value);
    wstring: WString, wide_strings, |target, value| target.echo_wstring(value);
    short_text: ShortText, short_texts, |target, value| target.echo_short_text(value);
    few_longs: FewLongs, with_default, |target, value| target.echo_few_longs(&value);
    octets: Vec<u8>, with_default, |target, value| target.echo_octets(value);
    longs: Vec<i32>, with_default, |target, value| target.echo_longs(&value);
    doubles: Vec<f64>, with_default, |target, value| target.echo_doubles(&value);
    strings: Vec<String>, with_default, |target, value| target.echo_strings(value);
    long_table: Vec<Vec<i32>>, with_default, |target, value| target.echo_long_table(value);
    matrix: Matrix, matrices, |target, value| target.echo_matrix(value);
    point: Point, some, |target, value| target.echo_point(value);
    record: Record, some, |target, value| target.echo_record(&value);
    records: Vec<Record>, with_default, |target, value| target.echo_records(value);
    colour: Colour, |_: &mut Session| vec![Colour::Red, Colour::Green, Colour::Blue], |target, value| target.echo_colour(value);
    shape: Shape, shapes_of_each_kind, |target, value| target.echo_shape(value);
    shapes: Vec<Shape>, with_default, |target, value| target.echo_shapes(value);
    choice: Choice, choices, |target, value| target.echo_choice(value);
    maybe_long: Option<i32>, with_default, |target, value| target.echo_maybe_long(value);
    maybe_record: Option<Record>, with_default, |target, value| target.echo_maybe_record(value);
    entries: Entries, with_default, |target, value| target.echo_entries(value);
}

fn some<T: Sample>(session: &mut Session) -> Vec<T> {
    samples(session, Vec::new())
}

/// The empty one too.
fn with_default<T: Sample + Default>(session: &mut Session) -> Vec<T> {
    samples(session, vec![T::default()])
}

fn quiet_numbers(session: &mut Session) -> Vec<f32> {
    const QUIET: u32 = 1 << 22;
    let is_signalling = |number: &f32| number.is_nan() && number.to_bits() & QUIET == 0;
    numbers(session).into_iter().filter(|number| !is_signalling(number)).collect()
}

fn wide_characters(session: &mut Session) -> Vec<WChar> {
    let mut values = ['a', 'é', '€', '\u{fffd}', '日', '\x7f', '\0', '\u{feff}'].map(WChar).to_vec();
    for _ in 0..session.options.rounds * 3 {
        values.push(WChar(basic_plane(&mut session.random)));
    }
    values
}

fn wide_strings(session: &mut Session) -> Vec<WString> {
    wide_texts(session).into_iter().map(WString).collect()
}

fn short_texts(session: &mut Session) -> Vec<ShortText> {
    let mut texts = ["", "1234567", "12345678", "\"'\\%s"].map(str::to_owned).to_vec();
    for _ in 0..session.options.rounds {
        let count = session.random.below(9);
        texts.push((0..count).map(|_| char::from(b' ' + session.random.below(95) as u8)).collect());
    }
    texts.into_iter().filter_map(|text| ShortText::new(text).ok()).collect()
}

fn matrices(session: &mut Session) -> Vec<Matrix> {
    let mut value = || [session.random.i32(), session.random.i32()];
    (0..20).map(|_| [value(), value(), value()]).collect()
}

/// Each kind, so that none depends on chance.
fn shapes_of_each_kind(session: &mut Session) -> Vec<Shape> {
    samples(session, vec![Shape::Empty, Shape::Circle(-0.0), Shape::Label("\"".to_owned())])
}

/// Each label, so that none depends on chance.
fn choices(session: &mut Session) -> Vec<Choice> {
    let values = vec![
        Choice::Few(1, String::new()),
        Choice::Few(2, "two".to_owned()),
        Choice::Blob(Vec::new()),
        Choice::Other(0, -1),
        Choice::Other(i32::MIN, 32767),
    ];
    samples(session, values)
}
