//! Interfaces of OMG IDL as the descriptions that our own servers serve.

use std::collections::BTreeMap;

use quorb::model::{
    Ancestor, Case, Direction, InterfaceDesc, Kind, Member, OperationDesc, Parameter, Signature, StateMember,
    TypeDef, TypeDesc, ValueKind,
};
use quorb_idl::Model;
use quorb_idl::model::{
    self as idl, Annotation, Definition, DefinitionId, DefinitionKind, InterfaceFlavour, Literal, Primitive,
    Type, ValueFlavour,
};

/// The interfaces that a model defines, in the order of the source.
pub(crate) fn interfaces(model: &Model) -> Vec<DefinitionId> {
    let is_interface = |(id, definition): (DefinitionId, &Definition)| match &definition.kind {
        DefinitionKind::Interface(interface) if interface.defined => Some(id),
        _ => None,
    };
    model.definitions().filter_map(is_interface).collect()
}

/// The description of an interface.
pub(crate) fn describe(model: &Model, id: DefinitionId) -> InterfaceDesc {
    let mut reader = Reader { model, types: BTreeMap::new() };
    let mut lineage = vec![id];
    reader.ancestors(id, &mut lineage);
    let mut operations = Vec::new();
    let mut ancestors = Vec::new();
    for interface in &lineage {
        let own = reader.operations(*interface);
        if *interface != id {
            ancestors.push(Ancestor {
                id: reader.id(*interface),
                name: model.definition(*interface).name.to_string(),
                bases: reader.bases(*interface),
                operations: own.len() as u32,
            });
        }
        operations.extend(own);
    }
    InterfaceDesc {
        id: reader.id(id),
        name: model.definition(id).name.to_string(),
        bases: reader.bases(id),
        operations,
        types: reader.types.into_iter().filter_map(|(id, definition)| Some((id, definition?))).collect(),
        ancestors,
    }
}

struct Reader<'a> {
    model: &'a Model,
    /// The definitions so far; none while one is being read, so that recursion ends.
    types: BTreeMap<String, Option<TypeDef>>,
}

