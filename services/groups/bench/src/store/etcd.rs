//! etcd's service as its clients see it: `etcdserverpb.KV`, and who leads.

use super::grpc::{CallError, Channel, message};
use super::protobuf::{Value, field};
use bytes::Bytes;

/// A server of etcd.
#[derive(Clone)]
pub(super) struct Server(Channel);

impl Server {
    pub(super) async fn connect(address: &str) -> Result<Server, CallError> {
        Ok(Server(Channel::connect(address).await?))
    }

    /// `PutRequest` with key 1 and value 2.
    pub(super) async fn put(&self, key: &[u8], value: &[u8]) -> Result<(), CallError> {
        self.0.call("/etcdserverpb.KV/Put", &message(&[key, value])).await.map(drop)
    }

    /// `RangeRequest` with key 1; linearizable, since `serializable` is left out. `RangeResponse` has its pairs in 2, and a pair
    /// its value in 5.
    pub(super) async fn get(&self, key: &[u8]) -> Result<Option<Bytes>, CallError> {
        let reply = self.0.call("/etcdserverpb.KV/Range", &message(&[key])).await?;
        let pair = field(reply, 2).and_then(Value::octets);
        Ok(pair.and_then(|pair| field(pair, 5)).and_then(Value::octets))
    }

    /// Whether it leads; none while nobody does. `StatusResponse` has its own member in 2 of its header 1, and the leader in 4.
    pub(super) async fn leads(&self) -> Result<Option<bool>, CallError> {
        let reply = self.0.call("/etcdserverpb.Maintenance/Status", &[]).await?;
        let own = field(reply.clone(), 1).and_then(Value::octets);
        let own = own.and_then(|header| field(header, 2)).and_then(Value::number);
        let leader = field(reply, 4).and_then(Value::number).filter(|leader| *leader != 0);
        Ok(leader.map(|leader| own == Some(leader)))
    }
}
