//! Variables that somebody else can change while the function runs: fields, globals, what a closure
//! or a reference reaches.

use super::{File, span};
use crate::flow::{Block, Body, Cond, EventKind, StmtKind, Test, remembered_names};
use crate::source::Span;
use crate::tree::Node;
use std::collections::BTreeSet;

/// Those of the variables that conditions of the body ask for, and whose answer is remembered, which are not the
/// function's alone. Who is passed a handle uses it, and gives the variable no other.
pub(super) fn shared(file: &File<'_>, function: Node<'_>, body: &Body) -> BTreeSet<String> {
    let remembered = remembered_names(body);
    if remembered.is_empty() {
        return remembered;
    }
    let mut asked = BTreeSet::new();
    asked_in(&body.root, &mut asked);
    asked.retain(|name| remembered.contains(name));
    if asked.is_empty() {
        return asked;
    }
    let mut own = BTreeSet::new();
    if file.grammar.declares_by_assigning() {
        own.extend(asked.iter().map(|name| plain(name)));
    }
    declared_in(&body.root, &mut own);
    let is_handle = |name: &str| {
        let mut keys = body.keys.iter();
        keys.any(|key| key.text == name && file.catalog.entries[key.entry].lock.handle)
    };
    let lays_open =
        |leaf, name| file.grammar.lays_open(leaf, file.source.bytes) && !is_handle(name);
    let closures = closures(file, function);
    let in_closure = |leaf: Node<'_>| {
        let behind = closures.partition_point(|closure| closure.start <= leaf.start_byte());
        closures[..behind]
            .last()
            .is_some_and(|closure| closure.contains(span(leaf)))
    };
    let mut reached = BTreeSet::new();
    for leaf in super::descendants(function, |_| true) {
        if !file.grammar.is_name(leaf.kind()) {
            continue;
        }
        let name = file.source.slice(span(leaf));
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        if is_outside(body.root.span, leaf) {
            own.insert(name);
        }
        if !reached.contains(name) && (lays_open(leaf, name) || in_closure(leaf)) {
            reached.insert(name);
        }
    }
    let is_shared = |name: &String| {
        let name = plain(name);
        // Lowering makes up variables of its own.
        let made_up = name.contains([' ', '#']);
        !made_up && (!own.contains(name) || reached.contains(name))
    };
    let shared = asked.iter().filter(|name| is_shared(name));
    shared.cloned().collect()
}

/// The name as it stands in the text: without the marks of a variable that hides another.
fn plain(name: &str) -> &str {
    name.trim_end_matches('\'')
}

/// Whether the node stands in the signature.
fn is_outside(body: Span, node: Node<'_>) -> bool {
    node.start_byte() < body.start || body.end < node.end_byte()
}

/// The outermost functions inside of `function` that have a body of their own, in order of the text.
fn closures(file: &File<'_>, function: Node<'_>) -> Vec<Span> {
    let is_closure = |node: Node<'_>| node.id() != function.id() && file.is_own_body(node);
    super::descendants(function, |node| !is_closure(node))
        .filter(|node| is_closure(*node))
        .map(span)
        .collect()
}

/// The variables that conditions ask for.
fn asked_in(block: &Block, asked: &mut BTreeSet<String>) {
    for stmt in &block.stmts {
        let mut labelled = stmt;
        while let StmtKind::Labeled { body, .. } = &labelled.kind {
            labelled = body;
        }
        match &labelled.kind {
            StmtKind::If { cond, .. } => asked_by(cond, asked),
            StmtKind::Loop(l) => l.cond.iter().for_each(|cond| asked_by(cond, asked)),
            StmtKind::Switch { cases, .. } => cases
                .iter()
                .filter_map(|case| case.test.as_ref())
                .for_each(|cond| asked_by(cond, asked)),
            _ => {}
        }
        for event in stmt.own_events() {
            match &event.kind {
                EventKind::Choice { cond, .. } => asked_by(cond, asked),
                EventKind::Inline { body, .. } => asked_in(body, asked),
                _ => {}
            }
        }
        for inner in stmt.blocks() {
            asked_in(inner, asked);
        }
    }
}

fn asked_by(cond: &Cond, asked: &mut BTreeSet<String>) {
    match cond {
        Cond::Test { test, .. } => match test {
            Test::Var(name) | Test::IsNull(name) => {
                asked.insert(name.clone());
            }
            Test::Unknown {
                names, pure: true, ..
            } => asked.extend(names.iter().cloned()),
            _ => {}
        },
        Cond::Not(inner) => asked_by(inner, asked),
        Cond::And(a, b) | Cond::Or(a, b) => {
            asked_by(a, asked);
            asked_by(b, asked);
        }
    }
}

/// The names that statements declare.
fn declared_in<'b>(block: &'b Block, own: &mut BTreeSet<&'b str>) {
    for stmt in &block.stmts {
        let names = stmt.decls.iter().flat_map(|decl| &decl.names);
        own.extend(names.map(String::as_str));
        for event in stmt.own_events() {
            if let EventKind::Inline { body, .. } = &event.kind {
                declared_in(body, own);
            }
        }
        for inner in stmt.blocks() {
            declared_in(inner, own);
        }
    }
}
