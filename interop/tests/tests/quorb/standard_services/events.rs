//! An event consumer: the trait that an included file defines, called through the interface that inherits it.

use std::sync::{Arc, Mutex};

use quorb::{Any, Proxy, Tie};

use super::generated::events::cos_event_channel_admin::{
    AlreadyConnected, EventChannelProxy, ProxyPushConsumer, ProxyPushConsumerServant,
};
use super::generated::events::cos_event_comm::{Disconnected, PushConsumer, PushSupplierProxy};

#[derive(Default)]
struct Inbox {
    events: Arc<Mutex<Vec<String>>>,
    connected: Mutex<bool>,
}

impl PushConsumer for Inbox {
    fn push(&self, data: &Any) -> Result<(), Disconnected> {
        if !*self.connected.lock().unwrap() {
            return Err(Disconnected);
        }
        self.events.lock().unwrap().push(data.get::<String>().unwrap());
        Ok(())
    }

    fn disconnect_push_consumer(&self) {
        *self.connected.lock().unwrap() = false;
    }
}

impl ProxyPushConsumer for Inbox {
    fn connect_push_supplier(&self, _: &PushSupplierProxy) -> Result<(), AlreadyConnected> {
        let mut connected = self.connected.lock().unwrap();
        if std::mem::replace(&mut *connected, true) { Err(AlreadyConnected) } else { Ok(()) }
    }
}

#[test]
fn a_generated_event_consumer_takes_what_is_pushed() {
    assert_eq!(EventChannelProxy::interface().id(), "IDL:omg.org/CosEventChannelAdmin/EventChannel:1.0");
    let inbox = Inbox::default();
    let events = inbox.events.clone();
    let consumer = ProxyPushConsumerServant::new(inbox).into_local_proxy().blocking();
    let event = Any::new(&"rain".to_owned()).unwrap();
    assert_eq!(consumer.push(&event).unwrap_err().user(), Some(&Disconnected));
    consumer.connect_push_supplier(&PushSupplierProxy::nil()).unwrap();
    let twice = consumer.connect_push_supplier(&PushSupplierProxy::nil()).unwrap_err();
    assert_eq!(twice.user(), Some(&AlreadyConnected));
    consumer.push(&event).unwrap();
    assert_eq!(*events.lock().unwrap(), ["rain"]);
    consumer.disconnect_push_consumer().unwrap();
    assert_eq!(consumer.push(&event).unwrap_err().user(), Some(&Disconnected));
}
