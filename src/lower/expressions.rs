//! What the expressions of all languages have in common: what they do to locks, in which order, and
//! which parts run on a condition. What a node kind means, the language says (see
//! [`crate::language::Grammar::lower_expression`]).

use super::sites::Does;
use super::{Lowering, named_children, span};
use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Event, EventKind, SiteId, SiteKind, Test, Value};
use crate::tree::Node;

/// The events of an expression.
pub fn events(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    lowering.deeper(|lowering| expression(lowering, node, &mut out));
    out
}

fn expression(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let grammar = lowering.file.grammar;
    if node.is_extra() || grammar.is_function(node.kind()) {
        return;
    }
    match lowering.table.does(node) {
        Some(Does::Acquire(site)) => {
            operands(lowering, node, out);
            out.push(event(node, EventKind::Acquire(site)));
        }
        Some(Does::Release(site)) => release(lowering, node, site, out),
        Some(Does::Adopt(site)) => out.push(event(node, EventKind::Adopt(site))),
        Some(Does::Part) => operands(lowering, node, out),
        Some(Does::Close(site)) => out.push(close(lowering, node, site)),
        Some(Does::LetGo(site)) => {
            let key = lowering.table.sites[site].key;
            out.push(freed_if(node, site, Test::Owned(key)));
        }
        Some(Does::End(site)) => {
            grammar.lower_expression(lowering, node, out);
            out.push(close(lowering, node, site));
        }
        Some(Does::Guard {
            enter,
            exit,
            callback,
        }) => guard(lowering, node, (enter, exit, callback), out),
        Some(Does::Settle { .. }) | None => grammar.lower_expression(lowering, node, out),
    }
}

/// The events of the named children, in order of the text.
pub fn children(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    for child in named_children(node) {
        out.extend(events(lowering, child));
    }
}

/// The events of the named children of a statement.
pub fn all_events(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    children(lowering, node, &mut out);
    out
}

/// An event at a node.
pub fn event(node: Node<'_>, kind: EventKind) -> Event {
    Event {
        span: span(node),
        kind,
    }
}

/// What is evaluated before a lock's own call: its receiver and its arguments. Reading the lock's
/// own name fails no earlier than taking or freeing it does.
fn operands(lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>) {
    let grammar = lowering.file.grammar;
    let call = grammar.awaited_operand(node).unwrap_or(node);
    if let Some(receiver) = grammar.receiver(call) {
        let receiver = events(lowering, receiver);
        out.extend(receiver.into_iter().filter(is_seen));
    }
    if let Some(arguments) = grammar.arguments(call) {
        children(lowering, arguments, out);
    }
}

fn is_seen(event: &Event) -> bool {
    !matches!(event.kind, EventKind::MayThrow { .. })
}

/// A release. Its operands were evaluated when the lock was taken, and reading them again does not
/// throw.
fn release(lowering: &mut Lowering<'_>, node: Node<'_>, site: SiteId, out: &mut Vec<Event>) {
    let release = event(node, EventKind::Release(site));
    let ticket = match &lowering.table.sites[site].what {
        SiteKind::Release { ticket, .. } => ticket.clone(),
        SiteKind::Acquire(_) => None,
    };
    if let Some(ticket) = ticket
        && lowering.file.grammar.is_optional_call(node)
    {
        let cond = plain(Test::Var(ticket));
        return choice(node, cond, (vec![release], Vec::new()), out);
    }
    let mut before = Vec::new();
    operands(lowering, node, &mut before);
    out.extend(
        before
            .into_iter()
            .filter(is_seen)
            .map(|event| match event.kind {
                EventKind::Call { label } => Event {
                    span: event.span,
                    kind: EventKind::Effect { label },
                },
                _ => event,
            }),
    );
    out.push(release);
}

/// Closing a stack frees its lock if it still holds it.
pub fn close(lowering: &Lowering<'_>, node: Node<'_>, site: SiteId) -> Event {
    let key = lowering.table.sites[site].key;
    freed_if(node, site, Test::Held(key))
}

fn freed_if(node: Node<'_>, site: SiteId, asked: Test) -> Event {
    event(
        node,
        EventKind::Choice {
            cond: Box::new(plain(asked)),
            yes: vec![event(node, EventKind::Release(site))],
            no: Vec::new(),
        },
    )
}

/// A helper that holds the lock while its callback runs.
fn guard(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    (enter, exit, callback): (SiteId, SiteId, usize),
    out: &mut Vec<Event>,
) {
    let grammar = lowering.file.grammar;
    let call = grammar.awaited_operand(node).unwrap_or(node);
    let Some(arguments) = grammar.arguments(call) else {
        return;
    };
    let mut body = None;
    for argument in named_children(arguments) {
        let function = super::descendants(argument, |node| !grammar.is_function(node.kind()))
            .find(|node| node.id() == callback);
        match function {
            Some(function) => body = Some(grammar.lower_callback(lowering, function)),
            None => out.extend(events(lowering, argument)),
        }
    }
    if let Some(body) = body {
        out.push(event(node, EventKind::Inline { enter, exit, body }));
    }
}

