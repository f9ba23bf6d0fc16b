//! Describes the service of the tonic peer in Rust, so that no `protoc` is needed.

use tonic_build::manual::{Builder, Method, Service};

/// The operations with their messages, which `src/peers/tonic.rs` derives.
const METHODS: [(&str, &str, &str, &str); 4] = [
    ("get", "Get", "Cell", "Number"),
    ("echo_octets", "EchoOctets", "Octets", "Octets"),
    ("echo_longs", "EchoLongs", "Longs", "Longs"),
    ("echo_items", "EchoItems", "Items", "Items"),
];

fn main() {
    let method = |(name, route, input, output): (&str, &str, &str, &str)| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(format!("super::super::{input}"))
            .output_type(format!("super::super::{output}"))
            .codec_path("tonic_prost::ProstCodec")
            .build()
    };
    let service =
        METHODS.into_iter().fold(Service::builder().name("Table").package("bench"), |service, described| {
            service.method(method(described))
        });
    Builder::new().compile(&[service.build()]);
    println!("cargo::rerun-if-changed=build.rs");
}
