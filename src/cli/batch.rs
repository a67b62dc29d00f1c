//! The modes that ask nothing: --dry-run and --yes.

use super::Run;
use super::output::Reporter;
use super::stderr::Stderr;
use super::survey::{self, Seen, Stop};
use super::totals::Totals;
use crate::apply::WriteError;
use crate::discover::SourceFile;
use crate::finding::{Applicability, Finding};
use crate::inspect::{Report, Verdict, inspect_file};
use crate::report::FileFindings;
use crate::resolve::Share;
use std::io;
use std::ops::ControlFlow;

/// What became of one file.
struct Done {
    verdict: Verdict,
    /// Whether its fixes were written; `None` when there was nothing to write.
    written: Option<Result<(), WriteError>>,
}

/// Looks at every file, prints what is found and, if the run says so, writes the fixes.
///
/// # Errors
/// When stdout cannot be written, a configuration cannot be used, or no thread can be started.
pub fn run(run: &Run, totals: &mut Totals, stderr: &mut Stderr) -> Result<(), Stop> {
    let least = run.args.least();
    let writer = run.writer();
    let mut reporter = run.reporter();
    let mut failure = None;
    stderr.start_progress();
    let stderr: &Stderr = stderr;
    let work = |file: &SourceFile| {
        let verdict = inspect_file(file, least);
        let written = match &verdict {
            Verdict::Report(report) if run.args.yes => report
                .resolution
                .fixed
                .as_ref()
                .map(|new| writer.replace(&file.real, &report.text, new)),
            _ => None,
        };
        Done { verdict, written }
    };
    let surveyed = survey::each(run, work, |seen| {
        let (file, done) = match seen {
            Seen::File(file, done) => (file, done),
            other => {
                totals.note(other);
                totals.tell(stderr);
                return ControlFlow::Continue(());
            }
        };
        let done = done.unwrap_or_else(|panic| Done {
            verdict: Verdict::Failed(panic),
            written: None,
        });
        let result = tell(run, &file, done, totals, &mut reporter, stderr);
        totals.tell(stderr);
        stderr.advance();
        match result {
            Err(error) => {
                failure = Some(error);
                ControlFlow::Break(())
            }
            // Nobody reads on; but what --yes promised is done.
            Ok(()) if reporter.out.is_closed() && !run.args.yes => ControlFlow::Break(()),
            Ok(()) => ControlFlow::Continue(()),
        }
    });
    stderr.end_progress();
    super::tell_about_writing(&writer, stderr);
    surveyed?;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(reporter.finish(totals)?),
    }
}

fn tell(
    run: &Run,
    file: &SourceFile,
    done: Done,
    totals: &mut Totals,
    reporter: &mut Reporter,
    stderr: &Stderr,
) -> io::Result<()> {
    let Some(report) = totals.take(file, done.verdict) else {
        return Ok(());
    };
    let least = run.args.least();
    let resolution = &report.resolution;
    let before = &resolution.before.findings;
    totals.count_found(before, least, resolution.fixable());
    let fixed = resolution.fixed.as_deref();
    let show = |text: &[u8], findings: &[Finding], shares: &[Share], reporter: &mut Reporter| {
        let new = fixed.filter(|_| !matches!(done.written, Some(Err(_))));
        let file_findings = FileFindings {
            path: &file.path,
            language: file.language,
            text,
            findings,
            shares,
            least,
        };
        let new = new.map(|new| (&report.text[..], new));
        stderr.aside(|| reporter.file(&file_findings, &file.real, new))
    };
    match (&done.written, fixed) {
        (Some(Ok(())), Some(new)) => {
            let remaining = &resolution.remaining;
            totals.remaining += remaining.len();
            totals.changed(&file.path, resolution.fixable());
            let unfixed = vec![Share::Unfixed; remaining.len()];
            show(new, remaining, &unfixed, reporter)
        }
        (written, _) => {
            if let Some(Err(error)) = written {
                totals.fail(&file.path, error);
            }
            totals.remaining += before.len();
            show(&report.text, before, &resolution.shares, reporter)
        }
    }
}

impl Totals {
    /// Counts what is no file of ours. There is nothing else to be done about it.
    pub fn note<R>(&mut self, seen: Seen<R>) {
        match seen {
            Seen::File(..) => {}
            Seen::Skipped(path, reason) => self.skip(&path, reason),
            Seen::Failed(path, message) => self.fail(&path, message),
        }
    }

    /// Counts what needs no more than counting; returns the report if there is one.
    pub fn take(&mut self, file: &SourceFile, verdict: Verdict) -> Option<Box<Report>> {
        match verdict {
            Verdict::Clean => self.files += 1,
            Verdict::Skipped(reason) => self.skip(&file.path, &reason),
            Verdict::Failed(message) => self.fail(&file.path, message),
            Verdict::Report(report) => {
                self.files += 1;
                for skipped in &report.resolution.before.skipped {
                    self.skip_function(&file.path, skipped);
                }
                return Some(report);
            }
        }
        None
    }

    /// Counts the findings of a file before anything is fixed.
    pub fn count_found(&mut self, found: &[Finding], least: Applicability, fixable: usize) {
        self.found += found.len();
        self.files_with_findings += usize::from(!found.is_empty());
        self.fixable += fixable;
        for finding in found {
            *self.found_by_rule.entry(finding.rule.name()).or_default() += 1;
            if finding.acceptable(least).is_none() {
                let unsafe_reason = finding.fixes.first().and_then(|fix| fix.reason.as_ref());
                let reason = unsafe_reason.or(finding.refusal.as_ref());
                let code = reason.map_or("report-only", |reason| reason.code);
                *self.refused.entry(code).or_default() += 1;
            }
        }
    }
}
