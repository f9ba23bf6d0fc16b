//! The interface of the strict crate, served and called.

use broker::{Context, Fault, Tie};
use quorb_macros_renamed::{
    Board, BoardServant, Celsius, Content, Cost, Counted, Named, Nowhere, Place, Refusal, Side, Taken,
};

struct Wood(String);

impl Named for Wood {
    fn name(&self) -> String {
        self.0.clone()
    }

    fn set_name(&mut self, value: String) {
        self.0 = value;
    }
}

impl Counted for Wood {
    fn count(&self) -> u32 {
        64
    }
}

impl Board for Wood {
    fn side(&self) -> Result<Side, Refusal> {
        Ok(Side::Left)
    }

    fn set_side(&mut self, value: Side) -> Result<(), Refusal> {
        if value == Side::Left { Ok(()) } else { Err(Taken.into()) }
    }

    fn put(&mut self, place: &Place, content: Content) -> Result<(), Refusal> {
        match content {
            Content::Nothing => Err(Nowhere { place: place.clone() }.into()),
            _ => Ok(()),
        }
    }

    async fn get(&self, names: &[String], filter: &str, cost: bool) -> (Vec<Content>, Cost) {
        let contents = names.iter().filter(|name| name.contains(filter)).cloned().map(Content::Text);
        (contents.collect(), if cost { Cost::Small(2, 9) } else { Cost::Free })
    }

    fn shift(&mut self, cx: &Context, place: &mut Place) -> Celsius {
        place.name = cx.operation().to_owned();
        Celsius(1.5)
    }

    fn tell(&self, _text: &str) {}

    fn fail(&mut self) -> Result<Celsius, Fault<Nowhere>> {
        Err(Fault::User(Nowhere { place: Place::default() }))
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_strict_crate_under_another_name() {
    let board = BoardServant::new(Wood("b".into())).into_local_proxy();
    board.set_name("c".into()).await.unwrap();
    assert_eq!(board.name().await.unwrap(), "c");
    assert_eq!(board.as_counted().count().await, Ok(64));
    assert_eq!(board.side().await, Ok(Side::Left));
    assert_eq!(board.set_side(Side::Right).await, Err(Fault::User(Refusal::Taken(Taken))));
    let mut place = Place { row: 1, column: 2, name: "x".into() };
    let refused = Refusal::Nowhere(Nowhere { place: place.clone() });
    assert_eq!(board.put(&place, Content::Nothing).await, Err(Fault::User(refused)));
    board.put(&place, Content::Several(vec![Content::Nothing])).await.unwrap();
    let got = board.get(&["ab".into(), "c".into()], "b", true).await;
    assert_eq!(got, Ok((vec![Content::Text("ab".into())], Cost::Small(2, 9))));
    assert_eq!(board.shift(&mut place).await, Ok(Celsius(1.5)));
    assert_eq!(place.name, "shift");
    board.tell("x").await.unwrap();
    assert_eq!(board.fail().await, Err(Fault::User(Nowhere { place: Place::default() })));
}
