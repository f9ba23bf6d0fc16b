//! Where an interface may stand: in modules, in functions, with any visibility; and around what.

use quorb::{Tie, interface};

mod outer {
    pub(super) mod inner {
        use quorb::IdlType;

        #[derive(Debug, Clone, PartialEq, IdlType)]
        pub(in crate::places) struct Parcel {
            pub(in crate::places) weight: u32,
        }
    }

    #[quorb::interface]
    pub(super) trait Post {
        fn send(&mut self, parcel: inner::Parcel) -> self::inner::Parcel;
        fn check(&self, parcel: &super::outer::inner::Parcel) -> bool;
    }
}

use outer::{Post, PostServant};

/// A servant may have type parameters, which the interface does not know.
struct Office<F>(F);

impl<F: Fn(u32) -> u32 + Send + Sync + 'static> Post for Office<F> {
    fn send(&mut self, parcel: outer::inner::Parcel) -> outer::inner::Parcel {
        outer::inner::Parcel { weight: self.0(parcel.weight) }
    }

    fn check(&self, parcel: &outer::inner::Parcel) -> bool {
        parcel.weight < 10
    }
}

#[tokio::test]
async fn types_of_other_modules_and_generic_servants() {
    let limit = 5;
    let post = PostServant::new(Office(move |weight: u32| weight.min(limit))).into_local_proxy();
    let parcel = outer::inner::Parcel { weight: 12 };
    assert!(!post.check(&parcel).await.unwrap());
    assert_eq!(post.send(parcel).await.unwrap().weight, 5);
}

#[tokio::test]
async fn inside_a_function() {
    #[derive(Debug, Clone, PartialEq, quorb::IdlType)]
    enum Side {
        Left,
        Right,
    }

    #[derive(Debug, Clone, PartialEq, quorb::Exception)]
    struct Upright {
        side: Side,
    }

    #[interface]
    trait Mirror {
        fn flip(&self, side: Side) -> Result<Side, Upright>;
    }

    struct Glass;

    impl Mirror for Glass {
        fn flip(&self, side: Side) -> Result<Side, Upright> {
            match side {
                Side::Left => Ok(Side::Right),
                Side::Right => Err(Upright { side }),
            }
        }
    }

    let mirror = MirrorServant::new(Glass).into_local_proxy();
    assert_eq!(mirror.flip(Side::Left).await, Ok(Side::Right));
    assert_eq!(mirror.flip(Side::Right).await, Err(quorb::Fault::User(Upright { side: Side::Right })));
}

/// A documented interface of a strict module raises no lint.
#[deny(warnings, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
mod strict {
    use quorb::{Exception, IdlType, interface};

    /// Documented.
    #[derive(Debug, Clone, PartialEq, IdlType)]
    pub(crate) struct Report {
        /// Documented.
        pub(crate) pages: u16,
    }

    /// Documented.
    #[derive(Debug, Clone, PartialEq, Exception)]
    pub(crate) struct Late;

    /// Documented.
    #[derive(Debug, Clone, PartialEq, IdlType)]
    #[switch(bool)]
    pub(crate) enum Found {
        /// Documented.
        #[label(true)]
        Page(u16),
        /// Documented.
        #[label(false)]
        Nothing,
    }

    /// Documented.
    #[interface]
    pub(crate) trait Library {
        /// Documented.
        #[attribute(set)]
        fn open(&self) -> bool;
        /// Documented.
        #[deprecated = "use `find`"]
        fn look(&self) -> u8;
        /// Documented.
        async fn find(&self, name: &str, at: &mut Report) -> Result<Found, Late>;
        /// Documented.
        #[oneway]
        fn close(&mut self);
    }
}

struct Shelf(bool);

impl strict::Library for Shelf {
    fn open(&self) -> bool {
        self.0
    }

    fn set_open(&mut self, value: bool) {
        self.0 = value;
    }

    fn look(&self) -> u8 {
        1
    }

    async fn find(&self, name: &str, at: &mut strict::Report) -> Result<strict::Found, strict::Late> {
        at.pages += 1;
        if name.is_empty() { Err(strict::Late) } else { Ok(strict::Found::Page(at.pages)) }
    }

    fn close(&mut self) {
        self.0 = false;
    }
}

#[tokio::test]
async fn a_strict_module() {
    let library = strict::LibraryServant::new(Shelf(true)).into_local_proxy();
    let mut at = strict::Report { pages: 1 };
    assert_eq!(library.find("x", &mut at).await, Ok(strict::Found::Page(2)));
    assert_eq!(library.find("", &mut at).await, Err(quorb::Fault::User(strict::Late)));
    library.close().await.unwrap();
    assert_eq!(library.open().await, Ok(false));
}

/// Interfaces may come out of other macros, whose fragments arrive in invisible brackets.
macro_rules! store {
    ($name:ident($value:ty, $borrowed:ty) raises $error:ty) => {
        #[interface]
        trait $name {
            fn put(&mut self, value: $borrowed) -> Result<$value, $error>;
            #[attribute(set)]
            fn last(&self) -> $value;
            async fn all(&self, cx: &quorb::Context, prefix: &str, count: &mut $value) -> Option<$value>;
        }
    };
}

store!(TextStore(String, &str) raises strict::Late);

struct Memory(String);

impl TextStore for Memory {
    fn put(&mut self, value: &str) -> Result<String, strict::Late> {
        if value.is_empty() {
            Err(strict::Late)
        } else {
            Ok(std::mem::replace(&mut self.0, value.to_owned()))
        }
    }

    fn last(&self) -> String {
        self.0.clone()
    }

    fn set_last(&mut self, value: String) {
        self.0 = value;
    }

    async fn all(&self, _: &quorb::Context, prefix: &str, count: &mut String) -> Option<String> {
        count.push('1');
        self.0.starts_with(prefix).then(|| self.0.clone())
    }
}

#[tokio::test]
async fn out_of_another_macro() {
    let store = TextStoreServant::new(Memory("a".into())).into_local_proxy();
    assert_eq!(store.put("b").await.unwrap(), "a");
    assert_eq!(store.put("").await, Err(quorb::Fault::User(strict::Late)));
    let mut count = String::new();
    assert_eq!(store.all("b", &mut count).await.unwrap(), Some("b".to_owned()));
    assert_eq!((store.last().await.unwrap().as_str(), count.as_str()), ("b", "1"));
}
