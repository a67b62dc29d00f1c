//! The command line.

mod args;
mod batch;
mod clean_tree;
mod command;
mod completions;
mod editor;
mod exit;
mod ignores;
mod init;
mod learn;
mod named;
mod ordered;
mod output;
mod paths;
mod review;
mod run_report;
mod shard;
mod stderr;
mod stdin;
mod survey;
mod totals;
mod undo;

pub use exit::Exit;

use crate::apply::{self, Journal, Writer, clean_up_on_signals};
use crate::baseline::Baseline;
use crate::config::Workspace;
use crate::discover::{Query, Touched};
use crate::report::{Labels, Styles, plural};
use anstream::{AutoStream, ColorChoice};
use args::{Args, When};
use clap::Parser;
use console::Term;
use output::Reporter;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use stderr::Stderr;
use totals::Totals;

/// What every mode needs.
struct Run {
    args: Args,
    workspace: Workspace,
    /// Where to look, and for what.
    paths: Vec<PathBuf>,
    query: Query,
    touched: Option<Arc<Touched>>,
    /// The current directory, without links.
    directory: PathBuf,
    out_styles: Styles,
    err_styles: Styles,
}

impl Run {
    fn reporter(&self) -> Reporter {
        Reporter::new(&self.args, self.out_styles, self.labels())
    }

    /// How patches name files.
    fn labels(&self) -> Labels {
        Labels::new(self.directory.clone())
    }

    /// What writes the files of the run, so that `lockfix undo` can take it back.
    fn writer(&self) -> Writer {
        let state = (!self.args.no_journal).then(apply::state_directory);
        let tree = || apply::tree_of(&self.args.paths, &self.directory);
        Writer::noting_in(state.flatten().map(|state| Journal::new(state, tree())))
    }
}

/// Runs the program.
pub fn main() -> ExitCode {
    // Interactive work happens on this thread's stack; the main thread's may be small.
    let thread = std::thread::Builder::new()
        .stack_size(ordered::STACK_SIZE)
        .spawn(start);
    match thread.map(|thread| thread.join()) {
        Ok(Ok(exit)) => exit,
        _ => Exit::Failure.into(),
    }
}

fn start() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // A closed pipe is no reason to complain about `--help`.
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Failure
            } else {
                Exit::Clean
            };
            return exit.into();
        }
    };
    let out_styles =
        styles(args.color, AutoStream::choice(&io::stdout())).within(columns(&Term::stdout()));
    let err_styles =
        styles(args.color, AutoStream::choice(&io::stderr())).within(columns(&Term::stderr()));
    let mut stderr = Stderr::new(err_styles, args.quiet);
    match run(args, out_styles, err_styles, &mut stderr) {
        Ok(exit) => exit.into(),
        Err(message) => {
            stderr.error(message);
            Exit::Failure.into()
        }
    }
}

/// The columns of a terminal; `None` where the stream is none, or does not tell.
fn columns(term: &Term) -> Option<usize> {
    let (_, columns) = term.size_checked().filter(|_| term.is_term())?;
    (columns > 0).then(|| usize::from(columns))
}

fn styles(when: When, auto: ColorChoice) -> Styles {
    Styles::new(match when {
        When::Always => true,
        When::Never => false,
        When::Auto => auto != ColorChoice::Never,
    })
}

