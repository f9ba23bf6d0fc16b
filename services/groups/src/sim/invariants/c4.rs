//! C4, linearizable queries: a query reflects every update that was acknowledged, and everything a query had shown,
//! before it was asked. Once a later domain has shown anything, an earlier one answers none any more.

use crate::core::{DomainId, GroupId};
use crate::sim::trace::{Act, Trace};
use std::collections::BTreeMap;

pub(super) fn check(trace: &Trace) -> Result<(), String> {
    let mut shown: Vec<_> = trace.acts.iter().filter(|a| a.shown > 0).collect();
    shown.sort_by_key(|a| a.shown);
    ended_domains(&shown)?;
    let mut asked: Vec<_> = shown.iter().copied().filter(|a| a.query).collect();
    asked.sort_by_key(|a| a.asked);
    let mut least: BTreeMap<(DomainId, GroupId), usize> = BTreeMap::new();
    let mut shown = shown.into_iter().peekable();
    for query in asked {
        while let Some(act) = shown.next_if(|a| a.shown < query.asked) {
            let position = least.entry((act.domain, act.group)).or_default();
            *position = act.position.max(*position);
        }
        let wanted = least.get(&(query.domain, query.group)).copied().unwrap_or(0);
        if query.position < wanted {
            let (process, asked, shown, position) = (query.process, query.asked, query.shown, query.position);
            return Err(format!(
                "{process} asked at {asked}, shown {position} at {shown}; {wanted} were known"
            ));
        }
    }
    Ok(())
}

fn ended_domains(shown: &[&Act]) -> Result<(), String> {
    let mut seen = Vec::new();
    for act in shown {
        let known = seen.iter().position(|d| *d == act.domain);
        if act.query && known.is_some_and(|at| at + 1 < seen.len()) {
            return Err(format!("a domain that had ended answered: {act:?}"));
        }
        if known.is_none() {
            seen.push(act.domain);
        }
    }
    Ok(())
}
