//! References, inheritance and callbacks.

use grid::{GridProxy, OutOfRange};
use quorb::{Fault, ObjectRef, Proxy};

use super::compare::{Mismatch, Verdict, expect_equal, expect_user};
use super::session::Session;
use super::{Check, checks};
use crate::echo::{
    BaseProxy, BottomProxy, Callback, CallbackProxy, CallbackServant, EchoProxy, LeftProxy, RightProxy,
};

pub(super) fn checks() -> Vec<Check> {
    checks! {
        "all": nil references own_reference call_back is_a non_existent locate inheritance out_of_range;
    }
}

/// The servant of this process that the server calls.
struct Bouncer {
    own: std::sync::Arc<std::sync::OnceLock<CallbackProxy>>,
}

impl Callback for Bouncer {
    async fn bounce(&self, depth: i32, caller: EchoProxy) -> Result<i32, Fault> {
        match self.own.get() {
            Some(own) if depth > 0 => caller.call_back(own.clone(), depth).await,
            _ => Ok(0),
        }
    }
}

fn bouncer(session: &Session) -> CallbackProxy {
    let own = std::sync::Arc::new(std::sync::OnceLock::new());
    let proxy = session.orb.adapter().activate(CallbackServant::new(Bouncer { own: own.clone() }));
    // Nobody else sets it.
    let _ = own.set(proxy.clone());
    proxy
}

async fn nil(session: &mut Session) -> Verdict {
    let target = session.echo();
    expect_equal(true, target.echo_self_type(EchoProxy::nil()).await?.object().is_nil())?;
    expect_equal(true, target.echo_grid(GridProxy::nil()).await?.object().is_nil())?;
    expect_equal(true, target.echo_object(ObjectRef::nil()).await?.is_nil())
}

async fn references(session: &mut Session) -> Verdict {
    let target = session.echo();
    let echo = target.echo_self_type(target.clone()).await?;
    expect_equal(4711, echo.echo_long(4711).await?)?;

    let grid = target.make_grid(3, 4).await?;
    expect_equal((3, 4), (grid.height().await?, grid.width().await?))?;
    let same = target.echo_grid(grid.clone()).await?;
    same.set(2, 3, -5).await?;
    expect_equal(-5, grid.get(2, 3).await?)?;

    let object = target.echo_object(grid.object().clone()).await?;
    // Without its type every answer comes from the server.
    let untyped =
        session.orb.object(quorb_giop::ior::Ior { type_id: Default::default(), ..object.ior().clone() });
    let narrowed: GridProxy = untyped.unchecked::<BaseProxy>().narrow().await?;
    expect_equal(-5, narrowed.get(2, 3).await?)?;
    match untyped.unchecked::<BaseProxy>().narrow::<EchoProxy>().await {
        Err(fault) if fault.kind() == Some(quorb::ExceptionKind::InvObjref) => Ok(()),
        other => Err(Mismatch::new("INV_OBJREF from narrow", format_args!("{other:?}"))),
    }
}

/// The reference of an object in this process comes back as a reference of the same object.
async fn own_reference(session: &mut Session) -> Verdict {
    let own = bouncer(session);
    let back = session.echo().echo_object(own.object().clone()).await?;
    if session.options.called_back {
        // omniORB adds a component of its own to references that have come over such a connection.
        let back: CallbackProxy = back.unchecked();
        return expect_equal(0, back.bounce(0, session.echo()).await?);
    }
    expect_equal(own.object(), &back)
}

async fn call_back(session: &mut Session) -> Verdict {
    let (target, own) = (session.echo(), bouncer(session));
    for depth in [0, 1, 2, 3, 9] {
        expect_equal(depth, target.call_back(own.clone(), depth).await?)?;
    }
    Ok(())
}

async fn is_a(session: &mut Session) -> Verdict {
    let bottom = session.echo().make_bottom("typeless").await?;
    let answers = [
        (session.object.clone(), "IDL:Torture/Echo:1.0", true),
        (session.object.clone(), "IDL:omg.org/CORBA/Object:1.0", true),
        (session.object.clone(), "IDL:Torture/Base:1.0", false),
        (session.object.clone(), "IDL:Nothing:1.0", false),
        (bottom.object().clone(), "IDL:Torture/Bottom:1.0", true),
        (bottom.object().clone(), "IDL:Torture/Left:1.0", true),
        (bottom.object().clone(), "IDL:Torture/Right:1.0", true),
        (bottom.object().clone(), "IDL:Torture/Base:1.0", true),
        (bottom.object().clone(), "IDL:Torture/Echo:1.0", false),
    ];
    for (object, id, expected) in answers {
        expect_equal((id, expected), (id, object.is_a(id).await?))?;
    }
    Ok(())
}

async fn non_existent(session: &mut Session) -> Verdict {
    expect_equal(false, session.object.non_existent().await?)?;
    expect_equal(true, session.nobody().non_existent().await?)
}

/// A new reference object, bound anew.
async fn locate(session: &mut Session) -> Verdict {
    let fresh: EchoProxy = session.orb.bind(&session.object.to_string())?;
    expect_equal(-1, fresh.echo_long(-1).await?)
}

async fn inheritance(session: &mut Session) -> Verdict {
    let bottom = session.echo().make_bottom("a diamond").await?;
    expect_equal(-8, bottom.bottom_negative(8).await?)?;
    expect_equal(9, bottom.left_next(8).await?)?;
    expect_equal(7, bottom.as_right().right_previous(8).await?)?;
    expect_equal(16, bottom.base_twice(8).await?)?;
    expect_equal("a diamond".to_owned(), bottom.title().await?)?;
    bottom.set_depth(-3).await?;

    let left: LeftProxy = bottom.narrow().await?;
    let right: RightProxy = bottom.narrow().await?;
    let base: BaseProxy = right.narrow().await?;
    expect_equal(1, left.left_next(0).await?)?;
    expect_equal(-1, right.right_previous(0).await?)?;
    expect_equal("a diamond".to_owned(), base.title().await?)?;
    let again: BottomProxy = base.narrow().await?;
    expect_equal(-3, again.depth().await?)
}

async fn out_of_range(session: &mut Session) -> Verdict {
    let grid = session.echo().make_grid(5, 5).await?;
    expect_user(OutOfRange { n: 5, m: -32768 }, grid.get(5, -32768).await)
}
