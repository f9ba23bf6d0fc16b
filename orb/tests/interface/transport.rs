//! The same calls over every way to an object.

use quorb::{MemoryNetwork, Orb, Preference, Proxy, Tie};

/// Runs `exercise` with a proxy to a servant of its own: without a broker, and over each protocol.
pub(crate) async fn everywhere<S: Tie>(servant: impl Fn() -> S, exercise: impl AsyncFn(S::Proxy)) {
    exercise(servant().into_local_proxy()).await;
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let (server, client) = brokers(preference).await;
        let reference = server.serve("object", servant()).unwrap().object().to_string();
        exercise(client.bind(&reference).unwrap()).await;
    }
}

/// A serving broker and one that calls it, over memory.
pub(crate) async fn brokers(preference: Preference) -> (Orb, Orb) {
    let network = MemoryNetwork::new();
    let server = Orb::builder().listen("memory:server").memory(&network).start().await.unwrap();
    let client =
        Orb::builder().listen("memory:client").memory(&network).prefer(preference).start().await.unwrap();
    (server, client)
}
