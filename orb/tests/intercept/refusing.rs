//! Interceptors that answer instead of going on.

use std::sync::atomic::{AtomicU32, Ordering};

use quorb::adapter::Protocol;
use quorb::intercept::{
    ClientCall, ClientInterceptor, ClientNext, ClientReply, ServerCall, ServerInterceptor, ServerNext,
};
use quorb::{Completion, ExceptionKind, Fault, Minor, Reply, SystemException};

use crate::desk::{Office, Way, every_way};

/// Refuses the first calls, on whichever side.
struct RefuseFirst(AtomicU32, ExceptionKind);

impl RefuseFirst {
    fn refusal(&self) -> Option<SystemException> {
        let left = self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.is_ok().then(|| SystemException::new(self.1, Minor(77), Completion::No))
    }
}

impl ClientInterceptor for RefuseFirst {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        match self.refusal() {
            Some(refusal) => Err(refusal),
            None => next.run(call).await,
        }
    }
}

impl ServerInterceptor for RefuseFirst {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        match self.refusal() {
            Some(refusal) => call.refuse(refusal),
            None => next.run(call).await,
        }
    }
}

#[tokio::test]
async fn a_refusal_reaches_the_caller_and_nothing_is_executed() {
    every_way(async |way| {
        for at_server in [false, true] {
            let refuse = RefuseFirst(1.into(), ExceptionKind::NoPermission);
            let office = match at_server {
                true => {
                    Office::open(way, |builder| builder.intercept_service(refuse), |builder| builder).await
                }
                false => {
                    Office::open(way, |builder| builder, |builder| builder.intercept_calls(refuse)).await
                }
            };
            let Fault::System(exception) = office.desk.add(1).await.unwrap_err() else { panic!("{way:?}") };
            assert_eq!(exception.kind(), ExceptionKind::NoPermission);
            assert_eq!((exception.minor(), exception.completed()), (Minor(77), Completion::No));
            assert!(exception.to_string().contains("add"), "it names the operation: {exception}");
            assert_eq!(office.seen.executed.load(Ordering::SeqCst), 0);
            assert_eq!(office.desk.add(1).await.unwrap(), 1);
        }
    })
    .await;
}

/// What a server refuses with TRANSIENT and completion No is tried again by the caller's broker, update or not.
#[tokio::test]
async fn a_transient_refusal_is_tried_again() {
    for way in [Way::Native, Way::Iiop] {
        let refuse = RefuseFirst(2.into(), ExceptionKind::Transient);
        let office = Office::open(way, |builder| builder.intercept_service(refuse), |builder| builder).await;
        assert_eq!(office.desk.add(5).await.unwrap(), 5);
        assert_eq!(office.seen.executed.load(Ordering::SeqCst), 1);
    }
}

/// Answers `value` by itself.
struct Seven;

impl ClientInterceptor for Seven {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        if call.operation() == "value" {
            return ClientReply::results(|body| {
                body.items(1);
                body.put(&7_i32)
            });
        }
        next.run(call).await
    }
}

#[tokio::test]
async fn a_client_interceptor_may_answer_by_itself() {
    every_way(async |way| {
        let office = Office::open(way, |builder| builder, |builder| builder.intercept_calls(Seven)).await;
        assert_eq!(office.desk.value().await.unwrap(), 7);
        assert_eq!(office.seen.executed.load(Ordering::SeqCst), 0);
        assert_eq!(office.desk.add(1).await.unwrap(), 1);
    })
    .await;
}

/// Checks what a call says about itself.
struct Inspect(Way);

impl ClientInterceptor for Inspect {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        assert_eq!(call.interface().map(|interface| interface.name()), Some("Desk"));
        assert!(!call.behaviour().is_repeatable());
        assert!(call.object_key().ends_with(b"desk"), "{:?}", call.object_key());
        assert_eq!(&call.arguments().unwrap()[..], [0x81, 0x05], "an array of one value, in CBOR");
        assert!(call.time_left() > std::time::Duration::from_secs(20));
        call.limit_deadline(std::time::Instant::now() + std::time::Duration::from_secs(5));
        let reply = next.run(call).await;
        let attempts = call.attempts();
        assert_eq!((attempts.len(), call.attempts_made()), (1, 1));
        assert_eq!(call.last_peer().as_ref(), Some(&attempts[0].peer));
        let protocol = match self.0 {
            Way::Collocated => Protocol::Collocated,
            Way::Native => Protocol::Native,
            Way::Iiop => Protocol::Iiop,
        };
        assert_eq!(attempts[0].peer.protocol, protocol);
        assert!(self.0 == Way::Collocated || attempts[0].request_bytes == 4);
        assert!(reply.as_ref().is_ok_and(|reply| reply.body_bytes() >= 4));
        reply
    }

    fn watches_attempts(&self) -> bool {
        true
    }
}

impl ServerInterceptor for Inspect {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        assert_eq!(call.interface().name(), "Desk");
        assert_eq!(call.declared().map(|operation| operation.name), Some("add"));
        assert_eq!(call.request_bytes(), 4);
        assert_eq!(call.arguments().map(quorb::value::Body::len), Some(4));
        assert!(call.context().time_left().is_some_and(|left| left <= std::time::Duration::from_secs(5)));
        let reply = next.run(call).await;
        assert!(call.arguments().is_none());
        assert_eq!(reply.body_bytes(), 4);
        reply
    }
}

#[tokio::test]
async fn a_call_says_what_it_is() {
    every_way(async |way| {
        let serving = |builder: quorb::OrbBuilder| builder.intercept_service(Inspect(way));
        let office = Office::open(way, serving, |builder| builder.intercept_calls(Inspect(way))).await;
        assert_eq!(office.desk.add(5).await.unwrap(), 5);
    })
    .await;
}
