//! All fixes of a file together: applied round by round until nothing more can be fixed, and told
//! as edits of the text as it was read, shared out among the findings.

use crate::compose::Composition;
use crate::edit::{self, Edit};
use crate::finding::{Applicability, Finding, Fix, SkippedFunction};
use crate::source::Span;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// More rounds than any function has locks: a guard against fixes that undo each other.
const MAX_ROUNDS: usize = 500;

/// What is found in a text, suppressed findings left out.
#[derive(Debug, Default)]
pub struct Look {
    pub findings: Vec<Finding>,
    pub skipped: Vec<SkippedFunction>,
    /// Why the whole file was not analysed.
    pub skipped_file: Option<String>,
    /// Findings of functions that have a fix elsewhere come without theirs.
    pub partial: bool,
}

/// A finding's part in the edits of its file.
///
/// The edits of all findings of a file never overlap or touch, and applied together they give
/// exactly what writing all fixes gives. Fixes that interact cannot each have their own edits: the
/// first finding of such a group carries those of the whole group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Share {
    /// It is not fixed.
    Unfixed,
    /// These edits fix it (and others, if they say [`Share::PartOf`] this one).
    Edits(Vec<Edit>),
    /// The finding of this index carries the edits.
    PartOf(usize),
}

/// A file before and after all acceptable fixes.
#[derive(Debug)]
pub struct Resolution {
    /// What is found in the text as read.
    pub before: Look,
    /// Parallel to the findings of `before`.
    pub shares: Vec<Share>,
    /// The text with every acceptable fix; `None` when nothing is to be fixed.
    pub fixed: Option<Vec<u8>>,
    /// What is still found then.
    pub remaining: Vec<Finding>,
}

impl Resolution {
    /// How many findings go when all fixes are applied. One fix may take the ground from under
    /// another, so this is not the number of findings that have a fix.
    pub fn fixable(&self) -> usize {
        self.before
            .findings
            .len()
            .saturating_sub(self.remaining.len())
    }
}

/// What a round has done, and what is wanted of the next.
#[derive(Debug, Clone, Copy)]
pub struct Round<'a> {
    /// What it changed of the text that was looked at last.
    pub edits: &'a [Edit],
    /// One fix this good is enough of each function: no more are applied before the next look.
    pub enough: Applicability,
}

/// The fixes of a file undo each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its fixes do not come to an end; nothing was changed, please report it with this file")]
pub struct Endless;

