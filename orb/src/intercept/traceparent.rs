//! Trace contexts as the text that HTTP headers carry (W3C Trace Context, 3.2 and 3.3), for gateways and logs.

use std::fmt::Write;

use bytes::Bytes;

use crate::proto::head::TraceContext;

/// Octets of a `tracestate` that are handed on; the recommendation wants at least 512.
pub const TRACE_STATE_BYTES_MAX: usize = 512;

impl TraceContext {
    /// The `traceparent` text: `00-<trace id>-<parent id>-<flags>`.
    ///
    /// ```
    /// # use quorb::proto::head::TraceContext;
    /// let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    /// let trace = TraceContext::parse(text, "").unwrap();
    /// assert_eq!(trace.traceparent(), text);
    /// assert!(trace.is_sampled());
    /// ```
    pub fn traceparent(&self) -> String {
        let mut text = String::with_capacity(55);
        text.push_str("00-");
        write_hex(&self.trace_id, &mut text);
        text.push('-');
        write_hex(&self.parent_id, &mut text);
        // Writing to a string cannot fail.
        let _ = write!(text, "-{:02x}", self.flags);
        text
    }

    /// Reads a `traceparent` and a `tracestate`. None if the first is not valid, by the rules of the recommendation: also for
    /// ids of zeros and for version `ff`. A version that is not known yet is read as far as it is known. A `tracestate`
    /// that is too long or not printable is left out.
    pub fn parse(traceparent: &str, tracestate: &str) -> Option<TraceContext> {
        let mut parts = traceparent.trim().split('-');
        let version: [u8; 1] = read_hex(parts.next()?)?;
        let trace_id: [u8; 16] = read_hex(parts.next()?)?;
        let parent_id: [u8; 8] = read_hex(parts.next()?)?;
        let flags: [u8; 1] = read_hex(parts.next()?)?;
        let valid = match version[0] {
            0 => parts.next().is_none(),
            0xff => false,
            _ => true,
        };
        if !valid || trace_id == [0; 16] || parent_id == [0; 8] {
            return None;
        }
        let state = tracestate.trim();
        let legible =
            state.len() <= TRACE_STATE_BYTES_MAX && state.bytes().all(|octet| (b' '..=b'~').contains(&octet));
        let state = if legible { Bytes::copy_from_slice(state.as_bytes()) } else { Bytes::new() };
        Some(TraceContext { trace_id, parent_id, flags: flags[0], state })
    }

    /// Whether the caller records the trace.
    pub fn is_sampled(&self) -> bool {
        self.flags & 1 != 0
    }
}

/// Writes octets as lower-case hexadecimal digits.
pub(super) fn write_hex(octets: &[u8], text: &mut String) {
    for octet in octets {
        let _ = write!(text, "{octet:02x}");
    }
}

/// Reads exactly `N` octets of lower-case hexadecimal digits.
fn read_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let digit = |octet: u8| match octet {
        b'0'..=b'9' => Some(octet - b'0'),
        b'a'..=b'f' => Some(octet - b'a' + 10),
        _ => None,
    };
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        *octet = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_the_recommendation_calls_invalid_is_invalid() {
        for invalid in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333\u{e9}-01",
        ] {
            assert_eq!(TraceContext::parse(invalid, ""), None, "{invalid}");
        }
        assert!(
            TraceContext::parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", "").is_some()
        );
    }

    #[test]
    fn a_state_is_kept_if_it_can_be() {
        let state = |text: &str| TraceContext::parse(VALID, text).expect("a valid parent").state;
        assert_eq!(state("a=1,b=2"), "a=1,b=2");
        assert_eq!(state("a=\u{e9}"), "");
        assert_eq!(state(&"x".repeat(TRACE_STATE_BYTES_MAX + 1)), "");
    }

    #[test]
    fn any_text_is_read_or_refused() {
        let mut dice = 0x2545_f491_4f6c_dd1d_u64;
        for _ in 0..20_000 {
            let mut octets = VALID.as_bytes().to_vec();
            for _ in 0..2 {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (dice >> 33) as usize % octets.len();
                octets[at] = (dice >> 17) as u8;
            }
            let text = String::from_utf8_lossy(&octets);
            if let Some(trace) = TraceContext::parse(&text, &text) {
                assert_eq!(
                    TraceContext::parse(&trace.traceparent(), ""),
                    Some(TraceContext { state: Bytes::new(), ..trace })
                );
            }
        }
    }
}
