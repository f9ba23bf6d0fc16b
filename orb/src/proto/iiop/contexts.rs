//! What heads say that GIOP has no field for, as service contexts.

use quorb_giop::cdr::{CdrError, GiopVersion};
use quorb_giop::message::{
    CallContext, ContextId, FtRequest, OnewayIdentity, ServiceContext as GiopContext, ServiceContexts,
    TraceContext as GiopTrace,
};

use crate::proto::head::{
    ChainId, ClientId, ReplyHead, RequestHead, RequestIdentity, ResponseExpected, ServiceContext,
    TraceContext,
};

/// The expiration time of requests that never expire by the clock: the server's bounded memory decides.
const NEVER: u64 = i64::MAX as u64;

/// What the connection itself writes and reads; interceptors do not see it, and cannot forge it.
const KNOWN: [ContextId; 5] = [
    ContextId::CODE_SETS,
    ContextId::FT_REQUEST,
    ContextId::QUORB_CALL,
    ContextId::QUORB_FILLER,
    ContextId::BI_DIR_IIOP,
];

/// Writes identity, deadline, chain, trace and what is acknowledged. Only brokers of our kind read them.
pub(super) fn write_ours(head: &RequestHead, contexts: &mut ServiceContexts) -> Result<(), CdrError> {
    let oneway = head.response == ResponseExpected::No;
    if let Some(identity) = head.identity.filter(|_| !oneway) {
        contexts.put(&ft_request(&identity))?;
    }
    contexts.put(&CallContext {
        deadline_micros: head.deadline_left_us,
        chain_id: head.chain.0,
        trace: head.trace.as_ref().map(|trace| GiopTrace {
            trace_id: trace.trace_id,
            parent_id: trace.parent_id,
            flags: trace.flags,
            state: state_text(&trace.state),
        }),
        acknowledged_below: head.acknowledged_below,
        depth: head.depth,
        // Nobody but us remembers oneway requests, so the standard's word for it would only be longer.
        oneway: head.identity.filter(|_| oneway).map(|identity| OnewayIdentity {
            client: identity.client.0,
            incarnation: identity.incarnation,
            sequence: identity.sequence,
        }),
    })
}

/// A `tracestate` is visible ASCII. Whatever else a peer sent as one is not handed on: no call fails for it.
fn state_text(state: &[u8]) -> String {
    let legible = state.iter().all(|octet| (b' '..=b'~').contains(octet));
    if legible { String::from_utf8_lossy(state).into_owned() } else { String::new() }
}

/// Writes what interceptors and services send along.
pub(super) fn write_theirs(theirs: &[ServiceContext], contexts: &mut ServiceContexts) {
    for ServiceContext { id, data } in theirs {
        let id = ContextId(*id);
        if !KNOWN.contains(&id) {
            contexts.push(GiopContext { id, data: data.clone() });
        }
    }
}

/// Writes the contexts of a reply. Before GIOP 1.2 they stand in front of the body without padding, but bodies are
/// encoded to begin at a multiple of 8: contexts that are in the way of that get one more behind them.
pub(super) fn write_reply(head: &ReplyHead, version: GiopVersion, contexts: &mut ServiceContexts) {
    write_theirs(&head.contexts, contexts);
    let words: usize = contexts.as_slice().iter().map(|context| context.data.len().div_ceil(4)).sum();
    if version < GiopVersion::V1_2 && words % 2 == 1 {
        contexts.push(GiopContext { id: ContextId::QUORB_FILLER, data: [0; 4].as_slice().into() });
    }
}

/// Reads what it can into the head; contexts that nobody here reads stay for the interceptors.
pub(super) fn read_request(contexts: &ServiceContexts, head: &mut RequestHead) {
    if let Some(Ok(request)) = contexts.get::<FtRequest>() {
        head.identity = Some(identity(&request));
    }
    if let Some(Ok(call)) = contexts.get::<CallContext>() {
        head.deadline_left_us = call.deadline_micros;
        head.chain = ChainId(call.chain_id);
        head.acknowledged_below = call.acknowledged_below;
        head.depth = call.depth;
        head.identity = head.identity.or(call.oneway.map(|oneway| RequestIdentity {
            client: ClientId(oneway.client),
            incarnation: oneway.incarnation,
            sequence: oneway.sequence,
        }));
        head.trace = call.trace.map(|trace| TraceContext {
            trace_id: trace.trace_id,
            parent_id: trace.parent_id,
            flags: trace.flags,
            state: trace.state.into_bytes().into(),
        });
    }
    head.contexts = read_theirs(contexts);
}

/// The contexts of a reply, for the interceptors.
pub(super) fn read_reply(contexts: &ServiceContexts) -> Vec<ServiceContext> {
    read_theirs(contexts)
}

fn read_theirs(contexts: &ServiceContexts) -> Vec<ServiceContext> {
    contexts
        .as_slice()
        .iter()
        .filter(|context| !KNOWN.contains(&context.id))
        .map(|context| ServiceContext { id: context.id.0, data: context.data.clone() })
        .collect()
}

/// The request's identity in the words of FT-CORBA (CORBA 3.3 Part 2, 15.3.5.2): its retention id has 32 bits, so the upper half
/// of the sequence stands in the client's name.
fn ft_request(identity: &RequestIdentity) -> FtRequest {
    let RequestIdentity { client, incarnation, sequence } = identity;
    let (upper, lower) = (sequence >> 32, *sequence as u32);
    FtRequest {
        client_id: format!("quorb:{:016x}:{incarnation:016x}:{upper:08x}", client.0),
        retention_id: lower.cast_signed(),
        expiration_time: NEVER,
    }
}

fn identity(request: &FtRequest) -> RequestIdentity {
    let lower = u64::from(request.retention_id.cast_unsigned());
    let ours = || {
        let mut parts =
            request.client_id.strip_prefix("quorb:")?.split(':').map(|part| u64::from_str_radix(part, 16));
        let (client, incarnation, upper) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        (upper <= u64::from(u32::MAX)).then_some(RequestIdentity {
            client: ClientId(client),
            incarnation,
            sequence: upper << 32 | lower,
        })
    };
    ours().unwrap_or_else(|| RequestIdentity {
        // A foreign client names itself as it likes.
        client: ClientId(fnv1a(request.client_id.as_bytes())),
        incarnation: 0,
        sequence: lower,
    })
}

fn fnv1a(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &octet| {
        (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_comes_back_whole() {
        for sequence in [0, 1, 0x8000_0000, u64::from(u32::MAX), 0x1234_5678_9abc_def0] {
            let sent = RequestIdentity { client: ClientId(u64::MAX), incarnation: 7, sequence };
            assert_eq!(identity(&ft_request(&sent)), sent);
        }
    }

    #[test]
    fn a_foreign_identity_is_told_from_others() {
        let request = |client: &str, retention_id| FtRequest {
            client_id: client.into(),
            retention_id,
            expiration_time: 0,
        };
        assert_ne!(identity(&request("a", 1)), identity(&request("b", 1)));
        assert_ne!(identity(&request("a", 1)), identity(&request("a", -1)));
        assert_eq!(identity(&request("quorb:zz", 1)).incarnation, 0);
    }
}
