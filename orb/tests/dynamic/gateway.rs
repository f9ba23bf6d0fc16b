//! An object whose interface is known only at run time, in front of one that was written in Rust: all that the one can do,
//! the other can.

use std::sync::Arc;

use ciborium::Value;
use quorb::adapter::{DynamicCall, DynamicServant};
use quorb::exception::ExceptionKind;
use quorb::model::{Ancestor, Interface};
use quorb::{Completion, DynamicException, Fault, MemoryNetwork, ObjectRef, Orb, Preference, Servant};

use crate::calls::{exercise, servant};
use crate::types::{map, text};

/// A servant that hands every call on.
async fn gateway(target: ObjectRef) -> Arc<dyn Servant> {
    let mut description = target.describe().await.unwrap();
    description.ancestors.push(Ancestor {
        id: "IDL:Far/Away:1.0".to_owned(),
        name: "Away".to_owned(),
        bases: vec![],
        operations: 0,
    });
    let interface = Interface::described(description.clone());
    let description = Arc::new(description);
    Arc::new(DynamicServant::new(interface, move |call: DynamicCall| {
        let (target, description) = (target.clone(), description.clone());
        async move {
            let mut arguments = call.arguments;
            let parameters = &call.operation.signature.parameters;
            // What the caller has left out is left out again.
            while arguments.last() == Some(&Value::Null) && parameters[arguments.len() - 1].optional {
                arguments.pop();
            }
            target.call_dynamic(&description, call.operation, &arguments).await
        }
    }))
}

#[tokio::test]
async fn a_gateway_does_what_its_target_does() {
    for (listen, preference) in [
        ("127.0.0.1:0", Preference::NativeOnly),
        ("127.0.0.1:0", Preference::IiopOnly),
        ("memory:gateway", Preference::NativeOnly),
    ] {
        let network = MemoryNetwork::new();
        let target = quorb::Tie::into_local_proxy(servant());
        // The target of the gateway is called as CBOR, so that defaults stay the target's business.
        let behind = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
        let target = match preference {
            Preference::NativeOnly => {
                let text = quorb::Proxy::object(&behind.serve("workshop", servant()).unwrap()).to_string();
                Orb::client().await.unwrap().string_to_object(&text).unwrap()
            }
            _ => quorb::Proxy::object(&target).clone(),
        };
        let server = Orb::builder().listen(listen).memory(&network).start().await.unwrap();
        let front = server.adapter().activate_servant("gateway", gateway(target).await).unwrap();
        let client = Orb::builder().memory(&network).prefer(preference).start().await.unwrap();
        let object = client.string_to_object(&front.to_string()).unwrap();
        assert!(object.is_a("IDL:dynamic/Workshop:1.0").await.unwrap());
        assert!(object.is_a("IDL:Far/Away:1.0").await.unwrap());
        assert!(!object.is_a("IDL:Far/Off:1.0").await.unwrap());
        exercise(object, preference == Preference::NativeOnly).await;
    }
}

/// An object that answers every call with `outcome`.
async fn answering(outcome: Result<Vec<Value>, Fault<DynamicException>>) -> ObjectRef {
    let description =
        quorb::Proxy::object(&quorb::Tie::into_local_proxy(servant())).describe().await.unwrap();
    let interface = Interface::described(description);
    let orb = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    let servant = DynamicServant::new(interface, move |_| {
        let outcome = outcome.clone();
        async move { outcome }
    });
    orb.adapter().activate_servant("answers", Arc::new(servant)).unwrap()
}

async fn mix(object: ObjectRef) -> Fault<DynamicException> {
    let interface = object.describe().await.unwrap();
    let arguments = [1.into(), text("a"), Value::Array(vec![])];
    object.call_dynamic(&interface, interface.operation("mix").unwrap(), &arguments).await.unwrap_err()
}

#[tokio::test]
async fn what_an_interface_does_not_allow_does_not_leave_its_servant() {
    let exception = |id: &str| {
        Err(Fault::User(DynamicException {
            id: id.to_owned(),
            members: map(&[("why", text("x")), ("whom", Value::Array(vec![]))]),
        }))
    };
    let raised = mix(answering(exception("IDL:dynamic/Rejected:1.0")).await).await;
    assert_eq!(raised.user().map(|raised| raised.id.as_str()), Some("IDL:dynamic/Rejected:1.0"));
    let undeclared = mix(answering(exception("IDL:Other:1.0")).await).await;
    assert_eq!((undeclared.kind(), undeclared.completed()), (Some(ExceptionKind::Unknown), Completion::Yes));
    for wrong in [
        vec![],
        vec![true.into()],
        vec![text("no"), text("a"), 1.into()],
        vec![true.into(), text("a"), 1.into(), 1.into()],
    ] {
        let refused = mix(answering(Ok(wrong)).await).await;
        assert_eq!(
            (refused.kind(), refused.completed()),
            (Some(ExceptionKind::BadParam), Completion::Yes),
            "{refused}"
        );
    }
}
