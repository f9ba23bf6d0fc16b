//! What the doctor found, step by step.

use std::fmt::Display;
use std::time::Duration;

use serde::Serialize;

use crate::output::{Output, Tone, harmless};
use crate::verdict::Verdict;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Finding {
    /// As it should be.
    Good,
    /// Worth knowing, and no problem.
    Note,
    /// No problem from here and now, but one elsewhere or later.
    Warning,
    /// This way does not lead to the object; another one may.
    Unreachable,
    /// Calls will fail.
    Fault,
}

/// One step of the examination.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Step {
    pub(super) finding: Finding,
    pub(super) step: &'static str,
    /// The address it is about; empty if it is about the reference or the object.
    pub(super) place: String,
    pub(super) detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ms: Option<f64>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

impl Step {
    pub(super) fn new(finding: Finding, step: &'static str, detail: impl Display) -> Step {
        Step { finding, step, place: String::new(), detail: detail.to_string(), ms: None, advice: None }
    }

    pub(super) fn at(mut self, place: impl Display) -> Step {
        self.place = place.to_string();
        self
    }

    pub(super) fn took(mut self, time: Duration) -> Step {
        self.ms = Some((time.as_secs_f64() * 1e4).round() / 10.0);
        self
    }

    pub(super) fn advise(mut self, advice: impl Display) -> Step {
        self.advice = Some(advice.to_string());
        self
    }
}

/// All steps so far. For people, each is shown as soon as it is known.
pub(super) struct Chart<'a> {
    output: &'a mut Output,
    json: bool,
    steps: Vec<Step>,
    /// Ways that led to a broker.
    reached: usize,
}

#[derive(Serialize)]
struct Summary<'a> {
    healthy: bool,
    steps: &'a [Step],
}

impl<'a> Chart<'a> {
    pub(super) fn new(output: &'a mut Output, json: bool) -> Chart<'a> {
        Chart { output, json, steps: Vec::new(), reached: 0 }
    }

    pub(super) fn enter(&mut self, step: Step) -> Result<(), Verdict> {
        if !self.json {
            self.show(&step)?;
        }
        self.steps.push(step);
        Ok(())
    }

    /// Notes that a way leads to a broker.
    pub(super) fn reach(&mut self) {
        self.reached += 1;
    }

    pub(super) fn is_reached(&self) -> bool {
        self.reached > 0
    }

    fn show(&mut self, step: &Step) -> Result<(), Verdict> {
        let (mark, tone) = match step.finding {
            Finding::Good => ("ok", Tone::Good),
            Finding::Note => ("note", Tone::Dim),
            Finding::Warning => ("warn", Tone::Warning),
            Finding::Unreachable | Finding::Fault => ("FAIL", Tone::Bad),
        };
        let mark = self.output.paint(tone, mark);
        let name = self.output.paint(Tone::Label, step.step);
        let place =
            if step.place.is_empty() { String::new() } else { format!("{}  ", harmless(&step.place)) };
        let time = step.ms.map(|ms| self.output.paint(Tone::Dim, format!("  ({ms:.1} ms)")));
        let time = time.map(|time| time.to_string()).unwrap_or_default();
        let line = format!("{mark:4}  {name:9}  {place}{}{time}", harmless(&step.detail));
        self.output.line(line)?;
        match &step.advice {
            Some(advice) => self.output.line(format_args!("{:15}  -> {}", "", harmless(advice))),
            None => Ok(()),
        }
    }

    /// The last word.
    pub(super) fn conclude(self) -> Result<(), Verdict> {
        let count = |finding| self.steps.iter().filter(|step| step.finding == finding).count();
        let healthy = count(Finding::Fault) == 0 && self.reached > 0;
        if self.json {
            self.output.json(&Summary { healthy, steps: &self.steps })?;
        } else {
            let word = if healthy { "healthy" } else { "not healthy" };
            let tone = if healthy { Tone::Good } else { Tone::Bad };
            let aside = match (healthy, count(Finding::Unreachable), count(Finding::Warning)) {
                (true, 0, 0) | (false, ..) => String::new(),
                (true, 0, warnings) => format!(", with {warnings} to be looked at"),
                (true, unreachable, _) => format!(", but {unreachable} of its addresses cannot be reached"),
            };
            let word = self.output.paint(tone, word).to_string();
            self.output.line(format_args!("{word}{aside}"))?;
        }
        if healthy { Ok(()) } else { Err(Verdict::Shown) }
    }
}
