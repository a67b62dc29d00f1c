//! Names that a fix brings in: free ones.

use super::Task;
use crate::finding::Reason;
use crate::flow::{Block, BlockStyle, Body};
use crate::lower::{File, descendants};
use crate::refusal::reason;
use crate::source::Span;
use crate::tree::Node;
use std::collections::HashSet;

/// A name that nothing in the function mentions and that hides nothing around it: `wanted`, then
/// `wanted` with the lock's name behind it, then numbered.
///
/// # Errors
/// When the function asks for all of its variables: it would see one more.
pub fn free(task: &Task<'_>, wanted: &str, lock: &str) -> Result<String, Reason> {
    let taken = task.taken.get_or_init(|| taken(task.file, task.body, &[]));
    let asks = &task.file.catalog.facts.sees_variables;
    match asks.iter().find(|call| taken.contains(*call)) {
        Some(call) => Err(reason(
            "variables-seen",
            format!("`{call}` would see the variable that the fix brings in"),
        )),
        None => Ok(chosen(task, taken, wanted, lock)),
    }
}

fn chosen(task: &Task<'_>, taken: &HashSet<String>, wanted: &str, lock: &str) -> String {
    let printer = task.language.printer();
    let is_free = |name: &String| !taken.contains(name.as_str());
    let plain = printer.variable(wanted);
    if is_free(&plain) {
        return plain;
    }
    let whole = lock.split('[').next().unwrap_or(lock);
    let stem: String = whole
        .rsplit(['.', '>', ':'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    let mut long = wanted.to_owned();
    let mut chars = stem.chars();
    if let Some(first) = chars.next() {
        long.extend(first.to_uppercase());
        long.extend(chars);
    }
    let long = printer.variable(&long);
    if is_free(&long) {
        return long;
    }
    (2..)
        .map(|number| printer.variable(&format!("{wanted}{number}")))
        .find(is_free)
        .unwrap_or_default()
}

/// The same for a name that is only declared in `place`: blocks beside it may use it as they like.
/// The first of `wanted` that is free, else one made of the first.
pub fn free_in(task: &Task<'_>, place: Span, wanted: &[&'static str], lock: &str) -> String {
    let mut beside = Vec::new();
    blocks_beside(&task.body.root, place, &mut beside);
    let taken = taken(task.file, task.body, &beside);
    match wanted.iter().find(|name| !taken.contains(**name)) {
        Some(name) => (*name).to_owned(),
        None => chosen(task, &taken, wanted.first().unwrap_or(&"lock"), lock),
    }
}

/// The blocks of the body that do not touch the place.
fn blocks_beside(block: &Block, place: Span, out: &mut Vec<Span>) {
    for stmt in &block.stmts {
        for inner in stmt.blocks() {
            let apart = inner.span.end <= place.start || place.end <= inner.span.start;
            if apart && inner.style == BlockStyle::Braced {
                out.push(inner.span);
            } else {
                blocks_beside(inner, place, out);
            }
        }
    }
}

/// The identifiers of the outermost function around the body, and those outside of all functions.
/// Names within `beside` do not count.
fn taken(file: &File<'_>, body: &Body, beside: &[Span]) -> HashSet<String> {
    let mut names = HashSet::new();
    if file.grammar.members_are_bare() {
        names.extend(file.names.fields.keys().cloned());
    }
    let is_function = |kind: &str| file.grammar.is_function(kind);
    let outermost = descendants(file.root, |node| !is_function(node.kind()))
        .filter(|node| is_function(node.kind()))
        .find(|node| node.start_byte() <= body.span.start && body.span.end <= node.end_byte());
    // `x.release` is no name that could be hidden. The parent of a node is not asked for: finding it
    // takes a walk from the root.
    let mut member = None;
    let mut collect = |node: Node<'_>| {
        if let Some(own) = file.grammar.member(node) {
            member = Some(own.id());
        }
        let is_member = file.grammar.is_member_name(node.kind()) || member == Some(node.id());
        let is_identifier =
            node.named_child_count() == 0 && file.grammar.is_identifier(node.kind());
        let called = file.grammar.called_word(node, file.source.bytes);
        names.extend(called.filter(|word| file.catalog.facts.sees_variables.contains(word)));
        if (is_identifier || file.grammar.is_name(node.kind())) && !is_member {
            names.insert(file.normal(node));
        }
    };
    if let Some(function) = outermost {
        let apart = |node: Node<'_>| {
            beside
                .iter()
                .any(|span| span.contains(crate::lower::span(node)))
        };
        descendants(function, |node| !apart(node))
            .filter(|node| !apart(*node))
            .for_each(&mut collect);
    }
    descendants(file.root, |node| !is_function(node.kind())).for_each(&mut collect);
    names
}
