//! Directions of parameters, and attributes.

use super::compare::{Verdict, expect_equal, expect_same};
use super::samples::{random_text, sample, text_edges};
use super::session::Session;
use super::{Check, checks};
use crate::echo::Record;

pub(super) fn checks() -> Vec<Check> {
    checks! {
        "all": split rotate gather only_out attributes;
    }
}

async fn split(session: &mut Session) -> Verdict {
    let target = session.echo();
    for _ in 0..session.options.rounds {
        let value = session.random.i32();
        let by = 1 + session.random.below(1000).cast_signed();
        expect_equal((value / by, value % by), target.split(value, by).await?)?;
    }
    Ok(())
}

async fn rotate(session: &mut Session) -> Verdict {
    let target = session.echo();
    for rounds in 0..5 {
        let texts: [String; 3] = std::array::from_fn(|_| random_text(session, 30));
        let [mut first, mut second, mut third] = texts.clone();
        expect_equal(rounds + 1, target.rotate(rounds, &mut first, &mut second, &mut third).await?)?;
        let mut expected = texts;
        expected.rotate_left(rounds as usize % 3);
        expect_equal(expected, [first, second, third])?;
    }
    Ok(())
}

async fn gather(session: &mut Session) -> Verdict {
    let target = session.echo();
    for _ in 0..session.options.rounds {
        let mut item: Record = sample(session);
        let mut items: Vec<Record> = sample(session);
        let (sent, mut expected) = (item.clone(), items.clone());
        expected.push(item.clone());
        let (tag, kind, coordinates) = target.gather("renamed", &mut item, &mut items).await?;
        expect_equal((sent.tag, sent.paint), (tag, kind))?;
        expect_same(&vec![f64::from(sent.at.x), sent.at.y], &coordinates)?;
        expect_same(&expected, &items)?;
        expect_same(&Record { name: "renamed".to_owned(), ..sent }, &item)?;
    }
    Ok(())
}

async fn only_out(session: &mut Session) -> Verdict {
    let ((), text, number, cells) = session.echo().only_out().await?;
    expect_equal(("only out", 0xfedc_ba98_7654_3210), (text.as_str(), number))?;
    expect_equal([[0, 1], [2, 3], [4, 5]], cells)
}

async fn attributes(session: &mut Session) -> Verdict {
    let target = session.echo();
    for text in text_edges(session.options.utf8) {
        target.set_label(text.clone()).await?;
        expect_equal(text, target.label().await?)?;
    }
    let record: Record = sample(session);
    target.set_favourite(record.clone()).await?;
    expect_same(&record, &target.favourite().await?)?;
    expect_same(&0.1, &target.ratio().await?)
}
