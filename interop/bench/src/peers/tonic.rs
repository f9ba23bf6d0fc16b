//! tonic with protobuf.

use quorb_interop::table::Item;
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};

use crate::drive::{Caller, EXPECTED};
use crate::plan::Outcome;

/// Two numbers.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Cell {
    #[prost(int32, tag = "1")]
    n: i32,
    #[prost(int32, tag = "2")]
    m: i32,
}

/// One number.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Number {
    #[prost(int32, tag = "1")]
    value: i32,
}

/// A block.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Octets {
    #[prost(bytes = "vec", tag = "1")]
    value: Vec<u8>,
}

/// Numbers, packed.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Longs {
    #[prost(sfixed32, repeated, tag = "1")]
    value: Vec<i32>,
}

/// A record.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Record {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(double, tag = "3")]
    price: f64,
}

/// Records.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Items {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Record>,
}

#[allow(missing_debug_implementations, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/bench.Table.rs"));
}

use generated::table_client::TableClient;
use generated::table_server::{Table, TableServer};

/// The longest message, instead of tonic's 4 MiB.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

#[derive(Debug)]
struct Columns;

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl Table for Columns {
    async fn get(&self, request: Request<Cell>) -> Answer<Number> {
        let Cell { n, m } = request.into_inner();
        Ok(Response::new(Number { value: EXPECTED * n * m }))
    }

    async fn echo_octets(&self, request: Request<Octets>) -> Answer<Octets> {
        Ok(Response::new(request.into_inner()))
    }

    async fn echo_longs(&self, request: Request<Longs>) -> Answer<Longs> {
        Ok(Response::new(request.into_inner()))
    }

    async fn echo_items(&self, request: Request<Items>) -> Answer<Items> {
        Ok(Response::new(request.into_inner()))
    }
}

pub(super) async fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready http://{}", listener.local_addr()?);
    let table = TableServer::new(Columns).max_decoding_message_size(MESSAGE_BYTES_MAX);
    let incoming = tonic::transport::server::TcpIncoming::from(listener).with_nodelay(Some(true));
    Ok(Server::builder().add_service(table).serve_with_incoming(incoming).await?)
}

pub(super) async fn connect(address: &str) -> Outcome<TableClient<Channel>> {
    let channel = Endpoint::from_shared(address.to_owned())?.tcp_nodelay(true).connect().await?;
    Ok(TableClient::new(channel).max_decoding_message_size(MESSAGE_BYTES_MAX))
}

impl Caller for TableClient<Channel> {
    async fn get(&self, n: i16, m: i16) -> Outcome<i32> {
        let cell = Cell { n: n.into(), m: m.into() };
        Ok(TableClient::get(&mut self.clone(), cell).await?.into_inner().value)
    }

    async fn octets(&self, value: Vec<u8>) -> Outcome<Vec<u8>> {
        Ok(self.clone().echo_octets(Octets { value }).await?.into_inner().value)
    }

    async fn longs(&self, value: Vec<i32>) -> Outcome<Vec<i32>> {
        Ok(self.clone().echo_longs(Longs { value }).await?.into_inner().value)
    }

    async fn items(&self, value: Vec<Item>) -> Outcome<Vec<Item>> {
        let value = value.into_iter().map(|Item { id, name, price }| Record { id, name, price }).collect();
        let answer = self.clone().echo_items(Items { value }).await?.into_inner();
        Ok(answer.value.into_iter().map(|Record { id, name, price }| Item { id, name, price }).collect())
    }
}
