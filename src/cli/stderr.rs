//! stderr: errors, the summary, progress.

use crate::finding::Severity;
use crate::report::Styles;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fmt::Display;
use std::io::{IsTerminal, Write};

/// Fewer files are done before a bar could be read.
const ENOUGH_FOR_PROGRESS: u64 = 300;

/// Prints to stderr.
#[derive(Debug)]
pub struct Stderr {
    styles: Styles,
    quiet: bool,
    bar: ProgressBar,
    /// Whether the bar is to be seen once there is enough to count.
    counts: bool,
}

impl Stderr {
    /// `quiet` leaves errors only.
    pub fn new(styles: Styles, quiet: bool) -> Stderr {
        Stderr {
            styles,
            quiet,
            bar: ProgressBar::hidden(),
            counts: false,
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

    /// Counts files from here on, if somebody is there to see it. How many there will be is not
    /// known while the search for them goes on.
    pub fn start_progress(&mut self) {
        if self.quiet || !std::io::stderr().is_terminal() {
            return;
        }
        let style =
            ProgressStyle::with_template("{spinner} {human_pos} files looked at, {per_sec}");
        self.bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        self.counts = true;
    }

    /// One file more is done.
    pub fn advance(&self) {
        self.reached(self.bar.position() + 1);
    }

    /// So many files are done.
    pub fn reached(&self, files: u64) {
        self.bar.set_position(files);
        if self.counts && files >= ENOUGH_FOR_PROGRESS && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Takes the bar away.
    pub fn end_progress(&self) {
        self.bar.finish_and_clear();
    }
}