impl Reader<'_> {
    fn id(&self, id: DefinitionId) -> String {
        self.model.definition(id).repository_id.clone()
    }

    fn direct_bases(&self, id: DefinitionId) -> Vec<DefinitionId> {
        match &self.model.definition(id).kind {
            DefinitionKind::Interface(interface) => interface.bases.clone(),
            _ => Vec::new(),
        }
    }

    fn bases(&self, id: DefinitionId) -> Vec<String> {
        self.direct_bases(id).into_iter().map(|base| self.id(base)).collect()
    }

    /// The bases, depth first, each once.
    fn ancestors(&self, id: DefinitionId, lineage: &mut Vec<DefinitionId>) {
        for base in self.direct_bases(id) {
            if !lineage.contains(&base) {
                lineage.push(base);
                self.ancestors(base, lineage);
            }
        }
    }

    fn operations(&mut self, id: DefinitionId) -> Vec<OperationDesc> {
        let model = self.model;
        let DefinitionKind::Interface(interface) = &model.definition(id).kind else { return Vec::new() };
        let mut found = Vec::new();
        for inner in &interface.body {
            let definition = model.definition(*inner);
            match &definition.kind {
                DefinitionKind::Operation(operation) => found.push(self.operation(definition, operation)),
                DefinitionKind::Attribute(attribute) => found.extend(self.attribute(definition, attribute)),
                _ => {}
            }
        }
        found
    }

    fn operation(&mut self, definition: &Definition, operation: &idl::Operation) -> OperationDesc {
        let parameters = operation.parameters.iter().map(|parameter| Parameter {
            name: parameter.name.to_string(),
            direction: match parameter.direction {
                idl::Direction::In => Direction::In,
                idl::Direction::Out => Direction::Out,
                idl::Direction::InOut => Direction::InOut,
            },
            ty: self.ty(&parameter.ty),
            optional: has(&parameter.annotations, "default"),
        });
        let parameters = parameters.collect();
        let signature = Signature {
            parameters,
            result: operation.returns.as_ref().map(|ty| self.ty(ty)),
            raises: self.raises(&operation.raises),
        };
        let annotations = &definition.annotations;
        let kind = match (has(annotations, "query"), has(annotations, "exclusive")) {
            (true, _) => Kind::Query,
            (_, true) => Kind::Update,
            _ => Kind::ConcurrentUpdate,
        };
        let name = definition.name.to_string();
        OperationDesc { oneway: operation.oneway, ..with_behaviour(name, kind, annotations, signature) }
    }

    fn attribute(&mut self, definition: &Definition, attribute: &idl::Attribute) -> Vec<OperationDesc> {
        let annotations = &definition.annotations;
        let ty = self.ty(&attribute.ty);
        let raises = self.raises(&attribute.get_raises);
        let reading = Signature { parameters: Vec::new(), result: Some(ty.clone()), raises };
        let name = format!("_get_{}", definition.name);
        let mut found = vec![with_behaviour(name, Kind::Query, annotations, reading)];
        if !attribute.readonly {
            let value = Parameter { name: "value".to_owned(), direction: Direction::In, ty, optional: false };
            let raises = self.raises(&attribute.set_raises);
            let writing = Signature { parameters: vec![value], result: None, raises };
            let kind = if has(annotations, "exclusive") { Kind::Update } else { Kind::ConcurrentUpdate };
            found.push(with_behaviour(format!("_set_{}", definition.name), kind, annotations, writing));
        }
        found
    }

    fn raises(&mut self, exceptions: &[DefinitionId]) -> Vec<TypeDesc> {
        exceptions.iter().map(|id| self.named(*id)).collect()
    }

    fn ty(&mut self, ty: &Type) -> TypeDesc {
        match ty {
            Type::Primitive(primitive) => of_primitive(*primitive),
            Type::String(bound) => TypeDesc::String { bound: *bound },
            Type::WString(bound) => TypeDesc::WString { bound: *bound },
            Type::Fixed { digits, scale } => {
                TypeDesc::Fixed { digits: (*digits).into(), scale: (*scale).into() }
            }
            Type::Sequence(element, bound) => {
                TypeDesc::Sequence { element: Box::new(self.ty(element)), bound: *bound }
            }
            Type::Array(element, dimensions) => {
                dimensions.iter().rev().fold(self.ty(element), |element, length| TypeDesc::Array {
                    element: Box::new(element),
                    length: *length,
                })
            }
            Type::Named(id) => self.named(*id),
        }
    }

    fn named(&mut self, id: DefinitionId) -> TypeDesc {
        let model = self.model;
        let definition = model.definition(id);
        match &definition.kind {
            DefinitionKind::Interface(interface) if interface.flavour == InterfaceFlavour::Abstract => {
                TypeDesc::Abstract(self.id(id))
            }
            DefinitionKind::Interface(_) => TypeDesc::Object(self.id(id)),
            DefinitionKind::Alias(ty) => self.alias(definition, ty),
            DefinitionKind::Union(union)
                if has(&definition.annotations, "optional") && union.cases.len() == 1 =>
            {
                TypeDesc::Optional(Box::new(self.ty(&union.cases[0].member.ty)))
            }
            kind => {
                let repository_id = self.id(id);
                if !self.types.contains_key(&repository_id) {
                    self.types.insert(repository_id.clone(), None);
                    let read = self.definition(&definition.name, kind);
                    self.types.insert(repository_id.clone(), read);
                }
                TypeDesc::Named(repository_id)
            }
        }
    }

    fn alias(&mut self, definition: &Definition, ty: &Type) -> TypeDesc {
        let read = self.ty(ty);
        if has(&definition.annotations, "int8") && read == TypeDesc::Octet {
            return TypeDesc::Int8;
        }
        match &read {
            TypeDesc::Sequence { element, bound: None } if has(&definition.annotations, "map") => {
                self.map(element).unwrap_or(read)
            }
            _ => read,
        }
    }

    /// A map, if the elements are structs of two members.
    fn map(&self, entry: &TypeDesc) -> Option<TypeDesc> {
        let TypeDesc::Named(id) = entry else { return None };
        let Some(TypeDef::Struct { members, .. }) = self.types.get(id)?.as_ref() else { return None };
        let [key, value] = members.as_slice() else { return None };
        Some(TypeDesc::Map { key: Box::new(key.ty.clone()), value: Box::new(value.ty.clone()) })
    }

    fn definition(&mut self, name: &str, kind: &DefinitionKind) -> Option<TypeDef> {
        let name = name.to_owned();
        Some(match kind {
            DefinitionKind::Struct(members) => TypeDef::Struct { name, members: self.members(members) },
            DefinitionKind::Exception(members) => TypeDef::Exception { name, members: self.members(members) },
            DefinitionKind::Enum(enumeration) => {
                TypeDef::Enum { name, enumerators: self.enumerators(enumeration) }
            }
            DefinitionKind::Union(union) => {
                let discriminator = self.ty(&union.discriminator);
                TypeDef::Union { name, discriminator, cases: self.cases(union) }
            }
            DefinitionKind::ValueBox(ty) => TypeDef::ValueBox { name, ty: self.ty(ty) },
            DefinitionKind::Value(value) => self.value(name, value),
            _ => return None,
        })
    }

    fn value(&mut self, name: String, value: &idl::Value) -> TypeDef {
        let kind = match value.flavour {
            ValueFlavour::Custom => ValueKind::Custom,
            ValueFlavour::Abstract => ValueKind::Abstract,
            ValueFlavour::Plain if value.truncatable => ValueKind::Truncatable,
            ValueFlavour::Plain => ValueKind::Plain,
        };
        let is_concrete = |id: &&DefinitionId| {
            let kind = &self.model.definition(**id).kind;
            matches!(kind, DefinitionKind::Value(base) if base.flavour != ValueFlavour::Abstract)
        };
        let base = value.bases.iter().find(is_concrete).copied();
        let base = base.map(|base| self.named(base));
        let members = value.state.iter().map(|state| StateMember {
            name: state.member.name.to_string(),
            public: state.public,
            ty: self.ty(&state.member.ty),
        });
        TypeDef::Value { name, kind, base, members: members.collect() }
    }

    fn members(&mut self, members: &[idl::Member]) -> Vec<Member> {
        let read = members.iter().map(|member| {
            let ty = self.ty(&member.ty);
            Member {
                name: member.name.to_string(),
                index: argument(&member.annotations, "id").and_then(|index| index.parse().ok()),
                optional: has(&member.annotations, "default") || matches!(ty, TypeDesc::Optional(_)),
                ty,
            }
        });
        read.collect()
    }

    fn enumerators(&self, enumeration: &idl::Enum) -> Vec<String> {
        enumeration.enumerators.iter().map(|id| self.model.definition(*id).name.to_string()).collect()
    }

    fn cases(&mut self, union: &idl::Union) -> Vec<Case> {
        let mut cases: Vec<Case> = Vec::new();
        for case in &union.cases {
            let labels = case.labels.iter().map(|label| self.label(label));
            let labels = if case.is_default { Vec::new() } else { labels.collect() };
            let ty = Some(self.ty(&case.member.ty));
            cases.push(Case { name: case.member.name.to_string(), labels, ty });
        }
        if !union.cases.iter().any(|case| case.is_default) {
            cases.extend(self.uncovered(union, &cases));
        }
        cases
    }

    /// Cases without a value for the labels that no case has: a union may hold such a label alone.
    fn uncovered(&self, union: &idl::Union, cases: &[Case]) -> Vec<Case> {
        let covered = |label: &String| cases.iter().any(|case| case.labels.contains(label));
        let nothing = |label: String| Case { name: label.clone(), labels: vec![label], ty: None };
        match self.model.without_aliases(&union.discriminator) {
            Type::Named(of) => match &self.model.definition(*of).kind {
                DefinitionKind::Enum(enumeration) => {
                    let labels = self.enumerators(enumeration).into_iter();
                    labels.filter(|label| !covered(label)).map(nothing).collect()
                }
                _ => Vec::new(),
            },
            Type::Primitive(Primitive::Boolean) => {
                let labels = ["false", "true"].into_iter().map(str::to_owned).filter(|label| !covered(label));
                labels
                    .map(|label| Case { name: "Nothing".to_owned(), labels: vec![label], ty: None })
                    .collect()
            }
            _ => vec![Case { name: "Nothing".to_owned(), labels: Vec::new(), ty: None }],
        }
    }

    fn label(&self, label: &Literal) -> String {
        match label {
            Literal::Integer(number) => number.to_string(),
            Literal::Boolean(truth) => truth.to_string(),
            Literal::Char(character) | Literal::WChar(character) => format!("{character:?}"),
            Literal::Enumerator(id) => self.model.definition(*id).name.to_string(),
            // No other type can be switched by.
            other => format!("{other:?}"),
        }
    }
}

