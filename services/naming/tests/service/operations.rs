//! Every operation of CosNaming, every exception.

use quorb::{ExceptionKind, Fault, Preference, Proxy};
use quorb_naming::cos::{
    AlreadyBound, BindError, BindingType, InvalidName, NamingContextExtProxy, NamingContextProxy, NotEmpty,
    NotFound, NotFoundReason, ResolveError, ToUrlError,
};
use quorb_naming::storage::MemoryStore;

use crate::rig::{Rig, component, name};

fn not_found<T: std::fmt::Debug>(answer: Result<T, Fault<ResolveError>>, why: NotFoundReason, rest: &str) {
    let expected = NotFound { why, rest_of_name: name(rest) };
    let fault = answer.unwrap_err();
    assert_eq!(fault.user(), Some(&ResolveError::NotFound(expected)), "{fault}");
}

fn not_found_to_bind<T: std::fmt::Debug>(
    answer: Result<T, Fault<BindError>>,
    why: NotFoundReason,
    rest: &str,
) {
    let expected = NotFound { why, rest_of_name: name(rest) };
    let fault = answer.unwrap_err();
    assert_eq!(fault.user(), Some(&BindError::NotFound(expected)), "{fault}");
}

fn already_bound<T: std::fmt::Debug>(answer: Result<T, Fault<BindError>>) {
    let fault = answer.unwrap_err();
    assert_eq!(fault.user(), Some(&BindError::AlreadyBound(AlreadyBound)), "{fault}");
}

async fn every_operation(preference: Preference) {
    use NotFoundReason::{MissingNode, NotContext, NotObject};
    let rig = Rig::over(preference, MemoryStore::new(), |_| ()).await;
    let root: NamingContextProxy = rig.root.narrow().await.unwrap();
    let (grid, other) = (rig.object("grid"), rig.object("other"));

    let lab = root.bind_new_context(&name("lab")).await.unwrap();
    assert!(lab.object().is_a("IDL:omg.org/CosNaming/NamingContextExt:1.0").await.unwrap());
    root.bind(&name("lab/grid.object"), &grid).await.unwrap();
    assert_eq!(root.resolve(&name("lab/grid.object")).await.unwrap(), grid);
    assert_eq!(lab.resolve(&name("grid.object")).await.unwrap(), grid);
    assert_eq!(root.resolve(&name("lab")).await.unwrap(), *lab.object());
    not_found(root.resolve(&name("lab/grid")).await, MissingNode, "grid");
    not_found(root.resolve(&name("x/y/z")).await, MissingNode, "x/y/z");
    not_found(root.resolve(&name("lab/grid.object/x/y")).await, NotContext, "grid.object/x/y");

    already_bound(root.bind(&name("lab/grid.object"), &other).await);
    already_bound(root.bind(&name("lab"), &other).await);
    not_found_to_bind(root.bind(&name("nolab/x"), &other).await, MissingNode, "nolab/x");
    not_found_to_bind(root.bind(&name("lab/grid.object/x"), &other).await, NotContext, "grid.object/x");

    root.rebind(&name("lab/grid.object"), &other).await.unwrap();
    assert_eq!(root.resolve(&name("lab/grid.object")).await.unwrap(), other);
    root.rebind(&name("lab/new"), &other).await.unwrap();
    not_found(root.rebind(&name("lab"), &other).await, NotObject, "lab");

    let loose = root.new_context().await.unwrap();
    root.bind_context(&name("lab/loose"), &loose).await.unwrap();
    already_bound(root.bind_context(&name("lab/loose"), &loose).await);
    already_bound(root.bind_new_context(&name("lab/loose")).await);
    root.rebind_context(&name("lab/loose"), &lab).await.unwrap();
    assert_eq!(root.resolve(&name("lab/loose/loose/new")).await.unwrap(), other, "a cycle");
    not_found(root.rebind_context(&name("lab/new"), &lab).await, NotContext, "new");
    root.rebind_context(&name("lab/loose"), &loose).await.unwrap();

    // A context that is bound as an object is no way.
    root.bind(&name("dead end"), lab.object()).await.unwrap();
    not_found(root.resolve(&name("dead end/new")).await, NotContext, "dead end/new");

    assert_eq!(lab.destroy().await.unwrap_err().user(), Some(&NotEmpty));
    not_found(root.unbind(&name("lab/x")).await, MissingNode, "x");
    for bound in ["lab/new", "lab/grid.object", "lab/loose", "dead end"] {
        root.unbind(&name(bound)).await.unwrap();
    }
    lab.destroy().await.unwrap();
    assert_eq!(lab.destroy().await.unwrap_err().kind(), Some(ExceptionKind::ObjectNotExist));
    assert!(lab.object().non_existent().await.unwrap());
    let fault = root.resolve(&name("lab/x/y")).await.unwrap_err();
    let Some(ResolveError::CannotProceed(stopped)) = fault.user() else { panic!("{fault}") };
    assert_eq!((&stopped.cxt, &stopped.rest_of_name), (&lab, &name("x/y")));
    root.unbind(&name("lab")).await.unwrap();
    loose.destroy().await.unwrap();
    assert_eq!(root.destroy().await.unwrap_err().kind(), Some(ExceptionKind::NoPermission));
    rig.end().await;
}

