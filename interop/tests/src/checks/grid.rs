//! The checks of a Grid.

use grid::{GridProxy, OutOfRange};
use quorb::{Completion, ExceptionKind, Proxy};

use super::compare::{Verdict, expect_completed, expect_equal, expect_system, expect_user};
use super::random::Random;
use super::session::Session;
use super::{Check, checks};

pub(super) fn checks() -> Vec<Check> {
    checks! {
        "all": dimensions set_get cells_apart out_of_range is_a non_existent unknown_object callers;
    }
}

fn grid_of(session: &Session) -> GridProxy {
    GridProxy::from_object(session.object.clone())
}

fn random_cell(session: &mut Session) -> (i16, i16) {
    let mut below =
        |limit: i16| i16::try_from(session.random.below(limit.unsigned_abs().into())).unwrap_or(0);
    let (height, width) = (session.options.height, session.options.width);
    (below(height), below(width))
}

async fn dimensions(session: &mut Session) -> Verdict {
    let grid = grid_of(session);
    expect_equal((session.options.height, session.options.width), (grid.height().await?, grid.width().await?))
}

/// What is set is read again, the edges of the type included, and from the cell it was set in.
async fn set_get(session: &mut Session) -> Verdict {
    let grid = grid_of(session);
    let mut values = vec![i32::MIN, i32::MAX, 0, -1, 123];
    values.extend((0..session.options.rounds).map(|_| session.random.i32()));
    for value in values {
        let (n, m) = random_cell(session);
        grid.set(n, m, value).await?;
        expect_equal(value, grid.get(n, m).await?)?;
    }
    Ok(())
}

/// No two cells are one: every cell of the border holds its own number.
async fn cells_apart(session: &mut Session) -> Verdict {
    let grid = grid_of(session);
    let right = session.options.width - 1;
    let border: Vec<(i16, i16)> = (0..session.options.height).flat_map(|n| [(n, 0), (n, right)]).collect();
    for (value, &(n, m)) in (1..).zip(&border) {
        grid.set(n, m, value).await?;
    }
    for (value, &(n, m)) in (1..).zip(&border) {
        expect_equal(value, grid.get(n, m).await?)?;
    }
    Ok(())
}

async fn out_of_range(session: &mut Session) -> Verdict {
    let grid = grid_of(session);
    let (height, width) = (session.options.height, session.options.width);
    for (n, m) in [(-1, 0), (0, -1), (height, 0), (0, width), (32767, -32768)] {
        expect_user(OutOfRange { n, m }, grid.get(n, m).await)?;
        expect_user(OutOfRange { n, m }, grid.set(n, m, 1).await)?;
    }
    Ok(())
}

async fn is_a(session: &mut Session) -> Verdict {
    for (id, expected) in
        [("IDL:Grid:1.0", true), ("IDL:omg.org/CORBA/Object:1.0", true), ("IDL:Mesh:1.0", false)]
    {
        expect_equal((id, expected), (id, session.object.is_a(id).await?))?;
    }
    Ok(())
}

async fn non_existent(session: &mut Session) -> Verdict {
    expect_equal(false, session.object.non_existent().await?)
}

async fn unknown_object(session: &mut Session) -> Verdict {
    let nobody = GridProxy::from_object(session.nobody());
    let raised = expect_system(&[ExceptionKind::ObjectNotExist], nobody.height().await)?;
    expect_completed(Completion::No, &raised)
}

/// Callers at once, each on a row of its own.
async fn callers(session: &mut Session) -> Verdict {
    let session = session.clone();
    session
        .at_once(|index| {
            let (session, grid) = (session.clone(), grid_of(&session));
            async move {
                let mut random = Random::new(session.options.seed * 1000 + u64::from(index));
                let (height, width) =
                    (session.options.height.unsigned_abs(), session.options.width.unsigned_abs());
                let row = (index % u32::from(height)) as i16;
                let alone = session.options.threads <= u32::from(height);
                for _ in 0..session.options.rounds {
                    let (column, value) = (random.below(width.into()) as i16, random.i32());
                    grid.set(row, column, value).await?;
                    let got = grid.get(row, column).await?;
                    if alone {
                        expect_equal(value, got)?;
                    }
                }
                Ok(())
            }
        })
        .await
}
