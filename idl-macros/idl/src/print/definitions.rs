//! Definitions as text.

use super::Printer;
use super::names::{annotations, declarator, escaped};
use crate::model::{
    Attribute, DefinitionId, DefinitionKind, Direction, Factory, Interface, Member, Operation, Parameter,
    Union, UnionCase, Value, ValueFlavour,
};

impl Printer<'_> {
    /// A definition on lines of its own.
    pub(super) fn definition(&mut self, id: DefinitionId) {
        self.prefix_for(id);
        self.annotations(id);
        let name = self.own_name(id);
        let model = self.model;
        match &model.definition(id).kind {
            DefinitionKind::Interface(interface) => self.interface(id, interface),
            DefinitionKind::Value(value) => self.valuetype(id, value),
            DefinitionKind::ValueBox(ty) => {
                let text = format!("valuetype {name} {};", self.ty(ty));
                self.line(&text);
            }
            DefinitionKind::Struct(_) | DefinitionKind::Union(_) | DefinitionKind::Enum(_) => {
                self.aggregate(id, ";")
            }
            DefinitionKind::Exception(members) => {
                self.line(&format!("exception {name} {{"));
                self.inside(id, |this| this.members(id, members));
                self.line("};");
            }
            DefinitionKind::Constant(constant) => {
                let text =
                    format!("const {} {name} = {};", self.ty(&constant.ty), self.value(&constant.value));
                self.line(&text);
            }
            DefinitionKind::Alias(ty) => {
                let text = format!("typedef {} {};", self.ty(ty), declarator(&model.definition(id).name, ty));
                self.line(&text);
            }
            DefinitionKind::Native => self.line(&format!("native {name};")),
            DefinitionKind::Operation(operation) => self.operation(id, operation),
            DefinitionKind::Attribute(attribute) => self.attribute(&name, attribute),
            DefinitionKind::Module | DefinitionKind::Enumerator(..) => {}
        }
        self.check_id(id);
    }

    fn interface(&mut self, id: DefinitionId, interface: &Interface) {
        let bases = if interface.bases.is_empty() {
            String::new()
        } else {
            format!(" : {}", self.names(&interface.bases))
        };
        let text = format!("{} {}{bases} {{", self.head(id), self.own_name(id));
        self.line(&text);
        self.inside(id, |this| interface.body.iter().for_each(|id| this.definition(*id)));
        self.line("};");
    }

    fn valuetype(&mut self, id: DefinitionId, value: &Value) {
        let custom = if value.flavour == ValueFlavour::Custom { "custom " } else { "" };
        let mut text = format!("{custom}{} {}", self.head(id), self.own_name(id));
        if !value.bases.is_empty() {
            let truncatable = if value.truncatable { "truncatable " } else { "" };
            text.push_str(&format!(" : {truncatable}{}", self.names(&value.bases)));
        }
        if !value.supports.is_empty() {
            text.push_str(&format!(" supports {}", self.names(&value.supports)));
        }
        self.line(&(text + " {"));
        self.inside(id, |this| {
            value.body.iter().for_each(|id| this.definition(*id));
            for state in &value.state {
                let access = if state.public { "public" } else { "private" };
                let text = format!("{access} {}", this.member(&state.member));
                this.line(&text);
            }
            for factory in &value.factories {
                this.factory(factory);
            }
        });
        self.line("};");
    }

    fn factory(&mut self, factory: &Factory) {
        let raises = self.raises("raises", &factory.raises);
        let text =
            format!("factory {}({}){raises};", escaped(&factory.name), self.parameters(&factory.parameters));
        self.line(&text);
    }

    /// A struct, a union or an enum, and what stands behind its closing brace.
    fn aggregate(&mut self, id: DefinitionId, end: &str) {
        let name = self.own_name(id);
        let model = self.model;
        match &model.definition(id).kind {
            DefinitionKind::Struct(members) => {
                self.line(&format!("struct {name} {{"));
                self.inside(id, |this| this.members(id, members));
            }
            DefinitionKind::Union(union) => self.union(id, union),
            DefinitionKind::Enum(definition) => {
                let names: Vec<String> = definition.enumerators.iter().map(|id| self.own_name(*id)).collect();
                self.line(&format!("enum {name} {{ {} }}{end}", names.join(", ")));
                return;
            }
            _ => return,
        }
        self.line(&format!("}}{end}"));
    }

    fn union(&mut self, id: DefinitionId, union: &Union) {
        let name = self.own_name(id);
        let outer = self.scope.replace(id);
        let inner = self.inner_type(id, &union.discriminator).first().copied();
        match inner {
            Some(inner) => {
                self.line(&format!("union {name} switch ("));
                self.aggregate(inner, ") {");
            }
            None => {
                let text = format!("union {name} switch ({}) {{", self.ty(&union.discriminator));
                self.line(&text);
            }
        }
        self.scope = outer;
        self.inside(id, |this| {
            let mut declared = Vec::from_iter(inner);
            for case in &union.cases {
                this.case(id, case, &mut declared);
            }
        });
    }

    fn case(&mut self, union: DefinitionId, case: &UnionCase, declared: &mut Vec<DefinitionId>) {
        for label in &case.labels {
            let text = format!("case {}:", self.value(label));
            self.line(&text);
        }
        if case.is_default {
            self.line("default:");
        }
        self.indent += 1;
        self.typed_member(union, &case.member, declared);
        self.indent -= 1;
    }

    fn members(&mut self, of: DefinitionId, members: &[Member]) {
        let mut declared = Vec::new();
        for member in members {
            self.typed_member(of, member, &mut declared);
        }
    }

    /// A member; if its type is declared in its own scope, the declaration is printed with the first member that has it.
    fn typed_member(&mut self, of: DefinitionId, member: &Member, declared: &mut Vec<DefinitionId>) {
        match self.inner_type(of, &member.ty).into_iter().find(|inner| !declared.contains(inner)) {
            Some(inner) => {
                declared.push(inner);
                let before = annotations(&member.annotations);
                if !before.is_empty() {
                    self.line(before.trim_end());
                }
                self.aggregate(inner, &format!(" {};", declarator(&member.name, &member.ty)));
            }
            _ => {
                let text = self.member(member);
                self.line(&text);
            }
        }
    }

    fn member(&self, member: &Member) -> String {
        let before = annotations(&member.annotations);
        format!("{before}{} {};", self.ty(&member.ty), declarator(&member.name, &member.ty))
    }

    fn operation(&mut self, id: DefinitionId, operation: &Operation) {
        let oneway = if operation.oneway { "oneway " } else { "" };
        let returns = operation.returns.as_ref().map_or("void".to_owned(), |ty| self.ty(ty));
        let name = self.own_name(id);
        let outer = self.scope.replace(id);
        let parameters = self.parameters(&operation.parameters);
        self.scope = outer;
        let raises = self.raises("raises", &operation.raises);
        let context: Vec<String> =
            operation.context.iter().map(|name| super::values::quoted(name, '"')).collect();
        let context =
            if context.is_empty() { String::new() } else { format!(" context ({})", context.join(", ")) };
        self.line(&format!("{oneway}{returns} {name}({parameters}){raises}{context};"));
    }

    fn attribute(&mut self, name: &str, attribute: &Attribute) {
        let readonly = if attribute.readonly { "readonly " } else { "" };
        let get = self.raises(if attribute.readonly { "raises" } else { "getraises" }, &attribute.get_raises);
        let set = self.raises("setraises", &attribute.set_raises);
        let text = format!("{readonly}attribute {} {name}{get}{set};", self.ty(&attribute.ty));
        self.line(&text);
    }

    fn parameters(&self, parameters: &[Parameter]) -> String {
        let one = |parameter: &Parameter| {
            let direction = match parameter.direction {
                Direction::In => "in",
                Direction::Out => "out",
                Direction::InOut => "inout",
            };
            let before = annotations(&parameter.annotations);
            format!("{before}{direction} {} {}", self.ty(&parameter.ty), escaped(&parameter.name))
        };
        parameters.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    fn raises(&self, word: &str, exceptions: &[DefinitionId]) -> String {
        if exceptions.is_empty() { String::new() } else { format!(" {word} ({})", self.names(exceptions)) }
    }
}
