//! Exceptions: those that the interface declares, and those of the system.

use quorb::{Completion as Completed, ExceptionKind, Fault};

use super::compare::{Verdict, expect_completed, expect_equal, expect_same, expect_system, expect_user};
use super::samples::{random_text, sample, text_edges};
use super::session::Session;
use super::{Check, checks};
use crate::checks::compare::Mismatch;
use crate::echo::{Completion, Either, Plain, Reason, Record, system_exceptions};

pub(super) fn checks() -> Vec<Check> {
    checks! {
        "all": plain reason rich either system_exceptions_by_number;
    }
}

async fn plain(session: &mut Session) -> Verdict {
    expect_user(Plain, session.echo().raise_plain().await)
}

async fn reason(session: &mut Session) -> Verdict {
    let target = session.echo();
    for text in text_edges(session.options.utf8) {
        expect_user(Reason { text: text.clone() }, target.raise_reason(&text).await)?;
    }
    Ok(())
}

async fn rich(session: &mut Session) -> Verdict {
    let target = session.echo();
    for _ in 0..session.options.rounds {
        let item: Record = sample(session);
        let values: Vec<i32> = sample(session);
        let text = random_text(session, 20);
        let raised = match target.raise_rich(&text, &values, item.clone()).await {
            Err(Fault::User(raised)) => raised,
            Err(fault) => return Err(fault.into()),
            Ok(_) => return Err(Mismatch::new("Rich", "a result")),
        };
        expect_equal(
            (text, values, item.paint, item.tag),
            (raised.text, raised.values, raised.paint, raised.tag),
        )?;
        expect_same(&item.at, &raised.at)?;
        expect_same(&vec![item], &raised.group)?;
    }
    Ok(())
}

async fn either(session: &mut Session) -> Verdict {
    let target = session.echo();
    expect_equal(7, target.raise_either(0).await?)?;
    expect_user(Either::Plain(Plain), target.raise_either(1).await)?;
    expect_user(Either::Reason(Reason { text: "either".to_owned() }), target.raise_either(2).await)?;
    match target.raise_either(77).await {
        Err(Fault::User(Either::Rich(rich))) => expect_equal(77, rich.tag),
        other => Err(Mismatch::new("Rich", format_args!("{other:?}"))),
    }
}

async fn system_exceptions_by_number(session: &mut Session) -> Verdict {
    let target = session.echo();
    for (number, &kind) in (0..).zip(system_exceptions()) {
        for completed in [Completion::Yes, Completion::No, Completion::Maybe] {
            let minor = session.random.next() as u32;
            let raised = expect_system(&[kind], target.raise_system(number, minor, completed).await)?;
            expect_equal(minor, raised.minor().0)?;
            expect_completed(completed.into(), &raised)?;
        }
    }
    let number = u32::try_from(system_exceptions().len()).unwrap_or(u32::MAX);
    let raised = target.raise_system(number, 0, Completion::No).await;
    expect_completed(Completed::No, &expect_system(&[ExceptionKind::BadParam], raised)?)
}
