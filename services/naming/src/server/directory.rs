//! `CosNaming::NamingContextExt` and our own `Directory` on the tree.

use std::time::Duration;

use quorb::{Fault, ObjectRef};

use super::context::{Context, unexpected};
use super::references;
use super::refused::Refused;
use crate::cos::{
    BindError, BindLeasedError, BindingType, Changes, Directory, InvalidName, LookUp, NameComponent,
    NamingContextExt, ResolveError, Step, ToUrlError, UnknownLease,
};
use crate::name;
use crate::tree::{Command, Found, Label, LeaseId, Mode, Outcome, Reference, Target};

impl NamingContextExt for Context {
    fn name_to_string(&self, n: &[NameComponent]) -> Result<String, InvalidName> {
        self.labels(n).map_err(|_| InvalidName)?;
        Ok(name::write(n))
    }

    fn to_name(&self, sn: &str) -> Result<Vec<NameComponent>, InvalidName> {
        let name = name::parse(sn).map_err(|_| InvalidName)?;
        self.labels(&name).map_err(|_| InvalidName)?;
        Ok(name)
    }

    fn to_url(&self, addr: &str, sn: &str) -> Result<String, ToUrlError> {
        Ok(name::url(addr, sn)?)
    }

    async fn resolve_str(&self, n: &str) -> Result<ObjectRef, Fault<BindError>> {
        let name = name::parse(n).map_err(|_| Refused::InvalidName)?;
        Ok(self.resolved(&name).await?)
    }
}

impl Directory for Context {
    fn number(&self) -> u64 {
        self.at.0
    }

    fn reference(&self) -> ObjectRef {
        self.service.context_reference(self.at)
    }

    async fn look_up(&self, name: &[NameComponent]) -> Result<LookUp, Fault<ResolveError>> {
        // Read first: a change that comes in between is announced, whether the answer has seen it or not.
        let seen = self.service.shared().log.last();
        match self.found_here(name).await? {
            Ok((object, sort, context, steps)) => Ok(LookUp { object, sort, context, steps, seen }),
            Err((context, components)) => {
                let there = self.service.foreign(&context, name, components)?;
                let answer = there.proxy().resolve(there.rest()).await;
                let object = there.answer_to_question(answer)?;
                Ok(LookUp { object, sort: BindingType::Object, context: 0, steps: Vec::new(), seen })
            }
        }
    }

    async fn grant(&self, ttl_ms: u64) -> Result<u64, Fault> {
        match self.submit(Command::Grant { ttl: Duration::from_millis(ttl_ms) }, &[]).await? {
            Outcome::Lease(LeaseId(lease)) => Ok(lease),
            _ => Err(unexpected().into()),
        }
    }

    async fn renew(&self, lease: u64) -> Result<(), Fault<UnknownLease>> {
        self.submit(Command::Renew { lease: LeaseId(lease) }, &[]).await?;
        Ok(())
    }

    async fn revoke(&self, lease: u64) -> Result<(), Fault<UnknownLease>> {
        self.submit(Command::Revoke { lease: LeaseId(lease) }, &[]).await?;
        Ok(())
    }

    async fn bind_leased(
        &self,
        name: &[NameComponent],
        object: &ObjectRef,
        lease: u64,
        replace: bool,
    ) -> Result<(), Fault<BindLeasedError>> {
        let target = Target::Object(self.service.kept(object)?);
        let mode = if replace { Mode::Replace } else { Mode::New };
        let (at, labels, lease) = (self.at, self.labels(name)?, Some(LeaseId(lease)));
        let command = Command::Bind { at, name: labels, target, mode, lease };
        if let Outcome::Elsewhere { context, components } = self.submit(command, name).await? {
            let there = self.service.foreign(&context, name, components)?;
            return Err(there.not_leased().into());
        }
        Ok(())
    }

    async fn changes(&self, since: u64, contexts: &[u64], wait_ms: u32) -> Result<Changes, Fault> {
        let limits = self.service.limits();
        if contexts.len() > limits.watched_contexts_max {
            return Err(Refused::bad_param("above watched_contexts_max").into());
        }
        let log = &self.service.shared().log;
        let mut news = log.subscribe();
        let wait = Duration::from_millis(wait_ms.into()).min(limits.watch_wait_max);
        let end = tokio::time::Instant::now() + wait;
        let mut since = since;
        loop {
            news.borrow_and_update();
            let answer = log.since(since, contexts, limits.changes_per_answer_max);
            if since == 0 || answer.missed || !answer.changes.is_empty() {
                return Ok(answer);
            }
            tokio::select! {
                _ = news.changed() => since = answer.next,
                () = tokio::time::sleep_until(end) => return Ok(answer),
                () = self.service.orb().draining() => return Ok(answer),
            }
        }
    }
}

type FoundHere = Result<(ObjectRef, BindingType, u64, Vec<Step>), (Reference, usize)>;

impl Context {
    /// What a name is bound to and the bindings on its way, or the context of another service that it leads through.
    async fn found_here(&self, name: &[NameComponent]) -> Result<FoundHere, Refused> {
        let labels = self.labels(name)?;
        let answer = self.service.read(|tree, visit| {
            let mut steps = Vec::with_capacity(labels.len());
            let found = tree.resolve(self.at, &labels, |context, label: &Label| {
                steps.push(Step { context: context.0, name: label.component() });
                visit(context, label);
            })?;
            Ok(match found {
                Found::Object(reference) => {
                    Ok((references::passed_on(reference), BindingType::Object, 0, steps))
                }
                Found::Foreign(reference) => {
                    Ok((references::passed_on(reference), BindingType::Context, 0, steps))
                }
                Found::Context(context) => {
                    Ok((self.service.context_reference(context), BindingType::Context, context.0, steps))
                }
                Found::Elsewhere { context, components } => Err((context.clone(), components)),
            })
        });
        answer.await.map_err(|refusal| self.service.refused(refusal, name))
    }
}
