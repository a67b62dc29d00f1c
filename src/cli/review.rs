//! The interactive mode: every fix is shown, asked about, and written at once when accepted.

mod file;
mod prompt;

use super::Run;
use super::ordered;
use super::stderr::Stderr;
use super::totals::Totals;
use crate::discover::SourceFile;
use crate::finding::Finding;
use crate::inspect::{Verdict, inspect_file};
use crate::resolve::acceptable;
use console::Term;
use file::{FileReview, Next};
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
    let mut asked = 0;
    let mut accept_all = false;
    let mut rest = pending.iter();
    for (index, entry) in rest.by_ref().enumerate() {
        let position = Position {
            question: asked + 1,
            questions,
            file: index + 1,
            files: pending.len(),
        };
        asked += entry.questions;
        let mut review = FileReview::new(run, entry.file, &writer, &term, accept_all);
        let next = review.run(position, totals, stderr)?;
        totals.fixed += review.accepted();
        totals.files_fixed += usize::from(review.accepted() > 0);
        totals.remaining += review.remaining().unwrap_or(entry.found);
        match next {
            Next::Ask => {}
            Next::AcceptAll => accept_all = true,
            Next::Quit => break,
        }
    }
    totals.remaining += rest.map(|entry| entry.found).sum::<usize>();
    super::tell_about_writing(&writer, stderr);
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
            totals.count_found(findings.len(), report.resolution.fixable());
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
