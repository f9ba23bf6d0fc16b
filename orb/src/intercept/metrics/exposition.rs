//! Metrics in the text format of Prometheus.

use std::fmt::Write;

use super::{CallSeries, MethodTotals, Side};
use crate::Orb;

/// Everything that was counted.
pub(super) fn text(series: &[CallSeries], totals: &[MethodTotals]) -> String {
    let mut out = String::new();
    for side in [Side::Client, Side::Server] {
        let of_side: Vec<_> = series.iter().filter(|series| series.side == side).collect();
        durations(side, &of_side, &mut out);
    }
    let counted: [(&str, &str, &str, ValueOf); 4] = [
        ("calls_in_flight", "gauge", "Calls that have begun and not ended.", |totals| {
            totals.in_flight.into()
        }),
        ("attempts_total", "counter", "Attempts of calls.", |totals| totals.attempts.into()),
        ("request_bytes_total", "counter", "Octets of encoded arguments.", |totals| {
            totals.request_bytes.into()
        }),
        ("reply_bytes_total", "counter", "Octets of encoded results.", |totals| totals.reply_bytes.into()),
    ];
    for (side, prefix) in [(Side::Client, "quorb_client"), (Side::Server, "quorb_server")] {
        for (name, kind, help, value) in counted {
            if side == Side::Server && name == "attempts_total" {
                continue;
            }
            family(&format!("{prefix}_{name}"), kind, help, &mut out);
            for totals in totals.iter().filter(|totals| totals.side == side) {
                let method = escaped(&totals.method);
                line(&mut out, format_args!("{prefix}_{name}{{rpc_method=\"{method}\"}} {}", value(totals)));
            }
        }
    }
    out
}

/// Takes one value out of what is counted of a method.
type ValueOf = fn(&MethodTotals) -> i128;

/// What is open in a broker.
pub(super) fn broker(orb: &Orb, out: &mut String) {
    let calls = orb.open_calls();
    for (name, help, value) in [
        ("quorb_connections_open", "Connections in either direction.", orb.open_connections()),
        ("quorb_calls_made_open", "Calls that wait for their replies.", calls.made),
        ("quorb_calls_served_open", "Calls of others that are under way.", calls.served),
    ] {
        family(name, "gauge", help, out);
        line(out, format_args!("{name} {value}"));
    }
    let name = "quorb_buffered_bytes";
    family(name, "gauge", "Octets that messages take on all connections.", out);
    line(out, format_args!("{name} {}", orb.buffered_bytes()));
}

fn durations(side: Side, series: &[&CallSeries], out: &mut String) {
    let (name, help) = match side {
        Side::Client => ("rpc_client_call_duration_seconds", "Measures the duration of outgoing calls."),
        Side::Server => ("rpc_server_call_duration_seconds", "Measures the duration of incoming calls."),
    };
    family(name, "histogram", help, out);
    for series in series {
        let status = series.ending.status_code();
        let method = escaped(&series.method);
        let mut labels = format!(
            "rpc_system_name=\"quorb\",rpc_method=\"{method}\",rpc_response_status_code=\"{status}\""
        );
        // One kind of exception has several endings, which differ in this.
        let _ = write!(labels, ",quorb_completed=\"{}\"", series.ending.completed());
        if series.ending.is_failure() {
            let _ = write!(labels, ",error_type=\"{status}\"");
        }
        for (bound, count) in series.duration.cumulated() {
            line(out, format_args!("{name}_bucket{{{labels},le=\"{bound}\"}} {count}"));
        }
        let count = series.duration.count();
        line(out, format_args!("{name}_bucket{{{labels},le=\"+Inf\"}} {count}"));
        line(out, format_args!("{name}_sum{{{labels}}} {}", series.duration.sum_seconds));
        line(out, format_args!("{name}_count{{{labels}}} {count}"));
    }
}

fn family(name: &str, kind: &str, help: &str, out: &mut String) {
    line(out, format_args!("# HELP {name} {help}"));
    line(out, format_args!("# TYPE {name} {kind}"));
}

fn line(out: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{words}");
}

/// The value of a label, as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_label_cannot_end_it() {
        assert_eq!(escaped("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
