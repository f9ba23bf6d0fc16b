//! What wrong requests earn, and calls that cannot be made.

use std::time::Duration;

use quorb::{Completion, ExceptionKind, ObjectRef, Proxy, WChar, WString};

use super::compare::{Verdict, expect_completed, expect_equal, expect_system};
use super::session::Session;
use super::{Check, checks};
use crate::echo::{EchoProxy, stranger};

pub(super) fn checks() -> Vec<Check> {
    checks! {
        "all": unknown_object unknown_operation short_arguments values_out_of_type deadline nil_is_not_called;
        "oversize": oversize_request oversize_own_request oversize_reply;
        "wide_refused": wide_refused;
        "unreachable": unreachable;
        "circle": circle;
    }
}

/// After a request that failed the connection, or a new one, still serves.
async fn expect_recovered(session: &Session) -> Verdict {
    expect_equal(12345, session.echo().echo_long(12345).await?)
}

fn stranger_of(session: &Session) -> stranger::EchoProxy {
    stranger::EchoProxy::from_object(session.object.clone())
}

async fn unknown_object(session: &mut Session) -> Verdict {
    let nobody = EchoProxy::from_object(session.nobody());
    let raised = expect_system(&[ExceptionKind::ObjectNotExist], nobody.echo_long(1).await)?;
    expect_completed(Completion::No, &raised)?;
    expect_recovered(session).await
}

async fn unknown_operation(session: &mut Session) -> Verdict {
    let raised =
        expect_system(&[ExceptionKind::BadOperation], stranger_of(session).no_such_operation().await)?;
    expect_completed(Completion::No, &raised)?;
    expect_recovered(session).await
}

/// Arguments that end before the server has read them.
async fn short_arguments(session: &mut Session) -> Verdict {
    let target = stranger_of(session);
    for octet in [0, 1, 255] {
        let raised = expect_system(&[ExceptionKind::Marshal], target.echo_string(octet).await)?;
        expect_completed(Completion::No, &raised)?;
    }
    // The length of a sequence whose elements are not there: none of these may cost the server memory.
    for length in [1, 0x7fff_ffff, 0xffff_ffff] {
        let raised = expect_system(&[ExceptionKind::Marshal], target.echo_octets(length).await)?;
        expect_completed(Completion::No, &raised)?;
    }
    expect_recovered(session).await
}

/// Values that the declared type does not have: MARSHAL or BAD_PARAM, but never a result.
async fn values_out_of_type(session: &mut Session) -> Verdict {
    const REFUSED: &[ExceptionKind] = &[ExceptionKind::Marshal, ExceptionKind::BadParam];
    let target = stranger_of(session);
    let raised = [
        expect_system(REFUSED, target.echo_short_text("123456789").await)?,
        expect_system(REFUSED, target.echo_few_longs(&[0; 5]).await)?,
        expect_system(REFUSED, target.echo_colour(3).await)?,
        expect_system(REFUSED, target.echo_colour(0xffff_ffff).await)?,
    ];
    raised.iter().try_for_each(|raised| expect_completed(Completion::No, raised))?;
    expect_recovered(session).await
}

async fn deadline(session: &mut Session) -> Verdict {
    let hurried = session.echo().with_deadline(Duration::from_millis(100));
    let raised = expect_system(&[ExceptionKind::Timeout], hurried.slow(3000).await)?;
    expect_completed(Completion::Maybe, &raised)?;
    expect_recovered(session).await
}

async fn nil_is_not_called(_: &mut Session) -> Verdict {
    let nil = EchoProxy::from_object(ObjectRef::nil());
    let raised = expect_system(&[ExceptionKind::InvObjref], nil.echo_long(1).await)?;
    expect_completed(Completion::No, &raised)
}

/// The server's message limit is smaller than this process's: the request must be refused, not served.
async fn oversize_request(session: &mut Session) -> Verdict {
    const REFUSED: &[ExceptionKind] =
        &[ExceptionKind::Marshal, ExceptionKind::CommFailure, ExceptionKind::ImpLimit];
    let large = vec![0; session.options.size];
    expect_system(REFUSED, session.echo().echo_octets(large).await)?;
    expect_recovered(session).await
}

/// The request is larger than this process's own limit: it is not sent.
async fn oversize_own_request(session: &mut Session) -> Verdict {
    let large = vec![0; session.options.size];
    let raised = expect_system(&[ExceptionKind::ImpLimit], session.echo().echo_octets(large).await)?;
    expect_completed(Completion::No, &raised)?;
    expect_recovered(session).await
}

/// The reply is larger than this process's message limit.
async fn oversize_reply(session: &mut Session) -> Verdict {
    const REFUSED: &[ExceptionKind] = &[ExceptionKind::Marshal, ExceptionKind::ImpLimit];
    let length = u32::try_from(session.options.size).unwrap_or(u32::MAX);
    expect_system(REFUSED, session.echo().make_octets(length, 0).await)?;
    expect_recovered(session).await
}

/// Wide characters cannot travel: over GIOP 1.0, or to a reference that names no code sets.
async fn wide_refused(session: &mut Session) -> Verdict {
    const REFUSED: &[ExceptionKind] =
        &[ExceptionKind::Marshal, ExceptionKind::InvObjref, ExceptionKind::BadParam];
    let target = session.echo();
    let raised = [
        expect_system(REFUSED, target.echo_wchar(WChar('x')).await)?,
        expect_system(REFUSED, target.echo_wstring(WString::from("x")).await)?,
    ];
    raised.iter().try_for_each(|raised| expect_completed(Completion::No, raised))?;
    expect_recovered(session).await
}

/// Nobody listens at the reference's address.
async fn unreachable(session: &mut Session) -> Verdict {
    let raised = expect_system(&[ExceptionKind::Transient], session.echo().echo_long(1).await)?;
    expect_completed(Completion::No, &raised)
}

/// The object forwards to itself: there is an end to following.
async fn circle(session: &mut Session) -> Verdict {
    let raised = expect_system(&[ExceptionKind::Transient], session.echo().echo_long(1).await)?;
    expect_equal(quorb::Minor::TOO_MANY_FORWARDS, raised.minor())?;
    expect_completed(Completion::No, &raised)
}
