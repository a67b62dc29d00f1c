//! The command line: options, and what they mean together.

use super::command::Command;
use super::named;
use super::shard::Shard;
use crate::baseline::Baseline;
use crate::catalog::schema::Family;
use crate::config::{Overrides, parse_size};
use crate::discover::Touched;
use crate::engine::{Exceptions, Standard};
use crate::finding::{Applicability, Form, Rule};
use crate::language::Language;
use crate::names;
use crate::suppress::is_reason;
use clap::{CommandFactory, Parser, ValueEnum};
use std::path::PathBuf;
use std::sync::Arc;

/// Find locks that an exception, an early return or a break can leave held, and rewrite the code
/// so that the release is guaranteed.
///
/// Without --dry-run or --yes, each fix is shown and asked about.
#[derive(Debug, Parser)]
#[command(name = "lockfix", version, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Files and directories [default: .]; `-` reads stdin and writes the fixed text to stdout
    pub paths: Vec<PathBuf>,

    /// Show findings and one patch (for `git apply` or `patch -p1`); write nothing
    #[arg(help_heading = FIXES, long, conflicts_with = "yes")]
    pub dry_run: bool,

    /// Write every safe fix without asking
    #[arg(help_heading = FIXES, long, short)]
    pub yes: bool,

    /// Also apply fixes that change more than where the lock is released
    #[arg(help_heading = FIXES, long)]
    pub unsafe_fixes: bool,

    /// Offer fixes of this form only; `lockfix forms` lists them
    #[arg(help_heading = FIXES, long, value_parser = named::FORM, hide_possible_values = true)]
    form: Option<Form>,

    /// Go on with the review that was quit last: do not ask again about what was left then
    #[arg(help_heading = FIXES, long, conflicts_with_all = ["yes", "dry_run", "add_ignores"])]
    pub resume: bool,

    /// Write a comment that suppresses it at each finding, with this reason; fix nothing. With
    /// --dry-run, show the patch
    #[arg(help_heading = FIXES, long, value_name = "REASON", num_args = 0..=1, require_equals = true,
          default_missing_value = "", conflicts_with_all = ["yes", "stat"], value_parser = ignore_reason)]
    pub add_ignores: Option<String>,

    /// With --yes: refuse to write into a tree that has uncommitted changes
    #[arg(help_heading = FIXES, long, requires = "yes")]
    pub require_clean: bool,

    /// Keep no journal for `lockfix undo`
    #[arg(help_heading = FIXES, long)]
    pub no_journal: bool,

    /// Look at files of these languages only
    #[arg(help_heading = FILES, long, value_name = "LANGUAGE", value_delimiter = ',', value_parser = named::LANGUAGES)]
    lang: Vec<Vec<Language>>,

    /// Also read paths from this file (`-`: stdin), one a line or separated by NUL bytes
    #[arg(help_heading = FILES, long, value_name = "FILE")]
    pub files_from: Option<PathBuf>,

    /// Report only on functions that differ from where this branch left REV (needs git)
    #[arg(help_heading = FILES, long, value_name = "REV")]
    pub diff_base: Option<String>,

    /// Look at one of N equal shares of the files, such as 2/8
    #[arg(help_heading = FILES, long, value_name = "I/N")]
    pub shard: Option<Shard>,

    /// Skip files over this size, such as 500K or 5M [default: 1M]
    #[arg(help_heading = FILES, long, value_name = "SIZE", value_parser = size)]
    max_size: Option<u64>,

    /// The name of the file on stdin: it decides the language and the configuration
    #[arg(help_heading = FILES, long, value_name = "PATH")]
    pub stdin_filename: Option<PathBuf>,

    /// Report these rules only, separated by commas
    #[arg(help_heading = FINDINGS, long, value_name = "RULE", value_delimiter = ',', value_parser = named::RULES)]
    select: Vec<Vec<Rule>>,

    /// Do not report these rules
    #[arg(help_heading = FINDINGS, long, value_name = "RULE", value_delimiter = ',', value_parser = named::RULES, hide_possible_values = true)]
    ignore: Vec<Vec<Rule>>,

    /// Also look for what else has to be given back
    #[arg(help_heading = FINDINGS, long, value_name = "FAMILY", value_delimiter = ',', value_parser = named::FAMILIES)]
    family: Vec<Vec<Family>>,

    /// Leave out what this file lists: findings that were there when it was written with
    /// --dry-run --format baseline
    #[arg(help_heading = FINDINGS, long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,

    /// What can throw while a lock is held [default: by language]
    #[arg(help_heading = FINDINGS, long, value_name = "LEVEL")]
    exceptions: Option<Level>,

    /// The version of C++ that the code is built with, as in `c++17`
    #[arg(help_heading = FINDINGS, long, value_name = "STANDARD")]
    std: Option<Standard>,

    /// What every `.h` is written in [default: what it looks like]
    #[arg(help_heading = FINDINGS, long, value_name = "LANGUAGE", value_parser = named::HEADERS)]
    headers: Option<Language>,

    /// Use this configuration in place of lockfix.toml and pyproject.toml files
    #[arg(help_heading = CONFIGURATION, long, value_name = "FILE", conflicts_with = "isolated")]
    pub config: Option<PathBuf>,

    /// Use no configuration file
    #[arg(help_heading = CONFIGURATION, long)]
    pub isolated: bool,

    /// For whom to report
    #[arg(help_heading = OUTPUT, long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,

    /// Show how much each file changes in place of findings and diffs
    #[arg(help_heading = OUTPUT, long)]
    pub stat: bool,

    /// Also write what the run came to into this file, as JSON
    #[arg(help_heading = OUTPUT, long, value_name = "FILE")]
    pub report: Option<PathBuf>,

    /// List what was skipped, with reasons
    #[arg(help_heading = OUTPUT, long, short, conflicts_with = "quiet")]
    pub verbose: bool,

    /// No summary and no progress
    #[arg(help_heading = OUTPUT, long, short)]
    pub quiet: bool,

    /// When to colour
    #[arg(help_heading = OUTPUT, long, value_name = "WHEN", default_value = "auto")]
    pub color: When,

    /// Exit with 0 although findings remain
    #[arg(help_heading = OUTPUT, long)]
    pub exit_zero: bool,

    /// Work on this many files at once [default: one per processor]
    #[arg(
        long,
        short,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub jobs: usize,
}

