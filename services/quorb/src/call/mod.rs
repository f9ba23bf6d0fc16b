//! `quorb call`: an operation of an object, by the metadata that it serves, or by its IDL.

mod any;
mod argument;
mod case;
mod choice;
mod json;
mod literal;
mod scalar;
mod show;
#[cfg(test)]
mod tests;
mod value_type;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ciborium::Value;
use clap::{Args, ValueEnum};
use quorb::model::{Direction, InterfaceDesc, OperationDesc, TypeDesc, simple_name};
use quorb::value::AnyError;
use quorb::value::dynamic::Types;
use quorb::{Any, CallOptions, DynamicException, Fault, ObjectRef, Orb, Preference, SystemException};
use serde::Serialize;

use self::json::Json;
use crate::broker::asked_by;
use crate::interface::{Source, Unknown};
use crate::output::{Output, Tone, harmless};
use crate::reference;
use crate::verdict::Verdict;

/// Call an operation of an object
#[derive(Debug, Args)]
#[command(after_help = HELP, allow_negative_numbers = true)]
pub(crate) struct Call {
    /// IOR:..., corbaloc:..., @FILE, or - for standard input
    #[arg(value_name = "REF")]
    reference: String,
    /// The operation or attribute; without it, those that there are are listed
    operation: Option<String>,
    /// The arguments, in order
    #[arg(value_name = "ARG")]
    arguments: Vec<String>,
    /// Print results and exceptions as JSON
    #[arg(long)]
    json: bool,
    /// The time it may take: 500ms, 5s, 1m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    deadline: Duration,
    /// The protocol, where the reference offers both
    #[arg(long, value_name = "PROTOCOL")]
    protocol: Option<Protocol>,
    #[command(flatten)]
    source: Source,
}

