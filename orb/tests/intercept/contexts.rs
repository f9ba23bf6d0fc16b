//! Service contexts, and what interceptors leave for those behind them.

use std::sync::Arc;

use quorb::intercept::{
    ClientCall, ClientInterceptor, ClientNext, ClientReply, ServerCall, ServerInterceptor, ServerNext,
};
use quorb::proto::head::TraceContext;
use quorb::{ExceptionKind, Reply, SystemException};

use crate::desk::{Log, Office, every_way};

const ID: u32 = 0x5857_0001;

/// Sends octets, and writes down what comes back.
struct Sender(Log, usize);

impl ClientInterceptor for Sender {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        call.set_context(ID, b"replaced".as_slice());
        call.set_context(ID, vec![b'x'; self.1]);
        let reply = next.run(call).await;
        if let Ok(reply) = &reply {
            self.0.write(format!("{:?}", reply.context(ID).map(|octets| octets.escape_ascii().to_string())));
        }
        reply
    }
}

/// Answers with octets, on results as well as on exceptions.
struct Answerer;

impl ServerInterceptor for Answerer {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        let came = call.request_context(ID).map_or(0, |octets| octets.len());
        let mut reply = next.run(call).await;
        reply.set_context(ID, format!("{came} came").into_bytes());
        reply
    }
}

#[tokio::test]
async fn contexts_go_there_and_back_on_every_way() {
    every_way(async |way| {
        let log = Log::default();
        let sender = Sender(log.clone(), 3);
        let serving = |builder: quorb::OrbBuilder| builder.intercept_service(Answerer);
        let office = Office::open(way, serving, |builder| builder.intercept_calls(sender)).await;
        let heard = office.desk.heard().await.unwrap();
        assert_eq!(heard, format!("{ID}=xxx"));
        assert_eq!(log.take(), r#"Some("3 came")"#);
        // A declared exception carries them as well.
        office.desk.add(2000).await.unwrap_err();
        assert_eq!(log.take(), r#"Some("3 came")"#);
    })
    .await;
}

#[tokio::test]
async fn more_than_a_native_head_has_room_for_is_refused_before_anything_is_sent() {
    let log = Log::default();
    let sender = Sender(log.clone(), 1 << 16);
    let office =
        Office::open(crate::desk::Way::Native, |builder| builder, |builder| builder.intercept_calls(sender))
            .await;
    let fault = office.desk.value().await.unwrap_err();
    assert_eq!(fault.kind(), Some(ExceptionKind::ImpLimit), "{fault}");
    assert_eq!(office.seen.executed.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// A principal, as an interceptor of a security service would find it.
#[derive(Debug, PartialEq)]
struct Principal(String);

struct Authenticate;

impl ServerInterceptor for Authenticate {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        call.context().attach(Arc::new(Principal("nobody".to_owned())));
        call.context().attach(Arc::new(Principal("ada".to_owned())));
        call.serve_as(TraceContext {
            trace_id: [7; 16],
            parent_id: [8; 8],
            flags: 1,
            state: bytes::Bytes::new(),
        });
        next.run(call).await
    }
}

struct Delegate(Log);

impl ClientInterceptor for Delegate {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        let principal = call.parent().and_then(|parent| parent.attached::<Principal>());
        let trace = call.trace().map(|trace| trace.parent_id[0]);
        self.0.write(format!("{} as {:?} in {trace:?}", call.operation(), principal.map(|p| p.0.clone())));
        assert_eq!(call.parent().and_then(|parent| parent.attached::<String>()), None);
        next.run(call).await
    }
}

#[tokio::test]
async fn what_is_attached_to_a_call_reaches_the_calls_that_its_servant_makes() {
    every_way(async |way| {
        let log = Log::default();
        let serving = |builder: quorb::OrbBuilder| {
            builder.intercept_service(Authenticate).intercept_calls(Delegate(log.clone()))
        };
        let office = Office::open(way, serving, |builder| builder).await;
        office.desk.value_of(office.desk.clone()).await.unwrap();
        let seen = log.take();
        assert!(seen.ends_with(r#"value as Some("ada") in Some(8)"#), "{seen}");
    })
    .await;
}
