//! Changes of operations.

use quorb::{Fault, Preference};

use crate::changes::{
    Clerk, exception_added, operation_added, optional_parameter_added, required_parameter_added, result_added,
};
use crate::rig::{BOTH, across, assert_refused};

use Preference::{IiopOnly, NativeOnly};

#[tokio::test]
async fn an_operation_is_added() {
    use operation_added::{new, old};
    for preference in BOTH {
        let call = async |desk: old::DeskProxy| desk.f(7).await;
        assert_eq!(across(new::DeskServant::new(Clerk), preference, call).await.unwrap(), 7);
        let call = async |desk: new::DeskProxy| (desk.f(7).await, desk.g(8).await);
        let (known, unknown) = across(old::DeskServant::new(Clerk), preference, call).await;
        assert_eq!(known.unwrap(), 7);
        assert_refused(unknown, "BAD_OPERATION", "`g`");
    }
}

#[tokio::test]
async fn an_optional_parameter_is_added() {
    use optional_parameter_added::{new, old};
    let call = async |desk: old::DeskProxy| desk.f(7).await;
    assert_eq!(across(new::DeskServant::new(Clerk), NativeOnly, call).await.unwrap(), 7);
    assert_refused(across(new::DeskServant::new(Clerk), IiopOnly, call).await, "MARSHAL", "by");
    let call = async |desk: new::DeskProxy| desk.f(7, 3).await;
    // What comes behind the last argument that a server knows it passes over.
    for preference in BOTH {
        assert_eq!(across(old::DeskServant::new(Clerk), preference, call).await.unwrap(), 7);
    }
}

#[tokio::test]
async fn a_required_parameter_is_added() {
    use required_parameter_added::{new, old};
    let call = async |desk: old::DeskProxy| desk.f(7).await;
    assert_refused(
        across(new::DeskServant::new(Clerk), NativeOnly, call).await,
        "BAD_PARAM",
        "`by` is missing",
    );
    assert_refused(across(new::DeskServant::new(Clerk), IiopOnly, call).await, "MARSHAL", "`by`");
    let call = async |desk: new::DeskProxy| desk.f(7, 3).await;
    // What comes behind the last argument that a server knows it passes over.
    for preference in BOTH {
        assert_eq!(across(old::DeskServant::new(Clerk), preference, call).await.unwrap(), 7);
    }
}

#[tokio::test]
async fn a_result_is_added() {
    use result_added::{new, old};
    let call = async |desk: old::DeskProxy| desk.f(7).await;
    for preference in BOTH {
        assert_eq!(across(new::DeskServant::new(Clerk), preference, call).await.unwrap(), 7);
    }
    let call = async |desk: new::DeskProxy| desk.f(7).await;
    for (preference, kind) in [(NativeOnly, "BAD_PARAM"), (IiopOnly, "MARSHAL")] {
        assert_refused(across(old::DeskServant::new(Clerk), preference, call).await, kind, "`rest`");
    }
}

#[tokio::test]
async fn an_exception_is_added() {
    use exception_added::{new, old};
    for preference in BOTH {
        let call = async |desk: old::DeskProxy| (desk.f(7).await, desk.f(0).await, desk.f(1).await);
        let (value, known, unknown) = across(new::DeskServant::new(Clerk), preference, call).await;
        assert_eq!(value.unwrap(), 7);
        assert!(matches!(known, Err(Fault::User(old::Shut))), "{known:?}");
        assert_refused(unknown, "UNKNOWN", "Full");
        let call = async |desk: new::DeskProxy| desk.f(0).await;
        let known = across(old::DeskServant::new(Clerk), preference, call).await;
        assert!(matches!(known, Err(Fault::User(new::desk::FError::Shut(_)))), "{known:?}");
    }
}
