//! Colours, in one place.

use crate::finding::Severity;
use crate::syntax::Look;
use anstyle::{AnsiColor, Style};

/// The styles of a stream; without colour all of them are empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Styles {
    on: bool,
    /// The columns of the terminal, if it is one.
    columns: Option<usize>,
}

impl Styles {
    /// Coloured or plain.
    pub fn new(on: bool) -> Styles {
        Styles { on, columns: None }
    }

    /// The same for a terminal of so many columns.
    pub fn within(self, columns: Option<usize>) -> Styles {
        Styles { columns, ..self }
    }

    /// The columns that a line may have, if that matters.
    pub fn columns(self) -> Option<usize> {
        self.columns
    }

    /// Whether there is colour.
    pub fn are_on(self) -> bool {
        self.on
    }

    fn pick(self, style: Style) -> Style {
        if self.on { style } else { Style::new() }
    }

    /// Paths and headings.
    pub fn strong(self) -> Style {
        self.pick(Style::new().bold())
    }

    /// Line numbers and other things to read past.
    pub fn faint(self) -> Style {
        self.pick(Style::new().dimmed())
    }

    /// Removed lines.
    pub fn removed(self) -> Style {
        self.pick(AnsiColor::Red.on_default())
    }

    /// Added lines, and what was done.
    pub fn added(self) -> Style {
        self.pick(AnsiColor::Green.on_default())
    }

    /// Where a hunk stands; the keys of a question.
    pub fn place(self) -> Style {
        self.pick(AnsiColor::Cyan.on_default())
    }

    /// A part of code in a line that has the style `base`: it keeps the colour of a line that was removed or
    /// added.
    pub fn code(self, look: Look, base: Style) -> Style {
        let own = |color: AnsiColor| match base == Style::new() {
            true => color.on_default(),
            false => base,
        };
        self.pick(match look {
            Look::Keyword if base == Style::new() => AnsiColor::Magenta.on_default(),
            Look::Keyword => base.bold(),
            Look::Text => own(AnsiColor::Cyan),
            Look::Comment => base.dimmed(),
        })
    }

    /// The name of a rule.
    pub fn rule(self, severity: Severity) -> Style {
        let color = match severity {
            Severity::Error => AnsiColor::Red,
            Severity::Warning => AnsiColor::Yellow,
            Severity::Note => AnsiColor::Cyan,
        };
        self.pick(color.on_default().bold())
    }
}
