//! Following names.

use super::{Binding, Context, ContextId, Label, Reference, Refusal, Sort, Target, Tree, Why};

/// What a name leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'a> {
    /// An object.
    Object(&'a Reference),
    /// A context of this tree. It may have been destroyed.
    Context(ContextId),
    /// A context of another service.
    Foreign(&'a Reference),
    /// To a context of another service, which is to be asked for the rest.
    Elsewhere {
        /// The context there.
        context: &'a Reference,
        /// How many components have led there.
        components: usize,
    },
}

/// Some bindings of a context, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The bindings.
    pub bindings: Vec<(Label, Sort)>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// Where the last component of a name is looked for.
pub(super) enum Place<'a> {
    Here(ContextId),
    Elsewhere { context: &'a Reference, components: usize },
}

impl Tree {
    /// What a name leads to, from the context `at` on. `visit` sees each binding that the answer depends on, the missing one
    /// included.
    ///
    /// # Errors
    /// Why it leads nowhere.
    pub fn resolve(
        &self,
        at: ContextId,
        name: &[Label],
        mut visit: impl FnMut(ContextId, &Label),
    ) -> Result<Found<'_>, Refusal> {
        let context = match self.place(at, name, &mut visit)? {
            Place::Here(context) => context,
            Place::Elsewhere { context, components } => return Ok(Found::Elsewhere { context, components }),
        };
        let (last, before) = name.split_last().ok_or(Refusal::NoName)?;
        visit(context, last);
        match self.contexts.get(&context).and_then(|context| context.get(last)).map(|found| &found.target) {
            Some(Target::Object(reference)) => Ok(Found::Object(reference)),
            Some(Target::Context(context)) => Ok(Found::Context(*context)),
            Some(Target::Foreign(reference)) => Ok(Found::Foreign(reference)),
            None => Err(Refusal::NotFound { why: Why::Missing, components: before.len() }),
        }
    }

    /// The bindings of a context that come after a label, as many as fit. Linear in what is given.
    ///
    /// # Errors
    /// [`Refusal::NoContext`].
    pub fn page(
        &self,
        context: ContextId,
        after: Option<&Label>,
        bindings_max: usize,
        bytes_max: usize,
    ) -> Result<Page, Refusal> {
        use std::ops::Bound;
        let bindings = self.contexts.get(&context).ok_or(Refusal::NoContext)?;
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut page = Page::default();
        let mut bytes = 0;
        for (label, binding) in bindings.range::<Label, _>((from, Bound::Unbounded)) {
            bytes += label.as_text().len();
            let is_full = page.bindings.len() >= bindings_max || bytes > bytes_max;
            if is_full && !(page.bindings.is_empty() && bindings_max > 0) {
                page.more = true;
                break;
            }
            page.bindings.push((label.clone(), binding.target.sort()));
        }
        Ok(page)
    }

    /// The context in which the last component of a name is to be found.
    pub(super) fn place(
        &self,
        at: ContextId,
        name: &[Label],
        visit: &mut impl FnMut(ContextId, &Label),
    ) -> Result<Place<'_>, Refusal> {
        let mut context = at;
        let mut bindings = self.contexts.get(&at).ok_or(Refusal::NoContext)?;
        let (_, through) = name.split_last().ok_or(Refusal::NoName)?;
        for (components, label) in through.iter().enumerate() {
            visit(context, label);
            let missing = Refusal::NotFound { why: Why::Missing, components };
            match &bindings.get(label).ok_or(missing)?.target {
                Target::Object(_) => return Err(Refusal::NotFound { why: Why::NotContext, components }),
                Target::Foreign(context) => {
                    return Ok(Place::Elsewhere { context, components: components + 1 });
                }
                Target::Context(next) => {
                    let destroyed = Refusal::Destroyed { context: *next, components: components + 1 };
                    bindings = self.contexts.get(next).ok_or(destroyed)?;
                    context = *next;
                }
            }
        }
        Ok(Place::Here(context))
    }

    pub(super) fn binding(&self, context: ContextId, label: &Label) -> Option<&Binding> {
        self.contexts.get(&context)?.get(label)
    }

    pub(super) fn context(&self, context: ContextId) -> Result<&Context, Refusal> {
        self.contexts.get(&context).ok_or(Refusal::NoContext)
    }
}
