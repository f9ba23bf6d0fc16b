//! Names that lead through several services, some of which hang, lie or are gone.

use std::time::Duration;

use quorb::{Completion, ExceptionKind, Fault, ObjectRef, Orb, Proxy, SystemException};
use quorb_naming::cos::{
    BindError, Binding, BindingIteratorProxy, NameComponent, NamingContext, NamingContextProxy,
    NamingContextServant, NotEmpty, NotFound, NotFoundReason, ResolveError,
};
use quorb_naming::storage::MemoryStore;

use crate::rig::{Rig, name, soon};

#[tokio::test]
async fn every_operation_goes_on_at_the_other_service() {
    let (near, far) = (Rig::new().await, Rig::new().await);
    let foreign: NamingContextProxy = far.root.object().unchecked();
    near.root.bind_context(&name("far"), &foreign).await.unwrap();
    let grid = near.object("grid");
    near.root.bind_new_context(&name("far/lab")).await.unwrap();
    near.root.bind(&name("far/lab/grid"), &grid).await.unwrap();
    assert_eq!(far.root.resolve(&name("lab/grid")).await.unwrap(), grid);
    assert_eq!(near.root.resolve_str("far/lab/grid").await.unwrap(), grid);
    near.root.rebind(&name("far/lab/grid"), &near.object("other")).await.unwrap();
    let looked_up = near.directory().look_up(&name("far/lab/grid")).await.unwrap();
    assert_eq!((looked_up.object, looked_up.steps), (near.object("other"), Vec::new()));
    // The way back: a context of the near one, named by the far one.
    let back: NamingContextProxy = near.root.object().unchecked();
    near.root.bind_context(&name("far/lab/back"), &back).await.unwrap();
    near.root.rebind_context(&name("far/lab/back"), &back).await.unwrap();
    let around = near.root.resolve(&name("far/lab/back/far/lab/back/far/lab/grid")).await.unwrap();
    assert_eq!(around, near.object("other"));
    near.root.unbind(&name("far/lab/grid")).await.unwrap();
    // What the other one raises is what the caller gets.
    let fault = near.root.resolve(&name("far/lab/x/y")).await.unwrap_err();
    let missing = NotFound { why: NotFoundReason::MissingNode, rest_of_name: name("x/y") };
    assert_eq!(fault.user(), Some(&ResolveError::NotFound(missing)));
    let fault = near.root.bind_new_context(&name("far/lab")).await.unwrap_err();
    assert!(matches!(fault.user(), Some(BindError::AlreadyBound(_))), "{fault}");
    near.end().await;
    far.end().await;
}

/// A name may go around two services as often as it likes: each time around costs a call that waits, and those have a limit.
#[tokio::test]
async fn names_that_go_around_two_services_end() {
    let few = |limits: &mut quorb_naming::Limits| limits.foreign_calls_max = 8;
    let (near, far) = (Rig::with(MemoryStore::new(), few).await, Rig::with(MemoryStore::new(), few).await);
    let (one, other): (NamingContextProxy, NamingContextProxy) =
        (near.root.object().unchecked(), far.root.object().unchecked());
    near.root.bind_context(&name("far"), &other).await.unwrap();
    far.root.bind_context(&name("near"), &one).await.unwrap();
    near.root.bind(&name("here"), &near.object("here")).await.unwrap();
    let around = |times: usize| name(&format!("{}here", "far/near/".repeat(times)));
    assert_eq!(near.root.resolve(&around(3)).await.unwrap(), near.object("here"));
    for times in [9, 8_000] {
        let path = around(times);
        let fault = soon("it ends", near.root.resolve(&path)).await.unwrap_err();
        let Some(ResolveError::CannotProceed(stopped)) = fault.user() else { panic!("{fault}") };
        assert_eq!(stopped.rest_of_name.last(), name("here").last());
        let object = near.object("o");
        let bound = soon("it ends", near.root.bind(&path, &object)).await.unwrap_err();
        assert!(matches!(bound.user(), Some(BindError::CannotProceed(_))), "{bound}");
    }
    assert_eq!(near.root.resolve(&around(3)).await.unwrap(), near.object("here"), "nothing is left of it");
    near.end().await;
    far.end().await;
}