// The headings of --help.
const FIXES: &str = "What to do";
const FILES: &str = "Where to look";
const FINDINGS: &str = "What to look for";
const CONFIGURATION: &str = "Configuration";
const OUTPUT: &str = "How to report";

const AFTER_HELP: &str = "\
Exit status: 0 when nothing was found or everything found was fixed, 1 when findings remain (so \
also after a dry run that found some), 2 when part of the work could not be done.

Directories are searched for source files, honouring .gitignore, .ignore, .lockfixignore and the \
configuration's `exclude`; vendored directories are passed over. A file that is named is looked at \
in any case.

Examples:
  lockfix src                          ask about each fix
  lockfix --dry-run . | git apply      the same bytes as lockfix --yes
  lockfix --dry-run --format sarif .   for code scanning
  lockfix undo                         take back what the last run wrote
  lockfix explain leak-on-exit         what a rule means";

/// What can throw.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    /// Nothing: there are no exceptions
    Nothing,
    /// Calls, `new`, await, yield, throw
    Calls,
    /// Also every operator that can raise in the language
    Operators,
}

/// How to report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, and for programs that apply patches
    Text,
    /// One document
    Json,
    /// One finding a line
    Jsonl,
    /// The patch alone
    Patch,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations in a workflow of GitHub Actions
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// The XML that many build servers read
    Checkstyle,
    /// The XML in which build servers show what tests came to: a failed test for each finding
    Junit,
    /// What --baseline reads
    Baseline,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also into files and pipes
    Always,
    /// Not at all
    Never,
}

fn ignore_reason(reason: &str) -> Result<String, &'static str> {
    if is_reason(reason) {
        Ok(reason.to_owned())
    } else {
        Err("give a reason on one line that ends no comment")
    }
}

fn size(text: &str) -> Result<u64, &'static str> {
    parse_size(text).ok_or("give a number of bytes, or one with K, M or G")
}

