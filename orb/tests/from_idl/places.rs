//! Definitions that are elsewhere, or nowhere.

use quorb::{Proxy, Tie};

mod money {
    quorb::include_idl!("tests/from_idl/idl/std/money.idl", omit = [Bank::Vault]);
}

mod lender {
    quorb::idl!(
        r#"
        #include <money.idl>
        module Lender {
          interface Desk { Bank::Money lend(in Bank::Money most); };
        };
        "#,
        include = "tests/from_idl/idl/std",
        external(Bank = crate::places::money::bank),
    );
}

mod branch {
    quorb::idl!(
        r#"
        #include <money.idl>
        module Lender {
          interface Desk { exception Shut {}; Bank::Money lend(in Bank::Money most); };
        };
        interface Branch : Lender::Desk {
          Lender::Desk desk(in unsigned long number) raises (Lender::Desk::Shut);
        };
        "#,
        include = "tests/from_idl/idl/std",
        external(Lender::Desk = super::lender::lender::Desk, Lender::Desk::Shut = super::Shut),
    );
}

#[derive(Debug, Clone, PartialEq, quorb::Exception)]
#[idl(id = "IDL:Lender/Desk/Shut:1.0")]
pub(crate) struct Shut;

struct Office;

impl lender::lender::Desk for Office {
    fn lend(&self, most: &money::bank::Money) -> money::bank::Money {
        money::bank::Money { units: most.units / 2, ..most.clone() }
    }
}

impl branch::Branch for Office {
    fn desk(&self, number: u32) -> Result<lender::lender::DeskProxy, Shut> {
        if number > 0 { Err(Shut) } else { Ok(lender::lender::DeskProxy::nil()) }
    }
}

#[test]
fn types_and_bases_may_come_from_another_translation() {
    let branch = branch::BranchServant::new(Office).into_local_proxy().blocking();
    let most = money::bank::Money { units: 9, currency: "CHF".try_into().unwrap() };
    assert_eq!(branch.lend(&most).unwrap().units, 4);
    assert_eq!(branch.desk(1).unwrap_err().user(), Some(&Shut));
    assert!(branch::BranchProxy::interface().is_a("IDL:Lender/Desk:1.0"));
}