#[tokio::test]
async fn a_service_that_is_gone_is_named() {
    let (near, far) = (Rig::new().await, Rig::new().await);
    let foreign: NamingContextProxy = far.root.object().unchecked();
    near.root.bind_context(&name("far"), &foreign).await.unwrap();
    far.end().await;
    let fault = near.root.resolve(&name("far/lab/grid")).await.unwrap_err();
    let Some(ResolveError::CannotProceed(stopped)) = fault.user() else { panic!("{fault}") };
    assert_eq!(stopped.cxt, foreign);
    assert_eq!(stopped.rest_of_name, name("lab/grid"));
    let fault = near.root.bind(&name("far/x"), &near.object("o")).await.unwrap_err();
    assert!(matches!(fault.user(), Some(BindError::CannotProceed(_))), "{fault}");
    assert_eq!(near.root.resolve(&name("far")).await.unwrap(), *foreign.object(), "the binding is there");
    near.root.unbind(&name("far")).await.unwrap();
    near.end().await;
}

/// A context that does not answer, or answers what nobody should.
struct Rogue {
    hangs: bool,
}

impl Rogue {
    async fn answer<T>(&self) -> Result<T, SystemException> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err(SystemException::new(ExceptionKind::Internal, quorb::Minor(7), Completion::Maybe))
    }
}

impl NamingContext for Rogue {
    async fn bind(&self, _: &[NameComponent], _: &ObjectRef) -> Result<(), Fault<BindError>> {
        Ok(self.answer().await?)
    }
    async fn rebind(&self, _: &[NameComponent], _: &ObjectRef) -> Result<(), Fault<ResolveError>> {
        Ok(self.answer().await?)
    }
    async fn bind_context(
        &self,
        _: &[NameComponent],
        _: &NamingContextProxy,
    ) -> Result<(), Fault<BindError>> {
        Ok(self.answer().await?)
    }
    async fn rebind_context(
        &self,
        _: &[NameComponent],
        _: &NamingContextProxy,
    ) -> Result<(), Fault<ResolveError>> {
        Ok(self.answer().await?)
    }
    async fn resolve(&self, _: &[NameComponent]) -> Result<ObjectRef, Fault<ResolveError>> {
        Ok(self.answer().await?)
    }
    async fn unbind(&self, _: &[NameComponent]) -> Result<(), Fault<ResolveError>> {
        // It says that a name is missing that it was not asked for.
        let lie = NotFound { why: NotFoundReason::NotObject, rest_of_name: name("a/lie") };
        Err(Fault::User(ResolveError::NotFound(lie)))
    }
    async fn new_context(&self) -> Result<NamingContextProxy, Fault> {
        Ok(self.answer().await?)
    }
    async fn bind_new_context(&self, _: &[NameComponent]) -> Result<NamingContextProxy, Fault<BindError>> {
        Ok(NamingContextProxy::nil())
    }
    async fn destroy(&self) -> Result<(), Fault<NotEmpty>> {
        Ok(self.answer().await?)
    }
    async fn list(&self, _: u32) -> Result<((), Vec<Binding>, BindingIteratorProxy), Fault> {
        Ok(self.answer().await?)
    }
}

async fn rogue(orb: &Orb, hangs: bool) -> NamingContextProxy {
    orb.adapter().activate(NamingContextServant::new(Rogue { hangs }))
}

#[tokio::test]
async fn contexts_that_hang_or_lie_harm_only_who_asks_for_them() {
    let near = Rig::with(MemoryStore::new(), |limits| {
        limits.foreign_wait_max = Duration::from_millis(150);
        limits.foreign_calls_max = 4;
    })
    .await;
    let far = Orb::builder().listen("127.0.0.1:0").start().await.unwrap();
    near.root.bind_context(&name("hangs"), &rogue(&far, true).await).await.unwrap();
    near.root.bind_context(&name("lies"), &rogue(&far, false).await).await.unwrap();
    near.root.bind(&name("well"), &near.object("well")).await.unwrap();
    // Many who wait do not keep others from theirs.
    let waiting: Vec<_> = (0..20)
        .map(|_| {
            let root = near.root.clone();
            tokio::spawn(async move { root.resolve(&name("hangs/x")).await })
        })
        .collect();
    assert_eq!(near.root.resolve(&name("well")).await.unwrap(), near.object("well"));
    for call in waiting {
        let fault = soon("it gives up", call).await.unwrap().unwrap_err();
        assert!(matches!(fault.user(), Some(ResolveError::CannotProceed(_))), "{fault}");
    }
    // Whether an update was made there is not known, and said so.
    let fault = near.root.rebind(&name("lies/x"), &near.object("o")).await.unwrap_err();
    assert_eq!((fault.kind(), fault.completed()), (Some(ExceptionKind::Internal), Completion::Maybe));
    let fault = near.root.unbind(&name("lies/x")).await.unwrap_err();
    assert!(matches!(fault.user(), Some(ResolveError::NotFound(_))), "{fault}");
    assert!(near.root.bind_new_context(&name("lies/x")).await.unwrap().object().is_nil());
    assert_eq!(near.service.bindings(), 3);
    far.shutdown(Duration::ZERO).await;
    near.end().await;
}
