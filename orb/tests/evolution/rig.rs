//! A server of one version and a client of the other.

use std::time::Duration;

use quorb::{Fault, Orb, Preference, Proxy, Tie};

/// The protocols.
pub(crate) const BOTH: [Preference; 2] = [Preference::NativeOnly, Preference::IiopOnly];

/// Serves an object, and calls it by a proxy of another version.
pub(crate) async fn across<P: Proxy, R>(
    servant: impl Tie,
    preference: Preference,
    call: impl AsyncFnOnce(P) -> R,
) -> R {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let served = server.serve("desk", servant).unwrap();
    let client = Orb::builder().prefer(preference).start().await.unwrap();
    let proxy: P = client.bind(&served.object().to_string()).unwrap();
    let answer = call(proxy).await;
    client.shutdown(Duration::from_secs(1)).await;
    server.shutdown(Duration::from_secs(1)).await;
    answer
}

/// The words of a refusal: its kind, and what it says.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug, E: std::fmt::Debug + std::error::Error + 'static>(
    answer: Result<T, Fault<E>>,
) -> String {
    match answer {
        Err(Fault::System(exception)) => exception.to_string(),
        other => panic!("this is no system exception: {other:?}"),
    }
}

/// Checks that a refusal is of a kind and names what is missing.
#[track_caller]
pub(crate) fn assert_refused<T: std::fmt::Debug, E: std::fmt::Debug + std::error::Error + 'static>(
    answer: Result<T, Fault<E>>,
    kind: &str,
    names: &str,
) {
    let said = refusal(answer);
    assert!(said.starts_with(kind) && said.contains(names), "{said:?} is no {kind} that says {names:?}");
}
