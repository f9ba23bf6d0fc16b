//! `ProxyPullConsumer`: it pulls a supplier.

use std::sync::Arc;

use quorb::{ExceptionKind, Fault, Proxy};

use super::port::Port;
use super::push_consumer::publish;
use super::push_supplier::{check_type, is_gone};
use crate::cos::{AlreadyConnected, ConnectError, ProxyPullConsumer, PullConsumer, PullSupplierProxy};
use crate::server::refused;

pub(super) struct PullProxyConsumer(pub(super) Arc<Port>);

impl PullConsumer for PullProxyConsumer {
    async fn disconnect_pull_consumer(&self) {
        self.0.end();
    }
}

impl ProxyPullConsumer for PullProxyConsumer {
    async fn connect_pull_supplier(
        &self,
        pull_supplier: &PullSupplierProxy,
    ) -> Result<(), Fault<ConnectError>> {
        if pull_supplier.object().is_nil() {
            return Err(refused(ExceptionKind::BadParam, "a supplier that is pulled cannot be nil").into());
        }
        check_type(pull_supplier).await?;
        let taken = |_| Fault::User(ConnectError::AlreadyConnected(AlreadyConnected));
        self.0.connect(pull_supplier.object().clone()).map_err(taken)?;
        tokio::spawn(pull(self.0.clone(), pull_supplier.clone()));
        Ok(())
    }
}

/// Pulls a supplier until it ends, or cannot be reached for too long.
async fn pull(port: Arc<Port>, supplier: PullSupplierProxy) {
    let limits = port.channel.limits().clone();
    let supplier = supplier.with_deadline(limits.peer_wait_max);
    let mut ended = port.ended();
    let mut failures = 0;
    let pulling = async {
        loop {
            let pause = match supplier.try_pull().await {
                Ok((event, true)) => {
                    failures = 0;
                    match publish(&port.channel, &event).await {
                        Ok(()) => continue,
                        Err(exception) => {
                            tracing::warn!(channel = port.channel.name(), %exception, "a pulled event was not published");
                            limits.pull_pause
                        }
                    }
                }
                Ok((_, false)) => {
                    failures = 0;
                    limits.pull_pause
                }
                Err(Fault::User(_)) => return,
                Err(Fault::System(exception)) if is_gone(&exception) => return,
                Err(Fault::System(exception)) => {
                    failures += 1;
                    if failures >= limits.peer_failures_max {
                        tracing::info!(channel = port.channel.name(), %exception, "a supplier is given up");
                        return;
                    }
                    limits.pull_pause.max(limits.peer_retry_first * 2u32.pow(failures.min(8)))
                }
            };
            tokio::time::sleep(pause.min(limits.peer_wait_max)).await;
        }
    };
    tokio::select! {
        () = pulling => {}
        _ = ended.wait_for(|&ended| ended) => {}
        () = port.orb().draining() => {}
    }
    port.end();
}
