//! One run of the client program: the broker, the reference it was given, and the options.

use std::time::{Duration, Instant};

use quorb::{Callbacks, ExceptionKind, Fault, ObjectRef, Orb, Preference, Proxy, SystemException};
use quorb_giop::cdr::GiopVersion;
use quorb_giop::ior::{IiopProfile, Ior};
use quorb_giop::names::ObjectKey;

use super::Options;
use super::compare::Mismatch;
use super::random::Random;
use crate::echo::EchoProxy;

/// What the checks work with. A clone calls through the same broker.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub(super) options: Options,
    pub(super) orb: Orb,
    pub(super) object: ObjectRef,
    pub(super) random: Random,
}

impl Session {
    pub(super) async fn start(options: Options) -> Result<Session, SystemException> {
        let preference = if options.native { Preference::NativeOnly } else { Preference::IiopOnly };
        let builder = match options.called_back {
            true => Orb::builder().callbacks(Callbacks::Everywhere),
            // It listens: servers call it back.
            false => Orb::builder().listen("127.0.0.1:0"),
        };
        let builder = if options.big_endian { builder.giop_big_endian() } else { builder };
        let orb = builder
            .prefer(preference)
            .call_deadline(Duration::from_millis(options.patience_ms))
            .limits(|limits| {
                if let Some(octets) = options.body_bytes_max {
                    limits.body_bytes_max = octets;
                }
                if let Some(milliseconds) = options.idle_ms {
                    limits.idle_time_max = Duration::from_millis(milliseconds);
                }
            })
            .start()
            .await?;
        let object = orb.string_to_object(&options.reference)?;
        let random = Random::new(options.seed);
        let version = options.version.into();
        let mut session = Session { options, orb, object, random };
        session.object = session.changed(|profile| {
            profile.version = profile.version.min(version);
            if profile.version == GiopVersion::V1_0 {
                profile.components.clear();
            }
        });
        Ok(session)
    }

    pub(super) async fn end(&self) {
        self.orb.shutdown(Duration::from_secs(1)).await;
    }

    /// The object as an Echo, without asking the server whether it is one.
    pub(super) fn echo(&self) -> EchoProxy {
        EchoProxy::from_object(self.object.clone())
    }

    /// Nobody's reference at the object's server.
    pub(super) fn nobody(&self) -> ObjectRef {
        self.changed(|profile| profile.object_key = ObjectKey::from_static(b"nobody-has-this-key"))
    }

    /// The object's reference with changed profiles.
    fn changed(&self, change: impl Fn(&mut IiopProfile)) -> ObjectRef {
        let ior = self.object.ior();
        let profile = |tagged| {
            let mut profile = IiopProfile::from_tagged(tagged).ok()?;
            change(&mut profile);
            profile.to_tagged().ok()
        };
        let profiles = ior.profiles.iter().filter_map(profile).collect();
        self.orb.object(Ior { type_id: ior.type_id.clone(), profiles })
    }

    /// Repeats an attempt until it answers true; fails when the session's patience is over.
    pub(super) async fn until(
        &self,
        what: &str,
        mut attempt: impl AsyncFnMut() -> Result<bool, Mismatch>,
    ) -> Result<(), Mismatch> {
        let end = Instant::now() + Duration::from_millis(self.options.patience_ms);
        while !attempt().await? {
            if Instant::now() > end {
                return Err(Mismatch::new(what, "nothing of it in time"));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Runs `work` so many times at once, each in a task of its own, and passes on the first failure.
    pub(super) async fn at_once<W>(&self, work: impl Fn(u32) -> W) -> Result<(), Mismatch>
    where
        W: Future<Output = Result<(), Mismatch>> + Send + 'static,
    {
        let tasks: Vec<_> = (0..self.options.threads).map(|index| tokio::spawn(work(index))).collect();
        for task in tasks {
            task.await.map_err(|cause| Mismatch::new("a caller that ends", cause))??;
        }
        Ok(())
    }

    /// Whether the fault only says that the server is ending or has ended. With `--server-vanishes` that includes what some
    /// servers say for a moment while they end: that the object, or its adapter, does not exist.
    pub(super) fn is_lost_server<E>(&self, fault: &Fault<E>) -> bool {
        match fault.kind() {
            Some(ExceptionKind::CommFailure | ExceptionKind::Transient) => true,
            Some(ExceptionKind::ObjectNotExist | ExceptionKind::ObjAdapter) => self.options.server_vanishes,
            _ => false,
        }
    }
}
