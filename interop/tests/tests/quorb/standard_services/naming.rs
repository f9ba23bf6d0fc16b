//! A naming context: the generated trait implemented in memory, without contexts below it.

use std::collections::{BTreeMap, VecDeque};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use quorb::{Adapter, ObjectRef, Orb, Preference, Proxy};
use quorb_interop::peers;

use super::generated::naming::cos_naming::naming_context::{
    AlreadyBound, BindContextError, BindError, BindNewContextError, InvalidName, NotEmpty, NotFound,
    NotFoundReason, RebindContextError, RebindError, ResolveError, UnbindError,
};
use super::generated::naming::cos_naming::{
    Binding, BindingIterator, BindingIteratorProxy, BindingIteratorServant, BindingType, NameComponent,
    NamingContext, NamingContextProxy, NamingContextServant,
};

struct Names {
    bound: Mutex<BTreeMap<(String, String), ObjectRef>>,
    /// Where the iterators of long lists are activated.
    adapter: Adapter,
}

impl Names {
    fn served_by(adapter: Adapter) -> NamingContextServant<Names> {
        NamingContextServant::new(Names { bound: Mutex::default(), adapter })
    }
}

fn missing(name: &[NameComponent]) -> NotFound {
    NotFound { why: NotFoundReason::MissingNode, rest_of_name: name.to_vec() }
}

/// The one component of a name; there are no contexts that others could be in.
fn component(name: &[NameComponent]) -> Result<Result<(String, String), NotFound>, InvalidName> {
    match name {
        [] => Err(InvalidName),
        [only] => Ok(Ok((only.id.clone(), only.kind.clone()))),
        _ => Ok(Err(missing(name))),
    }
}

impl NamingContext for Names {
    fn bind(&self, n: &[NameComponent], obj: &ObjectRef) -> Result<(), BindError> {
        let key = component(n)??;
        let mut names = self.bound.lock().unwrap();
        if names.contains_key(&key) {
            return Err(AlreadyBound)?;
        }
        names.insert(key, obj.clone());
        Ok(())
    }

    fn rebind(&self, n: &[NameComponent], obj: &ObjectRef) -> Result<(), RebindError> {
        let key = component(n)??;
        self.bound.lock().unwrap().insert(key, obj.clone());
        Ok(())
    }

    fn bind_context(&self, _: &[NameComponent], _: &NamingContextProxy) -> Result<(), BindContextError> {
        Err(InvalidName)?
    }

    fn rebind_context(&self, _: &[NameComponent], _: &NamingContextProxy) -> Result<(), RebindContextError> {
        Err(InvalidName)?
    }

    fn resolve(&self, n: &[NameComponent]) -> Result<ObjectRef, ResolveError> {
        let key = component(n)??;
        let names = self.bound.lock().unwrap();
        Ok(names.get(&key).cloned().ok_or_else(|| missing(n))?)
    }

    fn unbind(&self, n: &[NameComponent]) -> Result<(), UnbindError> {
        let key = component(n)??;
        self.bound.lock().unwrap().remove(&key).ok_or_else(|| missing(n))?;
        Ok(())
    }

    fn new_context(&self) -> NamingContextProxy {
        NamingContextProxy::nil()
    }

    fn bind_new_context(&self, _: &[NameComponent]) -> Result<NamingContextProxy, BindNewContextError> {
        Err(InvalidName)?
    }

    fn destroy(&self) -> Result<(), NotEmpty> {
        if self.bound.lock().unwrap().is_empty() { Ok(()) } else { Err(NotEmpty) }
    }

    fn list(&self, how_many: u32) -> ((), Vec<Binding>, BindingIteratorProxy) {
        let binding = |(id, kind): &(String, String)| Binding {
            binding_name: vec![NameComponent { id: id.clone(), kind: kind.clone() }],
            binding_type: BindingType::Nobject,
        };
        let mut bindings: VecDeque<Binding> = self.bound.lock().unwrap().keys().map(binding).collect();
        let first = taken(&mut bindings, how_many);
        let more = if bindings.is_empty() {
            BindingIteratorProxy::nil()
        } else {
            self.adapter.activate(BindingIteratorServant::new(Rest(Mutex::new(bindings))))
        };
        ((), first, more)
    }
}

/// The bindings that did not fit into a list.
struct Rest(Mutex<VecDeque<Binding>>);

