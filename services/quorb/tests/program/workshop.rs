//! The object that the tests call.

use std::collections::BTreeMap;
use std::time::Duration;

use quorb::{BlockingOrb, Exception, IdlType, ObjectRef, Orb, Proxy, interface};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IdlType)]
pub(crate) enum Colour {
    Red,
    Green,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) enum Shape {
    Circle(f64),
    Nothing,
}

#[derive(Debug, Clone, PartialEq, IdlType)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) size: Option<u16>,
    pub(crate) shape: Shape,
    pub(crate) data: Vec<u8>,
    pub(crate) prices: BTreeMap<Colour, f32>,
}

#[derive(Debug, Clone, PartialEq, Exception)]
#[idl(id = "IDL:OutOfRange:1.0")]
pub(crate) struct OutOfRange {
    n: i16,
    m: i16,
}

#[derive(Debug, Clone, PartialEq, Exception)]
pub(crate) struct Closed;

#[derive(Debug, Clone, PartialEq, Exception)]
pub(crate) enum Refusal {
    OutOfRange(OutOfRange),
    Closed(Closed),
}

#[interface(id = "IDL:Workshop:1.0")]
pub(crate) trait Workshop {
    #[attribute]
    fn height(&self) -> i16;
    #[attribute(set)]
    fn colour(&self) -> Colour;
    fn set(&mut self, n: i16, m: i16, value: i32) -> Result<(), Refusal>;
    fn greet(&self, name: &str, #[default("hello")] word: &str) -> String;
    fn echo(&self, parts: Vec<Part>) -> Vec<Part>;
    fn split(&self, number: i64, rest: &mut u8) -> (i64, bool);
    fn owner(&self) -> Option<ObjectRef>;
    fn letter(&self, c: char, wide: quorb::WChar) -> quorb::WString;
    #[oneway]
    fn poke(&mut self);
    async fn slow(&self, ms: u32) -> u32;
}

#[derive(Debug)]
pub(crate) struct Bench {
    colour: Colour,
}

impl Workshop for Bench {
    fn height(&self) -> i16 {
        100
    }

    fn colour(&self) -> Colour {
        self.colour
    }

    fn set_colour(&mut self, value: Colour) {
        self.colour = value;
    }

    fn set(&mut self, n: i16, m: i16, value: i32) -> Result<(), Refusal> {
        match value {
            0 => Err(Closed.into()),
            _ if n >= 100 => Err(OutOfRange { n, m }.into()),
            _ => Ok(()),
        }
    }

    fn greet(&self, name: &str, word: &str) -> String {
        format!("{word} {name}")
    }

    fn echo(&self, parts: Vec<Part>) -> Vec<Part> {
        parts
    }

    fn split(&self, number: i64, rest: &mut u8) -> (i64, bool) {
        *rest = (number % 10) as u8;
        (number / 10, number < 0)
    }

    fn owner(&self) -> Option<ObjectRef> {
        None
    }

    fn letter(&self, c: char, wide: quorb::WChar) -> quorb::WString {
        format!("{c}{wide}").into()
    }

    fn poke(&mut self) {
        self.colour = Colour::Green;
    }

    async fn slow(&self, ms: u32) -> u32 {
        tokio::time::sleep(Duration::from_millis(ms.into())).await;
        ms
    }
}

/// A server with a workshop, until it is dropped.
pub(crate) struct Server {
    pub(crate) orb: BlockingOrb,
    pub(crate) reference: String,
}

pub(crate) fn servant() -> WorkshopServant<Bench> {
    WorkshopServant::new(Bench { colour: Colour::Red })
}

impl Server {
    pub(crate) fn start() -> Server {
        Server::listening(&["127.0.0.1:0"])
    }

    pub(crate) fn listening(addresses: &[&str]) -> Server {
        let builder = addresses.iter().fold(Orb::builder(), |builder, address| builder.listen(*address));
        let orb = builder.start_blocking().expect("the server starts");
        let reference = orb.serve("workshop", servant()).expect("the id is free").object().to_string();
        Server { orb, reference }
    }

    /// A reference that says nothing but an address and a key.
    pub(crate) fn corbaloc(&self, key: &str) -> String {
        format!("corbaloc:iiop:1.2@{}/{key}", self.orb.addresses()[0])
    }
}
