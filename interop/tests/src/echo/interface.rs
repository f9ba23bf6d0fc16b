//! The interfaces of module `Torture`.
//!
//! An operation that only returns what it was given is a query. Everything else is an update of an object that locks for
//! itself, as CORBA's servants are.

use grid::GridProxy;
use quorb::{Fault, ObjectRef, WChar, WString, interface};

use super::types::{
    Choice, Colour, Completion, Either, Entries, FewLongs, Matrix, Plain, Point, Reason, Record, Rich, Shape,
    ShortText,
};

/// The top of a diamond.
#[interface(id = "IDL:Torture/Base:1.0")]
pub trait Base {
    /// A name.
    #[attribute]
    fn title(&self) -> String;
    /// `value * 2`.
    fn base_twice(&self, value: i32) -> i32;
}

/// One side of a diamond.
#[interface(id = "IDL:Torture/Left:1.0")]
pub trait Left: Base {
    /// `value + 1`.
    fn left_next(&self, value: i32) -> i32;
}

/// The other side of a diamond.
#[interface(id = "IDL:Torture/Right:1.0")]
pub trait Right: Base {
    /// `value - 1`.
    fn right_previous(&self, value: i32) -> i32;
}

/// The bottom of a diamond.
#[interface(id = "IDL:Torture/Bottom:1.0")]
pub trait Bottom: Left + Right {
    /// A number.
    #[attribute(set)]
    fn depth(&self) -> i32;
    /// `-value`.
    fn bottom_negative(&self, value: i32) -> i32;
}

/// What a client serves for the server to call.
#[interface(id = "IDL:Torture/Callback:1.0")]
pub trait Callback {
    /// 0 when `depth` is 0, else `caller.call_back(this object, depth)`.
    #[update]
    async fn bounce(&self, depth: i32, caller: EchoProxy) -> Result<i32, Fault>;
}

/// Every type and every shape of operation. What is called `echo_...` returns its argument.
#[interface(id = "IDL:Torture/Echo:1.0")]
pub trait Echo {
    /// `short`.
    fn echo_short(&self, value: i16) -> i16;
    /// `long`; counted by `calls`.
    #[update]
    fn echo_long(&self, value: i32) -> i32;
    /// `long long`.
    fn echo_long_long(&self, value: i64) -> i64;
    /// `octet`.
    fn echo_octet(&self, value: u8) -> u8;
    /// `unsigned short`.
    fn echo_unsigned_short(&self, value: u16) -> u16;
    /// `unsigned long`.
    fn echo_unsigned_long(&self, value: u32) -> u32;
    /// `unsigned long long`.
    fn echo_unsigned_long_long(&self, value: u64) -> u64;
    /// `float`.
    fn echo_float(&self, value: f32) -> f32;
    /// `double`.
    fn echo_double(&self, value: f64) -> f64;
    /// `boolean`.
    fn echo_boolean(&self, value: bool) -> bool;
    /// `char`.
    fn echo_char(&self, value: char) -> char;
    /// `wchar`.
    fn echo_wchar(&self, value: WChar) -> WChar;
    /// `string`.
    fn echo_string(&self, value: &str) -> String;
    /// `wstring`.
    fn echo_wstring(&self, value: WString) -> WString;

    /// `string<8>`.
    fn echo_short_text(&self, value: ShortText) -> ShortText;
    /// `sequence<long, 4>`.
    fn echo_few_longs(&self, value: &FewLongs) -> FewLongs;
    /// `sequence<octet>`.
    fn echo_octets(&self, value: Vec<u8>) -> Vec<u8>;
    /// `sequence<long>`.
    fn echo_longs(&self, value: &[i32]) -> Vec<i32>;
    /// `sequence<double>`.
    fn echo_doubles(&self, value: &[f64]) -> Vec<f64>;
    /// `sequence<string>`.
    fn echo_strings(&self, value: Vec<String>) -> Vec<String>;
    /// `sequence<sequence<long>>`.
    fn echo_long_table(&self, value: Vec<Vec<i32>>) -> Vec<Vec<i32>>;
    /// `long[3][2]`.
    fn echo_matrix(&self, value: Matrix) -> Matrix;
    /// A structure.
    fn echo_point(&self, value: Point) -> Point;
    /// A larger structure.
    fn echo_record(&self, value: &Record) -> Record;
    /// `sequence<Record>`.
    fn echo_records(&self, value: Vec<Record>) -> Vec<Record>;
    /// An enumerator.
    fn echo_colour(&self, value: Colour) -> Colour;
    /// A union over an enum.
    fn echo_shape(&self, value: Shape) -> Shape;
    /// `sequence<Shape>`.
    fn echo_shapes(&self, value: Vec<Shape>) -> Vec<Shape>;
    /// A union over numbers.
    fn echo_choice(&self, value: Choice) -> Choice;
    /// A number or nothing.
    fn echo_maybe_long(&self, value: Option<i32>) -> Option<i32>;
    /// A record or nothing.
    fn echo_maybe_record(&self, value: Option<Record>) -> Option<Record>;
    /// A map.
    fn echo_entries(&self, value: Entries) -> Entries;

