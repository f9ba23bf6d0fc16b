//! Calls with one request and one reply over gRPC: HTTP/2 by hyper's `h2`, and nothing above it.
//!
//! That is less than the client libraries do for each call, so that what is measured is the server.

use super::protobuf;
use bytes::{BufMut, Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, Request};
use std::time::Duration;
use tokio::net::TcpStream;

/// Octets before each message: whether it is compressed, and its length.
const PREFIX: usize = 5;
/// A server that does not accept in this time is taken to be away.
const CONNECT: Duration = Duration::from_millis(500);

/// A connection to one server; clones share it.
#[derive(Clone)]
pub(super) struct Channel {
    send: SendRequest<Bytes>,
    address: String,
}

/// Why a call failed.
#[derive(Debug, Clone)]
pub(super) enum CallError {
    /// The connection is of no use any more.
    Lost(String),
    /// The server refuses.
    Status(String),
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CallError::Lost(why) => write!(f, "connection lost: {why}"),
            CallError::Status(why) => f.write_str(why),
        }
    }
}

impl From<h2::Error> for CallError {
    fn from(error: h2::Error) -> Self {
        CallError::Lost(error.to_string())
    }
}

impl Channel {
    /// Connects. The connection is driven by a task, which ends with it.
    pub(super) async fn connect(address: &str) -> Result<Channel, CallError> {
        let lost = |error: std::io::Error| CallError::Lost(error.to_string());
        let dial = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
        let stream = dial.map_err(|_| CallError::Lost("nobody accepts".into()))?.map_err(lost)?;
        stream.set_nodelay(true).map_err(lost)?;
        let (send, connection) = h2::client::handshake(stream).await?;
        tokio::spawn(async move {
            // Its calls tell of its end.
            let _ = connection.await;
        });
        Ok(Channel { send, address: address.to_owned() })
    }

    /// One call; gives the message of the reply.
    pub(super) async fn call(&self, path: &str, message: &[u8]) -> Result<Bytes, CallError> {
        let request = Request::post(format!("http://{}{path}", self.address))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .body(())
            .map_err(|error| CallError::Status(error.to_string()))?;
        let mut send = self.send.clone().ready().await?;
        let (reply, mut body) = send.send_request(request, false)?;
        let mut framed = BytesMut::with_capacity(PREFIX + message.len());
        framed.put_u8(0);
        framed.put_u32(message.len() as u32);
        framed.put_slice(message);
        body.send_data(framed.freeze(), true)?;
        let reply = reply.await?;
        // Without a message the status is in the head.
        status(reply.headers())?;
        let mut body = reply.into_body();
        let mut octets = BytesMut::new();
        while let Some(data) = body.data().await {
            let data = data?;
            body.flow_control().release_capacity(data.len())?;
            octets.put_slice(&data);
        }
        if let Some(trailers) = body.trailers().await? {
            status(&trailers)?;
        }
        if octets.len() < PREFIX {
            return Err(CallError::Status("a reply without a message".into()));
        }
        Ok(octets.split_off(PREFIX).freeze())
    }
}

fn status(headers: &HeaderMap) -> Result<(), CallError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("grpc-status") {
        None | Some("0") => Ok(()),
        Some(code) => {
            Err(CallError::Status(format!("status {code}: {}", text("grpc-message").unwrap_or_default())))
        }
    }
}

/// A message of fields of octets, in their order from 1 on.
pub(super) fn message(fields: &[&[u8]]) -> BytesMut {
    let mut message = BytesMut::new();
    for (number, octets) in (1..).zip(fields) {
        protobuf::put_octets(&mut message, number, octets);
    }
    message
}
