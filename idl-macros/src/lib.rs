//! The procedural macros of Quorb: [`macro@interface`] for traits, [`macro@IdlType`] for the types in them,
//! [`macro@Exception`] for what they raise, [`include_idl!`] and [`idl!`] for interfaces that are written in OMG IDL. Use them
//! through the crate `quorb`, which re-exports them.
//!
//! Each macro is a pipeline in files: `parse` reads the user's tokens into a `model`, checks note what does not hold, and
//! `render` writes the items. Architecture invariants:
//!
//! * The model keeps names, types and spans; the renderers see nothing but the model.
//! * Mistakes are collected and reported all at once, each at the user's own token, saying the fix. What is right is
//!   rendered beside them, so that one mistake gives one message.
//! * Generated code names everything by absolute paths and needs no prelude. Its own names start with two underscores.
//! * Data is generated, behaviour is in the library.
//! * The macros proper are functions from tokens to tokens and mistakes; only this file knows the compiler's interface.

mod exception;
mod include;
mod interface;
mod repository_id;
mod runtime;
mod setting;
mod sink;
mod spelling;
#[cfg(test)]
mod tests;
mod value;
mod wire_type;

use proc_macro::TokenStream;

/// Makes a trait an interface, whose objects can be called from other processes.
///
/// ```
/// use quorb::{Exception, Tie, interface};
///
/// #[derive(Debug, Clone, PartialEq, Exception)]
/// pub struct OutOfRange {
///     pub n: i16,
/// }
///
/// #[interface(id = "IDL:Row:1.0")]
/// pub trait Row {
///     #[attribute]
///     fn length(&self) -> i16;
///     fn get(&self, n: i16) -> Result<i32, OutOfRange>;
///     fn set(&mut self, n: i16, value: i32) -> Result<(), OutOfRange>;
/// }
///
/// struct Cells(Vec<i32>);
///
/// impl Row for Cells {
///     fn length(&self) -> i16 {
///         self.0.len() as i16
///     }
///     fn get(&self, n: i16) -> Result<i32, OutOfRange> {
///         self.0.get(n as usize).copied().ok_or(OutOfRange { n })
///     }
///     fn set(&mut self, n: i16, value: i32) -> Result<(), OutOfRange> {
///         *self.0.get_mut(n as usize).ok_or(OutOfRange { n })? = value;
///         Ok(())
///     }
/// }
///
/// let row = RowServant::new(Cells(vec![0; 3])).into_local_proxy().blocking();
/// row.set(2, 7)?;
/// assert_eq!((row.length()?, row.get(2)?), (3, 7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// For a trait `Row` it emits, with the visibility of the trait:
///
/// * the trait, whose asynchronous methods return futures that any thread may drive (`impl Row for ..` still writes
///   `async fn`), and which asks `Send + Sync + 'static` of its implementors;
/// * `RowProxy`, the typed client, whose methods are asynchronous and return `Result<T, Fault<E>>`; it is also a type of
///   interfaces;
/// * `RowBlocking`, the same for threads without an asynchronous runtime, by `RowProxy::blocking`;
/// * `RowServant`, which serves a value that implements the trait;
/// * the description of the interface, by `RowProxy::interface()`.
///
/// # Settings
///
/// | setting | meaning |
/// |---|---|
/// | `id = "IDL:Row:1.0"` | the repository id; without it `IDL:<crate>/<Trait>:1.0` |
/// | `name = "Row"` | the simple name in IDL, where it is not the trait's |
/// | `declarations = path` | a function that answers what the interface repository says besides: `quorb::model::Declarations` |
/// | `crate = path` | where the crate `quorb` is, if not at `::quorb` |
///
/// Two default ids that are equal inside of a crate are an error, since peers would take one interface for the other:
///
/// ```compile_fail
/// mod first {
///     #[quorb::interface]
///     pub trait Taken {}
/// }
/// mod second {
///     #[quorb::interface]
///     pub trait Taken {}
/// }
/// ```
///
/// ```
/// mod first {
///     #[quorb::interface]
///     pub trait NotTaken {}
/// }
/// mod second {
///     #[quorb::interface(id = "IDL:Second/NotTaken:1.0")]
///     pub trait NotTaken {}
/// }
/// ```
///
/// # Methods
///
/// A method takes `&self` and is a query, which may be repeated and runs beside others; or it takes `&mut self` and is an
/// update, which runs alone and at most once. A plain `fn` runs where its call arrives and must not block; an `async fn`
/// may wait. A method with a body need not be implemented.
///
/// | attribute | meaning |
/// |---|---|
/// | `#[attribute]` | the method reads an attribute: `_get_length` on the wire |
/// | `#[attribute(set)]` | it has a setter too, `fn set_length(&mut self, value: T)`, which raises what the getter raises |
/// | `#[attribute(set, shared)]` | its setter takes `&self`: the servant locks for itself |
/// | `#[attribute(set, raises = E)]` | its setter raises `E` instead; `()` is nothing |
/// | `#[update]` | an update although it takes `&self`: the servant locks for itself, and may be re-entered |
/// | `#[query]` | a query, said aloud |
/// | `#[blocking]` | a plain method that blocks its thread: it runs on the blocking pool |
/// | `#[oneway]` | nobody waits for the end; no result, no exceptions |
/// | `#[idempotent]` | running it twice is the same as once: the broker may repeat it |
/// | `#[deadline("2s")]` | the time a call may take unless its caller says otherwise; units `ms`, `s`, `m`, `h` |
/// | `#[reply(majority)]` | whose replies a call of an object group waits for: `first`, `majority`, `all`, or how many; plain objects have one |
/// | `#[cancellable]` | a started call of this `async fn` is stopped when its caller gives up |
/// | `#[parameters(a, x, b)]` | the parameters in the order of IDL; names that are no parameters of the method name its outs |
/// | `#[idl(name = "getCell")]` | the name on the wire, where it is not the method's |
///
/// `order`, `commutes`, `uniform`, `transaction` and `role` are reserved. Other attributes stay on the trait;
/// documentation and `#[deprecated]` are on the proxies as well.
///
/// # Parameters
///
/// | written | passed |
/// |---|---|
/// | `T` | to the object; any type that implements `IdlType` |
/// | `&str`, `&[T]`, `&T` | the same without giving it away; the servant borrows what was decoded |
/// | `&mut T` | there and back (`inout`) |
/// | `cx: &Context` as the first | not at all: the servant sees who calls, and how much time is left |
///
/// `#[default]` or `#[default(expression)]` on trailing parameters is for callers of older versions, which do not send
/// them: it applies to CBOR bodies. `#[idl(name = "theName")]` gives the name in IDL; leading underscores are left out by
/// themselves.
///
/// # Results
///
/// | returned | meaning |
/// |---|---|
/// | nothing, or `T` | no exceptions are declared |
/// | `Result<T, E>` | `E` is an exception, or an enum of exceptions |
/// | `Result<T, Fault<E>>` | the servant may also raise system exceptions |
/// | `Result<T, Fault>` | only system exceptions |
///
/// In place of `T`, a tuple `(T, A, B)` is a result and two `out` parameters, `((), A, B)` only the `out` parameters. A
/// `Result` of one type is refused, since it does not say what is raised; so are references.
///
/// # Bases
///
/// Supertraits are base interfaces, but for those of the standard library that ask something of the servant (`Send`,
/// `Debug`, `Clone` and the like). The proxy of a base must be in scope beside the trait; with several bases `as_<base>()`
/// gives their proxies, and the derived proxy dereferences to the first one.
#[proc_macro_attribute]
pub fn interface(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let (items, errors) = interface::expand(arguments.into(), item.into(), &crate_name());
    with_errors(items, errors)
}