fn with_behaviour(
    name: String,
    kind: Kind,
    annotations: &[Annotation],
    signature: Signature,
) -> OperationDesc {
    OperationDesc {
        name,
        kind,
        oneway: false,
        idempotent: has(annotations, "idempotent"),
        cancellable: has(annotations, "cancellable"),
        deadline_ms: argument(annotations, "deadline")
            .and_then(|text| crate::call::duration(text).ok())
            .map(|time| time.as_millis() as u64),
        replies: argument(annotations, "reply").and_then(|text| text.parse().ok()).unwrap_or_default(),
        signature,
    }
}

fn of_primitive(primitive: Primitive) -> TypeDesc {
    match primitive {
        Primitive::Short => TypeDesc::Short,
        Primitive::Long => TypeDesc::Long,
        Primitive::LongLong => TypeDesc::LongLong,
        Primitive::UnsignedShort => TypeDesc::UShort,
        Primitive::UnsignedLong => TypeDesc::ULong,
        Primitive::UnsignedLongLong => TypeDesc::ULongLong,
        Primitive::Float => TypeDesc::Float,
        Primitive::Double => TypeDesc::Double,
        Primitive::LongDouble => TypeDesc::LongDouble,
        Primitive::Char => TypeDesc::Char,
        Primitive::WChar => TypeDesc::WChar,
        Primitive::Boolean => TypeDesc::Boolean,
        Primitive::Octet => TypeDesc::Octet,
        Primitive::Any => TypeDesc::Any,
        Primitive::Object => TypeDesc::Object("IDL:omg.org/CORBA/Object:1.0".to_owned()),
        Primitive::ValueBase => TypeDesc::ValueBase,
        Primitive::TypeCode => TypeDesc::TypeCode,
        Primitive::Principal => TypeDesc::Principal,
        Primitive::AbstractBase => TypeDesc::Abstract("IDL:omg.org/CORBA/AbstractBase:1.0".to_owned()),
    }
}

fn has(annotations: &[Annotation], name: &str) -> bool {
    annotations.iter().any(|annotation| annotation.name == name)
}

fn argument<'a>(annotations: &'a [Annotation], name: &str) -> Option<&'a str> {
    let annotation = annotations.iter().find(|annotation| annotation.name == name)?;
    annotation.arguments.as_deref().map(|text| text.trim_matches('"'))
}
