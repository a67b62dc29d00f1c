//! --add-ignores: comments that silence what is found today.

use super::Run;
use super::stderr::Stderr;
use super::survey::{self, Seen, Stop};
use super::totals::Totals;
use crate::apply::{WriteError, Writer};
use crate::discover::SourceFile;
use crate::edit;
use crate::inspect::{Report, Verdict, inspect, inspect_file};
use crate::report::{self, diff};
use crate::suppress::silence;
use std::io::{self, IsTerminal, Write};
use std::ops::ControlFlow;

/// A file with what its comments leave.
struct Silenced {
    new: Vec<u8>,
    remaining: usize,
    written: Option<Result<(), WriteError>>,
}

/// Puts a comment at every finding; with --dry-run, shows the patch.
///
/// # Errors
/// When stdout cannot be written, a configuration cannot be used, or no thread can be started.
pub fn run(run: &Run, reason: &str, totals: &mut Totals, stderr: &Stderr) -> Result<(), Stop> {
    let writer = run.writer();
    let mut out = super::output::Output::new();
    let terminal = run.out_styles.are_on() || io::stdout().is_terminal();
    let labels = run.labels();
    let mut failure = None;
    let least = run.args.least();
    let work = |file: &SourceFile| {
        let verdict = inspect_file(file, least);
        let silenced = match &verdict {
            Verdict::Report(report) => silence_file(run, file, report, reason, &writer),
            _ => None,
        };
        (verdict, silenced)
    };
    let surveyed = survey::each(run, work, |seen| {
        let report = match seen {
            Seen::File(file, done) => {
                let (verdict, silenced) =
                    done.unwrap_or_else(|panic| (Verdict::Failed(panic), None));
                let report = totals.take(&file, verdict);
                report.map(|report| (file, report, silenced))
            }
            other => {
                totals.note(other);
                None
            }
        };
        totals.tell(stderr);
        let Some((file, report, silenced)) = report else {
            return ControlFlow::Continue(());
        };
        let findings = &report.resolution.before.findings;
        totals.count_found(findings, least, report.resolution.fixable());
        match silenced {
            Some(silenced) if !matches!(silenced.written, Some(Err(_))) => {
                totals.remaining += silenced.remaining;
                totals.changed(
                    &file.path,
                    findings.len().saturating_sub(silenced.remaining),
                );
                if run.args.dry_run {
                    let lines = diff::unified(labels.of(&file.real), &report.text, &silenced.new);
                    let (styles, language) = (run.out_styles, file.language);
                    let paint = report::Paint::with(styles, language, &report.text, &silenced.new);
                    let shown =
                        report::write_diff(&mut out, &lines, terminal, styles, paint.as_ref());
                    failure = shown.err();
                }
            }
            other => {
                totals.remaining += findings.len();
                if let Some(Err(error)) = other.and_then(|silenced| silenced.written) {
                    totals.fail(&file.path, error);
                    totals.tell(stderr);
                }
            }
        }
        match failure {
            Some(_) => ControlFlow::Break(()),
            None => ControlFlow::Continue(()),
        }
    });
    super::tell_about_writing(&writer, stderr);
    surveyed?;
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(out.flush()?),
    }
}

fn silence_file(
    run: &Run,
    file: &SourceFile,
    report: &Report,
    reason: &str,
    writer: &Writer,
) -> Option<Silenced> {
    let (path, language, settings) = (&file.path, file.language, &file.settings);
    let findings = &report.resolution.before.findings;
    let edits = silence(language, &report.text, findings, reason);
    if edits.is_empty() {
        return None;
    }
    let new = edit::apply(&report.text, &edits);
    let remaining = match inspect(path, &new, language, settings, run.args.least()) {
        Verdict::Report(report) => report.resolution.before.findings.len(),
        _ => 0,
    };
    let write = || writer.replace(&file.real, &report.text, &new);
    let written = (!run.args.dry_run).then(write);
    Some(Silenced {
        new,
        remaining,
        written,
    })
}