/// Makes a struct or enum a type of interfaces: in CDR, in CBOR (through serde), and in the description.
///
/// ```
/// use quorb::IdlType;
///
/// #[derive(Debug, Clone, PartialEq, IdlType)]
/// pub struct Quote {
///     pub symbol: String,
///     pub cents: u64,
///     #[idl(default)]
///     pub tags: Vec<String>,
/// }
///
/// #[derive(Debug, Clone, PartialEq, IdlType)]
/// pub enum Event {
///     Traded(Quote),
///     Closed,
/// }
///
/// let event = Event::Traded(Quote { symbol: "Q".into(), cents: 250, tags: vec![] });
/// let mut octets = Vec::new();
/// quorb::value::encode_cbor(&event, &mut octets)?;
/// assert_eq!(quorb::value::decode_cbor::<Event>(&mut &octets[..])?, event);
/// # Ok::<(), quorb::value::BodyError>(())
/// ```
///
/// | Rust | IDL | CDR | CBOR |
/// |---|---|---|---|
/// | struct | struct | its fields in order | map from names, or from indices |
/// | struct of one unnamed field | its field's type | its field | its field |
/// | enum without values | enum | the ordinal | the name |
/// | enum with values | union | discriminator, value | `[discriminator, value]` |
///
/// Unnamed fields are called `field0`, `field1` and so on. Types may contain themselves through `Vec`, `Box` or a map.
///
/// # Settings
///
/// On the type:
///
/// | setting | meaning |
/// |---|---|
/// | `#[idl(id = "IDL:Quote:1.0")]` | the repository id; without it `IDL:<crate>/<Name>:1.0`, once in a crate |
/// | `#[idl(name = "Quote")]` | the name in IDL |
/// | `#[idl(crate = path)]` | where the crate `quorb` is, if not at `::quorb` |
/// | `#[idl(serde = false)]` | `Serialize` and `Deserialize` are the user's own |
///
/// On fields and variants:
///
/// | setting | meaning |
/// |---|---|
/// | `#[idl(name = "theName")]` | the name in IDL and CBOR |
/// | `#[idl(n = 3)]` | the index that stands for the name in CBOR; on all fields or on none |
/// | `#[idl(default)]`, `#[idl(default = expression)]` | what a field is when it is missing in CBOR; an `Option` is `None` by itself |
///
/// # Value types
///
/// A struct under `#[idl(value)]` is a value type: it is passed as `ValueRef<T>` (or `Option<ValueRef<T>>` where it may be
/// null), so that a value which is met twice stays one. A struct of one unnamed field is a box.
///
/// | setting | meaning |
/// |---|---|
/// | `#[idl(value, truncatable)]` | who does not know the type may take it for its base |
/// | `#[idl(value, custom)]` | it writes and reads its state itself: implement `quorb::value::valuetype::Custom` |
/// | `#[idl(base)]` on the first field | the value type whose state comes first |
/// | `#[idl(private)]` on fields | private in IDL |
///
/// ```
/// use quorb::{IdlType, ValueRef};
///
/// #[derive(Debug, IdlType)]
/// #[idl(value)]
/// pub struct Node {
///     label: String,
///     #[idl(private)]
///     next: Option<ValueRef<Node>>,
/// }
/// ```
///
/// # Unions
///
/// Without more, the discriminator is an enum of the variants' names, called `EventSwitch` for an enum `Event`. To match
/// a union of an existing IDL, `#[switch(i32)]` (or `#[idl(switch = i32)]`) names the type: `u8`, `i8`, `i16`, `u16`,
/// `i32`, `u32`, `i64`, `u64`, `bool`, `char`, `WChar`, or an enum without values that is a type of interfaces, whose
/// variants are the labels (`#[label(Red)]`). Every variant of the union has labels:
///
/// ```
/// #[derive(Debug, Clone, PartialEq, quorb::IdlType)]
/// #[switch(i32)]
/// pub enum Answer {
///     #[label(1)]
///     Text(String),
///     #[label(2, 3)]
///     Number(i32, f64),
///     #[label(4)]
///     Nothing,
///     #[default]
///     Other(i32),
/// }
/// # assert_ne!(Answer::Nothing, Answer::Other(5));
/// ```
///
/// A variant with several labels and the default one keep the label in their first field. Writing a label that does not
/// belong to its variant is an error, as is reading one that no variant has.
#[proc_macro_derive(IdlType, attributes(idl, switch, label, default))]
pub fn idl_type(input: TokenStream) -> TokenStream {
    let (items, errors) = value::expand(input.into(), &crate_name());
    with_errors(items, errors)
}

