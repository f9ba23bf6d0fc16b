//! Local interfaces are plain traits: their objects are called in place, and may be nil.

use std::sync::{Arc, Mutex};

use quorb::Proxy;

use bank::Money;
use office::clerk::CountError;
use office::stamped::MarkError;
use office::{Away, Busy, Clerk, Clerks, Desk, Person, StampedProxy};

quorb::include_idl!("tests/from_idl/idl/locals.idl", include = ["tests/from_idl/idl/std"]);

/// A clerk who counts with the help of others.
struct Junior {
    name: Mutex<String>,
    deputy: Option<Arc<dyn Clerk>>,
}

fn clerk(name: &str, deputy: Option<Arc<dyn Clerk>>) -> Arc<dyn Clerk> {
    Arc::new(Junior { name: Mutex::new(name.to_owned()), deputy })
}

impl Person for Junior {
    fn name(&self) -> String {
        self.name.lock().unwrap().clone()
    }
    fn set_name(&self, value: String) {
        *self.name.lock().unwrap() = value;
    }
}

impl Clerk for Junior {
    fn post(&self) -> i32 {
        7
    }
    fn set_post(&self, value: i32) -> Result<(), Away> {
        if value == 7 { Ok(()) } else { Err(Away) }
    }
    fn count(&self, first: &Money, others: &mut Clerks, remote: &StampedProxy) -> Result<Money, CountError> {
        if !remote.object().is_nil() {
            return Err(Away)?;
        }
        let present = others.iter().flatten().count() as i64;
        others.push(None);
        Ok(Money { units: first.units + present, ..first.clone() })
    }
    fn deputy(&self) -> Option<Arc<dyn Clerk>> {
        self.deputy.clone()
    }
    fn sit(&self, at: &Desk) -> Result<Desk, Busy> {
        match &at.who {
            Some(_) => Err(Busy { until: 12 }),
            None => Ok(Desk { label: at.label.clone(), who: self.deputy.clone() }),
        }
    }
    // What a local interface inherits from one that is not local is called in place too.
    fn stamp(&self) -> i32 {
        3
    }
    fn mark(&self, text: &str) -> Result<(String, i32), MarkError> {
        if text.is_empty() { Err(Busy { until: 1 })? } else { Ok((format!("{text}!"), 2)) }
    }
}

#[test]
fn a_local_object_is_called_in_place() {
    let senior = clerk("Ada", None);
    let junior = clerk("Bob", Some(senior.clone()));
    junior.set_name("Rob".to_owned());
    assert_eq!((junior.name().as_str(), junior.post(), junior.stamp()), ("Rob", 7, 3));
    assert_eq!((junior.set_post(7), junior.set_post(8)), (Ok(()), Err(Away)));
    assert_eq!(junior.mark("seen").unwrap(), ("seen!".to_owned(), 2));
    assert!(matches!(junior.mark(""), Err(MarkError::Busy(Busy { until: 1 }))));

    let nobody = StampedProxy::nil();
    let first = Money { units: 5, currency: "EUR".try_into().unwrap() };
    let mut others: Clerks = vec![Some(senior.clone()), None, Some(junior.clone())];
    assert_eq!(junior.count(&first, &mut others, &nobody).unwrap().units, 7);
    assert_eq!(others.len(), 4);

    assert!(senior.deputy().is_none());
    let desk = junior.sit(&Desk { label: "window".to_owned(), who: None }).unwrap();
    assert_eq!((desk.label.as_str(), desk.who.as_ref().unwrap().name().as_str()), ("window", "Ada"));
    assert!(matches!(junior.sit(&desk), Err(Busy { until: 12 })));
}
