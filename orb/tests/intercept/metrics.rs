//! Counters, gauges and histograms, and how they read.

use std::sync::atomic::Ordering;

use quorb::intercept::metrics::{CallSeries, Side};
use quorb::intercept::{CallEnding, Metrics};
use quorb::{Completion, ExceptionKind};

use crate::desk::{Office, every_way, until};

fn count(series: &[CallSeries], side: Side, method: &str, ending: CallEnding) -> u64 {
    let of = |series: &&CallSeries| series.side == side && series.method == method && series.ending == ending;
    series.iter().filter(of).map(|series| series.duration.count()).sum()
}

#[tokio::test]
async fn calls_are_counted_by_method_and_ending_on_both_sides() {
    every_way(async |way| {
        let metrics = Metrics::new();
        let (serving, calling) = (metrics.clone(), metrics.clone());
        let office = Office::open(
            way,
            |builder| builder.intercept_service(serving),
            |builder| builder.intercept_calls(calling),
        )
        .await;
        for _ in 0..3 {
            office.desk.value().await.unwrap();
        }
        office.desk.add(2000).await.unwrap_err();
        office.desk.panic().await.unwrap_err();
        quorb::Proxy::object(&office.desk).is_a("IDL:a/b:1.0").await.unwrap();
        let desk = office.desk.clone();
        let call = tokio::spawn(async move { desk.wait_for_ever().await });
        until("the method has begun", || office.seen.waits.load(Ordering::SeqCst) == 1).await;
        let text = metrics.prometheus();
        let in_flight = "quorb_server_calls_in_flight{rpc_method=\"intercept/Desk/wait_for_ever\"} 1";
        assert!(text.contains(in_flight), "{text}");
        call.abort();
        call.await.unwrap_err();
        until("nothing is left of it", || office.server.open_calls().served == 0).await;

        let series = metrics.snapshot();
        for side in [Side::Client, Side::Server] {
            let count = |method, ending| count(&series, side, method, ending);
            assert_eq!(count("intercept/Desk/value", CallEnding::Ok), 3, "{way:?}");
            assert_eq!(count("intercept/Desk/add", CallEnding::UserException), 1);
            let panicked = CallEnding::SystemException(ExceptionKind::Unknown, Completion::Maybe);
            assert_eq!(count("intercept/Desk/panic", panicked), 1);
            assert_eq!(count("intercept/Desk/wait_for_ever", CallEnding::Cancelled), 1);
            assert_eq!(count("_OTHER", CallEnding::Ok), 1, "`_is_a` belongs to no interface");
        }
        assert!(metrics.totals().iter().all(|totals| totals.in_flight == 0));
        let value = metrics.totals();
        let value =
            value.iter().find(|totals| totals.side == Side::Client && totals.method.ends_with("/value"));
        assert_eq!(value.map(|totals| (totals.attempts, totals.reply_bytes)), Some((3, 12)), "{way:?}");
    })
    .await;
}

/// Every line is one that Prometheus reads, and the buckets of a histogram add up.
#[tokio::test]
async fn the_text_is_what_prometheus_reads() {
    let metrics = Metrics::new();
    let calling = metrics.clone();
    let office =
        Office::open(crate::desk::Way::Iiop, |builder| builder, |builder| builder.intercept_calls(calling))
            .await;
    office.desk.value().await.unwrap();
    office.desk.panic().await.unwrap_err();
    let text = metrics.prometheus_of(&office.client);
    let mut family = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split(' ').next().unwrap().to_owned();
            continue;
        }
        if line.starts_with("# HELP ") {
            continue;
        }
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with(&family), "{line} is not of {family}");
        assert!(value.parse::<f64>().is_ok(), "{line}");
        if let Some((_, labels)) = name.split_once('{') {
            let labels = labels.strip_suffix('}').unwrap();
            assert!(
                labels.split(',').all(|label| label.split_once("=\"").is_some_and(|(_, v)| v.ends_with('"')))
            );
        }
    }
    let line = |start: &str| {
        let line =
            text.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("{start}: {text}"));
        line.rsplit_once(' ').unwrap().1.to_owned()
    };
    let labels =
        "rpc_system_name=\"quorb\",rpc_method=\"intercept/Desk/value\",rpc_response_status_code=\"OK\"";
    let labels = format!("{labels},quorb_completed=\"yes\"");
    assert_eq!(line(&format!("rpc_client_call_duration_seconds_bucket{{{labels},le=\"+Inf\"}}")), "1");
    assert_eq!(line(&format!("rpc_client_call_duration_seconds_bucket{{{labels},le=\"10\"}}")), "1");
    assert_eq!(line(&format!("rpc_client_call_duration_seconds_count{{{labels}}}")), "1");
    assert!(text.contains("error_type=\"UNKNOWN\""));
    assert_eq!(line("quorb_connections_open"), "1");
}

#[tokio::test]
async fn there_are_only_so_many_labels() {
    let metrics = Metrics::with_methods_max(1);
    let calling = metrics.clone();
    let office =
        Office::open(crate::desk::Way::Native, |builder| builder, |builder| builder.intercept_calls(calling))
            .await;
    office.desk.value().await.unwrap();
    office.desk.label().await.unwrap();
    office.desk.heard().await.unwrap();
    let totals = metrics.totals();
    let methods: Vec<_> = totals.iter().map(|totals| &*totals.method).collect();
    assert_eq!(methods, ["_OTHER", "intercept/Desk/value"]);
}
