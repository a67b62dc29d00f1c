//! What the drivers report of one execution.

use serde::Deserialize;

/// One line of a driver: a trace, or why there is none.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    pub case: usize,
    /// The program did not even compile.
    pub error: Option<String>,
    #[serde(flatten)]
    pub trace: Option<Trace>,
}

/// One execution of one program.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Trace {
    /// Which of the case's runs.
    pub run: usize,
    /// Which step failed; 0 for none.
    pub fault: usize,
    /// How it failed, where there are several ways.
    #[serde(default)]
    pub mode: String,
    /// How deep each lock was held before the run.
    pub initial: Vec<i64>,
    pub events: Vec<Event>,
    pub outcome: Outcome,
    /// How deep each lock was held in the end.
    #[serde(rename = "final")]
    pub last: Vec<i64>,
}

/// Something that the program did, and how deep each lock was held at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Event {
    pub name: String,
    pub held: Vec<i64>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Outcome {
    pub kind: OutcomeKind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutcomeKind {
    Value,
    Throw,
    /// It waits for what never comes.
    Hang,
}

impl Trace {
    /// Whether some lock is left held, or the program waits for ever.
    pub fn leaks(&self) -> bool {
        let hangs = self.outcome.kind == OutcomeKind::Hang;
        hangs || (0..self.last.len()).any(|lock| self.leaks_lock(lock))
    }

    /// Whether this lock is seen held deeper than before.
    pub fn ever_held(&self, lock: usize) -> bool {
        let held = self.events.iter().map(|event| &event.held);
        let mut seen = held.chain([&self.last]);
        seen.any(|held| held.get(lock) > self.initial.get(lock))
    }

    /// Whether this lock is held in the end, deeper than before.
    pub fn leaks_lock(&self, lock: usize) -> bool {
        self.last.get(lock) > self.initial.get(lock)
    }
}
