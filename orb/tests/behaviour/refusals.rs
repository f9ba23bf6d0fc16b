//! Calls that make no sense: each is answered with the exception that fits, and the object goes on.

use quorb::{Completion, ExceptionKind, Fault, Proxy};

use crate::rig::probe::named;
use crate::rig::{Way, World};

fn is(fault: &Fault, kind: ExceptionKind) {
    assert_eq!(fault.kind(), Some(kind), "{fault}");
    assert_eq!(fault.completed(), Completion::No, "{fault}");
}

pub(crate) async fn references_to_nothing(way: Way) {
    let world = World::new(way).await;
    world.probe.value().await.unwrap();
    world.server.adapter().deactivate(world.own.object());
    is(&world.probe.value().await.unwrap_err(), ExceptionKind::ObjectNotExist);
    is(&world.probe.add(1).await.unwrap_err(), ExceptionKind::ObjectNotExist);
    assert!(world.probe.object().non_existent().await.unwrap());
    world.end().await;
}

pub(crate) async fn operations_that_do_not_exist(way: Way) {
    let world = World::new(way).await;
    let nothing = |body: &mut quorb::__private::BodyWriter| {
        body.items(0);
        Ok(())
    };
    // The interface declares it, and the servant does not have it.
    let fault = world.probe.call::<i32>(named("hidden"), nothing).await.unwrap_err();
    is(&fault, ExceptionKind::BadOperation);
    world.end().await;
}

pub(crate) async fn arguments_of_the_wrong_type(way: Way) {
    let world = World::new(way).await;
    let probe = &world.probe;
    let none = probe.call::<i32>(named("add"), |body| {
        body.items(0);
        Ok(())
    });
    is(&none.await.unwrap_err(), ExceptionKind::Marshal);
    let short = probe.call::<i32>(named("add"), |body| {
        body.items(1);
        body.put(&1u8)
    });
    is(&short.await.unwrap_err(), ExceptionKind::Marshal);
    let many = probe.call::<i32>(named("add"), |body| {
        body.items(3);
        body.put(&1i32)?;
        body.put(&[0u8; 12])
    });
    is(&many.await.unwrap_err(), ExceptionKind::Marshal);
    let lying = probe.call::<String>(named("text"), |body| {
        body.items(1);
        body.put(&[0xffu8, 0xff, 0xff, 0x7f, b'x', 0])
    });
    is(&lying.await.unwrap_err(), ExceptionKind::Marshal);
    let unterminated = probe.call::<String>(named("text"), |body| {
        body.items(1);
        body.put(&b"text".to_vec())
    });
    is(&unterminated.await.unwrap_err(), ExceptionKind::Marshal);
    assert_eq!(probe.value().await.unwrap(), 0, "nothing was executed");
    world.end().await;
}

pub(crate) async fn text_that_does_not_convert(way: Way) {
    let world = World::new(way).await;
    let text = world.probe.call::<String>(named("text"), |body| {
        body.items(1);
        body.put(&vec![b'g', 0xff, 0xfe, 0])
    });
    is(&text.await.unwrap_err(), ExceptionKind::DataConversion);
    world.end().await;
}

pub(crate) async fn values_that_nest_too_deep(way: Way) {
    let world = World::new(way).await;
    let deep = world.probe.call::<u32>(named("depth"), |body| {
        body.items(1);
        for _ in 0..200_000 {
            body.put(&1u32)?;
        }
        body.put(&0u32)
    });
    is(&deep.await.unwrap_err(), ExceptionKind::Marshal);
    world.end().await;
}
