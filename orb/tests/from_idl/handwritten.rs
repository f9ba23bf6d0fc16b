//! `shop.idl` by hand.

use quorb::{BString, BVec, Exception, Fault, IdlType, ObjectRef, WString, interface};

pub type Code = BString<8>;
pub type Few = BVec<i32, 4>;
pub type Matrix = [[i32; 2]; 3];
pub type Pages = [Vec<u8>; 2];

#[derive(Debug, Clone, Copy, PartialEq, IdlType)]
#[idl(id = "IDL:quorb.test/Shop/Colour:1.0")]
pub enum Colour {
    #[idl(name = "RED")]
    Red,
    #[idl(name = "light_green")]
    LightGreen,
    #[idl(name = "type")]
    Type,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:Bank/Money:1.0")]
pub struct Money {
    pub units: i64,
    pub currency: BString<3>,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb.test/Shop/Item:1.0")]
pub struct Item {
    pub mark: Code,
    #[idl(name = "Title")]
    pub title: String,
    pub paint: Colour,
    pub price: Money,
    pub counts: Few,
    pub grid: Matrix,
    pub parts: Vec<Item>,
    pub r#match: bool,
    pub weight: f64,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb.test/Shop/Answer:1.0")]
#[switch(i32)]
pub enum Answer {
    #[idl(name = "few")]
    #[label(1, 2)]
    Few(i32, String),
    #[idl(name = "blob")]
    #[label(-7)]
    Blob(Vec<u8>),
    #[idl(name = "other")]
    #[default]
    Other(i32, i16),
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb.test/Shop/Maybe:1.0")]
#[switch(bool)]
pub enum Maybe {
    #[idl(name = "value")]
    #[label(true)]
    Value(Item),
    #[label(false)]
    Nothing,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb.test/Shop/Sparse:1.0")]
#[switch(char)]
pub enum Sparse {
    #[idl(name = "first")]
    #[label('a')]
    First(i32),
    #[idl(name = "last")]
    #[label('z')]
    Last(Answer),
    #[default]
    Nothing(char),
}

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:quorb.test/Shop/Closed:1.0")]
pub struct Closed;

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:quorb.test/Shop/Missing:1.0")]
pub struct Missing {
    pub mark: Code,
    pub wanted: Few,
}

#[derive(Debug, Clone, Copy, PartialEq, IdlType)]
#[idl(id = "IDL:quorb.test/Shop/Shelf/State:1.0")]
pub enum State {
    #[idl(name = "OPEN")]
    Open,
    #[idl(name = "SHUT")]
    Shut,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
#[idl(id = "IDL:quorb.test/Shop/Shelf/Place:1.0")]
pub struct Place {
    pub row: i16,
    pub now: State,
}

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:quorb.test/Shop/Shelf/Broken:1.0")]
pub struct Broken {
    pub r#where: Place,
}

#[derive(Debug, Clone, PartialEq, Exception)]
pub enum PutError {
    Missing(Missing),
    Broken(Broken),
    Closed(Closed),
}

#[derive(Debug, Clone, PartialEq, Exception)]
pub enum SealedError {
    Broken(Broken),
    Closed(Closed),
}

#[interface(id = "IDL:quorb.test/Shop/Named:1.0")]
pub trait Named {
    #[attribute]
    fn name(&self) -> String;
    #[attribute]
    fn wide(&self) -> WString;
}

#[interface(id = "IDL:quorb.test/Shop/Priced:1.0")]
pub trait Priced {
    #[attribute(set, shared)]
    fn price(&self) -> Money;
}

#[interface(id = "IDL:quorb.test/Shop/Shelf:1.0")]
pub trait Shelf: Named + Priced {
    #[attribute(set, shared)]
    fn now(&self) -> State;
    #[attribute(set, shared, raises = Closed)]
    fn locked(&self) -> i32;
    #[attribute(set, shared, raises = SealedError)]
    fn sealed_up(&self) -> Result<i32, Broken>;
    #[update]
    fn find(&self, mark: Code, among: &[Item]) -> Result<Place, Missing>;
    #[update]
    #[parameters(goods, at, label, left)]
    fn put(&self, goods: &mut Item, label: Vec<u8>) -> Result<((), Place, i32), PutError>;
    #[update]
    fn take(&self, at: Place, #[idl(name = "self")] till: TillProxy) -> Result<Item, Broken>;
    #[oneway]
    #[update]
    fn ring(&self, bell: &str);
    fn ask(&self, what: Answer, perhaps: Maybe, thing: Sparse) -> Answer;
    #[deadline("2s")]
    #[idempotent]
    fn r#loop(&self, all: Pages, r#type: Colour, anything: ObjectRef) -> Pages;
    #[update]
    #[idl(name = "object")]
    fn something(&self);
}

#[interface(id = "IDL:quorb.test/Shop/Till:1.0")]
pub trait Till {
    #[update]
    fn open(&self, interface: u32) -> Result<ShelfProxy, Fault>;
}