const HELP: &str = "\
Arguments are written by their type, or as JSON:
  numbers 7 -1.5 0xff      text hello \"two words\"      characters c 'c'      true false
  lists [1, 2]             records {x: 1, name: \"a\"}    maps {\"k\": 1} or [[k, v]]
  enumerators Red          unions Circle(2.5) Nothing   missing optional values null
  octets hex\"0a0b\" base64\"Cgs=\"                       references IOR:... corbaloc:... @FILE
  any short(5), {type: \"sequence<long>\", value: [1]}    values Point(0, {x: 1, y: 2}), and 0 where it is met again
An argument that starts with - and is no number stands behind --.

Example:
  quorb call @grid.ior set 2 4 123
  quorb call @grid.ior get 2 4 --json
  quorb call @grid.ior height
  quorb call @naming.ior --idl CosNaming.idl resolve '[{id: \"grid\", kind: \"\"}]'";

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Protocol {
    Native,
    Iiop,
}

impl Call {
    pub(crate) async fn run(self, output: &mut Output) -> Result<(), Verdict> {
        let preference = match self.protocol {
            None => Preference::NativeFirst,
            Some(Protocol::Native) => Preference::NativeOnly,
            Some(Protocol::Iiop) => Preference::IiopOnly,
        };
        let text = reference::text_of(&self.reference)?;
        let builder = Orb::builder().prefer(preference);
        asked_by(builder, async |orb| {
            let object = orb.string_to_object(&text).map_err(Verdict::failed)?;
            self.on(&object, output).await
        })
        .await
    }

    async fn on(&self, object: &ObjectRef, output: &mut Output) -> Result<(), Verdict> {
        let until = Instant::now() + self.deadline;
        let object = with_time_until(object, until);
        let Some(name) = &self.operation else { return self.list(&object, output).await };
        let (interface, operation) = match choice::builtin(name) {
            Some(operation) => (nothing_known(), operation),
            None => {
                let interface = self.describe(&object).await?;
                let operation = choice::operation(&interface, name, self.arguments.len())?.clone();
                (interface, operation)
            }
        };
        let arguments = choice::arguments(&interface, &operation, &self.arguments)?;
        let object = with_time_until(&object, until);
        match object.call_dynamic(&interface, &operation, &arguments).await {
            Ok(results) => self.show(&interface, &operation, &results, output),
            Err(Fault::User(exception)) => Err(self.raised(&interface, &exception)),
            Err(Fault::System(exception)) => Err(self.failed(&exception)),
        }
    }

    async fn describe(&self, object: &ObjectRef) -> Result<InterfaceDesc, Verdict> {
        self.source.describe(object).await.map_err(|unknown| match unknown {
            Unknown::Failed(exception) => self.failed(&exception),
            Unknown::Verdict(verdict) => verdict,
        })
    }

    async fn list(&self, object: &ObjectRef, output: &mut Output) -> Result<(), Verdict> {
        let interface = self.describe(object).await?;
        if self.json {
            return output.json(&interface);
        }
        let name = output.paint(Tone::Label, harmless(&interface.name));
        let head = format!("{name} ({})", harmless(&interface.id));
        output.line(head)?;
        let mut operations = interface.operations.iter();
        operations
            .try_for_each(|operation| output.line(format_args!("  {}", harmless(&operation.to_string()))))
    }

    fn show(
        &self,
        interface: &InterfaceDesc,
        operation: &OperationDesc,
        values: &[Value],
        output: &mut Output,
    ) -> Result<(), Verdict> {
        let types = Types::new(&interface.types);
        let named: Vec<(&str, &TypeDesc)> = results_of(operation).collect();
        let named: Vec<(&str, Json<'_>)> = named
            .into_iter()
            .zip(values)
            .map(|((name, ty), value)| (name, Json { value, ty, types }))
            .collect();
        match (self.json, named.as_slice()) {
            (true, []) => output.json(&()),
            (true, [(_, only)]) => output.json(only),
            (true, several) => output.json(&Members(several)),
            (false, [(_, only)]) => output.line(show::alone(only.value, only.ty, types)),
            (false, several) => {
                let width = several.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
                several.iter().try_for_each(|(name, result)| {
                    let value = show::spread(result.value, result.ty, types, width + 3);
                    let name = output.paint(Tone::Label, harmless(name));
                    output.line(format_args!("{name:width$} = {value}"))
                })
            }
        }
    }

    /// A declared exception: its name and members.
    fn raised(&self, interface: &InterfaceDesc, exception: &DynamicException) -> Verdict {
        let types = Types::new(&interface.types);
        let ty = TypeDesc::Named(exception.id.clone());
        let name =
            types.definition(&exception.id).map_or_else(|_| simple_name(&exception.id), |known| known.name());
        if !self.json {
            let members = show::exception_members(&exception.members, &ty, types);
            return Verdict::failed(format_args!("{name}{members}"));
        }
        let members = Json { value: &exception.members, ty: &ty, types };
        json_failure(&Failure { exception: Raised { id: &exception.id, name, members } })
    }

    fn failed(&self, exception: &SystemException) -> Verdict {
        if !self.json {
            return Verdict::failed(exception);
        }
        let raised = Refused {
            id: exception.kind().repository_id(),
            name: exception.kind().omg_name(),
            minor: exception.minor().0,
            executed: exception.completed().to_string(),
            message: exception.to_string(),
        };
        json_failure(&Failure { exception: raised })
    }
}

/// The same object, whose calls take at most so long.
pub(crate) fn with_time(object: &ObjectRef, time: Duration) -> ObjectRef {
    with_time_until(object, Instant::now() + time)
}

fn with_time_until(object: &ObjectRef, until: Instant) -> ObjectRef {
    let left = until.saturating_duration_since(Instant::now());
    let mut options: CallOptions = object.options();
    options.deadline = Some(left);
    object.with_options(options)
}

/// What is known of an object that is not asked.
fn nothing_known() -> InterfaceDesc {
    InterfaceDesc {
        id: String::new(),
        name: "Object".to_owned(),
        bases: Vec::new(),
        operations: Vec::new(),
        types: BTreeMap::new(),
        ancestors: Vec::new(),
    }
}

/// Names and types of what comes back, in order.
fn results_of(operation: &OperationDesc) -> impl Iterator<Item = (&str, &TypeDesc)> {
    let signature = &operation.signature;
    let returned = |direction| signature.parameters.iter().filter(move |p| p.direction == direction);
    let parameters = returned(Direction::InOut).chain(returned(Direction::Out));
    let result = signature.result.iter().map(|ty| ("result", ty));
    result.chain(parameters.map(|parameter| (parameter.name.as_str(), &parameter.ty)))
}

fn json_failure(failure: &impl Serialize) -> Verdict {
    Verdict::failed(serde_json::to_string(failure).unwrap_or_else(|cause| cause.to_string()))
}

/// Several results by name, in their order.
struct Members<'a>(&'a [(&'a str, Json<'a>)]);

impl Serialize for Members<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

#[derive(Serialize)]
struct Failure<E> {
    exception: E,
}

#[derive(Serialize)]
struct Raised<'a> {
    id: &'a str,
    name: &'a str,
    members: Json<'a>,
}

#[derive(Serialize)]
struct Refused {
    id: &'static str,
    name: &'static str,
    minor: u32,
    executed: String,
    message: String,
}

/// A value that brings its type, as people read it: text alone without quotes.
pub(crate) fn any_text(any: &Any) -> Result<String, AnyError> {
    let (value, code) = (any.to_dynamic()?, any.type_code());
    Ok(show::alone(&value, code.desc(), code.types()))
}

/// A value that brings its type, as JSON.
pub(crate) fn any_json(any: &Any) -> Result<serde_json::Value, String> {
    let (value, code) = (any.to_dynamic().map_err(|cause| cause.to_string())?, any.type_code());
    let json = json::Json { value: &value, ty: code.desc(), types: code.types() };
    serde_json::to_value(json).map_err(|cause| cause.to_string())
}

/// A time as it is written: a number and its unit.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("expected a number and its unit: 500ms, 5s, 1m or 1h".to_owned()),
    };
    let number: f64 = digits.parse().map_err(|_| format!("`{digits}` is no number"))?;
    Duration::try_from_secs_f64(number * unit)
        .ok()
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "a time is longer than 0".to_owned())
}
