//! A client lives on while its server ends and another one starts, or while its connection is closed.

use std::io::BufRead;

use super::compare::{Mismatch, Verdict, expect_equal};
use super::session::Session;
use super::{Check, checks, say};

pub(super) fn checks() -> Vec<Check> {
    checks! {
        "restart": restart;
        "idle": idle;
    }
}

/// Calls until the server has been seen to have started anew (its count of calls fell), then `loops` calls more. `calling`
/// on standard output says that the first call succeeded, so that the server may be stopped now.
async fn restart(session: &mut Session) -> Verdict {
    let session = session.clone();
    let target = session.echo();
    let (mut random, mut last, mut announced) = (session.random.clone(), 0, false);
    let (mut restarted, mut left) = (!session.options.expect_restart, session.options.loops);
    session
        .until("the server to start anew and serve", async || {
            let value = random.i32();
            let calls = match target.echo_long(value).await {
                Ok(got) => {
                    expect_equal(value, got)?;
                    target.calls().await
                }
                Err(fault) => Err(fault),
            };
            match calls {
                Ok(calls) => {
                    restarted |= calls <= last;
                    last = calls;
                }
                Err(fault) if session.is_lost_server(&fault) => return Ok(false),
                Err(fault) => return Err(fault.into()),
            }
            if !announced {
                say("calling");
            }
            announced = true;
            left = left.saturating_sub(u32::from(restarted));
            Ok(restarted && left == 0)
        })
        .await
}

/// Calls, says `idle`, and calls again when it is told to on standard input: meanwhile the connection may be closed.
async fn idle(session: &mut Session) -> Verdict {
    let target = session.echo();
    expect_equal(1, target.echo_long(1).await?)?;
    say("idle");
    let told = tokio::task::spawn_blocking(|| std::io::stdin().lock().read_line(&mut String::new())).await;
    match told {
        Ok(Ok(octets)) if octets > 0 => expect_equal(2, target.echo_long(2).await?),
        other => Err(Mismatch::new("a line on standard input", format_args!("{other:?}"))),
    }
}
