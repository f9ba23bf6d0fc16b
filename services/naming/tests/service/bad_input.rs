//! Names and references that nobody should send: the standard's exception, and nothing lost.

use quorb::{ExceptionKind, ObjectRef, Proxy};
use quorb_naming::cos::{BindError, InvalidName, NameComponent, NamingContextProxy, ResolveError};
use quorb_naming::storage::MemoryStore;

use crate::rig::{Rig, component, name};

async fn is_invalid(rig: &Rig, bad: &[NameComponent]) {
    let object = rig.object("o");
    let bound = rig.root.bind(bad, &object).await.unwrap_err();
    assert_eq!(bound.user(), Some(&BindError::InvalidName(InvalidName)), "{bound}");
    let created = rig.root.bind_new_context(bad).await.unwrap_err();
    assert_eq!(created.user(), Some(&BindError::InvalidName(InvalidName)), "{created}");
    for refused in [
        rig.root.rebind(bad, &object).await,
        rig.root.unbind(bad).await,
        rig.root.resolve(bad).await.map(|_| ()),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.user(), Some(&ResolveError::InvalidName(InvalidName)), "{refused}");
    }
    assert_eq!(rig.service.bindings(), 0);
}

#[tokio::test]
async fn names_that_are_none() {
    let rig = Rig::new().await;
    is_invalid(&rig, &[]).await;
    is_invalid(&rig, &[component(&"x".repeat((64 << 10) + 1), "")]).await;
    is_invalid(&rig, &[component("", &"x".repeat((64 << 10) + 1))]).await;
    is_invalid(&rig, &vec![component("x", ""); 16_385]).await;
    rig.end().await;
}

#[tokio::test]
async fn strange_names_are_names() {
    let rig = Rig::new().await;
    let long = "ü".repeat(32 << 10);
    let strange = [
        component("", ""),
        component("", "k"),
        component("/", "."),
        component("\\", "\\"),
        component(" ", "\n"),
        component(&long, &long),
    ];
    for strange in &strange {
        rig.root.bind(std::slice::from_ref(strange), &rig.object("o")).await.unwrap();
    }
    for strange in &strange {
        let text = rig.root.name_to_string(std::slice::from_ref(strange)).await.unwrap();
        assert_eq!(rig.root.resolve_str(&text).await.unwrap(), rig.object("o"));
    }
    let (_, listed, _) = rig.root.list(100).await.unwrap();
    assert_eq!(listed.len(), strange.len());
    rig.end().await;
}

#[tokio::test]
async fn what_cannot_be_bound() {
    let rig = Rig::with(MemoryStore::new(), |limits| limits.reference_bytes_max = 2000).await;
    let kind = |fault: quorb::Fault<BindError>| fault.kind();
    let nil = rig.root.bind(&name("nil"), &ObjectRef::nil()).await.unwrap_err();
    assert_eq!(kind(nil), Some(ExceptionKind::BadParam));
    let nil = rig.root.bind_context(&name("nil"), &NamingContextProxy::nil()).await.unwrap_err();
    assert_eq!(kind(nil), Some(ExceptionKind::BadParam));
    let large = rig.root.bind(&name("large"), &rig.object(&"k".repeat(2000))).await.unwrap_err();
    assert_eq!(kind(large), Some(ExceptionKind::ImpLimit));
    let gone = rig.root.new_context().await.unwrap();
    gone.destroy().await.unwrap();
    let gone = rig.root.bind_context(&name("gone"), &gone).await.unwrap_err();
    assert_eq!(kind(gone), Some(ExceptionKind::BadParam));
    assert_eq!(rig.service.bindings(), 0);
    rig.end().await;
}

#[tokio::test]
async fn object_keys_that_are_no_contexts() {
    let rig = Rig::new().await;
    let address = rig.server.addresses()[0].to_string();
    for key in ["NameService/", "NameService/1", "NameService/ffff", "NameService/x", "nameservice"] {
        let text = format!("corbaloc:iiop:1.2@{address}/{key}");
        let context: NamingContextProxy = rig.client.bind(&text).unwrap();
        let fault = context.list(1).await.unwrap_err();
        assert_eq!(fault.kind(), Some(ExceptionKind::ObjectNotExist), "{key}: {fault}");
    }
    rig.end().await;
}

#[tokio::test]
async fn limits_of_the_whole_service() {
    let rig = Rig::with(MemoryStore::new(), |limits| {
        limits.bindings_max = 2;
        limits.contexts_max = 2;
    })
    .await;
    rig.root.bind_new_context(&name("a")).await.unwrap();
    rig.root.bind(&name("a/b"), &rig.object("o")).await.unwrap();
    let full = rig.root.bind(&name("c"), &rig.object("o")).await.unwrap_err();
    assert_eq!(full.kind(), Some(ExceptionKind::ImpLimit));
    assert!(full.to_string().contains("bindings_max"), "{full}");
    assert_eq!(rig.root.new_context().await.unwrap_err().kind(), Some(ExceptionKind::ImpLimit));
    rig.end().await;
}
