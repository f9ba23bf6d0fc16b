//! Object groups over real connections of this host: the members are brokers and domains of one test process, the clients
//! brokers of their own that know nothing but a reference.

mod calls;
mod rig;
