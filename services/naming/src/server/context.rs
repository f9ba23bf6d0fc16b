//! `CosNaming::NamingContext` on the tree.

use std::sync::Arc;

use quorb::{Completion, Context as Ambient, ExceptionKind, Fault, ObjectRef, Proxy};

use super::references;
use super::refused::Refused;
use super::service::Service;
use crate::cos::{
    BindError, Binding, BindingIteratorProxy, NameComponent, NamingContext, NamingContextProxy, NotEmpty,
    ResolveError,
};
use crate::tree::{Command, ContextId, Found, Label, Mode, Outcome, Target};

/// A context: the service, and where names begin.
#[derive(Debug, Clone)]
pub(super) struct Context {
    pub(super) service: Arc<Service>,
    pub(super) at: ContextId,
}

impl Context {
    /// The name as the tree knows it; a context that does not exist any more says so before it looks at names.
    pub(super) fn labels(&self, name: &[NameComponent]) -> Result<Vec<Label>, Refused> {
        self.service.labels(name)
    }

    pub(super) async fn submit(&self, command: Command, name: &[NameComponent]) -> Result<Outcome, Refused> {
        let outcome = self.service.submit(command).await;
        let outcome = outcome.map_err(|failure| self.service.failed(failure, name))?;
        let repeated =
            || self.service.is_replicated() && Ambient::current().is_some_and(|cx| cx.is_repeated());
        match &outcome {
            Outcome::Elsewhere { .. } if repeated() => Err(may_have_been_made_there()),
            _ => Ok(outcome),
        }
    }

    async fn submit_bind(&self, n: &[NameComponent], target: Target, mode: Mode) -> Result<Outcome, Refused> {
        let name = self.labels(n)?;
        self.submit(Command::Bind { at: self.at, name, target, mode, lease: None }, n).await
    }

    /// What a name is bound to.
    pub(super) async fn resolved(&self, n: &[NameComponent]) -> Result<ObjectRef, Refused> {
        let name = self.labels(n)?;
        let answer = self.service.read(|tree, visit| {
            tree.resolve(self.at, &name, visit).map(|found| match found {
                Found::Object(reference) | Found::Foreign(reference) => Ok(references::passed_on(reference)),
                Found::Context(context) => Ok(self.service.context_reference(context)),
                Found::Elsewhere { context, components } => Err((context.clone(), components)),
            })
        });
        match answer.await.map_err(|refusal| self.service.refused(refusal, n))? {
            Ok(object) => Ok(object),
            Err((context, components)) => {
                let there = self.service.foreign(&context, n, components)?;
                let answer = there.proxy().resolve(there.rest()).await;
                there.answer_to_question(answer)
            }
        }
    }

    fn new_proxy(&self, context: ContextId) -> NamingContextProxy {
        self.service.context_reference(context).unchecked()
    }

    async fn bound_new_context(&self, n: &[NameComponent]) -> Result<NamingContextProxy, Refused> {
        let name = self.labels(n)?;
        match self.submit(Command::BindNewContext { at: self.at, name }, n).await? {
            Outcome::Elsewhere { context, components } => {
                let there = self.service.foreign(&context, n, components)?;
                let answer = there.proxy().bind_new_context(there.rest()).await;
                there.answer(answer)
            }
            Outcome::Context(context) => Ok(self.new_proxy(context)),
            Outcome::Done | Outcome::Lease(_) => Err(unexpected()),
        }
    }
}

impl NamingContext for Context {
    async fn bind(&self, n: &[NameComponent], obj: &ObjectRef) -> Result<(), Fault<BindError>> {
        let target = Target::Object(self.service.kept(obj)?);
        if let Outcome::Elsewhere { context, components } = self.submit_bind(n, target, Mode::New).await? {
            let there = self.service.foreign(&context, n, components)?;
            let answer = there.proxy().bind(there.rest(), obj).await;
            there.answer(answer)?;
        }
        Ok(())
    }

