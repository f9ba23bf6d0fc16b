//! The player: a recording's calls, made again and compared.

use std::collections::BTreeMap;
use std::fmt;

use super::{RecordedCall, RecordedEnding, RecordedValues};
use crate::exception::{Fault, SystemException};
use crate::model::InterfaceDesc;
use crate::object::ObjectRef;

/// Makes the calls of a recording again, one after the other, against other objects, and compares how they end.
///
/// ```no_run
/// # async fn play(orb: quorb::Orb) -> Result<(), Box<dyn std::error::Error>> {
/// use quorb::intercept::{Player, Recording};
/// let mut player = Player::new();
/// player.all_objects(orb.string_to_object("corbaloc::localhost:7777/grid")?).await?;
/// for call in Recording::read(std::fs::File::open("yesterday.cbor")?)? {
///     player.play(&call?).await;
/// }
/// print!("{}", player.report());
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct Player {
    objects: BTreeMap<Vec<u8>, Target>,
    all_others: Option<Target>,
    report: PlayerReport,
}

#[derive(Debug, Clone)]
struct Target {
    object: ObjectRef,
    interface: InterfaceDesc,
}

/// What came of playing.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PlayerReport {
    /// Calls that ended as recorded.
    pub same: u64,
    /// Calls that ended otherwise.
    pub different: u64,
    /// Calls that could not be made: their object has no target, their arguments are not in the recording, or the target has
    /// no such operation; and those that never ended.
    pub skipped: u64,
    /// The first of the different ones, up to [`DIFFERENCES_MAX`].
    pub differences: Vec<Difference>,
}

/// Differences that a report holds.
pub const DIFFERENCES_MAX: usize = 100;

/// A call that ended otherwise than recorded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Difference {
    /// The call, as it was recorded.
    pub recorded: RecordedCall,
    /// How it ended now.
    pub now: RecordedEnding,
}

impl fmt::Display for PlayerReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} as recorded, {} different, {} skipped", self.same, self.different, self.skipped)?;
        for Difference { recorded, now } in &self.differences {
            let now = RecordedCall { ending: now.clone(), took_us: 0, ..recorded.clone() };
            writeln!(f, "recorded {recorded}\n     now {now}")?;
        }
        Ok(())
    }
}

impl Player {
    /// Without targets every call is skipped.
    pub fn new() -> Player {
        Player::default()
    }

    /// Calls of the object with this key go to `target`, which is asked for its interface.
    ///
    /// # Errors
    /// Those of [`ObjectRef::describe`].
    pub async fn object(&mut self, key: impl Into<Vec<u8>>, target: ObjectRef) -> Result<(), Fault> {
        let interface = target.describe().await?;
        self.objects.insert(key.into(), Target { object: target, interface });
        Ok(())
    }

    /// Calls of all other objects go to `target`, which is asked for its interface.
    ///
    /// # Errors
    /// Those of [`ObjectRef::describe`].
    pub async fn all_objects(&mut self, target: ObjectRef) -> Result<(), Fault> {
        let interface = target.describe().await?;
        self.all_others = Some(Target { object: target, interface });
        Ok(())
    }

    /// Makes a call again. Cancellation safe: a call that was given up is not in the report.
    pub async fn play(&mut self, call: &RecordedCall) {
        let Some(now) = self.repeat(call).await else {
            self.report.skipped += 1;
            return;
        };
        if now == call.ending {
            self.report.same += 1;
            return;
        }
        self.report.different += 1;
        if self.report.differences.len() < DIFFERENCES_MAX {
            self.report.differences.push(Difference { recorded: call.clone(), now });
        }
    }

    /// What came of it so far.
    pub fn report(&self) -> &PlayerReport {
        &self.report
    }

    /// How the call ends now; none if it cannot be made, or its recorded end is none to compare with.
    async fn repeat(&self, call: &RecordedCall) -> Option<RecordedEnding> {
        let comparable = match &call.ending {
            RecordedEnding::Results(values) => matches!(values, RecordedValues::Values(_)),
            RecordedEnding::Exception { members, .. } => matches!(members, RecordedValues::Values(_)),
            RecordedEnding::System { .. } | RecordedEnding::HandedOver => true,
            RecordedEnding::Forwarded | RecordedEnding::Cancelled => false,
        };
        let target =
            self.objects.get(&call.object_key).or(self.all_others.as_ref()).filter(|_| comparable)?;
        let RecordedValues::Values(arguments) = &call.arguments else { return None };
        let operation = target.interface.operation(&call.operation)?;
        let ended = target.object.call_dynamic(&target.interface, operation, arguments).await;
        Some(match ended {
            Ok(_) if operation.oneway => match &call.ending {
                // A server records that a oneway call ran to its end.
                RecordedEnding::Results(values) => RecordedEnding::Results(values.clone()),
                _ => RecordedEnding::HandedOver,
            },
            Ok(results) => RecordedEnding::Results(RecordedValues::Values(results)),
            Err(Fault::User(exception)) => RecordedEnding::Exception {
                id: exception.id,
                members: RecordedValues::Values(vec![exception.members]),
            },
            Err(Fault::System(exception)) => system(&exception),
        })
    }
}

fn system(exception: &SystemException) -> RecordedEnding {
    RecordedEnding::System {
        kind: exception.kind().omg_name().to_owned(),
        minor: exception.minor().0,
        completed: exception.completed().to_string(),
    }
}
