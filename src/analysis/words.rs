//! Findings in words.

use crate::finding::{Leak, LeakKind, Rule};
use crate::spoken::Spoken;

/// What a message has to know of its lock and its language.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// How an exception is said to come about: code `throws` or `raises`.
    pub throws: &'a str,
    /// A lock that frees itself leaks nothing that lasts.
    pub frees_itself: bool,
    /// How people speak of what is held.
    pub spoken: Spoken,
}

/// The message of a finding, without a final stop.
pub fn message(rule: Rule, lock: &str, leaks: &[Leak], told: Told<'_>) -> String {
    let lock = lock.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = told.spoken.words();
    let stays = match told.frees_itself {
        true => "is left to free itself",
        false => words.stays,
    };
    match rule {
        Rule::LeakOnExit => format!("`{lock}` {stays} when {}", exits(leaks, told.throws)),
        Rule::LeakOnException => format!("`{lock}` {stays} if {}", failures(leaks, told.throws)),
        Rule::AcquireInsideTry => format!(
            "when {} `{lock}` fails, `finally` {}",
            words.taking, words.frees_idly
        ),
        Rule::NeverReleased => {
            format!("`{lock}` is {} here and never {}", words.taken, words.freed)
        }
        Rule::DoubleRelease => {
            format!(
                "`{lock}` is {} a second time on {}",
                words.freed,
                lines(leaks)
            )
        }
        Rule::ManualRelease => format!("`{lock}` is {} by hand", words.freed),
        Rule::UnusedSuppression => "this comment suppresses nothing".to_owned(),
    }
}

/// `line 6 throws or line 9 returns`, `line 6 or 9 returns`
fn exits(leaks: &[Leak], throws: &str) -> String {
    let said = leaks.iter().map(|leak| {
        let does = match leak.kind {
            LeakKind::Return => "returns",
            LeakKind::Throw => throws,
            LeakKind::Break => "breaks out of the loop",
            LeakKind::Continue => "goes on to the next round",
            LeakKind::Goto => "jumps away",
            LeakKind::EndOfBody => return Said::End,
            LeakKind::Exception => "fails",
        };
        Said::Line(leak.location.line, does)
    });
    joined(said.collect())
}

fn failures(leaks: &[Leak], throws: &str) -> String {
    let said = leaks
        .iter()
        .map(|leak| Said::Line(leak.location.line, throws));
    joined(said.collect())
}

fn lines(leaks: &[Leak]) -> String {
    let said = leaks.iter().map(|leak| Said::Line(leak.location.line, ""));
    joined(said.collect())
}

/// What is said of one leak.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said<'a> {
    /// A line, and what it does.
    Line(usize, &'a str),
    /// The end of the function.
    End,
}

/// The first two, and how many more there are.
fn joined(mut all: Vec<Said<'_>>) -> String {
    all.dedup();
    let more = all.len().saturating_sub(2);
    all.truncate(2);
    let one = |said: Said<'_>| match said {
        Said::Line(line, does) => format!("line {line} {does}").trim_end().to_owned(),
        Said::End => "the end of the function is reached".to_owned(),
    };
    let said = match all[..] {
        // The verb is said once.
        [Said::Line(first, does), Said::Line(second, same)] if does == same => {
            format!("line {first} or {second} {does}")
                .trim_end()
                .to_owned()
        }
        _ => all.into_iter().map(one).collect::<Vec<_>>().join(" or "),
    };
    match more {
        0 => said,
        _ => format!("{said} (and {more} more)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Location, Span};

    fn leak(line: usize, kind: LeakKind) -> Leak {
        let location = Location { line, column: 1 };
        let span = Span::new(0, 0);
        Leak {
            span,
            location,
            kind,
        }
    }

    fn said(rule: Rule, spoken: Spoken, leaks: &[(usize, LeakKind)]) -> String {
        let leaks: Vec<Leak> = leaks
            .iter()
            .map(|(line, kind)| leak(*line, *kind))
            .collect();
        let told = Told {
            throws: "throws",
            frees_itself: false,
            spoken,
        };
        message(rule, "it", &leaks, told)
    }

    #[test]
    fn what_several_lines_do_is_said_once() {
        let thrown = LeakKind::Throw;
        let exit = |leaks: &[(usize, LeakKind)]| {
            let said = said(Rule::LeakOnExit, Spoken::Acquired, leaks);
            let (_, when) = said.split_once(" when ").expect("it says when");
            when.to_owned()
        };
        assert_eq!(exit(&[(3, thrown), (5, thrown)]), "line 3 or 5 throws");
        assert_eq!(
            exit(&[(3, thrown), (5, LeakKind::Return)]),
            "line 3 throws or line 5 returns"
        );
        assert_eq!(
            exit(&[(3, thrown), (3, thrown), (4, thrown), (5, thrown)]),
            "line 3 or 4 throws (and 1 more)"
        );
        assert_eq!(
            exit(&[(3, thrown), (9, LeakKind::EndOfBody)]),
            "line 3 throws or the end of the function is reached"
        );
    }

    #[test]
    fn people_speak_of_things_as_what_they_are() {
        let failed = [(7, LeakKind::Exception)];
        for (spoken, wanted) in [
            (Spoken::Acquired, "`it` stays locked if line 7 throws"),
            (Spoken::Opened, "`it` stays open if line 7 throws"),
            (Spoken::Borrowed, "`it` is not given back if line 7 throws"),
            (Spoken::Created, "`it` is left behind if line 7 throws"),
        ] {
            assert_eq!(said(Rule::LeakOnException, spoken, &failed), wanted);
        }
        assert_eq!(
            said(Rule::NeverReleased, Spoken::Opened, &[]),
            "`it` is opened here and never closed"
        );
        assert_eq!(
            said(Rule::AcquireInsideTry, Spoken::Borrowed, &[]),
            "when taking `it` fails, `finally` gives back what was not taken"
        );
    }
}
