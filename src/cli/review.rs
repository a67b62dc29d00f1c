//! The interactive mode: every fix is shown, asked about, and written at once when accepted.

mod file;
mod prompt;
mod resume;

pub use resume::left_before;

use super::Run;
use super::ordered;
use super::stderr::Stderr;
use super::totals::Totals;
use crate::discover::SourceFile;
use crate::finding::Finding;
use crate::inspect::{Verdict, inspect_file};
use crate::resolve::acceptable;
use console::Term;
use file::{FileReview, Next, Session};
use std::io::{self, IsTerminal};
use std::ops::ControlFlow;

/// Whether questions can be asked.
///
/// # Errors
/// When stdin or stdout is no terminal, as a sentence for people.
pub fn check_terminal() -> Result<(), String> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        Ok(())
    } else {
        Err("asking about each fix needs a terminal; use --dry-run or --yes".to_owned())
    }
}

/// A file with something to ask or to tell.
struct Pending<'a> {
    file: &'a SourceFile,
    found: usize,
    questions: usize,
}

/// Where the review stands, for "3 of 17, file 2 of 5".
#[derive(Debug, Clone, Copy)]
struct Position {
    question: usize,
    questions: usize,
    file: usize,
    files: usize,
}

/// Reviews every file.
///
/// # Errors
/// When the terminal fails or no thread can be started.
pub fn run(
    run: &Run,
    files: &[SourceFile],
    totals: &mut Totals,
    stderr: &mut Stderr,
) -> io::Result<()> {
    let pending = look_ahead(run, files, totals, stderr)?;
    let writer = run.writer();
    let term = Term::stdout();
    let questions = pending.iter().map(|file| file.questions).sum();
    let mut reviews: Vec<FileReview<'_>> = pending
        .iter()
        .map(|entry| FileReview::new(run, entry.file, &writer, &term))
        .collect();
    let mut session = Session::default();
    let (mut at, mut quit) = (0, false);
    while at < reviews.len() {
        let before = &pending[..at];
        let position = Position {
            question: before.iter().map(|file| file.questions).sum::<usize>() + 1,
            questions,
            file: at + 1,
            files: pending.len(),
        };
        match reviews[at].run(position, &mut session, totals, stderr)? {
            Next::Ask => at += 1,
            Next::AcceptAll => {
                session.accept_all = true;
                at += 1;
            }
            Next::Back => match reviews[..at].iter().rposition(FileReview::has_asked) {
                Some(last) => {
                    reviews[last].go_back(&mut session)?;
                    at = last;
                }
                None => term.write_line("This is the first question.")?,
            },
            Next::Quit => {
                quit = true;
                break;
            }
        }
    }
    for (entry, review) in pending.iter().zip(&reviews) {
        if review.accepted() > 0 {
            totals.changed(&entry.file.path, review.accepted());
        }
        totals.remaining += review.remaining().unwrap_or(entry.found);
    }
    super::tell_about_writing(&writer, stderr);
    if let Err(message) = resume::note(&run.args, &run.directory, &reviews, quit) {
        stderr.warning(message);
    }
    Ok(())
}

/// Looks at all files first, so that the questions can be counted. Keeps no text.
fn look_ahead<'a>(
    run: &Run,
    files: &'a [SourceFile],
    totals: &mut Totals,
    stderr: &mut Stderr,
) -> io::Result<Vec<Pending<'a>>> {
    let least = run.args.least();
    let mut counts = Vec::new();
    stderr.start_progress(files.len());
    let work = |file: &SourceFile| inspect_file(file, least);
    let mut index = 0;
    ordered::for_each(files, run.args.jobs, work, |file, verdict| {
        let verdict = verdict.unwrap_or_else(Verdict::Failed);
        if let Some(report) = totals.take(file, verdict, stderr) {
            let findings = &report.resolution.before.findings;
            totals.count_found(findings, least, report.resolution.fixable());
            // Each of them is asked about, even if the answer to one makes another idle.
            let has_fix = |finding: &&Finding| acceptable(finding, least).is_some();
            let questions = findings.iter().filter(has_fix).count();
            counts.push((index, findings.len(), questions));
        }
        index += 1;
        stderr.advance();
        ControlFlow::Continue(())
    })?;
    stderr.end_progress();
    Ok(counts
        .into_iter()
        .filter(|(_, found, _)| *found > 0)
        .map(|(index, found, questions)| Pending {
            file: &files[index],
            found,
            questions,
        })
        .collect())
}
