//! tarpc with bincode.

use futures_util::StreamExt;
use quorb_interop::table::Item;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;
use tarpc::server::{BaseChannel, Channel};
use tarpc::tokio_serde::formats::Bincode;
use tarpc::tokio_util::codec::{Framed, LengthDelimitedCodec};
use tarpc::{client, context, serde_transport};
use tokio::net::{TcpListener, TcpStream};

use crate::drive::{Caller, EXPECTED};
use crate::plan::Outcome;

/// What serde makes of a record: without names, since bincode has none.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Record {
    id: u64,
    name: String,
    price: f64,
}

/// What is called.
#[tarpc::service]
pub(super) trait Table {
    /// A number out of a table.
    async fn get(n: i16, m: i16) -> i32;
    /// The argument.
    async fn echo_octets(value: ByteBuf) -> ByteBuf;
    /// The argument.
    async fn echo_longs(value: Vec<i32>) -> Vec<i32>;
    /// The argument.
    async fn echo_items(value: Vec<Record>) -> Vec<Record>;
}

#[derive(Clone)]
struct Columns;

impl Table for Columns {
    async fn get(self, _: context::Context, n: i16, m: i16) -> i32 {
        EXPECTED * i32::from(n) * i32::from(m)
    }

    async fn echo_octets(self, _: context::Context, value: ByteBuf) -> ByteBuf {
        value
    }

    async fn echo_longs(self, _: context::Context, value: Vec<i32>) -> Vec<i32> {
        value
    }

    async fn echo_items(self, _: context::Context, value: Vec<Record>) -> Vec<Record> {
        value
    }
}

fn framed(stream: TcpStream) -> std::io::Result<Framed<TcpStream, LengthDelimitedCodec>> {
    // tarpc's own `connect` and `listen` leave it to the system to delay small messages.
    stream.set_nodelay(true)?;
    Ok(LengthDelimitedCodec::builder().new_framed(stream))
}

pub(super) async fn serve() -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let transport = serde_transport::new(framed(stream)?, Bincode::default());
        let channel = BaseChannel::with_defaults(transport);
        tokio::spawn(channel.execute(Columns.serve()).for_each(|answer| async {
            tokio::spawn(answer);
        }));
    }
}

pub(super) async fn connect(address: &str) -> Outcome<TableClient> {
    let stream = TcpStream::connect(address).await?;
    let transport = serde_transport::new(framed(stream)?, Bincode::default());
    Ok(TableClient::new(client::Config::default(), transport).spawn())
}

impl Caller for TableClient {
    async fn get(&self, n: i16, m: i16) -> Outcome<i32> {
        Ok(TableClient::get(self, context::current(), n, m).await?)
    }

    async fn octets(&self, value: Vec<u8>) -> Outcome<Vec<u8>> {
        Ok(self.echo_octets(context::current(), ByteBuf::from(value)).await?.into_vec())
    }

    async fn longs(&self, value: Vec<i32>) -> Outcome<Vec<i32>> {
        Ok(self.echo_longs(context::current(), value).await?)
    }

    async fn items(&self, value: Vec<Item>) -> Outcome<Vec<Item>> {
        let records = value.into_iter().map(|Item { id, name, price }| Record { id, name, price }).collect();
        let answer = self.echo_items(context::current(), records).await?;
        Ok(answer.into_iter().map(|Record { id, name, price }| Item { id, name, price }).collect())
    }
}