fn taken(bindings: &mut VecDeque<Binding>, how_many: u32) -> Vec<Binding> {
    let count = bindings.len().min(how_many as usize);
    bindings.drain(..count).collect()
}

impl BindingIterator for Rest {
    fn next_one(&self) -> (bool, Binding) {
        let next = self.0.lock().unwrap().pop_front();
        let nothing = Binding { binding_name: Vec::new(), binding_type: BindingType::Nobject };
        (next.is_some(), next.unwrap_or(nothing))
    }

    fn next_n(&self, how_many: u32) -> (bool, Vec<Binding>) {
        let next = taken(&mut self.0.lock().unwrap(), how_many);
        (!next.is_empty(), next)
    }

    fn destroy(&self) {
        self.0.lock().unwrap().clear();
    }
}

fn name(id: &str) -> Vec<NameComponent> {
    vec![NameComponent { id: id.to_owned(), kind: String::new() }]
}

#[tokio::test]
async fn a_generated_naming_context_is_served_and_called() {
    let server = Orb::builder().listen("127.0.0.1:0").start().await.expect("it starts");
    let context: NamingContextProxy =
        server.serve("NameService", Names::served_by(server.adapter())).expect("the key is free");
    assert_eq!(NamingContextProxy::interface().id(), "IDL:omg.org/CosNaming/NamingContext:1.0");
    for preference in [Preference::NativeOnly, Preference::IiopOnly] {
        let client = Orb::builder().prefer(preference).start().await.expect("it starts");
        let names: NamingContextProxy = client.bind(&context.to_string()).expect("it is a reference");
        names.bind(&name("self"), context.object()).await.unwrap();
        let again = names.bind(&name("self"), context.object()).await.unwrap_err();
        assert!(matches!(again.user(), Some(BindError::AlreadyBound(_))), "{again}");
        let found = names.resolve(&name("self")).await.unwrap();
        assert!(found.is_a("IDL:omg.org/CosNaming/NamingContext:1.0").await.unwrap());
        let lost = names.resolve(&name("other")).await.unwrap_err();
        assert!(
            matches!(lost.user(), Some(ResolveError::NotFound(lost)) if lost.rest_of_name == name("other")),
            "{lost}"
        );
        let (_, bindings, more) = names.list(10).await.unwrap();
        assert_eq!(bindings.len(), 1);
        assert!(more.object().is_nil());
        let (_, bindings, more) = names.list(0).await.unwrap();
        assert!(bindings.is_empty());
        assert_eq!(more.next_one().await.unwrap().1.binding_name, name("self"));
        assert!(!more.next_one().await.unwrap().0);
        assert_eq!(names.destroy().await.unwrap_err().user(), Some(&NotEmpty));
        names.unbind(&name("self")).await.unwrap();
        client.shutdown(Duration::from_secs(1)).await;
    }
    server.shutdown(Duration::from_secs(1)).await;
}

/// What omniORB's own naming client says, if it succeeds.
#[track_caller]
fn nameclt(context: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("nameclt").args(["-ior", context]).args(arguments).output();
    let output = output.expect("nameclt is installed with the peers");
    let said = |octets| String::from_utf8_lossy(octets).trim().to_owned();
    if output.status.success() {
        Ok(said(&output.stdout))
    } else {
        Err(said(&[output.stdout, output.stderr].concat()))
    }
}

#[test]
fn a_foreign_naming_client_uses_the_generated_context() {
    let Some(_) = peers::or_skip() else { return };
    let server = Orb::builder().listen("127.0.0.1:0").start_blocking().expect("it starts");
    let context: NamingContextProxy =
        server.serve("NameService", Names::served_by(server.adapter())).expect("the key is free");
    let reference = context.to_string();
    nameclt(&reference, &["bind", "grid", &reference]).unwrap();
    assert_eq!(nameclt(&reference, &["list"]).unwrap(), "grid");
    let found = nameclt(&reference, &["resolve", "grid"]).unwrap();
    assert!(found.starts_with("IOR:"), "{found}");
    let lost = nameclt(&reference, &["resolve", "nothing"]).unwrap_err();
    assert!(lost.contains("NotFound"), "{lost}");
    nameclt(&reference, &["unbind", "grid"]).unwrap();
    assert_eq!(nameclt(&reference, &["list"]).unwrap(), "");
}
