//! Quorb and foreign brokers against each other, in both directions. Servers are started once for a group of checks.
//!
//! | file | what is proved |
//! |---|---|
//! | `foreign_clients` | C++ and Python clients call our server: every check, version, code set and fragment size |
//! | `our_client` | our client calls C++, Python and our own servers, over GIOP and the native protocol |
//! | `sizes` | 16 MiB in both directions, and messages beyond the limits of either side |
//! | `forwarding` | requests are forwarded between brokers, once, for good, and in a circle |
//! | `both_directions` | callbacks over the connection that the client has opened, in either role |
//! | `from_idl` | servers and clients that are generated from IDL; omniidl takes the IDL that we print |
//! | `groups` | a C++ client through every failure of a replicated object, with and without FT_REQUEST; FT-CORBA's reading operations |
//! | `lifecycle` | restarts, draining, closing when idle, by either side |
//! | `on_the_wire` | what really passes: LocateRequests, fragments, and that the checks notice spoilt replies |
//! | `benchmark` | the foreign benchmark client checks its results |
//! | `repository` | C++ and Python read the interfaces of our servers from the interface repository |
//! | `naming_service` | omniORB's tools and a C++ client do everything to our naming service; omniNames beside it |
//! | `standard_services` | OMG's naming and event services from the IDL that Debian installs; omniORB's naming client uses ours |
//! | `event_service` | omniEvents' tools and C++ clients of all four kinds use our event channels, one of them is killed |
//! | `zoo` | values of any type, decimals, unions by every switch, values with identity: C++ and Python, both ways |
//! | `long_doubles` | what omniORB makes of a `long double`, and how every number crosses all the same |
//! | `custom_values` | custom values: between our own, known at run time alone, and to foreign peers, which marshal none |
//! | `big_endian` | every type in big-endian order from us, in the machine's order from foreign brokers, both ways |
//! | `byte_order` | the byte order that this machine does not have, stale octets in padding, tiny tail fragments |

mod benchmark;
mod big_endian;
mod both_directions;
mod byte_order;
mod custom_values;
mod event_service;
mod foreign_clients;
mod forwarding;
mod from_idl;
mod groups;
mod lifecycle;
mod long_doubles;
mod naming_service;
mod on_the_wire;
mod our_client;
mod raw;
mod repository;
mod sizes;
mod standard_services;
mod support;
mod zoo;
