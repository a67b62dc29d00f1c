//! What was found out about functions of a text, for the next round: a fix changes one function, and what can be
//! done about the locks of the others stays what it was.
//!
//! What is known of a finding is taken over where everything that it was made of is the same: the text of the
//! outermost function around it, all text outside of functions, and what the file as a whole says of names and
//! of releases. The parse goes on from the last one, and what was not read then is not read now.

use crate::analysis::Freed;
use crate::edit::{self, Edit};
use crate::finding::{Applicability, Finding, Fix, Reason};
use crate::language::Grammar;
use crate::lower::{File, descendants, span};
use crate::parse::Earlier;
use crate::resolve::Round;
use crate::skim::without;
use crate::source::Span;
use crate::tree::{Node, Tree};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

/// What earlier rounds found out of one file.
#[derive(Debug, Default)]
pub struct Past {
    /// Nothing can be left out of the parse of this file.
    pub reads_all: Cell<bool>,
    /// One fix this good is enough of each function: its other findings come without theirs.
    enough: Cell<Option<Applicability>>,
    /// What has changed since the last look.
    edits: RefCell<Vec<Edit>>,
    parsed: RefCell<Option<Parsed>>,
    known: RefCell<HashMap<Place, Kept>>,
}

/// What the last look has read.
#[derive(Debug)]
struct Parsed {
    earlier: Earlier,
    /// What was left out of it.
    bodies: Vec<Span>,
}

/// A finding, wherever its function stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The text of the outermost function.
    function: Vec<u8>,
    /// Of what the function does not say itself.
    context: u64,
    /// Which of its findings, and how it was found.
    found: u64,
}

/// What became of a finding; places count from the start of its function.
#[derive(Debug)]
struct Kept {
    line: usize,
    fixes: Vec<Fix>,
    refusal: Option<Reason>,
}

/// The file as its functions see each other.
pub struct Context {
    digest: u64,
    /// The outermost functions, in order of the text.
    functions: Vec<Span>,
}

impl Context {
    /// What is true of the file as a whole.
    pub fn new(file: &File<'_>, freed: &[Freed]) -> Context {
        let is_function = |node: &Node<'_>| file.grammar.is_function(node.kind());
        let functions: Vec<Span> = descendants(file.root, |node| !is_function(&node))
            .filter(is_function)
            .map(span)
            .collect();
        let mut hasher = DefaultHasher::new();
        let source = file.source;
        let mut reached = 0;
        for function in &functions {
            source.bytes.get(reached..function.start).hash(&mut hasher);
            reached = function.end;
        }
        source.bytes.get(reached..).hash(&mut hasher);
        (&source.indent, source.newline, source.braces_on_lines()).hash(&mut hasher);
        let within = |scope: Span| around(&functions, scope).is_some();
        file.names.digest(within).hash(&mut hasher);
        for freed in freed {
            let Freed {
                lock,
                owner,
                function: _,
                name,
                callers,
                scope,
                takes_later,
            } = freed;
            let callers: BTreeSet<&String> = callers.known.iter().collect();
            (lock, owner, name, callers, scope.is_some(), takes_later).hash(&mut hasher);
        }
        Context {
            digest: hasher.finish(),
            functions,
        }
    }

    /// The outermost function around the body, and the finding in it; `None` for code outside of functions.
    pub fn place(
        &self,
        file: &File<'_>,
        findings: &[Finding],
        of: &Finding,
    ) -> Option<(Span, Place)> {
        let function = around(&self.functions, of.body)?;
        let mut hasher = DefaultHasher::new();
        let from = |span: Span| {
            let start = span.start.wrapping_sub(function.start);
            (start, span.end - span.start)
        };
        for finding in findings.iter().chain([of]) {
            let releases = finding.releases.iter().map(|(span, _)| from(*span));
            let leaks = finding
                .leaks
                .iter()
                .map(|leak| (from(leak.span), leak.kind));
            (from(finding.body), from(finding.acquire)).hash(&mut hasher);
            (finding.rule, &finding.function, &finding.lock).hash(&mut hasher);
            releases.collect::<Vec<_>>().hash(&mut hasher);
            leaks.collect::<Vec<_>>().hash(&mut hasher);
        }
        let place = Place {
            function: file.source.slice(function).to_vec(),
            context: self.digest,
            found: hasher.finish(),
        };
        Some((function, place))
    }
}

/// The one of these disjoint spans that contains the other.
fn around(spans: &[Span], inner: Span) -> Option<Span> {
    let next = spans.partition_point(|span| span.start <= inner.start);
    let span = *spans.get(next.checked_sub(1)?)?;
    span.contains(inner).then_some(span)
}

impl Past {
    /// Begins a look, which comes after the round if there was one.
    pub fn goes_on(&self, round: Option<Round<'_>>) {
        self.enough.set(round.map(|round| round.enough));
        let edits = round.map_or(&[][..], |round| round.edits);
        self.edits.replace(edits.to_vec());
    }