/// Applies the fixes that are `least` or better to `text`, as `look` sees it.
///
/// A look is told of the round that came before it, if there was one.
///
/// # Errors
/// When there is no end to it.
pub fn resolve(
    text: &[u8],
    least: Applicability,
    look: impl Fn(&[u8], Option<Round<'_>>) -> Look,
) -> Result<Resolution, Endless> {
    let mut before = look(text, None);
    let mut composition = Composition::new(text.len());
    let mut current = text.to_vec();
    let mut seen = HashSet::from([current.clone()]);
    let mut findings = before.findings.clone();
    let settled = settled_at_once(&findings, least);
    loop {
        let round = choose(&findings, least);
        if round.is_empty() {
            break;
        }
        composition.push(&round);
        current = edit::apply(&current, &round);
        if settled {
            debug_assert!(look(&current, None).findings.is_empty());
            findings.clear();
            break;
        }
        let last = Round {
            edits: &round,
            enough: least,
        };
        let next = look(&current, Some(last));
        findings = next.findings;
        // What was enough may have been suppressed, or is not asked for.
        if next.partial && choose(&findings, least).is_empty() {
            findings = look(&current, None).findings;
        }
        if seen.len() > MAX_ROUNDS || !seen.insert(current.clone()) {
            return Err(Endless);
        }
    }
    let mut shares = share_out(text, &current, &before.findings, least, &composition);
    withdraw(&mut before.findings, &mut shares, &findings);
    Ok(Resolution {
        shares,
        fixed: (current != text).then_some(current),
        remaining: findings,
        before,
    })
}

/// Whether one round fixes everything that is found, by what the proofs have shown: then there is no need to look
/// again.
fn settled_at_once(findings: &[Finding], least: Applicability) -> bool {
    let mut round = Apart::default();
    let mut functions = HashSet::new();
    let mut settles = |finding: &Finding| {
        let fix = finding.acceptable(least);
        fix.is_some_and(|fix| fix.settles && round.add(&fix.edits))
            && functions.insert(finding.function.clone())
    };
    if !findings.iter().all(&mut settles) {
        return false;
    }
    let mut bodies: Vec<Span> = findings.iter().map(|finding| finding.body).collect();
    bodies.sort_unstable();
    bodies.windows(2).all(|pair| pair[0].end <= pair[1].start)
}

/// The edits of one round: at most one fix of each function, since two of one function may claim
/// the same new name, and no two that touch.
fn choose(findings: &[Finding], least: Applicability) -> Vec<Edit> {
    let mut functions = HashSet::new();
    let mut round = Apart::default();
    for finding in findings {
        if let Some(fix) = finding.acceptable(least)
            && !functions.contains(&finding.function)
            && round.add(&fix.edits)
        {
            functions.insert(&finding.function);
        }
    }
    round.into_edits()
}

/// Edits no two of which touch, by their start.
#[derive(Default)]
struct Apart(BTreeMap<usize, Edit>);

impl Apart {
    /// Adds the edits of a fix, unless one of them touches one that is there. Says whether it did.
    fn add(&mut self, edits: &[Edit]) -> bool {
        let touches = |edit: &Edit| {
            let before = self.0.range(..=edit.end).next_back();
            before.is_some_and(|(_, known)| edit.start <= known.end)
        };
        if edits.iter().any(touches) {
            return false;
        }
        let edits = edits.iter().map(|edit| (edit.start, edit.clone()));
        self.0.extend(edits);
        true
    }

    fn into_edits(self) -> Vec<Edit> {
        self.0.into_values().collect()
    }
}

fn share_out(
    text: &[u8],
    fixed: &[u8],
    findings: &[Finding],
    least: Applicability,
    composition: &Composition,
) -> Vec<Share> {
    let fixes: Vec<Option<&Fix>> = findings
        .iter()
        .map(|finding| finding.acceptable(least))
        .collect();
    let mut alone = Apart::default();
    if fixes.iter().flatten().all(|fix| alone.add(&fix.edits))
        && edit::apply(text, &alone.into_edits()) == fixed
    {
        return fixes
            .into_iter()
            .map(|fix| fix.map_or(Share::Unfixed, |fix| Share::Edits(fix.edits.clone())))
            .collect();
    }
    let reaches: Vec<Option<Span>> = fixes.iter().map(|fix| fix.and_then(reach)).collect();
    group(&reaches, composition.edits())
}

/// Takes back the fixes that others made impossible: what is still found of the same lock in the
/// same function says why.
fn withdraw(before: &mut [Finding], shares: &mut [Share], remaining: &[Finding]) {
    /// The findings of one lock in one function under one rule.
    #[derive(Default)]
    struct Alike {
        /// Found at first, and never fixable.
        hopeless: usize,
        /// Found at first, with a fix that another finding carries.
        offered: Vec<usize>,
        remaining: usize,
    }
    let key = |finding: &Finding| {
        (
            finding.function.clone(),
            finding.lock.clone(),
            finding.rule.name(),
        )
    };
    let mut groups: HashMap<_, Alike> = HashMap::new();
    for (at, finding) in before.iter().enumerate() {
        let group = groups.entry(key(finding)).or_default();
        if finding.fixes.is_empty() {
            group.hopeless += 1;
        } else if matches!(shares[at], Share::PartOf(_)) {
            group.offered.push(at);
        }
    }
    for left in remaining {
        groups.entry(key(left)).or_default().remaining += 1;
    }
    for left in remaining {
        let Some(group) = groups.get_mut(&key(left)) else {
            continue;
        };
        if group.hopeless < group.remaining
            && let Some(at) = group.offered.pop()
        {
            let unsafe_reason = left.fixes.first().and_then(|fix| fix.reason.clone());
            before[at].fixes.clear();
            before[at].refusal = left.refusal.clone().or(unsafe_reason);
            shares[at] = Share::Unfixed;
            group.hopeless += 1;
        }
    }
}

/// From the first byte that a fix changes to the last.
fn reach(fix: &Fix) -> Option<Span> {
    Some(Span::new(fix.edits.first()?.start, fix.edits.last()?.end))
}

/// Gives each edit to the findings whose fixes reach it; findings that share one form a group.
fn group(reaches: &[Option<Span>], edits: Vec<Edit>) -> Vec<Share> {
    // The edits that a fix reaches are neighbours, for they are sorted and disjoint.
    let reached: Vec<Option<Range<usize>>> = reaches
        .iter()
        .map(|reach| {
            let span = (*reach)?;
            let start = edits.partition_point(|edit| edit.end < span.start);
            let end = edits.partition_point(|edit| edit.start <= span.end);
            (start < end).then_some(start..end)
        })
        .collect();
    let runs = runs(edits.len(), reached.iter().flatten());
    // The first finding of each run carries its edits.
    let mut carriers: Vec<Option<usize>> = vec![None; edits.len()];
    for (at, range) in reached.iter().enumerate() {
        if let Some(range) = range {
            carriers[runs[range.start]].get_or_insert(at);
        }
    }
    let carrier = |at: usize| {
        let range = reached[at].as_ref();
        range
            .and_then(|range| carriers[runs[range.start]])
            .unwrap_or(at)
    };
    let mut shares: Vec<Share> = reaches
        .iter()
        .enumerate()
        .map(|(at, reach)| match reach {
            None => Share::Unfixed,
            Some(_) if carrier(at) == at => Share::Edits(Vec::new()),
            Some(_) => Share::PartOf(carrier(at)),
        })
        .collect();
    // What a later round made somewhere else, any fixed finding may carry.
    let any = reaches.iter().position(Option::is_some).map(carrier);
    for (run, edit) in runs.iter().zip(edits) {
        if let Some(owner) = carriers[*run].or(any)
            && let Share::Edits(edits) = &mut shares[owner]
        {
            edits.push(edit);
        }
    }
    // A fix that an earlier one made impossible changes nothing.
    for share in &mut shares {
        if *share == Share::Edits(Vec::new()) {
            *share = Share::Unfixed;
        }
    }
    shares
}

/// For each of `len` neighbours, the number of its run: neighbours that a range holds are in one.
fn runs<'r>(len: usize, ranges: impl Iterator<Item = &'r Range<usize>>) -> Vec<usize> {
    // Ranges that begin at a neighbour, less those that end with it.
    let mut open = vec![0isize; len];
    for range in ranges {
        open[range.start] += 1;
        open[range.end - 1] -= 1;
    }
    let (mut run, mut depth) = (0, 0);
    open.iter()
        .map(|change| {
            let this = run;
            depth += change;
            run += usize::from(depth == 0);
            this
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Form, Rule, Severity};
    use crate::source::Location;
    use crate::spoken::Spoken;
    use std::cell::Cell;

    /// Every `(` is a finding in a function of its own name; its fix turns it and a blank right
    /// before it into `[`. A `[` at the end of the text gets a second fix, a `!`.
    fn look(text: &[u8], _: Option<Round<'_>>) -> Look {
        let mut findings = Vec::new();
        for (at, &byte) in text.iter().enumerate() {
            let last = at + 1 == text.len();
            let edits = match byte {
                b'(' => {
                    let blank = at > 0 && text[at - 1] == b' ';
                    vec![edit(at - usize::from(blank), at + 1, "[")]
                }
                b'[' if last => vec![edit(at + 1, at + 1, "!")],
                _ => continue,
            };
            findings.push(finding(at, edits));
        }
        Look {
            findings,
            ..Look::default()
        }
    }

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit {
            start,
            end,
            text: text.into(),
        }
    }

    fn finding(at: usize, edits: Vec<Edit>) -> Finding {
        let location = Location {
            line: 1,
            column: at + 1,
        };
        Finding {
            rule: Rule::LeakOnExit,
            severity: Severity::Error,
            function: at.to_string(),
            body: Span::new(at, at),
            lock: String::new(),
            spoken: Spoken::default(),
            message: String::new(),
            acquire: Span::new(at, at),
            location,
            end: location,
            releases: Vec::new(),
            leaks: Vec::new(),
            fixes: vec![Fix {
                form: Form::TryFinally,
                applicability: Applicability::Safe,
                reason: None,
                edits,
                settles: false,
            }],
            refusal: None,
        }
    }

    fn resolved(text: &str) -> Resolution {
        let resolution =
            resolve(text.as_bytes(), Applicability::Safe, look).expect("comes to an end");
        let mut all: Vec<Edit> = resolution
            .shares
            .iter()
            .flat_map(|share| match share {
                Share::Edits(edits) => edits.clone(),
                _ => Vec::new(),
            })
            .collect();
        all.sort();
        let fixed = resolution.fixed.clone().unwrap_or(text.into());
        assert_eq!(edit::apply(text.as_bytes(), &all), fixed, "{text}");
        resolution
    }

    #[test]
    fn fixes_far_from_each_other_keep_their_edits() {
        let resolution = resolved("a( b( c");
        assert_eq!(resolution.fixed.as_deref(), Some(&b"a[ b[ c"[..]));
        assert_eq!(
            resolution.shares,
            [
                Share::Edits(vec![edit(1, 2, "[")]),
                Share::Edits(vec![edit(4, 5, "[")])
            ]
        );
    }

    #[test]
    fn fixes_that_touch_are_one_group() {
        let resolution = resolved("a(( b(x");
        assert_eq!(resolution.fixed.as_deref(), Some(&b"a[[ b[x"[..]));
        assert_eq!(
            resolution.shares,
            [
                Share::Edits(vec![edit(1, 3, "[[")]),
                Share::PartOf(0),
                Share::Edits(vec![edit(5, 6, "[")])
            ]
        );
    }

    #[test]
    fn what_a_later_round_adds_belongs_to_the_first() {
        let resolution = resolved("a( (");
        assert_eq!(resolution.fixed.as_deref(), Some(&b"a[[!"[..]));
        assert!(resolution.remaining.is_empty());
    }

    #[test]
    fn what_proofs_have_settled_is_not_looked_at_again() {
        let looks_at = |text: &[u8], settles: bool| {
            let looks = Cell::new(0);
            let looking = |text: &[u8], round: Option<Round<'_>>| {
                looks.set(looks.get() + 1);
                let mut seen = look(text, round);
                for finding in &mut seen.findings {
                    finding.fixes[0].settles = settles;
                }
                seen
            };
            let resolution = resolve(text, Applicability::Safe, looking).expect("comes to an end");
            assert!(resolution.remaining.is_empty());
            looks.get()
        };
        // A development build looks all the same.
        let checked = usize::from(cfg!(debug_assertions));
        assert_eq!(looks_at(b"a( b( c", true), 1 + checked);
        assert_eq!(looks_at(b"a( b( c", false), 2);
        // Fixes that touch take two rounds.
        assert_eq!(looks_at(b"a(( b", true), 3);
    }

    #[test]
    fn fixes_without_end_are_an_error() {
        let flip = |text: &[u8], _: Option<Round<'_>>| Look {
            findings: vec![finding(
                0,
                vec![edit(0, 1, if text == b"a" { "b" } else { "a" })],
            )],
            ..Look::default()
        };
        let result = resolve(b"a", Applicability::Safe, flip);
        assert_eq!(result.map(|_| ()), Err(Endless));
    }
}
