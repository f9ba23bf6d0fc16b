//! Size, number and order of calls: large sequences, many callers at once, oneway, forwarding.

use quorb::Proxy;

use super::compare::{Mismatch, Verdict, expect_equal, expect_same, expect_user};
use super::random::Random;
use super::samples::{Sample, sample, sample_of};
use super::session::Session;
use super::{Check, checks};
use crate::echo::{EchoProxy, Plain, Reason, Record};

pub(super) fn checks() -> Vec<Check> {
    checks! {
        "all": large_octets large_longs large_doubles large_string make_octets every_length callers in_flight oneway
            forward forward_permanent forward_chain forward_large;
    }
}

fn random_of<T: Sample>(session: &mut Session, count: usize) -> Vec<T> {
    (0..count).map(|_| sample(session)).collect()
}

async fn large_octets(session: &mut Session) -> Verdict {
    let value = random_of::<u8>(session, session.options.size);
    expect_same(&value, &session.echo().echo_octets(value.clone()).await?)
}

async fn large_longs(session: &mut Session) -> Verdict {
    let value = random_of::<i32>(session, session.options.size / 4);
    expect_same(&value, &session.echo().echo_longs(&value).await?)
}

async fn large_doubles(session: &mut Session) -> Verdict {
    let value = random_of::<f64>(session, session.options.size / 8);
    expect_same(&value, &session.echo().echo_doubles(&value).await?)
}

async fn large_string(session: &mut Session) -> Verdict {
    let value: String =
        (0..session.options.size).map(|_| char::from(b' ' + session.random.below(95) as u8)).collect();
    expect_same(&value, &session.echo().echo_string(&value).await?)
}

async fn make_octets(session: &mut Session) -> Verdict {
    let target = session.echo();
    for length in [0, 1, session.options.size] {
        let got = target.make_octets(u32::try_from(length).unwrap_or(u32::MAX), 7).await?;
        expect_equal(length, got.len())?;
        let wrong = (0..).zip(&got).find(|&(index, &octet)| (7 + index) % 251 != u64::from(octet));
        if let Some((index, octet)) = wrong {
            return Err(Mismatch::new(format_args!("octet {} at {index}", (7 + index) % 251), octet));
        }
    }
    Ok(())
}

/// Every length around the places where a sender may cut a message into fragments.
async fn every_length(session: &mut Session) -> Verdict {
    let target = session.echo();
    for middle in [8192, 16384, 32768, 65536] {
        for length in middle - 80..middle + 16 {
            let value: Vec<u8> = (0..length).map(|index| (index * 7 + length) as u8).collect();
            expect_same(&value, &target.echo_octets(value.clone()).await?)?;
        }
    }
    Ok(())
}

async fn mixed_calls(mut session: Session, target: EchoProxy) -> Verdict {
    for _ in 0..session.options.rounds {
        let number = session.random.i32();
        expect_equal(number, target.echo_long(number).await?)?;
        let record: Record = sample(&mut session);
        expect_same(&record, &target.echo_record(&record).await?)?;
        let octets: Vec<u8> = sample_of(&mut session, 12_000);
        expect_same(&octets, &target.echo_octets(octets.clone()).await?)?;
        let text = number.to_string();
        expect_user(Reason { text: text.clone() }, target.raise_reason(&text).await)?;
    }
    Ok(())
}

async fn callers(session: &mut Session) -> Verdict {
    let session = session.clone();
    session
        .at_once(|index| {
            let mut own = session.clone();
            own.random = Random::new(session.options.seed * 1000 + u64::from(index));
            mixed_calls(own, session.echo())
        })
        .await
}

/// All callers wait inside the server at the same time; none of them may be kept out by the others.
async fn in_flight(session: &mut Session) -> Verdict {
    let (target, count) = (session.echo(), session.options.threads);
    let waiting = session.clone();
    let held = tokio::spawn({
        let target = target.clone();
        async move {
            waiting
                .at_once(|_| {
                    let target = target.clone();
                    async move { Ok(target.hold().await?) }
                })
                .await
        }
    });
    let all_held = session.until("all callers to be held", async || Ok(target.held().await? == count)).await;
    // Released in any case: nobody must wait for ever because the count was wrong.
    let released = target.release().await?;
    held.await.map_err(|cause| Mismatch::new("callers that end", cause))??;
    all_held?;
    expect_equal(count, released)?;
    expect_equal(0, target.held().await?)
}

/// Oneway calls arrive, each of them once.
async fn oneway(session: &mut Session) -> Verdict {
    let target = session.echo();
    let mut sum = target.posted().await?;
    for _ in 0..200 {
        let value = session.random.below(1_000_000).cast_signed() - 500_000;
        target.post(value).await?;
        sum += i64::from(value);
    }
    session.until("the sum of all posts", async || Ok(target.posted().await? == sum)).await
}

async fn expect_forwarded(session: &mut Session, forwarding: &EchoProxy) -> Verdict {
    let target = session.echo();
    let before = target.calls().await?;
    for value in [1, -2, 3] {
        expect_equal(value, forwarding.echo_long(value).await?)?;
        let record: Record = sample(session);
        expect_same(&record, &forwarding.echo_record(&record).await?)?;
    }
    expect_equal(before + 3, target.calls().await?)?;
    expect_user(Plain, forwarding.raise_plain().await)
}

async fn forward(session: &mut Session) -> Verdict {
    let target = session.echo();
    let forwarding = target.forwarded(target.clone(), false).await?;
    expect_forwarded(session, &forwarding).await?;
    expect_equal(false, forwarding.object().non_existent().await?)?;
    expect_equal(true, forwarding.object().is_a("IDL:Torture/Echo:1.0").await?)
}

async fn forward_permanent(session: &mut Session) -> Verdict {
    let target = session.echo();
    let forwarding = target.forwarded(target.clone(), true).await?;
    expect_forwarded(session, &forwarding).await
}

async fn forward_chain(session: &mut Session) -> Verdict {
    let target = session.echo();
    let first = target.forwarded(target.clone(), false).await?;
    let second = target.forwarded(first, true).await?;
    let third = target.forwarded(second, false).await?;
    expect_forwarded(session, &third).await
}

/// A request with a large body is sent again, whole, to where the object went.
async fn forward_large(session: &mut Session) -> Verdict {
    let target = session.echo();
    let forwarding = target.forwarded(target.clone(), false).await?;
    let mut own = Session { object: forwarding.object().clone(), ..session.clone() };
    large_octets(&mut own).await
}
