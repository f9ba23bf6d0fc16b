//! The resolver: a syntax tree in, the model out (IDL 4.2, 7.5).
//!
//! One walk over the declarations in their order, since a name is declared before it is used. What is wrong is reported
//! and left out; the rest is still looked at.

mod aggregates;
mod constants;
mod declare;
mod identity;
mod interfaces;
mod lookup;
mod operations;
mod scope;
mod types;
mod unions;
mod values;

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Report, Reported};
use crate::limits::Limits;
use crate::model::{Definition, DefinitionId, DefinitionKind, Item, Model, Primitive};
use crate::source::{Place, Span};
use crate::syntax::{Declaration, DeclarationKind, Name};
use scope::{Entry, Meaning, Scope};

type Resolved<T> = Result<T, Reported>;

pub(crate) struct Resolver<'a> {
    model: Model,
    /// What the walk knows of each definition beside the model, by the same index.
    states: Vec<State>,
    scopes: Vec<Scope>,
    current: usize,
    /// The prefixes of repository ids in force, of the files and scopes the walk is in.
    prefixes: Vec<String>,
    /// Ids that a pragma or a `typeid` gave.
    given_ids: HashMap<DefinitionId, Span>,
    id_bytes: usize,
    limits: &'a Limits,
    report: &'a mut Report,
}

