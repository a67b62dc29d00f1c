//! stdout: what was found, in the format asked for.

use super::args::{Args, Format};
use super::totals::Totals;
use crate::baseline;
use crate::report::{self, Document, FileFindings, Labels, Stat, Styles, diff};
use crate::source::Source;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::path::Path;

/// stdout. Once its reader is gone, what is written goes nowhere.
#[derive(Debug)]
pub struct Output {
    stream: BufWriter<Stdout>,
    closed: bool,
}

impl Output {
    /// stdout, buffered.
    pub fn new() -> Output {
        Output {
            stream: BufWriter::with_capacity(1 << 16, io::stdout()),
            closed: false,
        }
    }

    /// Whether the reader is gone.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn forgive<T: Default>(&mut self, result: io::Result<T>) -> io::Result<Option<T>> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(None)
            }
            other => other.map(Some),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.closed {
            return Ok(bytes.len());
        }
        let result = self.stream.write(bytes);
        Ok(self.forgive(result)?.unwrap_or(bytes.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.closed {
            return Ok(());
        }
        let result = self.stream.flush();
        self.forgive(result)?;
        Ok(())
    }
}

/// Prints findings in one format.
#[derive(Debug)]
pub struct Reporter {
    pub out: Output,
    format: Format,
    stat: Option<Stat>,
    /// Whether the text report shows what changes.
    diffs: bool,
    styles: Styles,
    /// Whether people read it as it stands: then control characters are spelt out.
    terminal: bool,
    labels: Labels,
    /// Of formats that are one document.
    results: Vec<serde_json::Value>,
    /// Of the report of JUnit.
    cases: Vec<String>,
    /// Whether the head of the document is printed.
    begun: bool,
}

impl Reporter {
    /// A reporter to stdout. Patches name files as `labels` does.
    pub fn new(args: &Args, styles: Styles, labels: Labels) -> Reporter {
        let format = args.format;
        Reporter {
            out: Output::new(),
            format,
            stat: args.stat.then(Stat::default),
            // What --yes wrote is there to be looked at.
            diffs: args.dry_run,
            styles,
            terminal: format != Format::Patch && (styles.are_on() || io::stdout().is_terminal()),
            labels,
            results: Vec::new(),
            cases: Vec::new(),
            begun: false,
        }
    }

    /// Prints the findings of one file and, if `new` is given, the patch from its text to that.
    /// `real` is the file's path without links.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn file(
        &mut self,
        file: &FileFindings<'_>,
        real: &Path,
        new: Option<(&[u8], &[u8])>,
    ) -> io::Result<()> {
        let name = self.labels.named(real).to_string_lossy();
        match self.format {
            Format::Text | Format::Patch => self.people(file, real, new)?,
            Format::Json => self.results.extend(report::json_findings(file)?),
            Format::Jsonl => {
                for finding in report::json_findings(file)? {
                    let line = report::harmless_json(finding.to_string());
                    writeln!(self.out, "{line}")?;
                }
            }
            Format::Sarif => {
                let fingerprints = report::fingerprints(&name, file.text, file.findings);
                let results = report::sarif::results(&name, file, &fingerprints);
                self.results.extend(results);
            }
            Format::Github => {
                for finding in file.findings {
                    writeln!(self.out, "{}", report::github::annotation(&name, finding))?;
                }
            }
            Format::Gitlab => {
                let fingerprints = report::fingerprints(&name, file.text, file.findings);
                let all = file.findings.iter().zip(&fingerprints);
                let issues = all.map(|(one, print)| report::gitlab::issue(&name, one, print));
                self.results.extend(issues);
            }
            Format::Baseline => {
                let entries = baseline::entries(&name, file.text, file.findings);
                self.results.extend(entries);
            }
            Format::Junit => self
                .cases
                .extend(report::junit::cases(&name, file.findings)),
            Format::Checkstyle => {
                self.head()?;
                if !file.findings.is_empty() {
                    let text = report::checkstyle::file(&name, file.findings);
                    self.out.write_all(text.as_bytes())?;
                }
            }
        }
        Ok(())
    }

    /// Text and patches.
    fn people(
        &mut self,
        file: &FileFindings<'_>,
        real: &Path,
        new: Option<(&[u8], &[u8])>,
    ) -> io::Result<()> {
        let lines = match new {
            Some((old, new)) => diff::unified(self.labels.of(real), old, new),
            None => Vec::new(),
        };
        let paint = new.and_then(|(old, new)| {
            report::Paint::with(self.styles, file.language, old, new).filter(|_| self.terminal)
        });
        let paint = paint.as_ref();
        match &mut self.stat {
            Some(stat) if !lines.is_empty() => stat.add(file.path, &lines),
            Some(_) => {}
            None if self.format == Format::Patch => {
                let (out, terminal) = (&mut self.out, self.terminal);
                report::write_diff(out, &lines, terminal, self.styles, paint)?;
            }
            None => {
                let source = Source::new(file.text, "");
                for finding in file.findings {
                    let (out, place) = (&mut self.out, (file.path, file.language));
                    report::text_finding(out, place, &source, finding, file.least, self.styles)?;
                }
                if self.diffs && !lines.is_empty() {
                    let (out, terminal) = (&mut self.out, self.terminal);
                    report::write_diff(out, &lines, terminal, self.styles, paint)?;
                    writeln!(self.out)?;
                }
            }
        }
        Ok(())
    }

    /// What comes in front of the first file.
    fn head(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.begun, true) {
            self.out.write_all(report::checkstyle::HEAD.as_bytes())?;
        }
        Ok(())
    }

    /// Prints what comes after the last file.
    ///
    /// # Errors
    /// When stdout cannot be written.
    pub fn finish(&mut self, totals: &Totals) -> io::Result<()> {
        if let Some(stat) = &self.stat {
            stat.write(&mut self.out, self.styles)?;
        }
        match self.format {
            Format::Json => {
                let document = Document {
                    version: 1,
                    files: totals.files,
                    findings: std::mem::take(&mut self.results),
                    skipped: totals.skipped.clone(),
                    errors: totals.errors.clone(),
                };
                self.document(&document)?;
            }
            Format::Sarif => {
                let log = report::sarif::log(&self.results, &totals.errors);
                self.document(&log)?;
            }
            Format::Gitlab => {
                let issues = std::mem::take(&mut self.results);
                self.document(&issues)?;
            }
            Format::Baseline => {
                let document = baseline::document(std::mem::take(&mut self.results));
                self.document(&document)?;
            }
            Format::Junit => {
                let text = report::junit::document(&self.cases);
                self.out.write_all(text.as_bytes())?;
            }
            Format::Checkstyle => {
                self.head()?;
                self.out.write_all(report::checkstyle::FOOT.as_bytes())?;
            }
            Format::Text | Format::Jsonl | Format::Patch | Format::Github => {}
        }
        self.out.flush()
    }

    fn document(&mut self, document: &impl serde::Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(document)?;
        writeln!(self.out, "{}", report::harmless_json(text))
    }
}
