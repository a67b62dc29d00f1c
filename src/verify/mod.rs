//! The gate: no fix is offered unless its text parses, keeps every comment and string, is proved to
//! preserve behaviour, and leaves nothing to be found of the lock.

pub mod proof;

use crate::analysis::{Freed, Judged, Known, Lent, judge};
use crate::catalog::{Catalog, Receivers};
use crate::edit::{self, Edit};
use crate::engine::Exceptions;
use crate::finding::{Finding, Reason, Rule};
use crate::flow::{Body, KeyId, SiteId};
use crate::language::Language;
use crate::language::beside::Wide;
use crate::lower::{File, is_mistake, lower_at, touching};
use crate::parse::reparse;
use crate::refusal::reason;
use crate::source::Span;
use crate::tree::Node;
use proof::{Divergence, prove};
use std::collections::HashSet;

/// What is to be verified.
pub struct Claim<'a> {
    pub file: &'a File<'a>,
    pub language: Language,
    pub catalog: &'a Catalog,
    pub exceptions: Exceptions,
    pub body: &'a Body,
    /// The acquire that is being fixed.
    pub site: SiteId,
    /// What is found in the body before the fix.
    pub findings: &'a [Finding],
    pub freed_elsewhere: &'a [Freed],
    pub fixed: &'a Finding,
    /// Holding the lock longer than before is taken as it is.
    pub longer: bool,
}

/// What a proof shows beside what it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Proved {
    /// Nothing is left to be found in the function, and the rest of the file is told what it was told before.
    pub settles: bool,
}

/// Verifies the edits.
///
/// # Errors
/// The reason why they cannot be offered.
pub fn verify(claim: &Claim<'_>, edits: &[Edit]) -> Result<Proved, Reason> {
    let text = edit::apply(claim.file.source.bytes, edits);
    let unproved = |message: &str| reason("not-proved", message);
    let grammar = claim.language.grammar();
    let before = (claim.file.source, claim.file.tree);
    let masked =
        (!claim.file.hidden.bodies().is_empty()).then(|| edit::apply(claim.file.read, edits));
    let read = masked.as_deref().unwrap_or(&text);
    let start = edit::moved(claim.body.span.start, edits);
    let body = Span::new(start, edit::moved(claim.body.span.end, edits));
    let (tree, region) = reparse(grammar, before, edits, read, body)
        .ok_or_else(|| unproved("the rewritten code takes too long to parse"))?;
    let replaced = edits
        .iter()
        .map(|edit| (Span::new(edit.start, edit.end), edit.text.as_slice()));
    let source = claim.file.source.edited(replaced, &text);
    // Behind the region the texts are the same.
    let was = Span::new(
        region.start,
        claim.file.source.bytes.len() - (text.len() - region.end),
    );
    let kept = [
        kept_tokens(claim, claim.file.root, (claim.file.source.bytes, was)),
        kept_tokens(claim, tree.root_node(), (&text, region)),
    ];
    if kept[0] != kept[1] && !moved_once(claim, kept) {
        return Err(unproved(
            "the rewritten code would lose or change a comment or a string",
        ));
    }
    let names = claim.file.names.shifted(|at| edit::moved(at, edits));
    let file = File {
        source: &source,
        read,
        hidden: claim.file.hidden,
        tree: &tree,
        root: tree.root_node(),
        names: &names,
        catalog: claim.catalog,
        grammar,
        exceptions: claim.exceptions,
        standard: claim.file.standard,
        beside: claim.file.beside,
        wide: &Wide::default(),
        receivers: &Receivers::default(),
    };
    if errors(&file, region) > errors(claim.file, was) {
        return Err(unproved("the rewritten code does not parse"));
    }
    let after = lower_at(&file, start, &claim.body.name)
        .ok_or_else(|| unproved("the rewritten function is not understood"))?;
    if let Some(reason) = after.opaque {
        return Err(unproved(reason));
    }
    let again = |body: &Body, key: KeyId, by_ticket: bool| {
        claim.catalog.entries[body.keys[key].entry].again_harmful(by_ticket)
    };
    prove(claim.body, &after, claim.site, claim.longer, &again)
        .map_err(|divergence| said(claim, &divergence))?;
    let spotless = no_new_finding(claim, &file, &after)?;
    let within = |edit: &Edit| claim.body.span.contains(Span::new(edit.start, edit.end));
    Ok(Proved {
        settles: spotless && edits.iter().all(within) && released(claim.body) == released(&after),
    })
}