#[tokio::test]
async fn every_operation_over_the_native_protocol() {
    every_operation(Preference::NativeOnly).await;
}

#[tokio::test]
async fn every_operation_over_iiop() {
    every_operation(Preference::IiopOnly).await;
}

#[tokio::test]
async fn collocated() {
    let rig = Rig::new().await;
    let root = rig.service.root();
    let lab = root.bind_new_context(&name("lab")).await.unwrap();
    lab.bind(&name("grid"), &rig.object("grid")).await.unwrap();
    assert_eq!(root.resolve_str("lab/grid").await.unwrap(), rig.object("grid"));
    assert_eq!(rig.service.bindings(), 2);
    rig.end().await;
}

#[tokio::test]
async fn names_as_text() {
    let rig = Rig::new().await;
    let root: &NamingContextExtProxy = &rig.root;
    let parts = [component("a/b", "c.d"), component("", "k"), component("", "")];
    assert_eq!(root.name_to_string(&parts).await.unwrap(), r"a\/b.c\.d/.k/.");
    assert_eq!(root.to_name(r"a\/b.c\.d/.k/.").await.unwrap(), parts);
    assert_eq!(root.name_to_string(&[]).await.unwrap_err().user(), Some(&InvalidName));
    for text in ["", "/", "a//b", "a.", "a.b.c", r"a\b"] {
        assert_eq!(root.to_name(text).await.unwrap_err().user(), Some(&InvalidName), "{text}");
        let fault = root.resolve_str(text).await.unwrap_err();
        assert_eq!(fault.user(), Some(&BindError::InvalidName(InvalidName)), "{text}");
    }
    assert_eq!(root.to_url(":h:1", "a b/c").await.unwrap(), "corbaname::h:1#a%20b/c");
    assert!(matches!(root.to_url("", "a").await.unwrap_err().user(), Some(ToUrlError::InvalidAddress(_))));
    assert!(matches!(root.to_url(":h", "a//").await.unwrap_err().user(), Some(ToUrlError::InvalidName(_))));
    rig.end().await;
}

#[tokio::test]
async fn corbaloc_and_corbaname_lead_to_it() {
    let rig = Rig::new().await;
    rig.root.bind_new_context(&name("lab")).await.unwrap();
    rig.root.bind(&name("lab/self.context"), rig.root.object()).await.unwrap();
    let address = rig.server.addresses()[0].to_string();
    let found: NamingContextProxy =
        rig.client.resolve(&format!("corbaname:iiop:1.2@{address}#lab/self.context")).await.unwrap();
    assert_eq!(found.list(10).await.unwrap().1[0].binding_name, name("lab"));
    let root: NamingContextProxy =
        rig.client.resolve(&format!("corbaloc::{address}/NameService")).await.unwrap();
    assert_eq!(root.list(10).await.unwrap().1.len(), 1);
    rig.end().await;
}

#[tokio::test]
async fn lists_say_what_is_bound_in_the_order_of_names() {
    let rig = Rig::new().await;
    for bound in ["b", "a.z", "a"] {
        rig.root.bind(&name(bound), &rig.object("o")).await.unwrap();
    }
    let context = rig.root.bind_new_context(&name("c")).await.unwrap();
    rig.root.bind(&name("d"), context.object()).await.unwrap();
    let (_, bindings, more) = rig.root.list(100).await.unwrap();
    assert!(more.object().is_nil());
    let listed: Vec<_> =
        bindings.into_iter().map(|b| (quorb_naming::name::write(&b.binding_name), b.binding_type)).collect();
    let (object, context) = (BindingType::Object, BindingType::Context);
    let expected = [("a", object), ("a.z", object), ("b", object), ("c", context), ("d", object)];
    assert_eq!(listed, expected.map(|(name, sort)| (name.to_owned(), sort)));
    rig.end().await;
}