impl Args {
    /// What goes over the configuration files.
    pub fn overrides(
        &self,
        baseline: Option<Arc<Baseline>>,
        touched: Option<Arc<Touched>>,
    ) -> Overrides {
        Overrides {
            baseline,
            touched,
            best_only: !self.is_interactive(),
            select: (!self.select.is_empty()).then(|| self.select.concat()),
            ignore: self.ignore.concat(),
            form: self.form,
            exceptions: self.exceptions.map(|level| match level {
                Level::Nothing => Exceptions::Nothing,
                Level::Calls => Exceptions::Calls,
                Level::Operators => Exceptions::Operators,
            }),
            standard: self.std,
            headers: self.headers,
            families: self.family.concat(),
            max_size: self.max_size,
        }
    }

    /// The languages asked for; empty: all.
    pub fn languages(&self) -> Vec<Language> {
        self.lang.concat()
    }

    /// The fixes to apply.
    pub fn least(&self) -> Applicability {
        if self.unsafe_fixes {
            Applicability::Unsafe
        } else {
            Applicability::Safe
        }
    }

    /// Whether the text to work on comes from stdin.
    pub fn reads_stdin(&self) -> bool {
        self.paths.iter().any(|path| path.as_os_str() == "-")
    }

    /// Whether each fix is asked about.
    pub fn is_interactive(&self) -> bool {
        !self.dry_run && !self.yes && self.add_ignores.is_none()
    }

    /// Whether files are written without a question.
    pub fn writes(&self) -> bool {
        self.yes || (self.add_ignores.is_some() && !self.dry_run)
    }

    /// What the run does about findings, for its summary; `None`: it writes nothing.
    pub fn does(&self) -> Option<&'static str> {
        match self.add_ignores {
            Some(_) => Some("ignored"),
            None => (!self.dry_run).then_some("fixed"),
        }
    }

    /// The command that a first path, which is none, was meant to be.
    fn mistyped_command(&self) -> Option<String> {
        let first = self.paths.first().filter(|path| !path.exists())?.to_str()?;
        let program = Args::command();
        let known = program.get_subcommands().map(clap::Command::get_name);
        let meant = names::closest(first, known)?;
        Some(format!(
            "there is no file `{first}`, and no such command; did you mean `lockfix {meant}`?"
        ))
    }

    /// What the options mean together.
    ///
    /// # Errors
    /// When they contradict each other, as a sentence for people.
    pub fn check(&self) -> Result<(), String> {
        if self.add_ignores.is_some() && self.format != Format::Text {
            return Err("--add-ignores knows no other --format than text".to_owned());
        }
        if let Some(mistyped) = self.mistyped_command() {
            return Err(mistyped);
        }
        if self.reads_stdin() {
            let about_files = [
                (self.resume, "--resume"),
                (self.diff_base.is_some(), "--diff-base"),
                (self.add_ignores.is_some(), "--add-ignores"),
            ];
            if let Some((_, option)) = about_files.iter().find(|(given, _)| *given) {
                return Err(format!(
                    "{option} is about files; it cannot be combined with `-`"
                ));
            }
            if self.paths.len() > 1 || self.files_from.is_some() {
                return Err("`-` (stdin) cannot be combined with other paths".to_owned());
            }
            if self.format != Format::Text && !self.dry_run {
                return Err(
                    "stdout gets the fixed text of stdin; for another --format add --dry-run"
                        .to_owned(),
                );
            }
            if self.stat && !self.dry_run {
                return Err(
                    "stdout gets the fixed text of stdin; for --stat add --dry-run".to_owned(),
                );
            }
            return Ok(());
        }
        if self.stdin_filename.is_some() {
            return Err("--stdin-filename needs `-` as the path".to_owned());
        }
        if self.is_interactive() && (self.format != Format::Text || self.stat) {
            let option = if self.stat { "--stat" } else { "--format" };
            return Err(format!("{option} needs --dry-run or --yes"));
        }
        if self.stat && self.format != Format::Text {
            return Err("--stat is a text report; it cannot be combined with --format".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }
}
