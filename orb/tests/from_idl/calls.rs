//! A servant of the generated trait, called by the proxy that is generated and by the handwritten one, over both protocols.

use std::sync::Mutex;
use std::time::Duration;

use quorb::{
    Completion, ExceptionKind, Fault, Minor, ObjectRef, Orb, Preference, Proxy, SystemException, WString,
};

use crate::shop::shelf::{Broken, Place, PutError, SetSealedUpError, State};
use crate::shop::{
    Answer, Closed, Colour, Item, Maybe, Missing, Named, Priced, Shelf, ShelfProxy, ShelfServant, Sparse,
    Till, TillProxy, TillServant,
};
use crate::{bank, handwritten};

#[derive(Default)]
struct Board {
    items: Mutex<Vec<Item>>,
    rung: Mutex<String>,
}

impl Named for Board {
    fn name(&self) -> String {
        "board".to_owned()
    }
    fn wide(&self) -> WString {
        "ж".into()
    }
}

impl Priced for Board {
    fn price(&self) -> bank::Money {
        self.items.lock().unwrap().first().map(|item| item.price.clone()).unwrap_or_default()
    }
    fn set_price(&self, value: bank::Money) {
        self.items.lock().unwrap().iter_mut().for_each(|item| item.price = value.clone());
    }
}

