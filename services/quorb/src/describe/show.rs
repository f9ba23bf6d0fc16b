//! An interface for people.

use quorb::model::{Case, InterfaceDesc, Kind, Member, OperationDesc, Replies, TypeDef, simple_name};
use serde::Serialize;

use crate::ior::Anatomy;
use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// Everything, for JSON.
#[derive(Serialize)]
pub(super) struct Whole<'a> {
    pub(super) interface: &'a InterfaceDesc,
    pub(super) reference: &'a Anatomy,
}

/// Name, bases, operations with their behaviour, types.
pub(super) fn interface(interface: &InterfaceDesc, output: &mut Output) -> Result<(), Verdict> {
    title(&interface.name, &interface.id, &interface.bases, output)?;
    for (id, name, bases, operations) in interface.interfaces() {
        if id != interface.id {
            let head = format!("from {}", harmless(name));
            output.line(format_args!(
                "  {} ({}){}",
                output.paint(Tone::Label, head),
                harmless(id),
                inherited(bases)
            ))?;
        }
        operations.iter().try_for_each(|operation| output.line(format_args!("  {}", line(operation))))?;
    }
    for (id, definition) in &interface.types {
        output.line("")?;
        definition_lines(id, definition, output)?;
    }
    Ok(())
}

fn title(name: &str, id: &str, bases: &[String], output: &mut Output) -> Result<(), Verdict> {
    let name = output.paint(Tone::Label, format!("interface {}", harmless(name)));
    output.line(format_args!("{name} ({}){}", harmless(id), inherited(bases)))
}

fn inherited(bases: &[String]) -> String {
    let names: Vec<String> = bases.iter().map(|base| harmless(simple_name(base))).collect();
    if names.is_empty() { String::new() } else { format!(" : {}", names.join(", ")) }
}

/// Kind, signature, and what else a caller may rely on.
fn line(operation: &OperationDesc) -> String {
    let kind = match operation.kind {
        Kind::Query => "query",
        Kind::Update => "update alone",
        Kind::ConcurrentUpdate => "update",
    };
    let mut behaviour = Vec::new();
    if operation.idempotent {
        behaviour.push("idempotent".to_owned());
    }
    if operation.cancellable {
        behaviour.push("cancellable".to_owned());
    }
    if let Some(limit) = operation.deadline_ms {
        behaviour.push(format!("deadline {limit} ms"));
    }
    if operation.replies != Replies::First {
        behaviour.push(format!("reply {}", operation.replies));
    }
    let behaviour =
        if behaviour.is_empty() { String::new() } else { format!("  [{}]", behaviour.join(", ")) };
    format!("{kind:12}  {}{behaviour}", harmless(&operation.to_string()))
}

fn definition_lines(id: &str, definition: &TypeDef, output: &mut Output) -> Result<(), Verdict> {
    let (word, lines) = match definition {
        TypeDef::Struct { members, .. } => ("struct", members.iter().map(member).collect()),
        TypeDef::Exception { members, .. } => ("exception", members.iter().map(member).collect()),
        TypeDef::Enum { enumerators, .. } => ("enum", vec![harmless(&enumerators.join(", "))]),
        TypeDef::Union { cases, .. } => ("union", cases.iter().map(case).collect()),
        TypeDef::Value { members, .. } => {
            let member =
                |member: &quorb::model::StateMember| harmless(&format!("{}: {}", member.name, member.ty));
            ("valuetype", members.iter().map(member).collect())
        }
        TypeDef::ValueBox { ty, .. } => ("valuetype", vec![harmless(&ty.to_string())]),
        _ => ("type", Vec::<String>::new()),
    };
    let head = match definition {
        TypeDef::Union { discriminator, .. } => format!(" switch ({})", harmless(&discriminator.to_string())),
        _ => String::new(),
    };
    let name = output.paint(Tone::Label, format!("{word} {}", harmless(definition.name())));
    output.line(format_args!("{name}{head} ({})", harmless(id)))?;
    lines.iter().try_for_each(|line| output.line(format_args!("  {line}")))
}

fn member(member: &Member) -> String {
    let mark = if member.optional { "?" } else { "" };
    let index = member.index.map(|index| format!("  [index {index}]")).unwrap_or_default();
    harmless(&format!("{}{mark}: {}{index}", member.name, member.ty))
}

fn case(case: &Case) -> String {
    let labels = if case.labels.is_empty() { "default".to_owned() } else { case.labels.join(", ") };
    let value = case.ty.as_ref().map(|ty| format!(": {ty}")).unwrap_or_default();
    harmless(&format!("{labels} => {}{value}", case.name))
}