/// Parts of an expression that run on a condition.
pub fn choice(
    node: Node<'_>,
    cond: Cond,
    (yes, no): (Vec<Event>, Vec<Event>),
    out: &mut Vec<Event>,
) {
    if yes.is_empty()
        && no.is_empty()
        && let Cond::Test { events, .. } = cond
    {
        out.extend(events);
        return;
    }
    out.push(event(
        node,
        EventKind::Choice {
            cond: Box::new(cond),
            yes,
            no,
        },
    ));
}

/// `left && right`, `left || right` as a value: `right` runs if `left` has the `wanted` truth.
pub fn short_circuit(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    (left, right): (Node<'_>, Node<'_>),
    wanted: bool,
    out: &mut Vec<Event>,
) {
    let second = events(lowering, right);
    if second.is_empty() {
        out.extend(events(lowering, left));
        return;
    }
    let test = cond(lowering, left);
    let branches = if wanted {
        (second, Vec::new())
    } else {
        (Vec::new(), second)
    };
    choice(node, test, branches, out);
}

/// `condition ? yes : no`
pub fn ternary(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    (condition, yes, no): (Node<'_>, Node<'_>, Node<'_>),
    out: &mut Vec<Event>,
) {
    let test = cond(lowering, condition);
    let yes = events(lowering, yes);
    let no = events(lowering, no);
    choice(node, test, (yes, no), out);
}

/// The variable at `target` gets the value of `value`.
pub fn assign(lowering: &Lowering<'_>, target: Node<'_>, value: Option<Node<'_>>) -> Event {
    event(
        target,
        EventKind::Assign {
            var: lowering.file.normal(target),
            value: value.map_or(Value::Unknown, |value| value_of(lowering, value)),
        },
    )
}

/// What is known of the value of an expression.
pub fn value_of(lowering: &Lowering<'_>, value: Node<'_>) -> Value {
    let value = unwrapped(value);
    if let Some(Does::Acquire(site)) = lowering.table.does(value) {
        return if is_zero_when_taken(lowering, site) {
            Value::NotTaken(site)
        } else {
            Value::Taken(site)
        };
    }
    let file = &lowering.file;
    match file.grammar.constant(value, file.source.bytes) {
        Value::Unknown => named_constant(lowering, value),
        known => known,
    }
}

/// What the catalogue knows of a constant by its name.
fn named_constant(lowering: &Lowering<'_>, value: Node<'_>) -> Value {
    let facts = &lowering.file.catalog.facts;
    let text = lowering.text(value);
    let among = |known: &[String]| known.iter().any(|name| name == text);
    if among(&facts.ones) {
        Value::True
    } else if among(&facts.zeros) {
        Value::False
    } else {
        Value::Unknown
    }
}

/// Lowers a condition.
pub fn cond(lowering: &mut Lowering<'_>, node: Node<'_>) -> Cond {
    lowering
        .deeper(|lowering| Some(asked(lowering, unwrapped(node))))
        .unwrap_or_else(|| Cond::unknown(Vec::new(), String::new()))
}

fn asked(lowering: &mut Lowering<'_>, node: Node<'_>) -> Cond {
    if let Some(Does::Acquire(site)) = lowering.table.does(node) {
        let asked = Cond::Test {
            events: events(lowering, node),
            test: Test::Taken(site),
        };
        return negated_if(is_zero_when_taken(lowering, site), asked);
    }
    let grammar = lowering.file.grammar;
    grammar
        .lower_condition(lowering, node)
        .unwrap_or_else(|| unknown(lowering, node))
}

fn is_zero_when_taken(lowering: &Lowering<'_>, site: SiteId) -> bool {
    let acquire = lowering.table.sites[site].acquire();
    acquire.is_some_and(|acquire| acquire.zero_when_taken)
}

/// A test whose evaluation does nothing.
pub fn plain(test: Test) -> Cond {
    Cond::Test {
        events: Vec::new(),
        test,
    }
}

/// The condition, or its opposite.
pub fn negated_if(negated: bool, cond: Cond) -> Cond {
    if negated {
        Cond::Not(Box::new(cond))
    } else {
        cond
    }
}

fn unknown(lowering: &mut Lowering<'_>, node: Node<'_>) -> Cond {
    let file = lowering.file;
    if let Some(asked) = lowering.table.asks_held(&file, node) {
        return plain(asked);
    }
    let events = events(lowering, node);
    let mut names = Vec::new();
    file.grammar.names_in(node, file.source.bytes, &mut names);
    Cond::Test {
        test: Test::Unknown {
            label: lowering.meaning(node),
            names,
            pure: events.iter().all(is_pure),
        },
        events,
    }
}

/// Whether evaluating it twice gives the same answer.
fn is_pure(event: &Event) -> bool {
    match &event.kind {
        EventKind::MayThrow { .. } => true,
        EventKind::Choice { yes, no, .. } => yes.iter().chain(no).all(is_pure),
        _ => false,
    }
}
