//! Object groups over real connections of this host: the members are brokers and domains of one test process, the clients
//! brokers of their own that know nothing but a reference. And the object layer in the simulator.

mod bad_input;
mod calls;
mod divergence;
mod durable;
mod effects;
mod fleet;
mod management;
mod reads;
mod replies;
mod rig;
mod simulated;
mod starting;
mod timers;
mod tools;
