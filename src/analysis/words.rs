//! Findings in words.

use crate::finding::{Leak, LeakKind, Rule};

/// The message of a finding, without a final stop.
///
/// A lock that frees itself leaks nothing that lasts.
pub fn message(rule: Rule, lock: &str, leaks: &[Leak], frees_itself: bool) -> String {
    let lock = lock.split_whitespace().collect::<Vec<_>>().join(" ");
    match rule {
        Rule::LeakOnExit if frees_itself => {
            format!("`{lock}` is left to free itself when {}", exits(leaks))
        }
        Rule::LeakOnException if frees_itself => {
            format!("`{lock}` is left to free itself if {}", failures(leaks))
        }
        Rule::LeakOnExit => format!("`{lock}` stays locked when {}", exits(leaks)),
        Rule::LeakOnException => format!("`{lock}` stays locked if {}", failures(leaks)),
        Rule::AcquireInsideTry => {
            format!("when acquiring `{lock}` fails, `finally` releases a lock that is not held")
        }
        Rule::NeverReleased => format!("`{lock}` is acquired here and never released"),
        Rule::DoubleRelease => format!("`{lock}` is released a second time on {}", lines(leaks)),
        Rule::ManualRelease => format!("`{lock}` is released by hand"),
        Rule::UnusedSuppression => "this comment suppresses nothing".to_owned(),
    }
}

/// `line 6 throws or line 9 returns`
fn exits(leaks: &[Leak]) -> String {
    let said = leaks.iter().map(|leak| {
        let line = leak.location.line;
        match leak.kind {
            LeakKind::Return => format!("line {line} returns"),
            LeakKind::Throw => format!("line {line} throws"),
            LeakKind::Break => format!("line {line} breaks out of the loop"),
            LeakKind::Continue => format!("line {line} goes on to the next round"),
            LeakKind::Goto => format!("line {line} jumps away"),
            LeakKind::EndOfBody => "the end of the function is reached".to_owned(),
            LeakKind::Exception => format!("line {line} fails"),
        }
    });
    joined(said.collect())
}

fn failures(leaks: &[Leak]) -> String {
    let mut numbers: Vec<usize> = leaks.iter().map(|leak| leak.location.line).collect();
    numbers.dedup();
    joined(
        numbers
            .iter()
            .map(|line| format!("line {line} throws"))
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