impl Shelf for Board {
    fn now(&self) -> State {
        State::Open
    }
    fn set_now(&self, _: State) {}
    fn locked(&self) -> i32 {
        1
    }
    fn set_locked(&self, _: i32) -> Result<(), Closed> {
        Err(Closed)
    }
    fn sealed_up(&self) -> Result<i32, Broken> {
        Ok(2)
    }
    fn set_sealed_up(&self, value: i32) -> Result<(), SetSealedUpError> {
        match value {
            0 => Err(Closed)?,
            _ => Err(Broken { r#where: Place { row: 1, now: State::Shut } })?,
        }
    }
    fn find(&self, mark: &crate::shop::Code, among: &[Item]) -> Result<Place, Fault<Missing>> {
        match among.iter().position(|item| item.mark == *mark) {
            Some(row) => Ok(Place { row: row as i16, now: State::Open }),
            None => Err(Fault::User(Missing { mark: mark.clone(), wanted: Default::default() })),
        }
    }
    fn put(&self, item: &mut Item, label: &[u8]) -> Result<((), Place, i32), PutError> {
        if label.is_empty() {
            return Err(Missing { mark: item.mark.clone(), wanted: Default::default() })?;
        }
        item.title.push('!');
        let mut items = self.items.lock().unwrap();
        items.push(item.clone());
        Ok(((), Place { row: items.len() as i16, now: State::Shut }, i32::from(label[0])))
    }
    fn take(&self, at: &Place, self_: &TillProxy) -> Result<Item, Broken> {
        assert!(self_.object().is_nil());
        self.items.lock().unwrap().pop().ok_or(Broken { r#where: at.clone() })
    }
    fn ring(&self, bell: &str) {
        *self.rung.lock().unwrap() = bell.to_owned();
    }
    fn ask(&self, what: &Answer, maybe: &Maybe, thing: &Sparse) -> Answer {
        match (maybe, thing) {
            (Maybe::Nothing, Sparse::Nothing('q')) => what.clone(),
            (_, Sparse::Last(last)) => last.clone(),
            _ => Answer::Other(99, 1),
        }
    }
    fn r#loop(&self, pages: &crate::shop::Pages, _: Colour, _: &ObjectRef) -> crate::shop::Pages {
        pages.clone()
    }
    fn object_(&self) {}
}

struct Drawer(ShelfProxy);

impl Till for Drawer {
    async fn open(&self, interface: u32) -> Result<ShelfProxy, Fault> {
        if interface > 0 { Ok(self.0.clone()) } else { Err(refusal().into()) }
    }
}

fn refusal() -> SystemException {
    SystemException::new(ExceptionKind::NoPermission, Minor::UNSPECIFIED, Completion::No)
}

fn item() -> Item {
    Item {
        mark: "bolt".try_into().unwrap(),
        title: "Bolt".to_owned(),
        paint: Colour::LightGreen,
        grid: [[1, 2], [3, 4], [5, 6]],
        parts: vec![Item { weight: 0.5, ..Item::default() }],
        r#match: true,
        ..Item::default()
    }
}

async fn exercise(shelf: &ShelfProxy) {
    let mut bolt = item();
    let (_, at, left) = shelf.put(&mut bolt, &[7]).await.unwrap();
    assert_eq!((at.row > 0, left, bolt.title.as_str()), (true, 7, "Bolt!"));
    assert_eq!(shelf.as_named().name().await.unwrap(), "board");
    assert_eq!(shelf.wide().await.unwrap(), "ж".into());
    let money = bank::Money { units: 5, currency: "EUR".try_into().unwrap() };
    shelf.as_priced().set_price(money.clone()).await.unwrap();
    assert_eq!(shelf.as_priced().price().await.unwrap(), money);
    let refused = shelf.put(&mut bolt, &[]).await.unwrap_err();
    assert!(matches!(refused.user(), Some(PutError::Missing(missing)) if missing.mark == bolt.mark));
    assert_eq!(shelf.set_locked(1).await.unwrap_err().user(), Some(&Closed));
    assert!(matches!(shelf.set_sealed_up(0).await.unwrap_err().user(), Some(SetSealedUpError::Closed(_))));
    assert!(matches!(shelf.set_sealed_up(1).await.unwrap_err().user(), Some(SetSealedUpError::Broken(_))));
    let found = shelf.find(&bolt.mark, &[Item::default(), bolt.clone()]).await.unwrap();
    assert_eq!(found.row, 1);
    assert_eq!(shelf.take(&found, &TillProxy::nil()).await.unwrap(), Item { price: money, ..bolt });
    let kept = Answer::Few(2, "two".to_owned());
    let told = shelf.ask(&kept, &Maybe::Nothing, &Sparse::Nothing('q')).await.unwrap();
    assert_eq!(told, kept);
    let told = shelf.ask(&kept, &Maybe::Value(item()), &Sparse::Last(Answer::Blob(vec![1]))).await.unwrap();
    assert_eq!(told, Answer::Blob(vec![1]));
    let pages = [vec![1], vec![]];
    assert_eq!(shelf.r#loop(&pages, Colour::Type, &ObjectRef::nil()).await.unwrap(), pages);
    shelf.object_().await.unwrap();
    shelf.ring("ding").await.unwrap();
}

#[tokio::test]
async fn every_operation_works_over_both_protocols() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let shelf: ShelfProxy = server.serve("shelf", ShelfServant::new(Board::default())).unwrap();
    let till: TillProxy = server.serve("till", TillServant::new(Drawer(shelf))).unwrap();
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let client = Orb::builder().prefer(preference).start().await.unwrap();
        let till: TillProxy = client.bind(&till.to_string()).unwrap();
        exercise(&till.open(1).await.unwrap()).await;
        assert!(till.open(0).await.unwrap_err().to_string().contains("NO_PERMISSION"));
        // The handwritten proxy is understood as if it were the generated one.
        let written: handwritten::TillProxy = client.bind(&till.to_string()).unwrap();
        let shelf = written.open(1).await.unwrap();
        let broken = shelf.take(
            handwritten::Place { row: 3, now: handwritten::State::Shut },
            handwritten::TillProxy::nil(),
        );
        let broken = broken.await.unwrap_err();
        assert_eq!(broken.user().map(|broken| broken.r#where.row), Some(3));
        client.shutdown(Duration::from_secs(1)).await;
    }
    server.shutdown(Duration::from_secs(1)).await;
}
