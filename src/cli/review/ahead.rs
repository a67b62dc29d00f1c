//! The look ahead: what there is to ask about is found while the questions are asked.

use crate::cli::Run;
use crate::cli::survey::{self, Seen, Stop};
use crate::cli::totals::Totals;
use crate::discover::SourceFile;
use crate::finding::Finding;
use crate::inspect::{Verdict, inspect_file};
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A file with something to ask or to tell. Keeps no text.
pub struct Pending {
    pub file: SourceFile,
    pub found: usize,
    pub questions: usize,
}

/// What was found since somebody asked last.
#[derive(Default)]
pub struct News {
    pub totals: Totals,
    pub pending: Vec<Pending>,
    /// Whether that is all.
    pub complete: bool,
}

/// What there is to ask about, as far as is known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    pub questions: usize,
    /// Files with a question.
    pub files: usize,
    /// Whether there is no more.
    pub complete: bool,
}

/// A look at all files that runs ahead of the questions.
#[derive(Default)]
pub struct Ahead {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    news: News,
    known: Known,
    looked_at: u64,
    /// Whether nobody wants to know more.
    stopped: bool,
}

impl Ahead {
    /// Looks at the files of the run, until it is stopped.
    ///
    /// # Errors
    /// When a configuration cannot be used or no thread can be started.
    pub fn look(&self, run: &Run) -> Result<(), Stop> {
        let least = run.args.least();
        let result = survey::each(
            run,
            |file| inspect_file(file, least),
            |seen| {
                let mut state = self.lock();
                match seen {
                    Seen::File(file, verdict) => {
                        state.looked_at += 1;
                        state.take(run, file, verdict.unwrap_or_else(Verdict::Failed));
                    }
                    other => state.news.totals.note(other),
                }
                if !state.news.pending.is_empty() || !state.news.totals.errors.is_empty() {
                    self.changed.notify_all();
                }
                if state.stopped {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        let mut state = self.lock();
        state.news.complete = true;
        state.known.complete = !state.stopped && result.is_ok();
        self.changed.notify_all();
        result
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the look.
    pub fn stop(&self) {
        self.lock().stopped = true;
    }

    /// What is new.
    pub fn news(&self) -> News {
        let mut state = self.lock();
        let complete = state.news.complete;
        let news = std::mem::take(&mut state.news);
        state.news.complete = complete;
        news
    }

    /// What is known, whoever was told already.
    pub fn known(&self) -> Known {
        self.lock().known
    }

    /// The files looked at.
    pub fn looked_at(&self) -> u64 {
        self.lock().looked_at
    }

    /// Waits until there is something new; `false` when that takes longer.
    pub fn wait_for_news(&self, at_most: Duration) -> bool {
        self.wait(at_most, |state| {
            let News {
                totals,
                pending,
                complete,
            } = &state.news;
            *complete || !pending.is_empty() || !totals.errors.is_empty()
        })
    }

    /// Waits until all files are looked at, or for so long.
    pub fn wait_for_the_end(&self, at_most: Duration) {
        self.wait(at_most, |state| state.news.complete);
    }

    fn wait(&self, at_most: Duration, until: impl Fn(&State) -> bool) -> bool {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), at_most, |state| !until(state));
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(state);
        !timeout.timed_out()
    }
}

impl State {
    fn take(&mut self, run: &Run, file: SourceFile, verdict: Verdict) {
        let Some(report) = self.news.totals.take(&file, verdict) else {
            return;
        };
        let least = run.args.least();
        let findings = &report.resolution.before.findings;
        let fixable = report.resolution.fixable();
        self.news.totals.count_found(findings, least, fixable);
        if findings.is_empty() {
            return;
        }
        // Each of them is asked about, even if the answer to one makes another idle.
        let has_fix = |finding: &&Finding| finding.acceptable(least).is_some();
        let questions = findings.iter().filter(has_fix).count();
        self.known.files += usize::from(questions > 0);
        self.known.questions += questions;
        self.news.pending.push(Pending {
            found: findings.len(),
            file,
            questions,
        });
    }
}
