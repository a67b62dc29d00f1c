//! `lockfix -`: text from stdin, fixed text (or, with --dry-run, the report) to stdout.

use super::Run;
use super::stderr::Stderr;
use super::totals::Totals;
use crate::discover::{SourceFile, language_of};
use crate::inspect::{Report, Verdict, inspect};
use crate::report::{self, FileFindings};
use crate::source::Source;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// Why the run cannot begin, as a sentence for people.
type UsageError = String;

/// Reads all of stdin and treats it as the file of the name given.
///
/// # Errors
/// When the language cannot be told, the configuration cannot be used, or stdin or stdout fail.
pub fn run(run: &Run, totals: &mut Totals, stderr: &Stderr) -> Result<(), UsageError> {
    let file = source_file(run)?;
    let mut text = Vec::new();
    io::stdin()
        .read_to_end(&mut text)
        .map_err(|error| format!("cannot read stdin: {error}"))?;
    let verdict = if text.len() as u64 > file.settings.max_size() {
        Verdict::Skipped("too-large".to_owned())
    } else {
        let (path, settings) = (&file.path, &file.settings);
        inspect(path, &text, file.language, settings, run.args.least())
    };
    let report = totals.take(&file, verdict);
    totals.tell(stderr);
    let result = if run.args.dry_run {
        show(run, &file, report.as_deref(), totals)
    } else {
        rewrite(run, &file, &text, report.as_deref(), totals)
    };
    result.map_err(|error| format!("cannot write to stdout: {error}"))
}

fn source_file(run: &Run) -> Result<SourceFile, UsageError> {
    let args = &run.args;
    let asked = args.languages();
    let path = args.stdin_filename.clone();
    let language = match (path.as_deref().and_then(language_of), asked.first()) {
        (Some(language), _) | (None, Some(&language)) => language,
        (None, None) => {
            return Err(
                "the language of stdin is not known; give --stdin-filename NAME (such as \
                        x.py) or --lang"
                    .to_owned(),
            );
        }
    };
    let path = path.unwrap_or_else(|| PathBuf::from("stdin"));
    let real = run.directory.join(&path);
    let directory = real.parent().unwrap_or(Path::new("/"));
    let settings = run
        .workspace
        .settings(directory)
        .map_err(|error| error.to_string())?;
    Ok(SourceFile {
        path,
        real,
        language,
        settings,
        size: 0,
    })
}

fn show(
    run: &Run,
    file: &SourceFile,
    report: Option<&Report>,
    totals: &mut Totals,
) -> io::Result<()> {
    let mut reporter = run.reporter();
    if let Some(report) = report {
        let resolution = &report.resolution;
        let findings = &resolution.before.findings;
        totals.count_found(findings, run.args.least(), resolution.fixable());
        totals.remaining += findings.len();
        let new = resolution.fixed.as_deref();
        let file_findings = FileFindings {
            path: &file.path,
            language: file.language,
            text: &report.text,
            findings,
            shares: &resolution.shares,
            least: run.args.least(),
        };
        reporter.file(
            &file_findings,
            &file.real,
            new.map(|new| (&report.text[..], new)),
        )?;
    }
    reporter.finish(totals)
}

/// Whatever happens, stdout gets a whole text: at worst the one that came in.
fn rewrite(
    run: &Run,
    file: &SourceFile,
    text: &[u8],
    report: Option<&Report>,
    totals: &mut Totals,
) -> io::Result<()> {
    let mut fixed = text;
    if let Some(report) = report {
        let resolution = &report.resolution;
        let before = &resolution.before.findings;
        let remaining = &resolution.remaining;
        totals.count_found(before, run.args.least(), resolution.fixable());
        totals.remaining += remaining.len();
        if resolution.fixed.is_some() {
            totals.changed(&file.path, resolution.fixable());
        }
        fixed = resolution.fixed.as_deref().unwrap_or(text);
        let source = Source::new(fixed, "");
        for finding in remaining {
            let (place, least) = ((&*file.path, file.language), run.args.least());
            let mut stream = io::stderr();
            report::text_finding(&mut stream, place, &source, finding, least, run.err_styles)?;
        }
    }
    let mut out = super::output::Output::new();
    out.write_all(fixed)?;
    out.flush()
}
