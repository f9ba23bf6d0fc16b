//! The IDL of OMG's naming and event services, as Debian installs it, compiled into servants and proxies; a foreign program
//! uses the naming context that is served here.

#[cfg(standard_services)]
mod events;
#[cfg(standard_services)]
mod naming;

/// Both services in one crate: what the event service includes is generated with it.
#[cfg(standard_services)]
pub(crate) mod generated {
    pub(crate) mod naming {
        quorb::include_idl!("/usr/share/idl/omniORB/COS/CosNaming.idl");
    }

    pub(crate) mod events {
        quorb::include_idl!(
            "/usr/share/idl/omniORB/COS/CosEventChannelAdmin.idl",
            include = ["/usr/share/idl/omniORB/COS"],
        );
    }
}

#[cfg(not(standard_services))]
#[test]
fn the_idl_of_the_standard_services_is_installed() {
    let required = std::env::var("QUORB_REQUIRE_PEERS").is_ok_and(|value| value == "1");
    assert!(!required, "install omniorb-idl");
    eprintln!("skipped: install omniorb-idl");
}