#[derive(Debug)]
struct State {
    /// False between a forward declaration and the end of the definition.
    complete: bool,
    scope: Option<usize>,
    span: Option<Span>,
    /// Whether it contains what never leaves its process.
    local: bool,
    /// Aliases between it and the type it stands for.
    aliases: usize,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(limits: &'a Limits, report: &'a mut Report) -> Resolver<'a> {
        let mut resolver = Resolver {
            model: Model { definitions: Vec::new(), items: Vec::new() },
            states: Vec::new(),
            scopes: vec![Scope::new(None, None)],
            current: 0,
            prefixes: vec![String::new()],
            given_ids: HashMap::new(),
            id_bytes: 0,
            limits,
            report,
        };
        resolver.predefine();
        resolver
    }

    /// The module of the ORB, and the names in it that no file declares (CORBA 3.3 Part 1, 8).
    fn predefine(&mut self) {
        let corba = self.add("CORBA".into(), None, DefinitionKind::Module);
        self.model.definitions[corba.0 as usize].repository_id = "IDL:omg.org/CORBA:1.0".to_owned();
        let scope = self.scope_of(corba);
        self.scopes[0]
            .entries
            .insert("corba".to_owned(), Entry::predefined("CORBA", Meaning::Definition(corba)));
        for (name, primitive) in [
            ("TypeCode", Primitive::TypeCode),
            ("Principal", Primitive::Principal),
            ("Object", Primitive::Object),
            ("ValueBase", Primitive::ValueBase),
            ("AbstractBase", Primitive::AbstractBase),
        ] {
            let entry = Entry::predefined(name, Meaning::Primitive(primitive));
            self.scopes[scope].entries.insert(name.to_ascii_lowercase(), entry);
        }
    }

    /// The model; of use only if nothing was reported.
    pub(crate) fn run(mut self, declarations: Vec<Declaration>) -> Model {
        self.declarations(declarations);
        self.check_completed();
        self.model.items = std::mem::take(&mut self.scopes[0].items);
        self.model
    }

    fn declarations(&mut self, declarations: Vec<Declaration>) {
        for declaration in declarations {
            if self.report.is_full() {
                return;
            }
            // What is wrong with it was reported; the next one may be right.
            let _ = self.declaration(declaration);
        }
    }

    fn declaration(&mut self, declaration: Declaration) -> Resolved<()> {
        let annotations = declaration.annotations;
        let id = match declaration.kind {
            DeclarationKind::Module { name, body } => self.module(&name, body)?,
            DeclarationKind::Interface(interface) => self.interface(interface)?,
            DeclarationKind::Value(value) => self.value(value)?,
            DeclarationKind::ValueBox { name, ty } => self.value_box(&name, &ty)?,
            DeclarationKind::Type(ty) => self.type_declaration(&ty)?,
            DeclarationKind::StructForward(name) => return self.forward(&name, true),
            DeclarationKind::UnionForward(name) => return self.forward(&name, false),
            DeclarationKind::Typedef { ty, declarators } => self.typedef(&ty, &declarators)?,
            DeclarationKind::Exception { name, members } => self.exception(&name, &members)?,
            DeclarationKind::Constant { name, ty, value } => self.constant(&name, &ty, &value)?,
            DeclarationKind::Native(name) => self.define(&name, DefinitionKind::Native)?,
            DeclarationKind::Operation(operation) => self.operation(&operation)?,
            DeclarationKind::Attribute(attribute) => return self.attribute(&attribute, &annotations),
            DeclarationKind::Unsupported(name) => return self.declare(&name, Meaning::Unsupported),
            DeclarationKind::TypeId { name, id, span } => return self.type_id(&name, id, span),
            DeclarationKind::TypePrefix { name, prefix, span } => {
                return self.type_prefix(&name, &prefix, span);
            }
            DeclarationKind::Import { span } => {
                let message = "an import has no effect: include the file that defines the names";
                self.report.warning(Code::Ignored, span, message);
                return Ok(());
            }
            DeclarationKind::Event { kind, span } => return self.event(kind, span),
            // The parser lets these stand in valuetypes only, which resolve them themselves.
            DeclarationKind::State { .. } | DeclarationKind::Factory { .. } => return Ok(()),
        };
        self.model.definitions[id.0 as usize].annotations = annotations;
        Ok(())
    }

    fn module(&mut self, name: &Name, body: Vec<Declaration>) -> Resolved<DefinitionId> {
        let id = match self.own_definition(name) {
            Some(id) if matches!(self.kind(id), DefinitionKind::Module) => {
                if self.model.definition(id).name != name.text {
                    return Err(self.case_mismatch(name, id));
                }
                id
            }
            _ => {
                let id = self.add_here(name, DefinitionKind::Module)?;
                self.states[id.0 as usize].complete = true;
                id
            }
        };
        self.enter(id);
        self.declarations(body);
        let items = self.leave();
        self.scopes[self.current].items.push(Item::Module(id, items));
        Ok(id)
    }

    fn add(&mut self, name: Arc<str>, span: Option<Span>, kind: DefinitionKind) -> DefinitionId {
        let id = DefinitionId(self.model.definitions.len() as u32);
        let parent = self.scopes[self.current].owner;
        // What has no place is the ORB's, and never shown as a place.
        let place = Place(span.unwrap_or_else(Span::nowhere));
        let definition =
            Definition { name, parent, place, repository_id: String::new(), annotations: Vec::new(), kind };
        self.model.definitions.push(definition);
        self.states.push(State { complete: false, scope: None, span, local: false, aliases: 0 });
        id
    }

    fn kind(&self, id: DefinitionId) -> &DefinitionKind {
        &self.model.definitions[id.0 as usize].kind
    }

    fn kind_mut(&mut self, id: DefinitionId) -> &mut DefinitionKind {
        &mut self.model.definitions[id.0 as usize].kind
    }

    fn state(&self, id: DefinitionId) -> &State {
        &self.states[id.0 as usize]
    }

    /// Adds "first declared here", where there is a place.
    fn with_place(&self, fault: Diagnostic, id: DefinitionId, words: &str) -> Diagnostic {
        match self.state(id).span {
            Some(span) => fault.related(span, words),
            None => fault,
        }
    }

    /// Forward declarations are completed: structs and unions must be (IDL 4.2, 7.4.1.4.4.4.4), interfaces and
    /// valuetypes should be, perhaps in another file.
    fn check_completed(&mut self) {
        for index in 0..self.states.len() {
            let (state, definition) = (&self.states[index], &self.model.definitions[index]);
            let (Some(span), false) = (state.span, state.complete) else { continue };
            let message = format!("{} is declared and never defined", definition.name);
            match definition.kind {
                DefinitionKind::Struct(_) | DefinitionKind::Union(_) => {
                    self.report.error(Code::Incomplete, span, message);
                }
                DefinitionKind::Interface(_) | DefinitionKind::Value(_) => {
                    self.report.warning(Code::Incomplete, span, message);
                }
                _ => {}
            }
        }
    }
}
