//! A network that breaks: between client and server stands a proxy that cuts connections at every octet, holds octets
//! back, lets a later connection overtake an earlier one, and repeats what it has heard. Whatever it does, the completion
//! that the client is told agrees with what the servant has written down, and no update runs twice.

mod at_every_octet;
mod by_shortcut;
mod large;
mod ledger;
mod overtaken;
mod proxy;
mod replays;
mod stalls;
