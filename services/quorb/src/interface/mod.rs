//! What is known of an object's interface: what it says itself, or what a file of IDL says.

mod from_idl;

use clap::Args;
use quorb::exception::ExceptionKind;
use quorb::model::InterfaceDesc;
use quorb::{ObjectRef, SystemException};
use quorb_idl::Model;
use quorb_idl::model::{DefinitionId, DefinitionKind};

use crate::idl::Settings;
use crate::verdict::Verdict;

pub(crate) use from_idl::{describe, interfaces};

/// Where the interface of an object is described, if not by the object itself.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The IDL of the object, for servers that serve no metadata
    #[arg(long, value_name = "FILE")]
    idl: Option<String>,
    /// Which interface of the IDL it has, if the reference does not say
    #[arg(long, value_name = "NAME", requires = "idl")]
    interface: Option<String>,
    #[command(flatten)]
    settings: Settings,
}

/// Why nothing is known of an interface.
#[derive(Debug)]
pub(crate) enum Unknown {
    /// The object, or the way to it, failed.
    Failed(SystemException),
    /// The command line or the IDL is wrong.
    Verdict(Verdict),
}

impl Source {
    /// The description of an object's interface.
    pub(crate) async fn describe(&self, object: &ObjectRef) -> Result<InterfaceDesc, Unknown> {
        let Some(file) = &self.idl else { return asked(object).await };
        let outcome = self.settings.compile(file);
        let model = outcome.model.ok_or(Unknown::Verdict(Verdict::Shown))?;
        let id = self.chosen(&model, file, object).await?;
        Ok(describe(&model, id))
    }

    /// The interface that is named, that the reference names, or that the object says it has.
    async fn chosen(&self, model: &Model, file: &str, object: &ObjectRef) -> Result<DefinitionId, Unknown> {
        if let Some(name) = &self.interface {
            let id = model.find(name).filter(|id| is_interface(model, *id));
            let reason = format!("{file} defines no interface `{name}`");
            return id.ok_or(Unknown::Verdict(Verdict::Misused(reason)));
        }
        let all = interfaces(model);
        let type_id = object.ior().type_id.as_str();
        if let Some(id) = all.iter().find(|id| model.definition(**id).repository_id == type_id) {
            return Ok(*id);
        }
        // Derived interfaces stand behind their bases.
        for id in all.iter().rev() {
            let repository_id = &model.definition(*id).repository_id;
            if object.is_a(repository_id).await.map_err(|fault| Unknown::Failed(fault.into()))? {
                return Ok(*id);
            }
        }
        let reason = format!("the object has none of the interfaces in {file}; name one with --interface");
        Err(Unknown::Verdict(Verdict::Failed(reason)))
    }
}

async fn asked(object: &ObjectRef) -> Result<InterfaceDesc, Unknown> {
    object.describe().await.map_err(|fault| {
        let exception = SystemException::from(fault);
        Unknown::Failed(match exception.kind() {
            ExceptionKind::BadOperation => exception.because(
                "the object serves no metadata: it seems to belong to another broker; give its IDL with --idl FILE",
            ),
            _ => exception,
        })
    })
}

fn is_interface(model: &Model, id: DefinitionId) -> bool {
    matches!(&model.definition(id).kind, DefinitionKind::Interface(interface) if interface.defined)
}
