//! Suppression comments for what is found today.

use crate::edit::{Edit, EditSet, apply};
use crate::finding::{Finding, Rule};
use crate::language::Language;
use crate::source::{Source, Span};
use crate::syntax::same_code;
use std::collections::{BTreeMap, BTreeSet};

/// Words of comments by which other tools are told about the next line: nothing may come between.
const DIRECTIVES: [&str; 6] = [
    "ignore",
    "disable",
    "nolint",
    "noqa",
    "ts-expect",
    "suppress",
];

/// Where a comment is put.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// On a line of its own above.
    Above,
    /// Behind the code.
    Behind,
}

/// Whether a reason can stand in a comment of every language.
pub fn is_reason(reason: &str) -> bool {
    let ends_comments = ["*/", "?>"].iter().any(|end| reason.contains(end));
    !ends_comments && !reason.ends_with('\\') && !reason.chars().any(char::is_control)
}

/// The edits that put a comment at each finding, where that changes nothing but comments. Comments that
/// suppress nothing are no reason for more.
pub fn silence(language: Language, text: &[u8], findings: &[Finding], reason: &str) -> Vec<Edit> {
    let source = Source::new(text, "");
    let mut lines: BTreeMap<usize, BTreeSet<Rule>> = BTreeMap::new();
    for finding in findings {
        if finding.rule != Rule::UnusedSuppression {
            let line = source.line_start(finding.acquire.start);
            lines.entry(line).or_default().insert(finding.rule);
        }
    }
    let edits = |places: &BTreeMap<usize, Place>| {
        let mut set = EditSet::default();
        for (line, place) in places {
            let comment = comment(language, &lines[line], reason);
            put(&mut set, &source, *line, *place, &comment);
        }
        // Different lines do not overlap.
        set.finish().unwrap_or_default()
    };
    let sound = |places: &BTreeMap<usize, Place>| {
        let edits = edits(places);
        same_code(language, text, &apply(text, &edits))
    };
    let first = |line: usize| Some((line, *possible_places(&source, line).first()?));
    let mut places: BTreeMap<usize, Place> = lines.keys().copied().filter_map(first).collect();
    if !sound(&places) {
        let possible = |line: usize| {
            let mut all = possible_places(&source, line).into_iter();
            let place = all.find(|place| sound(&BTreeMap::from([(line, *place)])))?;
            Some((line, place))
        };
        places = lines.keys().copied().filter_map(possible).collect();
    }
    edits(&places)
}

fn comment(language: Language, rules: &BTreeSet<Rule>, reason: &str) -> String {
    let names: Vec<&str> = rules.iter().map(|rule| rule.name()).collect();
    let (open, close) = language.comment();
    let directive = format!("{open} lockfix: ignore[{}] {reason}", names.join(", "));
    format!("{} {close}", directive.trim_end())
        .trim_end()
        .to_owned()
}

/// Where a comment on the line that begins at `line` may be, best first.
fn possible_places(source: &Source<'_>, line: usize) -> Vec<Place> {
    let own = source.text(Span::new(line, source.line_content_end(line)));
    let above = match line {
        0 => String::new(),
        _ => source.text(Span::new(source.line_start(line - 1), line)),
    };
    let mut places = Vec::new();
    // A line that goes on in the next one takes no comment, and none can come between the two; not
    // every grammar minds.
    if !above.trim_end().ends_with('\\') {
        places.push(Place::Above);
    }
    if !own.trim_end().ends_with('\\') {
        places.push(Place::Behind);
    }
    if is_directive(&above) {
        places.reverse();
    }
    places
}

/// Whether another tool reads this line as a word about the next one.
fn is_directive(line: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    let is_comment = ["//", "#", "/*", "*"]
        .iter()
        .any(|sign| line.starts_with(sign));
    is_comment && !line.contains("lockfix:") && DIRECTIVES.iter().any(|word| line.contains(word))
}

fn put(set: &mut EditSet, source: &Source<'_>, line: usize, place: Place, comment: &str) {
    match place {
        Place::Above => {
            // A byte order mark stays in front.
            let bom = source.bytes[line..].starts_with(b"\xef\xbb\xbf");
            let at = if line == 0 && bom { 3 } else { line };
            let mut text = source.indent_at(line).to_vec();
            text.extend_from_slice(comment.as_bytes());
            text.extend_from_slice(source.newline.as_bytes());
            set.insert(at, text);
        }
        Place::Behind => set.insert(source.line_content_end(line), format!("  {comment}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Options};

    /// The text with its findings silenced.
    fn silenced(language: Language, text: &str) -> String {
        let engine = Engine::new(Options::default()).expect("the catalogue is valid");
        let findings = engine.analyse(language, text.as_bytes()).findings;
        assert_ne!(findings, [], "{text}");
        let edits = silence(language, text.as_bytes(), &findings, "later");
        String::from_utf8(apply(text.as_bytes(), &edits)).expect("UTF-8")
    }

    const PYTHON: &str = "import threading\nlock = threading.Lock()\ndef f(x):\n\tlock.acquire()\n\tx()\n\tlock.release()\n";

    #[test]
    fn a_comment_stands_above_with_the_indentation_of_the_line() {
        let comment = "\t# lockfix: ignore[leak-on-exception] later\n";
        let wanted = PYTHON.replace("\tlock.acquire", &format!("{comment}\tlock.acquire"));
        assert_eq!(silenced(Language::Python, PYTHON), wanted);
        let crlf = PYTHON.replace('\n', "\r\n");
        assert_eq!(
            silenced(Language::Python, &crlf),
            wanted.replace('\n', "\r\n")
        );
    }

    #[test]
    fn nothing_comes_between_a_directive_and_its_line() {
        let text = PYTHON.replace(
            "\tlock.acquire",
            "\t# pylint: disable-next=x\n\tlock.acquire",
        );
        let comment = "  # lockfix: ignore[leak-on-exception] later";
        let wanted = text.replace("acquire()", &format!("acquire(){comment}"));
        assert_eq!(silenced(Language::Python, &text), wanted);
    }

    #[test]
    fn code_that_a_comment_would_change_is_commented_behind() {
        let text = "import threading\nlock = threading.Lock()\ndef f(x):\n    y = 1 + \\\n        lock.acquire()\n    x()\n    lock.release()\n";
        let silenced = silenced(Language::Python, text);
        assert!(
            silenced.contains("\\\n        lock.acquire()  # lockfix: ignore["),
            "{silenced}"
        );
    }

    #[test]
    fn reasons_end_no_comment() {
        assert!(is_reason("see ticket 12"));
        for reason in ["a */ b", "?>", "a\nb", "a \\"] {
            assert!(!is_reason(reason), "{reason}");
        }
    }
}