/// Runs one mode.
///
/// # Errors
/// When the run cannot begin or go on, as a sentence for people.
fn run(
    args: Args,
    out_styles: Styles,
    err_styles: Styles,
    stderr: &mut Stderr,
) -> Result<Exit, String> {
    if let Some(command) = &args.command {
        return command.run(out_styles, stderr);
    }
    let begun = Instant::now();
    args.check()?;
    if !args.reads_stdin() && args.is_interactive() {
        review::check_terminal()?;
    }
    install_signal_handlers()?;
    let directory = current_directory()?;
    let baseline = args.baseline.as_deref();
    let baseline = baseline.map(|file| Baseline::read(file, &directory));
    let mut baseline = baseline.transpose().map_err(|error| error.to_string())?;
    let touched = args.diff_base.as_deref();
    let touched = touched.map(|base| Touched::since(base, &directory));
    let touched = touched.transpose()?.map(Arc::new);
    if args.resume {
        match review::left_before(&args, &directory)? {
            Some(left) => baseline = Some(left.and(baseline)),
            None => stderr.note("there is no review to go on with; this is a new one"),
        }
    }
    let overrides = args.overrides(baseline.map(Arc::new), touched.clone());
    let workspace = match (&args.config, args.isolated) {
        (Some(file), _) => Workspace::fixed(overrides, Some(file)),
        (None, true) => Workspace::fixed(overrides, None),
        (None, false) => Workspace::nearest(overrides),
    };
    let paths = paths_of(&args)?;
    if args.writes() && !args.reads_stdin() {
        check_trees(&args, &paths, stderr)?;
    }
    let run = Run {
        paths,
        query: Query {
            languages: args.languages(),
        },
        touched,
        workspace: workspace.map_err(|error| error.to_string())?,
        args,
        directory,
        out_styles,
        err_styles,
    };
    let mut totals = Totals::default();
    if run.args.reads_stdin() {
        stdin::run(&run, &mut totals, stderr)?;
    } else {
        let result = if let Some(reason) = &run.args.add_ignores {
            ignores::run(&run, reason, &mut totals, stderr)
        } else if run.args.is_interactive() {
            review::run(&run, &mut totals, stderr)
        } else {
            batch::run(&run, &mut totals, stderr)
        };
        result.map_err(|stop| stop.to_string())?;
    }
    if run.args.verbose {
        for line in totals.skipped_lines() {
            stderr.note(line);
        }
    }
    stderr.note(totals.summary(run.args.does()));
    for line in &totals.afterword {
        stderr.note(line);
    }
    run_report::write(&run.args, &totals, begun.elapsed())?;
    Ok(totals.exit(run.args.exit_zero))
}

/// The current directory, without links.
fn current_directory() -> Result<PathBuf, String> {
    std::env::current_dir()
        .and_then(|directory| directory.canonicalize())
        .map_err(|error| format!("cannot find the current directory: {error}"))
}

/// What a person has to know of the writing when it is over.
fn tell_about_writing(writer: &Writer, stderr: &Stderr) {
    tell_leftovers(writer, stderr);
    if let Some(failure) = writer.journal().and_then(Journal::failure) {
        stderr.warning(format_args!(
            "`lockfix undo` cannot take back all of this run: {failure} (--no-journal: keep no journal)"
        ));
    }
}

fn tell_leftovers(writer: &Writer, stderr: &Stderr) {
    for backup in writer.leftovers() {
        stderr.warning(format_args!(
            "`{}` holds the old content of a file that a killed run was writing; compare the two, \
             then remove it",
            backup.display()
        ));
    }
}

/// What is written into a tree with changes of its own can hardly be looked at, or taken back.
fn check_trees(args: &Args, paths: &[PathBuf], stderr: &Stderr) -> Result<(), String> {
    let trees = clean_tree::look(paths);
    if let Some(path) = trees.untracked.filter(|_| args.require_clean) {
        return Err(format!(
            "--require-clean: git knows nothing of `{}`, so nothing tells whether it has changed",
            path.display()
        ));
    }
    if trees.changed == 0 {
        return Ok(());
    }
    let files = plural(trees.changed, "file");
    if args.require_clean {
        return Err(format!(
            "the working tree has uncommitted changes in {files}; commit or stash them, or leave \
             out --require-clean"
        ));
    }
    stderr.warning(format_args!(
        "the working tree has uncommitted changes in {files}; the fixes will stand among them"
    ));
    Ok(())
}

/// The paths that a run over files is about.
fn paths_of(args: &Args) -> Result<Vec<PathBuf>, String> {
    let mut paths = args.paths.clone();
    match &args.files_from {
        Some(list) => paths.extend(paths::read_list(list)?),
        None if paths.is_empty() => paths.push(PathBuf::from(".")),
        None => {}
    }
    Ok(paths)
}

/// Signals remove temporary files, and give the terminal back as it was.
fn install_signal_handlers() -> Result<(), String> {
    let stdin = io::stdin();
    let settings = stdin
        .is_terminal()
        .then(|| rustix::termios::tcgetattr(&stdin).ok())
        .flatten();
    clean_up_on_signals(move || {
        if let Some(settings) = &settings {
            let when = rustix::termios::OptionalActions::Now;
            // The process ends; there is nothing to do about a terminal that refuses.
            let _ = rustix::termios::tcsetattr(io::stdin(), when, settings);
        }
    })
    .map_err(|error| format!("cannot install signal handlers: {error}"))
}
