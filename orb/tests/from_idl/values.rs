//! Valuetypes of the IDL: null, shared, derived, boxed.

use std::time::Duration;

use quorb::value::valuetype::{ValueBase, register};
use quorb::{BWString, Fixed, Orb, Preference, ValueRef};

quorb::idl! {
    module Zoo {
        valuetype Point {
            public long x;
            private long y;
            long distance();
            factory make(in long x);
        };
        valuetype Named : truncatable Point {
            public string nick;
        };
        valuetype Text string;
        valuetype Link {
            public Text word;
            public Link next;
        };
        typedef wstring<4> Mark;
        struct Tag { Mark text; };
        const fixed RATE = -12.50d;
        const fixed ODD = 1d / 8d;
        interface Keeper {
            Point keep(in Point one, in Text two, inout Link three);
            ValueBase any_kind(in ValueBase some);
            Tag label(in Mark sign);
        };
    };
}

use zoo::{Keeper, KeeperProxy, KeeperServant, Link, Named, ODD, Point, RATE, Tag, Text};

struct Cage;

impl Keeper for Cage {
    fn keep(
        &self,
        one: &Option<ValueRef<Point>>,
        two: &Option<ValueRef<Text>>,
        three: &mut Option<ValueRef<Link>>,
    ) -> Option<ValueRef<Point>> {
        *three = Some(ValueRef::new(Link { word: two.clone(), next: three.clone() }));
        one.clone()
    }
    fn any_kind(&self, some: &Option<ValueRef<ValueBase>>) -> Option<ValueRef<ValueBase>> {
        some.clone()
    }
    fn label(&self, sign: &BWString<4>) -> Tag {
        Tag { text: sign.clone() }
    }
}

#[tokio::test]
async fn values_keep_their_identity_and_their_type() {
    register::<Named>();
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let keeper: KeeperProxy = server.serve("keeper", KeeperServant::new(Cage)).unwrap();
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let client = Orb::builder().prefer(preference).start().await.unwrap();
        let keeper: KeeperProxy = client.bind(&keeper.to_string()).unwrap();
        let mut link = None;
        assert!(keeper.keep(&None, &None, &mut link).await.unwrap().is_none());
        assert!(link.unwrap().get().unwrap().word.is_none());
        let text = ValueRef::new(Text("text".to_owned()));
        let mut link = Some(ValueRef::new(Link { word: Some(text.clone()), next: None }));
        let named = ValueRef::new(Named { base: Point { x: 1, y: 2 }, nick: "nick".to_owned() });
        let answer = keeper.keep(&named.cast(), &Some(text), &mut link).await.unwrap().unwrap();
        assert_eq!(answer.cast::<Named>().unwrap().get().unwrap().nick, "nick");
        // The text was passed twice and is one.
        let link = link.unwrap();
        let (outer, inner) = (link.get().unwrap(), link.get().unwrap().next.clone().unwrap());
        assert!(outer.word.as_ref().unwrap().is_same(inner.get().unwrap().word.as_ref().unwrap()));
        let answer = keeper.any_kind(&named.cast()).await.unwrap().unwrap();
        assert_eq!(answer.cast::<Point>().unwrap().get().unwrap().x, 1);
        assert!(answer.cast::<Text>().is_none());
        assert!(keeper.any_kind(&None).await.unwrap().is_none());
        let mark = BWString::new("ж😀").unwrap();
        assert_eq!(keeper.label(&mark).await.unwrap().text, mark);
        client.shutdown(Duration::from_secs(1)).await;
    }
    server.shutdown(Duration::from_secs(1)).await;
}

#[test]
fn fixed_constants_have_the_digits_of_their_values() {
    let rate: Fixed<3, 1> = RATE;
    assert_eq!((rate.to_string(), ODD.to_string()), ("-12.5".to_owned(), "0.125".to_owned()));
    assert_eq!(Tag::default().text.len(), 0);
}
