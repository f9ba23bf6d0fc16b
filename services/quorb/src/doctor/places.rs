//! Where a reference says that its object is, and what is wrong with that already on paper.

use quorb::Address;
use quorb::proto::head::ObjectKey;
use quorb::proto::native;
use quorb_giop::cdr::GiopVersion;
use quorb_giop::ior::{AlternateAddress, IiopProfile, Ior, QuorbEndpoint};

use super::chart::{Chart, Finding, Step};
use crate::limits::PLACES_MAX;
use crate::verdict::Verdict;

/// One address, with what the reference says about it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) address: Address,
    pub(super) key: ObjectKey,
    /// The highest version of GIOP.
    pub(super) version: GiopVersion,
    /// What our own servers say of themselves; `None` if the reference is of another broker.
    pub(super) quorb: Option<QuorbEndpoint>,
}

/// The places of a reference, each once; what is wrong on paper goes to the chart.
pub(super) fn places_of(ior: &Ior, chart: &mut Chart<'_>) -> Result<Vec<Place>, Verdict> {
    let mut places: Vec<Place> = Vec::new();
    for (index, profile) in ior.iiop_profiles().enumerate() {
        match profile {
            Ok(profile) => places.extend(of_profile(&profile)),
            Err(cause) => chart.enter(
                Step::new(
                    Finding::Warning,
                    "reference",
                    format_args!("profile {index} is not readable: {cause}"),
                )
                .advise("the reference was damaged, or is of a version of IIOP that nobody speaks"),
            )?,
        }
    }
    let mut seen: Vec<(Address, ObjectKey)> = Vec::new();
    places.retain(|place| {
        let identity = (place.address.clone(), place.key.clone());
        let is_new = !seen.contains(&identity);
        seen.push(identity);
        is_new
    });
    on_paper(ior, &places, chart)?;
    if places.len() > PLACES_MAX {
        let dropped = places.len() - PLACES_MAX;
        chart.enter(Step::new(
            Finding::Note,
            "reference",
            format_args!("{dropped} more addresses are left out"),
        ))?;
        places.truncate(PLACES_MAX);
    }
    Ok(places)
}

fn of_profile(profile: &IiopProfile) -> Vec<Place> {
    let quorb = profile.component::<QuorbEndpoint>().and_then(Result::ok);
    let tcp = |host: &str, port: u16| Address::Tcp { host: host.to_owned(), port };
    let network = (profile.port != 0).then(|| tcp(&profile.host, profile.port));
    let local = quorb.as_ref().and_then(|quorb| quorb.local_address.parse::<Address>().ok());
    // A path means something only on the server's machine: it is tried where the server says that it is here.
    let local = local.filter(|_| network.as_ref().is_none_or(Address::is_local));
    let alternates = profile.components_of::<AlternateAddress>().map(|at| tcp(&at.host, at.port));
    let addresses = local.into_iter().chain(network).chain(alternates);
    let place = |address| Place {
        address,
        key: ObjectKey(profile.object_key.clone().into_bytes()),
        version: profile.version.min(GiopVersion::V1_2),
        quorb: quorb.clone(),
    };
    addresses.map(place).collect()
}

fn on_paper(ior: &Ior, places: &[Place], chart: &mut Chart<'_>) -> Result<(), Verdict> {
    let fault = |detail: &str, advice: &str| Step::new(Finding::Fault, "reference", detail).advise(advice);
    if ior.is_nil() {
        return chart.enter(fault("it is nil: it refers to no object", "get a reference from the server"));
    }
    let has_profile = ior.iiop_profiles().flatten().next().is_some();
    if places.is_empty() {
        return chart.enter(if has_profile {
            fault(
                "its port is 0, and it names no other address",
                "let the server listen on a TCP port or a Unix socket",
            )
        } else {
            fault("it has no IIOP profile", "`quorb ior decode` shows what it has; ask its server for IIOP")
        });
    }
    let type_id = if ior.type_id.is_empty() { "of no said type" } else { ior.type_id.as_str() };
    let plural = if places.len() == 1 { "" } else { "es" };
    chart.enter(Step::new(
        Finding::Good,
        "reference",
        format_args!("{type_id}, {} address{plural}", places.len()),
    ))?;
    places.iter().try_for_each(|place| place.on_paper(chart))
}

impl Place {
    fn on_paper(&self, chart: &mut Chart<'_>) -> Result<(), Verdict> {
        let advertise = "let the server listen on, or `advertise`, an address that its clients can reach";
        let warn = |detail: &str| Step::new(Finding::Warning, "reference", detail).at(&self.address);
        if let Address::Tcp { host, .. } = &self.address {
            if host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_unspecified()) {
                chart.enter(warn("this address names no machine").advise(advertise))?;
            } else if self.address.is_local() {
                chart.enter(
                    warn("only processes of its own machine reach a loopback address").advise(advertise),
                )?;
            }
        }
        let announced = self.quorb.as_ref().map(|quorb| quorb.protocol_version);
        match announced.filter(|&version| version > native::Version::OURS.major.into()) {
            Some(version) => {
                let ours = native::Version::OURS;
                let detail = format!("it announces native protocol {version}, this program speaks {ours}");
                chart.enter(warn(&detail).advise("update this side; until then `--protocol iiop` reaches it"))
            }
            None => Ok(()),
        }
    }
}