    async fn rebind(&self, n: &[NameComponent], obj: &ObjectRef) -> Result<(), Fault<ResolveError>> {
        let target = Target::Object(self.service.kept(obj)?);
        if let Outcome::Elsewhere { context, components } = self.submit_bind(n, target, Mode::Replace).await?
        {
            let there = self.service.foreign(&context, n, components)?;
            let answer = there.proxy().rebind(there.rest(), obj).await;
            there.answer(answer)?;
        }
        Ok(())
    }

    async fn bind_context(
        &self,
        n: &[NameComponent],
        nc: &NamingContextProxy,
    ) -> Result<(), Fault<BindError>> {
        let target = self.service.context_target(nc.object())?;
        if let Outcome::Elsewhere { context, components } = self.submit_bind(n, target, Mode::New).await? {
            let there = self.service.foreign(&context, n, components)?;
            let answer = there.proxy().bind_context(there.rest(), nc).await;
            there.answer(answer)?;
        }
        Ok(())
    }

    async fn rebind_context(
        &self,
        n: &[NameComponent],
        nc: &NamingContextProxy,
    ) -> Result<(), Fault<ResolveError>> {
        let target = self.service.context_target(nc.object())?;
        if let Outcome::Elsewhere { context, components } = self.submit_bind(n, target, Mode::Replace).await?
        {
            let there = self.service.foreign(&context, n, components)?;
            let answer = there.proxy().rebind_context(there.rest(), nc).await;
            there.answer(answer)?;
        }
        Ok(())
    }

    async fn resolve(&self, n: &[NameComponent]) -> Result<ObjectRef, Fault<ResolveError>> {
        Ok(self.resolved(n).await?)
    }

    async fn unbind(&self, n: &[NameComponent]) -> Result<(), Fault<ResolveError>> {
        let name = self.labels(n)?;
        let outcome = self.submit(Command::Unbind { at: self.at, name }, n).await?;
        if let Outcome::Elsewhere { context, components } = outcome {
            let there = self.service.foreign(&context, n, components)?;
            let answer = there.proxy().unbind(there.rest()).await;
            there.answer(answer)?;
        }
        Ok(())
    }

    async fn new_context(&self) -> Result<NamingContextProxy, Fault> {
        match self.submit(Command::NewContext { at: self.at }, &[]).await? {
            Outcome::Context(context) => Ok(self.new_proxy(context)),
            _ => Err(unexpected().into()),
        }
    }

    async fn bind_new_context(&self, n: &[NameComponent]) -> Result<NamingContextProxy, Fault<BindError>> {
        Ok(self.bound_new_context(n).await?)
    }

    async fn destroy(&self) -> Result<(), Fault<NotEmpty>> {
        self.submit(Command::Destroy { context: self.at }, &[]).await?;
        Ok(())
    }

    async fn list(&self, how_many: u32) -> Result<((), Vec<Binding>, BindingIteratorProxy), Fault> {
        let limits = self.service.limits();
        let wanted = usize::try_from(how_many).unwrap_or(usize::MAX).min(limits.page_bindings_max);
        let page = self
            .service
            .read_context(self.at, |tree| tree.page(self.at, None, wanted, limits.page_bytes_max));
        let page = page.await.map_err(|refusal| self.service.refused(refusal, &[]))?;
        let more = match page.more {
            true => {
                self.service.begin_iterator(self.at, page.bindings.last().map(|(label, _)| label.clone()))
            }
            false => BindingIteratorProxy::nil(),
        };
        Ok(((), page.bindings.into_iter().map(super::iterators::binding).collect(), more))
    }
}

/// The tree has answered something else than it was asked.
pub(super) fn unexpected() -> Refused {
    Refused::system(ExceptionKind::Internal, Completion::Maybe, "an answer to another command")
}

/// The member that was called first may have called the other service, which does not know that the two calls are one.
fn may_have_been_made_there() -> Refused {
    let cause = "the name leads to another service, and the member that called it was lost";
    Refused::system(ExceptionKind::CommFailure, Completion::Maybe, cause)
}
