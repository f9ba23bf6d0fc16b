//! `long double`. C++ on x86 keeps it in 80 bits, and omniORB sends its memory: the octets are not those of the standard.
//! [`LongDouble::from_extended`] and [`LongDouble::to_extended`] stand between, and every number of C++ crosses both ways.

use quorb::{Any, Fault, LongDouble, Orb, Preference, Proxy};
use quorb_interop::zoo::Sampler;
use quorb_interop::{Server, peers};

use crate::support::{cpp_server, ends_well};

mod generated {
    quorb::include_idl!("../peers/idl/gauge.idl", async = Zoo, faults = [Zoo]);
}

use generated::zoo::{Gauge, GaugeProxy, GaugeServant};

/// The low 80 bits: what is behind them is padding.
const NUMBER: u128 = (1 << 80) - 1;

/// Returns what it is given. Whether numbers come in 80 bits, nobody can tell: it is said.
struct Scale {
    extended: bool,
}

impl Gauge for Scale {
    async fn echo_long_double(&self, value: LongDouble, via: &GaugeProxy) -> Result<LongDouble, Fault> {
        if via.object().is_nil() { Ok(value) } else { via.echo_long_double(value, &nil()).await }
    }
    async fn echo_long_doubles(
        &self,
        values: &[LongDouble],
        via: &GaugeProxy,
    ) -> Result<Vec<LongDouble>, Fault> {
        if via.object().is_nil() { Ok(values.to_vec()) } else { via.echo_long_doubles(values, &nil()).await }
    }
    async fn echo_any(&self, value: &Any, via: &GaugeProxy) -> Result<Any, Fault> {
        if via.object().is_nil() { Ok(value.clone()) } else { via.echo_any(value, &nil()).await }
    }
    async fn nearest(&self, value: LongDouble, via: &GaugeProxy) -> Result<f64, Fault> {
        if !via.object().is_nil() {
            return via.nearest(value, &nil()).await;
        }
        let number = if self.extended { LongDouble::from_extended(value.to_bits()) } else { value };
        Ok(number.to_f64().0)
    }
}

fn nil() -> GaugeProxy {
    GaugeProxy::nil()
}

/// Edges, and random numbers of all sizes in the 80-bit form: what C++ can hold.
fn extended(sampler: &mut Sampler) -> Vec<u128> {
    let edges = [0.0, -0.0, 1.5, -2.0, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), f64::INFINITY];
    let edges = edges.into_iter().map(|edge| LongDouble::from(edge).to_extended().0);
    let random = (0..40).map(|round| {
        // A quarter of them near 1, where doubles are, the others anywhere.
        let head = if round % 4 == 0 { 0x3ff0 + sampler.below(30) } else { sampler.below(0x7fff) };
        let whole = u128::from(head != 0) << 63;
        u128::from(head | sampler.below(2) << 15) << 64 | whole | u128::from(sampler.number() >> 1)
    });
    edges.chain(random.collect::<Vec<_>>()).collect()
}

/// Every number crosses to the peer, and by way of it to us, and is understood.
async fn cross(target: &GaugeProxy, own: &GaugeProxy, sampler: &mut Sampler) {
    let numbers = extended(sampler);
    for &bits in &numbers {
        let (number, sent) = (LongDouble::from_extended(bits), LongDouble::from_bits(bits));
        for via in [&nil(), own] {
            let got = target.echo_long_double(sent, via).await.expect("it is returned");
            assert_eq!(LongDouble::from_extended(got.to_bits()), number, "{bits:#x}");
            let nearest = target.nearest(sent, via).await.expect("it is answered");
            assert_eq!(nearest.to_bits(), number.to_f64().0.to_bits(), "{bits:#x}");
            let any = target.echo_any(&Any::new(&sent).expect("an any"), via).await.expect("it is returned");
            let got = any.get::<LongDouble>().expect("it is one");
            assert_eq!(got.to_bits() & NUMBER, bits, "{bits:#x} in an any");
        }
    }
    let sent: Vec<LongDouble> = numbers.iter().map(|&bits| LongDouble::from_bits(bits)).collect();
    for via in [&nil(), own] {
        let got = target.echo_long_doubles(&sent, via).await.expect("they are returned");
        assert_eq!(got.iter().map(|got| got.to_bits() & NUMBER).collect::<Vec<_>>(), numbers);
    }
}

async fn visit(server: &Server, seed: u64) {
    for builder in [Orb::builder(), Orb::builder().giop_big_endian()] {
        let orb = builder.listen("127.0.0.1:0").start().await.expect("a broker");
        let own = orb.serve("gauge", GaugeServant::new(Scale { extended: true })).expect("an object");
        let target: GaugeProxy = orb.bind(server.reference().as_str()).expect("a reference");
        cross(&target, &own, &mut Sampler::new(seed)).await;
        // What the standard sends is another number there: 1.5 has its one bits where C++ has padding.
        let standard = LongDouble::from(1.5);
        assert_eq!(target.nearest(standard, &nil()).await, Ok(0.0));
        let got = target.echo_long_double(standard, &nil()).await.expect("it is returned");
        assert_eq!(got.to_bits() & NUMBER, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(target_arch = "x86_64")]
async fn every_number_of_cpp_crosses_in_eighty_bits() {
    let Some(peers) = peers::or_skip() else { return };
    let server = cpp_server(&peers, "zoo_server", &["--gauge"]);
    visit(&server, 1).await;
    visit(&server, 2).await;
    ends_well(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_bit_crosses_between_brokers_of_our_kind() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.expect("a broker");
    let gauge = server.serve("gauge", GaugeServant::new(Scale { extended: false })).expect("an object");
    let mut sampler = Sampler::new(3);
    let giop = || Orb::builder().prefer(Preference::IiopOnly);
    for builder in [Orb::builder(), giop(), giop().giop_big_endian()] {
        let orb = builder.listen("127.0.0.1:0").start().await.expect("a broker");
        let own = orb.serve("gauge", GaugeServant::new(Scale { extended: false })).expect("an object");
        let target: GaugeProxy = orb.bind(&gauge.to_string()).expect("a reference");
        for _ in 0..25 {
            let bits = u128::from(sampler.number()) << 64 | u128::from(sampler.number());
            let sent = LongDouble::from_bits(bits);
            for via in [&nil(), &own] {
                assert_eq!(target.echo_long_double(sent, via).await, Ok(sent));
                let any = Any::new(&sent).expect("an any");
                assert_eq!(target.echo_any(&any, via).await.as_ref(), Ok(&any));
                let nearest = target.nearest(sent, via).await.expect("it is answered");
                assert_eq!(nearest.to_bits(), sent.to_f64().0.to_bits());
            }
        }
    }
}
