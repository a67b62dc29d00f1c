//! The question, and the key that answers it.

use super::Position;
use super::ahead::Known;
use crate::finding::{Applicability, Fix};
use crate::report::{Styles, fill};
use console::{Key, Term};
use std::io;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Apply,
    Skip,
    ApplyRestOfFile,
    SkipRestOfFile,
    ApplyEverything,
    SkipRule,
    SkipLock,
    OtherForm,
    Edit,
    Back,
    Quit,
    Help,
}

const KEYS: [(char, Answer, &str); 12] = [
    ('y', Answer::Apply, "apply this fix"),
    ('n', Answer::Skip, "do not apply it"),
    (
        'a',
        Answer::ApplyRestOfFile,
        "apply this fix and all later ones in this file",
    ),
    (
        'd',
        Answer::SkipRestOfFile,
        "apply neither this fix nor any later one in this file",
    ),
    (
        'A',
        Answer::ApplyEverything,
        "apply this fix and all later ones in all files",
    ),
    (
        'r',
        Answer::SkipRule,
        "apply neither this fix nor any later one of this rule",
    ),
    (
        'l',
        Answer::SkipLock,
        "apply neither this fix nor any later one of this lock",
    ),
    ('o', Answer::OtherForm, "show the fix in its next form"),
    (
        'e',
        Answer::Edit,
        "edit the fixed file in $EDITOR, then write it",
    ),
    (
        'k',
        Answer::Back,
        "go back to the question before, and take its answer back",
    ),
    ('q', Answer::Quit, "quit; what was applied stays"),
    ('?', Answer::Help, "show this help"),
];

/// Asks about a fix, whose form is the one of this number among so many, until a key is pressed that means something.
///
/// # Errors
/// When the terminal fails. A terminal that is gone is an answer: quit.
pub fn ask(
    term: &Term,
    (fix, shown, forms): (&Fix, usize, usize),
    (position, of): (Position, Known),
    styles: Styles,
) -> io::Result<Answer> {
    // A key that would change nothing is not offered.
    let keys = KEYS.iter();
    let keys = keys.filter(|(_, answer, _)| *answer != Answer::OtherForm || forms > 1);
    let keys: Vec<String> = keys.map(|(key, ..)| key.to_string()).collect();
    let (strong, place) = (styles.strong(), styles.place());
    let safe = match fix.applicability {
        Applicability::Safe => "safe",
        _ => "unsafe",
    };
    // There may be more than are known so far.
    let more = if of.complete { "" } else { "+" };
    // Who looks for another form wants to know how many there are.
    let which = match shown {
        0 => String::new(),
        _ => format!(" (form {} of {forms})", shown + 1),
    };
    let question = format!(
        "{strong}Apply this fix?{strong:#}  {}{which}, {safe} · {} of {}{more}, file {} of {}{more}",
        fix.form,
        position.question,
        of.questions.max(position.question),
        position.file,
        of.files.max(position.file),
    );
    let keys = format!("{place}[{}]{place:#} ", keys.join(","));
    // The keys stand together, and the cursor behind them.
    let needed = console::measure_text_width(&question) + 2 + console::measure_text_width(&keys);
    let question = match styles.columns() {
        Some(columns) if needed >= columns => {
            format!("{}\n{keys}", fill(&question, "    ", styles))
        }
        _ => format!("{question}  {keys}"),
    };
    loop {
        term.write_str(&question)?;
        let key = match term.read_key_raw() {
            Ok(Key::Char(key)) => key,
            Ok(Key::CtrlC) => '\u{3}',
            Ok(_) => '\u{0}',
            Err(error) if is_gone(&error) => '\u{4}',
            Err(error) => return Err(error),
        };
        // As the terminal shows Ctrl-C and Ctrl-D.
        if key == '\u{3}' || key == '\u{4}' {
            term.write_line("")?;
            return Ok(Answer::Quit);
        }
        if let Some((key, answer, _)) = KEYS.iter().find(|(known, ..)| *known == key) {
            term.write_line(&format!("{key}\n"))?;
            return Ok(*answer);
        }
        term.write_line("\nPress one of the keys in brackets; ? explains them.")?;
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::NotConnected | io::ErrorKind::Interrupted
    )
}

/// Explains the keys.
///
/// # Errors
/// When the terminal fails.
pub fn help(term: &Term, styles: Styles) -> io::Result<()> {
    let place = styles.place();
    for (key, _, meaning) in KEYS {
        let line = format!("{place}{key}{place:#}  {meaning}");
        term.write_line(&fill(&line, "   ", styles))?;
    }
    term.write_line("")
}
