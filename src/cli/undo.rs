//! `lockfix undo`: the files of a run get the bytes again that they had before it.

use super::output::Output;
use super::{Exit, Stderr, current_directory, install_signal_handlers};
use crate::apply::{self, Back, Change, Writer};
use crate::report::{self, Labels, Styles, diff, plural, printable};
use clap::Args;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Which run is taken back, and how.
#[derive(Debug, Args)]
pub struct Undo {
    /// A path in the tree whose run is meant [default: .]
    path: Option<PathBuf>,

    /// Take back the Nth last run in place of the last
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true,
          value_parser = clap::value_parser!(u16).range(1..))]
    run: u16,

    /// List the runs that can be taken back
    #[arg(long, conflicts_with_all = ["run", "dry_run"])]
    list: bool,

    /// Show what would change; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What became of one file.
enum Outcome {
    Restored,
    /// It has the bytes from before the run.
    Already,
    /// It is left alone, for this reason.
    Left(String),
}

/// Takes back a run.
///
/// # Errors
/// When there is no such run, or its journal cannot be read, as a sentence for people.
pub fn run(undo: &Undo, styles: Styles, stderr: &Stderr) -> Result<Exit, String> {
    install_signal_handlers()?;
    let directory = current_directory()?;
    let paths: Vec<PathBuf> = undo.path.iter().cloned().collect();
    let tree = apply::tree_of(&paths, &directory);
    let state = apply::state_directory();
    let runs = state.map_or(Vec::new(), |state| apply::runs(&state, &tree));
    let mut out = Output::new();
    let cannot_print = |error: io::Error| format!("cannot write to stdout: {error}");
    if undo.list {
        list(&mut out, &runs).map_err(cannot_print)?;
        return Ok(Exit::Clean);
    }
    let Some(run) = runs.get(usize::from(undo.run) - 1) else {
        return Err(match runs.len() {
            0 => format!("there is no run in `{}` to take back", tree.display()),
            count => format!(
                "only {} in `{}` can be taken back",
                plural(count, "run"),
                tree.display()
            ),
        });
    };
    let unreadable = |error| format!("cannot read `{}`: {error}", run.file.display());
    let changes = run.changes().map_err(unreadable)?;
    let labels = Labels::new(directory);
    let writer = Writer::default();
    let (mut restored, mut left) = (0, 0);
    for change in &changes {
        let outcome = if undo.dry_run {
            preview(change, &labels, &mut out, styles).map_err(cannot_print)?
        } else {
            restore(change, &writer)
        };
        match outcome {
            Outcome::Restored => restored += 1,
            Outcome::Already => {}
            Outcome::Left(why) => {
                left += 1;
                let name = labels.named(&change.path).to_string_lossy();
                stderr.error(format_args!("{}: {}", printable(&name), printable(&why)));
            }
        }
    }
    out.flush().map_err(cannot_print)?;
    super::tell_leftovers(&writer, stderr);
    let files = plural(restored, "file");
    let verb = if undo.dry_run { "would take" } else { "took" };
    let since = age(run.time);
    let mut summary = format!("{verb} back the run of {since} in {files}");
    if left > 0 {
        let stay = if left == 1 {
            "stays as it is"
        } else {
            "stay as they are"
        };
        summary.push_str(&format!("; {} {stay}", plural(left, "file")));
    }
    stderr.note(summary);
    if left > 0 {
        return Ok(Exit::Failure);
    }
    if !undo.dry_run {
        let kept = |error| format!("cannot remove `{}`: {error}", run.file.display());
        run.forget().map_err(kept)?;
    }
    Ok(Exit::Clean)
}

/// The bytes that the file has now, and what it would have to become.
fn look(path: &Path, change: &Change) -> Result<(Vec<u8>, Back), String> {
    let now = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "it is gone; it is not taken back".to_owned(),
        _ => format!("cannot read it: {error}"),
    })?;
    let back = change.back(&now).map_err(|error| error.to_string())?;
    Ok((now, back))
}

const MOVED_ON: &str = "it has changed since the run; it is not taken back";

fn restore(change: &Change, writer: &Writer) -> Outcome {
    match look(&change.path, change) {
        Ok((now, Back::To(before))) => match writer.replace(&change.path, &now, &before) {
            Ok(()) => Outcome::Restored,
            Err(error) => Outcome::Left(error.to_string()),
        },
        Ok((_, Back::Already)) => Outcome::Already,
        Ok((_, Back::MovedOn)) => Outcome::Left(MOVED_ON.to_owned()),
        Err(why) => Outcome::Left(why),
    }
}

fn preview(
    change: &Change,
    labels: &Labels,
    out: &mut Output,
    styles: Styles,
) -> io::Result<Outcome> {
    Ok(match look(&change.path, change) {
        Ok((now, Back::To(before))) => {
            let lines = diff::unified(labels.of(&change.path), &now, &before);
            let terminal = styles.are_on() || io::stdout().is_terminal();
            report::write_diff(out, &lines, terminal, styles, None)?;
            Outcome::Restored
        }
        Ok((_, Back::Already)) => Outcome::Already,
        Ok((_, Back::MovedOn)) => Outcome::Left(MOVED_ON.to_owned()),
        Err(why) => Outcome::Left(why),
    })
}

fn list(out: &mut Output, runs: &[apply::Run]) -> io::Result<()> {
    for (at, run) in runs.iter().enumerate() {
        let files = match run.changes() {
            Ok(changes) => plural(changes.len(), "file"),
            Err(error) => error.to_string(),
        };
        let root = run.root.to_string_lossy();
        let since = age(run.time);
        writeln!(
            out,
            "{:>3}  {since:<16} {files:<10} {}",
            at + 1,
            printable(&root)
        )?;
    }
    out.flush()
}

/// "3 minutes ago".
fn age(time: SystemTime) -> String {
    let seconds = time.elapsed().unwrap_or_default().as_secs();
    let (size, unit) = match seconds {
        0..60 => return "a moment ago".to_owned(),
        60..3_600 => (60, "minute"),
        3_600..86_400 => (3_600, "hour"),
        _ => (86_400, "day"),
    };
    let count = usize::try_from(seconds / size).unwrap_or(usize::MAX);
    format!("{} ago", plural(count, unit))
}
