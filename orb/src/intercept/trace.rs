//! Tracing: a span around every call, and the trace that crosses processes.

use std::fmt;

use tracing::{Instrument, Span, field};

use super::{
    CallEnding, ClientCall, ClientInterceptor, ClientNext, ClientReply, ServerCall, ServerInterceptor,
    ServerNext, method_of,
};
use crate::adapter::{Protocol, Reply};
use crate::exception::SystemException;
use crate::proto::head::TraceContext;

/// Opens a [`tracing`] span around every call, on both sides, and carries the trace on (W3C Trace Context) over both
/// protocols and through the calls that servants make.
///
/// Register the same value on both sides. The spans are called `call` and `serve`, their target is `quorb::call`, their
/// fields are OpenTelemetry's (`otel.name`, `otel.kind`, `rpc.system.name`, `rpc.method`, `server.address`,
/// `rpc.response.status_code`, `error.type`), and `trace_id`, `span_id`, `parent_span_id` in hexadecimal. A trace begins
/// with the first call that has none, and whether it is recorded is decided there, by [`sampling`](Tracing::sampling).
///
/// A trace that another library has begun goes on if an interceptor further out sets it with
/// [`ClientCall::set_trace`](super::ClientCall::set_trace).
#[derive(Debug, Clone)]
pub struct Tracing {
    /// Of 2^32 new traces, so many are recorded.
    sampled: u64,
}

impl Default for Tracing {
    fn default() -> Tracing {
        Tracing::new()
    }
}

/// All of them.
const EVERY: u64 = 1 << 32;

impl Tracing {
    /// Records every trace.
    pub fn new() -> Tracing {
        Tracing { sampled: EVERY }
    }

    /// Records this fraction of the traces that begin here, from 0 to 1. Traces that a caller has begun are recorded if the
    /// caller records them. A trace that is not recorded has no spans, but goes on through all calls.
    pub fn sampling(mut self, fraction: f64) -> Tracing {
        // A conversion from a float saturates, and makes 0 of what is not a number.
        self.sampled = (fraction * EVERY as f64) as u64;
        self
    }

    /// The context of a new span under `parent`; of a new trace if there is none. `random` gives numbers that nobody can
    /// foresee.
    fn span_under(&self, parent: Option<&TraceContext>, random: impl Fn() -> u64) -> TraceContext {
        let parent_id = id(&random);
        match parent {
            Some(parent) => TraceContext { parent_id, ..parent.clone() },
            None => {
                let mut trace_id = [0; 16];
                trace_id[..8].copy_from_slice(&id(&random));
                trace_id[8..].copy_from_slice(&id(&random));
                let flags = u8::from(random() >> 32 < self.sampled);
                TraceContext { trace_id, parent_id, flags, state: bytes::Bytes::new() }
            }
        }
    }
}

/// Eight octets, not all of them 0.
fn id(random: impl Fn() -> u64) -> [u8; 8] {
    random().max(1).to_be_bytes()
}

impl ClientInterceptor for Tracing {
    async fn call(
        &self,
        call: &mut ClientCall<'_>,
        next: ClientNext<'_>,
    ) -> Result<ClientReply, SystemException> {
        let parent = call.trace().cloned();
        let here = self.span_under(parent.as_ref(), || call.random());
        if !here.is_sampled() {
            call.set_trace(Some(here));
            return next.run(call).await;
        }
        let method = method_of(call.interface(), call.operation());
        let span = tracing::info_span!(
            target: "quorb::call",
            "call",
            otel.name = %method,
            otel.kind = "client",
            rpc.system.name = "quorb",
            rpc.method = %method,
            trace_id = %Hex(&here.trace_id),
            span_id = %Hex(&here.parent_id),
            parent_span_id = %OptionalHex(parent.as_ref()),
            server.address = field::Empty,
            rpc.response.status_code = field::Empty,
            error.r#type = field::Empty,
        );
        call.set_trace(Some(here));
        let mut end = SpanEnd::new(span.clone());
        let reply = next.run(call).instrument(span.clone()).await;
        if !span.is_disabled()
            && let Some(peer) = call.last_peer()
        {
            span.record("server.address", field::display(&peer));
        }
        end.ended(CallEnding::of_call(&reply));
        reply
    }
}

impl ServerInterceptor for Tracing {
    async fn serve(&self, call: &mut ServerCall, next: ServerNext<'_>) -> Reply {
        let parent = call.context().callers_trace().cloned();
        let here = self.span_under(parent.as_ref(), || call.random());
        call.serve_as(here.clone());
        if !here.is_sampled() {
            return next.run(call).await;
        }
        let method = method_of(Some(call.interface()), call.operation());
        let peer = call.context().peer();
        let protocol = match peer.protocol {
            Protocol::Native => "native",
            Protocol::Iiop => "iiop",
            Protocol::Collocated => "collocated",
        };
        let span = tracing::info_span!(
            target: "quorb::call",
            "serve",
            otel.name = %method,
            otel.kind = "server",
            rpc.system.name = "quorb",
            rpc.method = %method,
            trace_id = %Hex(&here.trace_id),
            span_id = %Hex(&here.parent_id),
            parent_span_id = %OptionalHex(parent.as_ref()),
            network.protocol.name = protocol,
            client.address = %peer.address,
            rpc.response.status_code = field::Empty,
            error.r#type = field::Empty,
        );
        let mut end = SpanEnd::new(span.clone());
        let reply = next.run(call).instrument(span).await;
        end.ended(CallEnding::of_service(&reply));
        reply
    }
}

/// Says in a span how its call ended, also when the call is dropped.
struct SpanEnd {
    span: Span,
    ending: CallEnding,
}

impl SpanEnd {
    fn new(span: Span) -> SpanEnd {
        SpanEnd { span, ending: CallEnding::Cancelled }
    }

    fn ended(&mut self, ending: CallEnding) {
        self.ending = ending;
    }
}

impl Drop for SpanEnd {
    fn drop(&mut self) {
        let status = self.ending.status_code();
        self.span.record("rpc.response.status_code", status);
        if self.ending.is_failure() {
            self.span.record("error.type", status);
        }
    }
}

/// Octets as hexadecimal digits.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// The span of the parent, if there is one.
struct OptionalHex<'a>(Option<&'a TraceContext>);

impl fmt::Display for OptionalHex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |parent| Hex(&parent.parent_id).fmt(f))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_the_traces_is_recorded() {
        let recorded = |fraction: f64| {
            let tracing = Tracing::new().sampling(fraction);
            let mut dice = 1_u64;
            let mut count = 0;
            for _ in 0..10_000 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                count += usize::from(tracing.span_under(None, || dice).is_sampled());
            }
            count
        };
        assert_eq!((recorded(0.0), recorded(1.0), recorded(f64::NAN)), (0, 10_000, 0));
        assert!((2000..3000).contains(&recorded(0.25)), "{}", recorded(0.25));
    }

    #[test]
    fn a_span_keeps_the_trace_of_its_parent_and_its_decision() {
        let parent = TraceContext { trace_id: [1; 16], parent_id: [2; 8], flags: 0, state: "a=b".into() };
        let child = Tracing::new().span_under(Some(&parent), || 0);
        assert_eq!((child.trace_id, &child.state, child.flags), (parent.trace_id, &parent.state, 0));
        assert_eq!(child.parent_id, [0, 0, 0, 0, 0, 0, 0, 1], "an id is never 0");
    }
}
