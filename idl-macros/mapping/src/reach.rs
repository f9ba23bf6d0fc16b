//! What is generated: what the main file defines, and what this reaches in the files it includes.

use std::collections::BTreeSet;

use quorb_idl::model::{DefinitionId, DefinitionKind, Literal, Type};
use quorb_idl::{Model, SourceMap};

use crate::settings::Chosen;

/// The definitions to generate, in the order of the source. Operations and attributes come with their interfaces,
/// enumerators with their enums.
pub(crate) fn reached(
    model: &Model,
    sources: &SourceMap,
    main_file: &str,
    chosen: &Chosen,
) -> BTreeSet<DefinitionId> {
    let is_main = |id: DefinitionId| {
        // What the language itself defines has no file.
        !matches!(model.definition(id).kind, DefinitionKind::Module)
            && &**sources.name(model.definition(id).place.0.file) == main_file
    };
    let mut waiting: Vec<DefinitionId> =
        model.definitions().map(|(id, _)| id).filter(|id| is_main(*id)).collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if !chosen.excludes(model, id) && reached.insert(id) {
            waiting.extend(uses(model, id));
        }
    }
    reached.retain(|id| {
        !matches!(
            model.definition(*id).kind,
            DefinitionKind::Operation(_) | DefinitionKind::Attribute(_) | DefinitionKind::Enumerator(..)
        )
    });
    reached
}

/// What a definition names.
fn uses(model: &Model, id: DefinitionId) -> Vec<DefinitionId> {
    let mut found = Vec::new();
    let definition = model.definition(id);
    match &definition.kind {
        DefinitionKind::Module | DefinitionKind::Native => {}
        DefinitionKind::Interface(interface) => {
            found.extend(&interface.bases);
            found.extend(interface.body.iter().filter(|id| {
                matches!(
                    model.definition(**id).kind,
                    DefinitionKind::Operation(_) | DefinitionKind::Attribute(_)
                )
            }));
        }
        DefinitionKind::Struct(members) | DefinitionKind::Exception(members) => {
            members.iter().for_each(|member| of_type(&member.ty, &mut found));
        }
        DefinitionKind::Union(union) => {
            of_type(&union.discriminator, &mut found);
            union.cases.iter().for_each(|case| of_type(&case.member.ty, &mut found));
        }
        DefinitionKind::Enum(_) => {}
        DefinitionKind::Enumerator(of, _) => found.push(*of),
        DefinitionKind::Constant(constant) => {
            of_type(&constant.ty, &mut found);
            if let Literal::Enumerator(value) = constant.value {
                found.push(value);
            }
        }
        DefinitionKind::Alias(ty) | DefinitionKind::ValueBox(ty) => of_type(ty, &mut found),
        DefinitionKind::Operation(operation) => {
            operation.returns.iter().for_each(|ty| of_type(ty, &mut found));
            operation.parameters.iter().for_each(|parameter| of_type(&parameter.ty, &mut found));
            found.extend(&operation.raises);
        }
        DefinitionKind::Attribute(attribute) => {
            of_type(&attribute.ty, &mut found);
            found.extend(attribute.get_raises.iter().chain(&attribute.set_raises));
        }
        DefinitionKind::Value(value) => {
            found.extend(value.bases.iter().chain(&value.supports));
            value.state.iter().for_each(|state| of_type(&state.member.ty, &mut found));
        }
    }
    found
}

fn of_type(ty: &Type, found: &mut Vec<DefinitionId>) {
    match ty {
        Type::Named(id) => found.push(*id),
        Type::Sequence(element, _) | Type::Array(element, _) => of_type(element, found),
        _ => {}
    }
}
