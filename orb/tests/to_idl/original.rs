//! Interfaces with everything that IDL has to be told in other words.

use std::collections::BTreeMap;

use quorb::{
    Any, BString, BVec, Exception, Fixed, IdlType, LongDouble, ObjectRef, TypeCode, ValueRef, WChar, WString,
    interface,
};

/// Its member is called as it is, which IDL forbids.
#[derive(Debug, Clone, Default, PartialEq, IdlType)]
pub struct Place {
    pub place: i16,
    pub note: Option<String>,
    #[idl(default)]
    pub weight: f32,
}

#[derive(Debug, Clone, Default, PartialEq, IdlType)]
pub struct Indexed {
    #[idl(n = 7)]
    pub first: i8,
    #[idl(n = 2)]
    pub r#in: Vec<i8>,
    #[idl(n = 3, default)]
    pub later: Vec<Vec<u32>>,
}

/// Its enumerators are also those of `Paint`.
#[derive(Debug, Clone, Copy, Default, PartialEq, IdlType)]
pub enum Colour {
    #[default]
    Red,
    Green,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, IdlType)]
pub enum Paint {
    #[default]
    Green,
    Paint,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub enum Shape {
    Circle(f64),
    Nothing,
    Tree(Tree),
    Colour(Colour),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(i32)]
pub enum Answer {
    #[label(1, -2)]
    Few(i32, BString<4>),
    #[default]
    Rest(i32),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[switch(Colour)]
pub enum Coloured {
    #[label(Red)]
    Warm(u64),
    #[label(Green)]
    Green,
}

/// Contains itself.
#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:garden/Tree:2.0")]
pub struct Tree {
    pub children: Vec<Tree>,
    pub leaves: [[i64; 2]; 3],
    pub seen: BTreeMap<String, i32>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value)]
pub struct Link {
    pub label: String,
    #[idl(private)]
    pub next: Option<ValueRef<Link>>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value, truncatable)]
pub struct Chain {
    #[idl(base)]
    pub base: Link,
    pub text: Option<ValueRef<Text>>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(value)]
pub struct Text(pub String);

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:to_idl/Depot/Full:1.0")]
pub struct Full {
    pub most: u32,
    pub how: Colour,
}

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:omg.org/Shut:1.0")]
pub struct Shut;

#[derive(Debug, Clone, PartialEq, Exception)]
pub enum Refusal {
    Full(Full),
    Shut(Shut),
}

#[interface]
pub trait Named {
    #[attribute]
    fn name(&self) -> String;
}

#[interface(id = "IDL:depots/Left:1.0")]
pub trait Left: Named {
    #[attribute(set)]
    fn left(&self) -> WString;
}

#[interface(id = "IDL:depots/Right:1.0")]
pub trait Right: Named {
    #[attribute(set, shared, raises = Shut)]
    #[deadline("1500ms")]
    fn right(&self) -> Result<WChar, Full>;
}

#[interface]
pub trait Depot: Left + Right {
    fn find(&self, at: Place, #[default] most: u32, #[default] how: Colour) -> Option<Place>;
    fn store(&mut self, what: Vec<Shape>, answer: &mut Answer) -> Result<(i32, [u8; 4]), Refusal>;
    #[update]
    #[idempotent]
    async fn swap(&self, with: DepotProxy, others: Vec<DepotProxy>, any: ObjectRef) -> Result<(), Shut>;
    #[cancellable]
    async fn wait(&mut self, indexed: Indexed, paint: Paint, seen: BTreeMap<BString<4>, Vec<Paint>>);
    #[oneway]
    fn tell(&self, words: &[String], few: BVec<f64, 3>);
    fn number(&self, fixed: Fixed<5, 2>, long: LongDouble, what: Any, of: TypeCode) -> Coloured;
    fn follow(&self, chain: Option<ValueRef<Chain>>) -> Vec<Option<ValueRef<Link>>>;
    #[query]
    fn default(&self, octets: Option<Vec<u8>>, maybe: Option<Option<bool>>) -> char;
}

/// Its operation is called as it is, which IDL forbids.
#[interface(id = "IDL:omg.org/Echo:1.0")]
pub trait Echo {
    fn echo(&self, text: &str) -> String;
}