    /// How good a fix has to be to be the only one that is wanted of its function.
    pub fn enough(&self) -> Option<Applicability> {
        self.enough.get()
    }

    /// Notes what was read, without `bodies`.
    pub fn keep_parsed(&self, read: &[u8], tree: &Tree, bodies: &[Span]) {
        let bodies = bodies.to_vec();
        let parsed = Earlier::new(read, tree).map(|earlier| Parsed { earlier, bodies });
        self.parsed.replace(parsed);
    }

    /// Bodies that need not be read of `text`, since they were not read of the last one and stand there as they did.
    pub fn bodies(&self, text: &[u8]) -> Option<Vec<Span>> {
        let (parsed, edits) = (self.parsed.borrow(), self.edits.borrow());
        let parsed = parsed.as_ref()?;
        let moved = |at| edit::moved(at, &edits);
        let bodies = parsed.bodies.iter();
        let bodies: Vec<Span> = bodies
            .map(|body| Span::new(moved(body.start), moved(body.end)))
            .collect();
        let within = bodies.last().is_none_or(|last| last.end <= text.len());
        let same = within && parsed.earlier.becomes(&without(text, &bodies), &edits);
        same.then_some(bodies)
    }

    /// The tree of `read`, made of the last one.
    pub fn parse(&self, grammar: &dyn Grammar, read: &[u8]) -> Option<Tree> {
        let edits = self.edits.borrow();
        let parsed = self.parsed.take()?;
        let same = parsed.earlier.becomes(read, &edits);
        same.then(|| parsed.earlier.parse(grammar, read, &edits))?
    }

    /// Notes what became of a finding.
    pub fn keep(&self, file: &File<'_>, (function, place): (Span, Place), finding: &Finding) {
        let fixes = finding.fixes.iter().map(|fix| {
            let mut fix = fix.clone();
            for edit in &mut fix.edits {
                edit.start = edit.start.checked_sub(function.start)?;
                edit.end = edit.end.checked_sub(function.start)?;
            }
            let last = fix.edits.last().map_or(0, |edit| edit.end);
            (last <= function.end - function.start).then_some(fix)
        });
        // A fix that reaches out of its function is a fix of this text only.
        let Some(fixes) = fixes.collect() else { return };
        let kept = Kept {
            line: file.source.location(function.start).line,
            fixes,
            refusal: finding.refusal.clone(),
        };
        self.known.borrow_mut().insert(place, kept);
    }

    /// The finding with what became of it before, if that is known.
    pub fn known(
        &self,
        file: &File<'_>,
        (function, place): &(Span, Place),
        finding: &Finding,
    ) -> Option<Finding> {
        let known = self.known.borrow();
        let kept = known.get(place)?;
        let line = file.source.location(function.start).line;
        let moved = |reason: &Option<Reason>| match reason {
            None => Some(None),
            Some(reason) => told_at(reason, kept.line, line).map(Some),
        };
        let fixes = kept.fixes.iter().map(|fix| {
            let mut fix = fix.clone();
            for edit in &mut fix.edits {
                edit.start += function.start;
                edit.end += function.start;
            }
            fix.reason = moved(&fix.reason)?;
            Some(fix)
        });
        Some(Finding {
            fixes: fixes.collect::<Option<_>>()?,
            refusal: moved(&kept.refusal)?,
            ..finding.clone()
        })
    }
}

/// The reason with the number of the line that it names, for a function that began at line `was` and begins at
/// line `is`. `None` where it is not sure which number that is.
fn told_at(reason: &Reason, was: usize, is: usize) -> Option<Reason> {
    const LINE: &str = "line ";
    let mut numbers = reason.message.match_indices(LINE).filter_map(|(at, _)| {
        let rest = &reason.message[at + LINE.len()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        Some((
            at + LINE.len(),
            rest[..digits].parse::<usize>().ok()?,
            digits,
        ))
    });
    let (Some((at, number, digits)), false) = (numbers.next(), was == is) else {
        return Some(reason.clone());
    };
    if numbers.next().is_some() {
        return None;
    }
    let mut message = reason.message.clone();
    let line = (number + is).checked_sub(was)?;
    message.replace_range(at..at + digits, &line.to_string());
    Some(Reason {
        message,
        ..reason.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_a_reason_names_moves_with_its_function() {
        let told = |message: &str, was, is| {
            let reason = crate::refusal::reason("not-proved", message);
            told_at(&reason, was, is).map(|reason| reason.message)
        };
        assert_eq!(
            told("the goto on line 9 jumps", 3, 5).as_deref(),
            Some("the goto on line 11 jumps")
        );
        assert_eq!(
            told("past `x` on line 9", 9, 1).as_deref(),
            Some("past `x` on line 1")
        );
        assert_eq!(
            told("past `line 2` on line 9", 1, 1).as_deref(),
            Some("past `line 2` on line 9")
        );
        assert_eq!(told("past `line 2` on line 9", 1, 2), None);
        assert_eq!(
            told("a line of its own", 1, 2).as_deref(),
            Some("a line of its own")
        );
    }
}