/// Makes a struct an exception, or an enum of exceptions what an operation may raise.
///
/// ```
/// use quorb::Exception;
///
/// #[derive(Debug, Clone, PartialEq, Exception)]
/// pub struct OutOfStock {
///     pub left: u32,
/// }
///
/// #[derive(Debug, Clone, PartialEq, Exception)]
/// pub struct Unknown;
///
/// #[derive(Debug, Clone, PartialEq, Exception)]
/// pub enum Refusal {
///     OutOfStock(OutOfStock),
///     Unknown(Unknown),
/// }
///
/// fn order(count: u32) -> Result<(), Refusal> {
///     if count > 2 { Err(OutOfStock { left: 2 })? }
///     Ok(())
/// }
///
/// assert_eq!(order(3).unwrap_err().to_string(), "OutOfStock { left: 2 }");
/// ```
///
/// A struct gets what [`macro@IdlType`] gives it (as an exception, which may be without members), and the traits
/// `UserException`, `Raises`, `Error` and `Display`; `Debug` it must have. An enum whose variants each hold one exception
/// gets `Raises`, `Error`, `Display`, and `From` each of them.
///
/// Settings are those of [`macro@IdlType`], and `#[idl(display = false)]` where `Display` is the user's own. On an enum
/// only `crate` and `display` have a meaning.
#[proc_macro_derive(Exception, attributes(idl))]
pub fn exception(input: TokenStream) -> TokenStream {
    let (items, errors) = exception::expand(input.into(), &crate_name());
    with_errors(items, errors)
}

