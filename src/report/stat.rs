//! How much each file changes, as `git diff --stat` shows it.

use super::diff::{Kind, Line};
use super::{Styles, printable};
use std::io::{self, Write};
use std::path::Path;

/// The widest bar, in columns.
const WIDEST: usize = 40;

/// Files with the lines that they gain and lose.
#[derive(Debug, Default)]
pub struct Stat {
    rows: Vec<(String, usize, usize)>,
}

impl Stat {
    /// Adds a file with its diff.
    pub fn add(&mut self, path: &Path, diff: &[Line<'_>]) {
        let count = |kind| diff.iter().filter(|line| line.kind == kind).count();
        let name = printable(&path.to_string_lossy());
        self.rows
            .push((name, count(Kind::Added), count(Kind::Removed)));
    }

    /// Prints the table. Nothing when no file changes.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut impl Write, styles: Styles) -> io::Result<()> {
        let widest =
            |width: fn(&(String, usize, usize)) -> usize| self.rows.iter().map(width).max();
        let (Some(name_width), Some(most)) = (
            widest(|row| console::measure_text_width(&row.0)),
            widest(|row| row.1 + row.2),
        ) else {
            return Ok(());
        };
        let digits = most.to_string().len();
        let scale = |count: usize| {
            if most <= WIDEST {
                count
            } else {
                (count * WIDEST).div_ceil(most)
            }
        };
        let (green, red) = (styles.added(), styles.removed());
        let (mut total_added, mut total_removed) = (0, 0);
        for (name, added, removed) in &self.rows {
            let pad = name_width - console::measure_text_width(name);
            writeln!(
                out,
                " {name}{:pad$} | {:>digits$} {green}{}{green:#}{red}{}{red:#}",
                "",
                added + removed,
                "+".repeat(scale(*added)),
                "-".repeat(scale(*removed)),
            )?;
            total_added += added;
            total_removed += removed;
        }
        writeln!(
            out,
            " {} changed, {total_added}(+), {total_removed}(-)",
            plural(self.rows.len(), "file"),
        )
    }
}

/// "1 file", "2 files".
pub fn plural(count: usize, word: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {word}{ending}")
}
