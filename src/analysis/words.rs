//! Findings in words.

use crate::finding::{Leak, LeakKind, Rule};

/// What a message has to know of its lock and its language.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// How an exception is said to come about: code `throws` or `raises`.
    pub throws: &'a str,
    /// A lock that frees itself leaks nothing that lasts.
    pub frees_itself: bool,
    /// It is no lock but something that was opened.
    pub handle: bool,
}

/// The message of a finding, without a final stop.
pub fn message(rule: Rule, lock: &str, leaks: &[Leak], told: Told<'_>) -> String {
    let lock = lock.split_whitespace().collect::<Vec<_>>().join(" ");
    let stays = match (told.frees_itself, told.handle) {
        (true, _) => "is left to free itself",
        (false, true) => "stays open",
        (false, false) => "stays locked",
    };
    match rule {
        Rule::LeakOnExit => format!("`{lock}` {stays} when {}", exits(leaks, told.throws)),
        Rule::LeakOnException => format!("`{lock}` {stays} if {}", failures(leaks, told.throws)),
        Rule::AcquireInsideTry => {
            let what = if told.handle { "what" } else { "a lock that" };
            format!("when acquiring `{lock}` fails, `finally` releases {what} is not held")
        }
        Rule::NeverReleased => format!("`{lock}` is acquired here and never released"),
        Rule::DoubleRelease => format!("`{lock}` is released a second time on {}", lines(leaks)),
        Rule::ManualRelease => format!("`{lock}` is released by hand"),
        Rule::UnusedSuppression => "this comment suppresses nothing".to_owned(),
    }
}

/// `line 6 throws or line 9 returns`
fn exits(leaks: &[Leak], throws: &str) -> String {
    let said = leaks.iter().map(|leak| {
        let line = leak.location.line;
        match leak.kind {
            LeakKind::Return => format!("line {line} returns"),
            LeakKind::Throw => format!("line {line} {throws}"),
            LeakKind::Break => format!("line {line} breaks out of the loop"),
            LeakKind::Continue => format!("line {line} goes on to the next round"),
            LeakKind::Goto => format!("line {line} jumps away"),
            LeakKind::EndOfBody => "the end of the function is reached".to_owned(),
            LeakKind::Exception => format!("line {line} fails"),
        }
    });
    joined(said.collect())
}

fn failures(leaks: &[Leak], throws: &str) -> String {
    let mut numbers: Vec<usize> = leaks.iter().map(|leak| leak.location.line).collect();
    numbers.dedup();
    joined(
        numbers
            .iter()
            .map(|line| format!("line {line} {throws}"))
            .collect(),
    )
}

fn lines(leaks: &[Leak]) -> String {
    joined(
        leaks
            .iter()
            .map(|leak| format!("line {}", leak.location.line))
            .collect(),
    )
}

/// The first two, and how many more there are.
fn joined(mut parts: Vec<String>) -> String {
    let more = parts.len().saturating_sub(2);
    parts.truncate(2);
    let said = parts.join(" or ");
    if more > 0 {
        format!("{said} (and {more} more)")
    } else {
        said
    }
}