/// The locks that a body frees, by name.
fn released(body: &Body) -> HashSet<&str> {
    let releases = body.sites.iter().filter(|site| site.acquire().is_none());
    releases
        .map(|site| body.keys[site.key].text.as_str())
        .collect()
}

/// Says whether nothing at all could be found.
fn no_new_finding(claim: &Claim<'_>, file: &File<'_>, after: &Body) -> Result<bool, Reason> {
    let judged = Judged {
        body: after,
        file,
        released_in_file: &HashSet::new,
        lent: &Lent::default(),
        freed_elsewhere: claim.freed_elsewhere,
        bodies: &[],
        known: Known::default(),
    };
    let judgement = judge(&judged).map_err(|why| reason("not-proved", why.0))?;
    let found = judgement.found;
    let count = |findings: &mut dyn Iterator<Item = &Finding>, rule: Rule, lock: &str| {
        findings
            .filter(|finding| finding.rule == rule && finding.lock == lock)
            .count()
    };
    for rule in Rule::ALL {
        // What is correct by hand is no harm, and whether a lock is released elsewhere is not asked.
        if matches!(rule, Rule::NeverReleased | Rule::ManualRelease) {
            continue;
        }
        for lock in found.iter().map(|found| found.finding.lock.as_str()) {
            let was = count(&mut claim.findings.iter(), rule, lock);
            let is = count(&mut found.iter().map(|found| &found.finding), rule, lock);
            let fixed = usize::from(rule == claim.fixed.rule && lock == claim.fixed.lock);
            if is + fixed > was {
                return Err(reason(
                    "not-proved",
                    "the rewritten code would still be found",
                ));
            }
        }
    }
    Ok(judgement.spotless)
}

/// The number of syntax errors that touch the region.
fn errors(file: &File<'_>, region: Span) -> usize {
    touching(file.root, region, |node| node.has_error())
        .filter(|node| is_mistake(file, *node))
        .count()
}

/// Comments (white space at line starts left out) and strings that touch the region, in order.
fn kept_tokens(claim: &Claim<'_>, root: Node<'_>, (text, region): (&[u8], Span)) -> Vec<Vec<u8>> {
    let printer = claim.language.printer();
    let inside = |kind: &str| !printer.is_verbatim(kind) && !printer.is_import(kind);
    touching(root, region, |node| inside(node.kind()))
        .filter_map(|node| {
            let bytes = &text[node.byte_range()];
            if node.is_extra() && claim.language.grammar().is_comment(node.kind()) {
                let lines = bytes.split(|byte| *byte == b'\n');
                return Some(lines.flat_map(|line| line.trim_ascii().to_vec()).collect());
            }
            printer.is_verbatim(node.kind()).then(|| bytes.to_vec())
        })
        .collect()
}

/// Whether the comments are the same, and the strings but for their order and number: what is
/// returned in several places may be returned in one.
fn moved_once(claim: &Claim<'_>, kept: [Vec<Vec<u8>>; 2]) -> bool {
    let [before, after] = kept.map(|mut tokens| {
        let comments: Vec<Vec<u8>> = tokens
            .extract_if(.., |token| token.starts_with(b"/"))
            .collect();
        tokens.sort_unstable();
        tokens.dedup();
        (comments, tokens)
    });
    claim.language.printer().called_in_place().is_some() && before == after
}

fn said(claim: &Claim<'_>, divergence: &Divergence) -> Reason {
    let place = |span: &Span| {
        let line = claim.file.source.location(span.start).line;
        let text = claim.file.source.text(*span);
        let first = text.lines().next().unwrap_or_default();
        let short: String = first.chars().take(60).collect();
        (short, line)
    };
    match divergence {
        Divergence::Moved(span) | Divergence::OtherLock(span) => {
            let (text, line) = place(span);
            reason(
                "release-would-move",
                format!("the release would move past `{text}` on line {line}"),
            )
        }
        Divergence::Different(span) => {
            let (_, line) = place(span);
            reason(
                "not-proved",
                format!("what happens from line {line} on could not be proved to stay the same"),
            )
        }
        Divergence::TakenTwice(span) => {
            let (_, line) = place(span);
            reason(
                "control-flow",
                format!("the lock is taken again on line {line} where it may still be held"),
            )
        }
        Divergence::StillLeaks => reason(
            "control-flow",
            "some path would still leave with the lock held",
        ),
        Divergence::TooComplex => reason("too-complex", "the function is too large to be proved"),
    }
}