    /// A reference to an object of this interface, or nil.
    fn echo_self_type(&self, value: EchoProxy) -> EchoProxy;
    /// A reference to a grid, or nil.
    fn echo_grid(&self, value: GridProxy) -> GridProxy;
    /// A reference to any object, or nil.
    fn echo_object(&self, value: ObjectRef) -> ObjectRef;
    /// Activates a grid.
    #[update]
    fn make_grid(&self, height: i16, width: i16) -> Result<GridProxy, Fault>;
    /// Activates the bottom of a diamond.
    #[update]
    fn make_bottom(&self, title: &str) -> BottomProxy;

    /// 0 when `depth` is 0, else `target.bounce(depth - 1, this object) + 1`.
    #[update]
    async fn call_back(&self, target: CallbackProxy, depth: i32) -> Result<i32, Fault>;

    /// `value / by` and `value % by`.
    #[parameters(value, by, remainder)]
    fn split(&self, value: i32, by: i32) -> Result<(i32, i32), Fault>;
    /// Moves the texts round so often; `rounds + 1`.
    fn rotate(&self, rounds: i32, first: &mut String, second: &mut String, third: &mut String) -> i32;
    /// The result is `item.tag`, `kind` `item.paint`, `coordinates` `item.at`; `items` gets `item` as it came, then `item` its
    /// `name`.
    #[parameters(name, item, kind, items, coordinates)]
    fn gather(&self, name: &str, item: &mut Record, items: &mut Vec<Record>) -> (u8, Colour, Vec<f64>);
    /// Fixed values.
    #[parameters(text, number, cells)]
    fn only_out(&self) -> ((), String, u64, Matrix);

    /// A text.
    #[attribute(set)]
    fn label(&self) -> String;
    /// A record.
    #[attribute(set)]
    fn favourite(&self) -> Record;
    /// 0.1.
    #[attribute]
    fn ratio(&self) -> f64;

    /// Raises an exception without members.
    fn raise_plain(&self) -> Result<(), Plain>;
    /// Raises an exception with this text.
    fn raise_reason(&self, text: &str) -> Result<(), Reason>;
    /// Raises an exception with these members; all others, and its group, come from `item`.
    fn raise_rich(&self, text: &str, values: &[i32], item: Record) -> Result<i32, Rich>;
    /// 0: the result 7; 1: [`Plain`]; 2: [`Reason`] "either"; others: [`Rich`] with `which` as its tag.
    fn raise_either(&self, which: i32) -> Result<i32, Either>;
    /// Raises the system exception with this number.
    #[update]
    fn raise_system(&self, number: u32, minor: u32, completed: Completion) -> Result<(), Fault>;

    /// The octet at index i is `(first + i) % 251`.
    fn make_octets(&self, length: u32, first: u8) -> Vec<u8>;

    /// Adds to `posted`.
    #[oneway]
    #[update]
    fn post(&self, value: i32);
    /// The sum of all posts.
    fn posted(&self) -> i64;
    /// Returns after so many milliseconds.
    #[update]
    #[cancellable]
    async fn slow(&self, ms: u32);
    /// Returns when `release` is called.
    #[update]
    async fn hold(&self);
    /// How many calls of `hold` wait.
    fn held(&self) -> u32;
    /// Lets all calls of `hold` return, and says how many there were.
    #[update]
    fn release(&self) -> u32;
    /// How many calls of `echo_long` this object has served.
    fn calls(&self) -> i32;

    /// Activates an object that forwards every request to `target`.
    #[update]
    fn forwarded(&self, target: EchoProxy, permanent: bool) -> Result<EchoProxy, Fault>;
}