/// Generates Rust from a file of OMG IDL: the traits and types that one would write by hand for it.
///
/// ```
/// quorb::include_idl!("../examples/grid/grid.idl", query = [Grid::get], async = [Grid]);
///
/// struct Zero;
///
/// impl Grid for Zero {
///     async fn height(&self) -> i16 {
///         1
///     }
///     async fn width(&self) -> i16 {
///         1
///     }
///     async fn get(&self, n: i16, m: i16) -> Result<i32, OutOfRange> {
///         if (n, m) == (0, 0) { Ok(0) } else { Err(OutOfRange { n, m }) }
///     }
///     async fn set(&self, n: i16, m: i16, _value: i32) -> Result<(), OutOfRange> {
///         Err(OutOfRange { n, m })
///     }
/// }
/// ```
///
/// The path starts from the folder of the crate's `Cargo.toml`. Everything that the file defines is generated, and of the
/// files that it includes what it uses. The items stand where the macro stands: a module of the IDL is a module, an interface
/// is a trait with all that [`macro@interface`] generates, what an interface defines inside stands in a module of its
/// name: `cos_naming::NamingContext`, `cos_naming::naming_context::NotFound`. Names are spelled as Rust does, and stay what
/// they are on the wire. The guide has the whole mapping, `quorb idl rust FILE` shows what is generated for a file.
///
/// Operations take `&self` and are updates for which the servant locks by itself (`#[update]`), as CORBA expects; reading an
/// attribute is a query. Arguments are borrowed but for numbers, booleans, characters and enums.
///
/// | option | meaning |
/// |---|---|
/// | `include = ["folder"]` | where included files are looked for |
/// | `define = ["NAME", "N=4"]` | macros for the preprocessor |
/// | `query = [Grid::get]` | operations that only read: `&self` without `#[update]` |
/// | `async = [Grid]` | servants that wait: `async fn` |
/// | `blocking = [Grid::print]` | servants that block their thread |
/// | `faults = [Grid]` | servants that raise system exceptions: `Result<T, Fault<E>>` |
/// | `omit = [Old]` | nothing is generated for these |
/// | `external(CosNaming = crate::cos_naming)` | these are generated or written elsewhere |
/// | `crate = path` | where the crate `quorb` is, if not at `::quorb` |
///
/// Names are scoped names of the IDL; in the lists about servants an interface or a module stands for all in it. In the IDL
/// itself the annotations `@query`, `@idempotent`, `@exclusive`, `@cancellable`, `@reply(majority)` and `@deadline("2s")` say what they say here.
///
/// What is wrong in the IDL, and what has no Rust form yet, are errors of the compiler with file, line and column. A change of
/// the file, or of one that it includes, builds the crate anew.
#[proc_macro]
pub fn include_idl(input: TokenStream) -> TokenStream {
    all_or_errors(include::file(input.into(), &manifest_folder()))
}

/// Generates Rust from OMG IDL that stands here: see [`include_idl!`].
///
/// ```
/// use quorb::Tie;
///
/// quorb::idl! {
///     interface Counter {
///         readonly attribute long total;
///         long add(in long amount);
///     };
/// }
///
/// #[derive(Default)]
/// struct Tally(std::sync::atomic::AtomicI32);
///
/// impl Counter for Tally {
///     fn total(&self) -> i32 {
///         self.0.load(std::sync::atomic::Ordering::SeqCst)
///     }
///     fn add(&self, amount: i32) -> i32 {
///         self.0.fetch_add(amount, std::sync::atomic::Ordering::SeqCst) + amount
///     }
/// }
///
/// let counter = CounterServant::new(Tally::default()).into_local_proxy().blocking();
/// assert_eq!((counter.add(3)?, counter.total()?), (3, 3));
/// # Ok::<(), quorb::Fault>(())
/// ```
///
/// The IDL is tokens of Rust, so that editors and messages know every place; options stand in front of it,
/// `#![async = [Counter]]`. What Rust cannot read as tokens (`L"wide"`, comments with a lone quote) goes into a text, with
/// options behind it: `idl!(r#"const wchar W = L'w';"#, include = ["idl"])`.
#[proc_macro]
pub fn idl(input: TokenStream) -> TokenStream {
    all_or_errors(include::inline(input.into(), &manifest_folder()))
}

/// The keywords of OMG IDL, as an array of texts: the broker writes IDL, and has to know them, without the front end that reads
/// it.
#[doc(hidden)]
#[proc_macro]
pub fn __idl_keywords(_: TokenStream) -> TokenStream {
    let keywords = quorb_idl::KEYWORDS;
    quote::quote!([#(#keywords),*]).into()
}

fn manifest_folder() -> include::Root {
    include::Root(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default())
}

fn all_or_errors(items: Result<proc_macro2::TokenStream, Vec<syn::Error>>) -> TokenStream {
    match items {
        Ok(items) => items.into(),
        Err(errors) => with_errors(proc_macro2::TokenStream::new(), errors),
    }
}

/// The name of the crate that is being compiled; empty where the compiler was not started by cargo.
fn crate_name() -> String {
    std::env::var("CARGO_CRATE_NAME").unwrap_or_default()
}

fn with_errors(mut items: proc_macro2::TokenStream, errors: Vec<syn::Error>) -> TokenStream {
    items.extend(errors.iter().map(syn::Error::to_compile_error));
    items.into()
}
