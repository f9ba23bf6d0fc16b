//! Spans, and the trace that ties those of different processes together.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use quorb::intercept::Tracing;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::desk::{Office, Way, every_way, until};

type Fields = HashMap<&'static str, String>;

/// Keeps the fields of every span of calls.
#[derive(Clone, Default)]
struct Spans {
    spans: Arc<Mutex<Vec<Fields>>>,
    next: Arc<AtomicU64>,
}

struct Into<'a>(&'a mut Fields);

impl Visit for Into<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "quorb::call"
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::new();
        fields.insert("", attributes.metadata().name().to_owned());
        attributes.record(&mut Into(&mut fields));
        self.spans.lock().unwrap().push(fields);
        Id::from_u64(self.next.fetch_add(1, Ordering::SeqCst) + 1)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let mut spans = self.spans.lock().unwrap();
        values.record(&mut Into(&mut spans[id.into_u64() as usize - 1]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// A desk whose server and client both trace.
async fn traced(way: Way, tracing: Tracing) -> Office {
    let both = |builder: quorb::OrbBuilder| {
        builder.intercept_calls(tracing.clone()).intercept_service(tracing.clone())
    };
    let calling = |builder: quorb::OrbBuilder| match way {
        Way::Collocated => builder,
        _ => both(builder),
    };
    Office::open(way, both, calling).await
}

#[tokio::test]
async fn nested_calls_are_one_trace_whose_spans_hang_together() {
    every_way(async |way| {
        let spans = Spans::default();
        let _guard = tracing::subscriber::set_default(spans.clone());
        let office = traced(way, Tracing::new()).await;
        office.desk.value_of(office.desk.clone()).await.unwrap();
        let spans = spans.spans.lock().unwrap();
        let steps: Vec<_> = spans.iter().map(|span| format!("{} {}", span[""], span["rpc.method"])).collect();
        let desk = "intercept/Desk";
        let expected = [
            format!("call {desk}/value_of"),
            format!("serve {desk}/value_of"),
            format!("call {desk}/value"),
            format!("serve {desk}/value"),
        ];
        assert_eq!(steps, expected, "{way:?}");
        assert_eq!(spans[0]["parent_span_id"], "");
        for (inner, outer) in spans[1..].iter().zip(&spans[..3]) {
            assert_eq!(inner["trace_id"], outer["trace_id"], "{way:?}");
            assert_eq!(inner["parent_span_id"], outer["span_id"], "{way:?}");
        }
        assert_eq!((spans[0]["trace_id"].len(), spans[0]["span_id"].len()), (32, 16));
        for span in &*spans {
            assert_eq!(span["rpc.response.status_code"], "OK", "{way:?}");
            assert_eq!(span["rpc.system.name"], "quorb");
            assert!(!span.contains_key("error.type"));
        }
        assert_eq!([&spans[0]["otel.kind"], &spans[1]["otel.kind"]], ["client", "server"]);
    })
    .await;
}

#[tokio::test]
async fn spans_say_how_calls_end() {
    every_way(async |way| {
        let spans = Spans::default();
        let _guard = tracing::subscriber::set_default(spans.clone());
        let office = traced(way, Tracing::new()).await;
        office.desk.add(2000).await.unwrap_err();
        office.desk.panic().await.unwrap_err();
        let desk = office.desk.clone();
        let call = tokio::spawn(async move { desk.wait_for_ever().await });
        until("the method has begun", || office.seen.waits.load(Ordering::SeqCst) == 1).await;
        call.abort();
        call.await.unwrap_err();
        until("nothing is left of it", || office.server.open_calls().served == 0).await;
        let spans = spans.spans.lock().unwrap();
        let ends: Vec<_> = spans
            .iter()
            .map(|span| (&*span["rpc.response.status_code"], span.get("error.type").map(|kind| &**kind)))
            .collect();
        let pair = |end| [end, end];
        let expected = [
            pair(("USER_EXCEPTION", None)),
            pair(("UNKNOWN", Some("UNKNOWN"))),
            pair(("CANCELLED", Some("CANCELLED"))),
        ];
        assert_eq!(ends, expected.concat(), "{way:?}");
    })
    .await;
}

/// What is not sampled has no spans, but its trace goes on, so that a server does not begin another one.
#[tokio::test]
async fn what_is_not_sampled_has_no_spans_anywhere() {
    every_way(async |way| {
        let spans = Spans::default();
        let _guard = tracing::subscriber::set_default(spans.clone());
        let never = Tracing::new().sampling(0.0);
        let office = Office::open(
            way,
            |builder| builder.intercept_service(Tracing::new()),
            |builder| builder.intercept_calls(never),
        )
        .await;
        office.desk.value().await.unwrap();
        assert_eq!(spans.spans.lock().unwrap().len(), 0, "{way:?}");
    })
    .await;
}
