//! stderr: errors, the summary, progress.

use crate::finding::Severity;
use crate::report::Styles;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Fewer files are done before a bar could be read.
const ENOUGH_FOR_PROGRESS: usize = 300;

/// Prints to stderr.
#[derive(Debug)]
pub struct Stderr {
    styles: Styles,
    quiet: bool,
    bar: ProgressBar,
}

impl Stderr {
    /// `quiet` leaves errors only.
    pub fn new(styles: Styles, quiet: bool) -> Stderr {
        Stderr {
            styles,
            quiet,
            bar: ProgressBar::hidden(),
        }
    }

    /// Something that could not be done.
    pub fn error(&self, message: impl Display) {
        self.line("error", Severity::Error, message);
    }

    /// Something to look at, though the work goes on.
    pub fn warning(&self, message: impl Display) {
        self.line("warning", Severity::Warning, message);
    }

    fn line(&self, word: &str, severity: Severity, message: impl Display) {
        let style = self.styles.rule(severity);
        self.print(format_args!("{style}{word}:{style:#} {message}"));
    }

    /// What -q leaves out.
    pub fn note(&self, message: impl Display) {
        if !self.quiet {
            self.print(message);
        }
    }

    fn print(&self, message: impl Display) {
        // There is nobody left to tell when stderr cannot be written.
        self.aside(|| drop(writeln!(std::io::stderr(), "{message}")));
    }

    /// Runs `print` with the progress bar out of the way. Not to be nested.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Starts a bar over this many files, if somebody is there to see it.
    pub fn start_progress(&mut self, files: usize) {
        if self.quiet || files < ENOUGH_FOR_PROGRESS || !std::io::stderr().is_terminal() {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} files, {eta} left");
        self.bar = bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    }

    /// One file more is done.
    pub fn advance(&self) {
        self.bar.inc(1);
    }

    /// Takes the bar away.
    pub fn end_progress(&self) {
        self.bar.finish_and_clear();
    }
}
