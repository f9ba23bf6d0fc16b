//! Plots: faults that bring one kind of moment about, in which a certain mistake shows that hardly ever does otherwise. The scenarios
//! of `sharp` are made of them.

use super::faults::Mend;
use super::moments::{Blow, Strike};
use super::scenario::Fault;
use super::trace::End;
use super::world::{Due, World};

/// The first of the seeds: it founds.
const FOUNDER: usize = 0;

impl World {
    pub(super) fn plot(&mut self, fault: Fault) {
        match fault {
            Fault::Corner => self.corner(),
            Fault::Uneven => self.make_uneven(),
            Fault::Rivals => self.rivals(),
            Fault::Unasked => self.leave_unasked(),
            Fault::LastWord => {
                let skip = self.random.between(0, 3);
                self.strikes.push(Strike::last_word(skip));
            }
            Fault::Estranged => self.estrange(),
            Fault::LeftOut => self.leave_out(),
            Fault::Bereaved => self.bereave(),
            Fault::Founding => self.found_again(),
            Fault::Replaced => self.replace_all(),
            Fault::Farewell => self.bid_farewell(),
            Fault::Undecided => self.leave_undecided(),
            _ => {}
        }
    }

    /// The leader does not hear another any more, and is heard late by all.
    fn corner(&mut self) {
        let Some(leader) = self.of_age(0) else { return };
        let left_out = self.other_node(leader);
        self.cut(left_out, leader);
        let late = self.random.between(20_000, 60_000);
        for other in (0..self.nodes.len()).filter(|&other| other != leader) {
            self.lags.insert((leader, other), late);
        }
        self.disturb_all();
        let strike = if self.random.permille(500) {
            Strike::when_left_out(Blow::Isolate, self.random.between(late, 3 * late))
        } else {
            Strike::accepted()
        };
        self.strikes.push(strike);
        let at = self.now + self.random.between(600_000, 1_200_000);
        self.schedule(at, Due::Mend { what: Mend::Cuts });
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// Every direction is late by as much as it happens to be.
    fn make_uneven(&mut self) {
        let most = *self.random.pick(&[2_000, 20_000, 100_000]);
        for from in 0..self.nodes.len() {
            for to in (0..self.nodes.len()).filter(|&to| to != from) {
                let late = self.random.between(0, most);
                self.lags.insert((from, to), late);
            }
        }
        self.disturb_all();
        let at = self.now + self.random.between(400_000, 1_500_000);
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// The two oldest do not hear each other, and what they say is late by as much as it happens to be.
    fn rivals(&mut self) {
        let [Some(first), Some(second)] = [self.of_age(0), self.of_age(1)] else { return };
        self.cut(first, second);
        self.cut(second, first);
        for rival in [first, second] {
            for other in (0..self.nodes.len()).filter(|&other| other != rival) {
                let (to, from) = (self.random.between(0, 20_000), self.random.between(0, 2_000));
                self.lags.insert((rival, other), to);
                self.lags.insert((other, rival), from);
            }
        }
        self.disturb_all();
        let at = self.now + self.random.between(500_000, 1_200_000);
        self.schedule(at, Due::Mend { what: Mend::Cuts });
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// What the leader says to one machine is late, and that one is gone before it knows of the next ballot.
    fn leave_unasked(&mut self) {
        let Some(leader) = self.of_age(0) else { return };
        let machine = self.other_node(leader);
        let late = self.random.between(5_000, 60_000);
        self.lags.insert((leader, machine), late);
        self.disturb_all();
        let blow = *self.random.pick(&[Blow::Dark, Blow::Isolate]);
        let delay = self.random.between(500, late);
        self.strikes.push(Strike::asked(machine, blow, delay));
        let at = self.now + self.random.between(300_000, 900_000);
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// The machine of a member of the latest view, by its rank.
    fn of_age(&self, rank: usize) -> Option<usize> {
        let processes = || self.nodes.iter().filter_map(|n| n.process.as_ref());
        let latest = processes().map(|p| p.core.view()).max_by_key(|v| v.number)?;
        self.machine_of(latest.members.get(rank)?.process)
    }

    /// Two of the younger do not hear each other, and what they say to the rest comes late, though not so late that anybody could
    /// take it for silence: so each of them alone has what the other one lacks.
    fn estrange(&mut self) {
        let Some(leader) = self.of_age(0) else { return };
        let first = self.other_node(leader);
        let second = self.other_node(first);
        let process = |n: usize| self.nodes[n].process.as_ref().map(|p| p.id);
        let (Some(one), Some(other)) = (process(first), process(second)) else { return };
        if second == leader || !self.cuts.is_empty() {
            return;
        }
        self.trace.estranged.push((one, other));
        self.cuts.extend([(first, second), (second, first)]);
        for stranger in [first, second] {
            for to in (0..self.nodes.len()).filter(|&to| to != first && to != second) {
                let late = self.random.between(20_000, 60_000);
                self.lags.insert((stranger, to), late);
            }
        }
        let at = self.now + self.random.between(700_000, 1_200_000);
        self.schedule(at, Due::Mend { what: Mend::Cuts });
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// The leader and another do not hear each other, and all hear the leader late: long after they have answered it, the other
    /// one knows of nothing and goes on.
    fn leave_out(&mut self) {
        let Some(leader) = self.of_age(0) else { return };
        let left_out = self.other_node(leader);
        self.cut(leader, left_out);
        self.cut(left_out, leader);
        let late = self.random.between(20_000, 60_000);
        for to in (0..self.nodes.len()).filter(|&to| to != leader) {
            self.lags.insert((leader, to), late);
        }
        self.disturb_all();
        let at = self.now + self.random.between(500_000, 900_000);
        self.schedule(at, Due::Mend { what: Mend::Cuts });
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// What one says reaches another one soon and the rest late; before it does, both are gone without a word.
    fn bereave(&mut self) {
        let first = self.any_node();
        let second = self.other_node(first);
        let late = self.random.between(120_000, 220_000);
        for to in (0..self.nodes.len()).filter(|&to| to != first && to != second) {
            self.lags.insert((first, to), late);
        }
        self.disturb_all();
        let at = self.now + self.random.between(20_000, 110_000);
        self.schedule(at, Due::Strike { node: first, blow: Blow::Unheard });
        self.schedule(at, Due::Strike { node: second, blow: Blow::Dark });
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// All begin anew, and the founder, to which a seed has just agreed, has a successor.
    fn found_again(&mut self) {
        for node in 0..self.nodes.len() {
            self.kill(node, false);
            let at = self.now + self.random.between(5_000, 60_000);
            self.schedule(at, Due::Start { node });
        }
        for to in (0..self.nodes.len()).filter(|&to| to != FOUNDER) {
            let late = self.random.between(0, 200_000);
            self.lags.insert((FOUNDER, to), late);
        }
        self.disturb_all();
        let skip = self.random.between(0, 2);
        self.strikes.push(Strike::agreed(FOUNDER, skip));
        let at = self.now + self.random.between(600_000, 1_000_000);
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }

    /// One seed after the other has a successor, the first of them first, which then cannot reach the oldest that is left, and
    /// meets each of the others in the moment in which it is in no domain.
    fn replace_all(&mut self) {
        let members = (0..self.nodes.len()).filter_map(|rank| self.of_age(rank));
        let others: Vec<usize> = members.filter(|&node| node != FOUNDER).collect();
        let [older, younger] = others[..] else { return };
        self.kill(FOUNDER, false);
        self.cut(FOUNDER, older);
        self.cut(older, FOUNDER);
        let then = self.now + self.random.between(20_000, 40_000);
        self.schedule(then, Due::Strike { node: younger, blow: Blow::Kill });
        for node in [FOUNDER, younger] {
            let at = then + self.random.between(5_000, 20_000);
            self.schedule(at, Due::Start { node });
        }
        let last = then + self.random.between(30_000, 150_000);
        self.schedule(last, Due::Mend { what: Mend::Cuts });
        self.schedule(last, Due::Leave { node: older });
        let at = last + self.random.between(5_000, 30_000);
        self.schedule(at, Due::Start { node: older });
    }

    /// The oldest leaves, and what it says last is lost with its connections.
    fn bid_farewell(&mut self) {
        let Some(leader) = self.of_age(0) else { return };
        self.strikes.push(Strike::farewell(leader));
        self.leave(leader);
    }

    /// A process asks to be let go.
    pub(super) fn leave(&mut self, node: usize) {
        if let Some(process) = self.nodes[node].process.as_mut() {
            self.trace.logs[process.log].leaving |= process.core.leave().is_ok();
            self.turn(node);
        }
    }

    /// One of the younger dies, and when the view without it is accepted, all do before it is decided: only a quorum of the
    /// view before can, and then the oldest is needed again, which comes late and is heard late.
    fn leave_undecided(&mut self) {
        let Some(leader) = self.of_age(0) else { return };
        let victim = self.other_node(leader);
        self.strikes.push(Strike::undecided(leader));
        self.kill(victim, false);
    }

    /// What a machine has under way is lost with its connections.
    pub(super) fn hush(&mut self, node: usize) {
        for other in (0..self.nodes.len()).filter(|&other| other != node) {
            self.break_link(node, other);
        }
    }

    /// A process dies without a word and has a successor at once; nothing that it says is late any more.
    pub(super) fn succeed(&mut self, node: usize) {
        self.mend_some(&Mend::Lags);
        self.kill(node, true);
        let at = self.now + self.random.between(1_000, 40_000);
        self.schedule(at, Due::Start { node });
    }

    /// All die, and begin again: one of them when the others are about to decide what it would have, and far enough away for the
    /// decision to fall between its greeting and its being connected.
    pub(super) fn end_all(&mut self, late: usize) {
        for node in 0..self.nodes.len() {
            self.stop(node, End::Crashed, false);
            let when = if node == late { (120_000, 210_000) } else { (5_000, 20_000) };
            let at = self.now + self.random.between(when.0, when.1);
            self.schedule(at, Due::Start { node });
        }
        let by = self.random.between(30_000, 45_000);
        for other in (0..self.nodes.len()).filter(|&other| other != late) {
            self.lags.insert((late, other), by);
            self.lags.insert((other, late), by);
        }
        let at = self.now + self.random.between(600_000, 900_000);
        self.schedule(at, Due::Mend { what: Mend::Lags });
    }
}
