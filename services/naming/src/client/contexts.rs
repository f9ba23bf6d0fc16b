//! Contexts by path.

use quorb::{Completion, ExceptionKind, Minor, ObjectRef, Proxy, SystemException};

use super::error::{About, NameError};
use super::names::{Names, parsed};
use crate::cos::{Binding, BindingType, NameComponent, NamingContextProxy};
use crate::name;

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The name in its context, one component as text.
    pub name: String,
    /// Whether names lead through it.
    pub sort: BindingType,
}

/// The bindings that are asked for at a time.
const PAGE: u32 = 1_000;

impl Names {
    /// Makes a context and binds it, and makes those on its way that are missing.
    ///
    /// # Errors
    /// [`NameError::AlreadyBound`], among others.
    pub async fn create_context(&self, path: &str) -> Result<NamingContextProxy, NameError> {
        let name = parsed(path)?;
        let root = self.for_updates().await;
        let created = self.updated(root.bind_new_context(&name).await, path);
        match created {
            Ok(context) => Ok(context),
            Err(error) => {
                let attempt = Err(error);
                if !self.has_made_way(&name, path, &attempt).await? {
                    return attempt.map(|()| NamingContextProxy::nil());
                }
                self.updated(root.bind_new_context(&name).await, path)
            }
        }
    }

    /// Binds a name to a context of whatever service, so that names lead through it.
    ///
    /// # Errors
    /// [`NameError::AlreadyBound`], among others.
    pub async fn bind_context(&self, path: &str, context: &NamingContextProxy) -> Result<(), NameError> {
        let name = parsed(path)?;
        let root = self.for_updates().await;
        let bound = self.updated(root.bind_context(&name, context).await, path);
        if self.has_made_way(&name, path, &bound).await? {
            return self.updated(root.bind_context(&name, context).await, path);
        }
        bound
    }

    /// Destroys an empty context and removes its name.
    ///
    /// # Errors
    /// [`NameError::NotEmpty`]; [`NameError::NotFound`] with `NotContext` if it is none; among others.
    pub async fn remove_context(&self, path: &str) -> Result<(), NameError> {
        let (context, name) = (self.context(path).await?, parsed(path)?);
        if self.sort_of(path).await? == BindingType::Object {
            let why = crate::cos::NotFoundReason::NotContext;
            let rest = name::write(&name[name.len() - 1..]);
            return Err(NameError::NotFound { path: path.to_owned(), why, rest });
        }
        context.destroy().await.map_err(|fault| fault.about(path))?;
        self.unbind(path).await
    }

    /// What is bound in a context, in the order that the service gives; the empty path is the root. Costs a call for each
    /// thousand names.
    ///
    /// # Errors
    /// [`NameError::NotFound`], among others.
    pub async fn list(&self, path: &str) -> Result<Vec<Entry>, NameError> {
        listed(&self.context(path).await?, path).await
    }

    /// The context that a path leads to; the empty path is the root.
    ///
    /// # Errors
    /// [`NameError::NotFound`] with `NotContext` if it is an object that is no context, among others.
    pub async fn context(&self, path: &str) -> Result<NamingContextProxy, NameError> {
        if path.is_empty() {
            return Ok(self.shared.root.object().unchecked());
        }
        let name = parsed(path)?;
        let object = self.resolved_once(&name, path).await?;
        match object.is_a(NamingContextProxy::interface().id()).await {
            // Contexts that were found in a service say this already; it is asked for others.
            Ok(true) => Ok(object.unchecked()),
            Ok(false) => {
                let rest = name::write(&name[name.len() - 1..]);
                let why = crate::cos::NotFoundReason::NotContext;
                Err(NameError::NotFound { path: path.to_owned(), why, rest })
            }
            Err(fault) => Err(fault.about(path)),
        }
    }

    /// Whether names lead through what a path is bound to.
    ///
    /// # Errors
    /// [`NameError::NotFound`], among others.
    pub async fn sort_of(&self, path: &str) -> Result<BindingType, NameError> {
        let name = parsed(path)?;
        if let Some(directory) = self.directory().await? {
            let found = directory.look_up(&name).await.map_err(|fault| fault.about(path))?;
            if !found.steps.is_empty() {
                return Ok(found.sort);
            }
        }
        // OMG's interface says it in lists only.
        let (last, parents) =
            name.split_last().map_or((Vec::new(), &name[..]), |(l, p)| (vec![l.clone()], p));
        let entries = self.list(&name::write(parents)).await?;
        let wanted = name::write(&last);
        let entry = entries.into_iter().find(|entry| entry.name == wanted);
        entry.map(|entry| entry.sort).ok_or_else(|| NameError::NotFound {
            path: path.to_owned(),
            why: crate::cos::NotFoundReason::MissingNode,
            rest: wanted,
        })
    }

    /// The number of the context that a path is bound to: what it is, whatever it is called. None if it is a context of another
    /// service, or of a service of others.
    ///
    /// # Errors
    /// [`NameError::NotFound`], among others.
    pub async fn context_number(&self, path: &str) -> Result<Option<u64>, NameError> {
        let Some(directory) = self.directory().await? else { return Ok(None) };
        let number = match path {
            "" => directory.number().await.map_err(|fault| fault.about(path))?,
            _ => directory.look_up(&parsed(path)?).await.map_err(|fault| fault.about(path))?.context,
        };
        Ok((number > 0).then_some(number))
    }

    async fn resolved_once(&self, name: &[NameComponent], path: &str) -> Result<ObjectRef, NameError> {
        self.shared.root.resolve(name).await.map_err(|fault| fault.about(path))
    }
}

/// How often a list is begun again because the server that kept its place was lost.
const LISTS_MAX: usize = 4;

/// All bindings of a context.
pub(super) async fn listed(context: &NamingContextProxy, path: &str) -> Result<Vec<Entry>, NameError> {
    for _ in 1..LISTS_MAX {
        match listed_at_once(context, path).await? {
            Some(entries) => return Ok(entries),
            None => tracing::debug!(
                path,
                "the server that kept the place in a list is gone; the list begins again"
            ),
        }
    }
    let cause = format_args!("the place in the list was lost {LISTS_MAX} times");
    listed_at_once(context, path).await?.ok_or_else(|| {
        NameError::Call(
            SystemException::new(ExceptionKind::Transient, Minor::UNSPECIFIED, Completion::No).because(cause),
        )
    })
}

/// The same; none if the rest of the list is out of reach.
async fn listed_at_once(context: &NamingContextProxy, path: &str) -> Result<Option<Vec<Entry>>, NameError> {
    use ExceptionKind::{CommFailure, ObjectNotExist, Transient};
    let (_, bindings, iterator) = context.list(PAGE).await.map_err(|fault| fault.about(path))?;
    let entry =
        |binding: Binding| Entry { name: name::write(&binding.binding_name), sort: binding.binding_type };
    let mut entries: Vec<Entry> = bindings.into_iter().map(entry).collect();
    if iterator.object().is_nil() {
        return Ok(Some(entries));
    }
    loop {
        let (_, bindings) = match iterator.next_n(PAGE).await {
            Ok(next) => next,
            Err(fault) if matches!(fault.kind(), Some(CommFailure | ObjectNotExist | Transient)) => {
                return Ok(None);
            }
            Err(fault) => return Err(fault.about(path)),
        };
        if bindings.is_empty() {
            break;
        }
        entries.extend(bindings.into_iter().map(entry));
    }
    // The service forgets it by itself if it does not hear this.
    let _ = iterator.destroy().await;
    Ok(Some(entries))
}
