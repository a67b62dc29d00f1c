//! Statements of C and C++, lowered.

use super::expressions::assign_target;
use super::labels::{is_in_sight, labeled};
use super::names::{declarators, declared_name};
use super::preprocessor::conditional;
use super::{cleanup, contracts, headers, macros, scopes};
use crate::catalog::pattern::unwrapped;
use crate::engine::Exceptions;
use crate::flow::{
    Block, BlockStyle, Case, Cond, Decl, DeclKind, Event, EventKind, Handler, Loop, Stmt, StmtKind,
    Test, WithExit,
};
use crate::lower::expressions::{all_events, cond, event, events};
use crate::lower::{Lowering, descendants, label, named_children, span};
use crate::source::Span;
use crate::tree::Node;

/// Lowers the body of the function (or of the file).
pub fn root(lowering: &mut Lowering<'_>) -> Block {
    let function = lowering.function;
    if macros::hide_control(&lowering.file, function) {
        lowering.opaque = Some("a macro of the file hides control flow or a release");
    }
    let catches = descendants(function, |_| true).any(|node| node.kind() == "try_statement");
    if is_noexcept(lowering, function) && !catches {
        // Nothing gets out: the program ends.
        lowering.file.exceptions = Exceptions::Nothing;
    }
    if is_constructor(function) {
        // Who only takes a lock there gives it back in the destructor.
        let freed = |key: usize| {
            let mut sites = lowering.table.sites.iter();
            sites.any(|site| site.key == key && site.acquire().is_none())
        };
        let kept: Vec<usize> = (0..lowering.table.keys.len())
            .filter(|key| !freed(*key))
            .collect();
        lowering.table.handed_over.extend(kept);
    }
    let destroyed = |key: &usize| {
        let lock = &lowering.table.keys[*key];
        contracts::is_destroyed(&lowering.file, function, lock)
    };
    if lowering.file.grammar.hands_out_locks() {
        let keys = 0..lowering.table.keys.len();
        let destroyed: Vec<usize> = keys.filter(destroyed).collect();
        lowering.table.handed_over.extend(destroyed);
    }
    let body = function
        .child_by_field_name("body")
        .or_else(|| named_children(function).into_iter().find(is_function_try));
    match body {
        Some(body) => block(lowering, body),
        // The top level of a file only declares.
        None => Block {
            span: span(function),
            style: BlockStyle::Plain,
            stmts: Vec::new(),
        },
    }
}

fn is_function_try(node: &Node<'_>) -> bool {
    node.kind() == "try_statement"
}

/// A definition without a type, of no destructor.
fn is_constructor(function: Node<'_>) -> bool {
    function.kind() == "function_definition"
        && function.child_by_field_name("type").is_none()
        && declared_name(function).is_some_and(|name| name.kind() != "destructor_name")
}

fn is_noexcept(lowering: &Lowering<'_>, function: Node<'_>) -> bool {
    let Some(declarator) = function.child_by_field_name("declarator") else {
        return false;
    };
    descendants(declarator, |node| node.kind() != "parameter_list").any(|node| match node.kind() {
        "destructor_name" => true,
        // The word alone is a node of this kind as well.
        "noexcept" => node.is_named() && !lowering.text(node).contains("false"),
        _ => false,
    })
}

/// Lowers a callback that runs in place.
pub fn callback(lowering: &mut Lowering<'_>, callback: Node<'_>) -> Block {
    match callback.child_by_field_name("body") {
        Some(body) => block(lowering, body),
        None => lowering.no_block(callback.end_byte()),
    }
}

pub fn block(lowering: &mut Lowering<'_>, node: Node<'_>) -> Block {
    if node.kind() == "compound_statement" {
        let nodes = named_children(node);
        return Block {
            span: span(node),
            style: BlockStyle::Braced,
            stmts: lowering.deeper(|lowering| stmts(lowering, &nodes)),
        };
    }
    let stmts = lowering.deeper(|lowering| stmt(lowering, node).into_iter().collect());
    Block {
        span: span(node),
        style: BlockStyle::Single,
        stmts,
    }
}

/// Lowers statements in a row.
pub fn stmts(lowering: &mut Lowering<'_>, nodes: &[Node<'_>]) -> Vec<Stmt> {
    let mut found = Vec::new();
    let mut bodies = Vec::new();
    for node in nodes {
        if bodies.contains(&node.id()) {
            continue;
        }
        let body = headers::is_header(*node, lowering.file.source.bytes)
            .then(|| headers::body_of(*node))
            .flatten();
        match body {
            Some(body) => {
                bodies.push(body.id());
                found.extend(headers::lower(lowering, *node, body));
            }
            None => found.extend(stmt(lowering, *node)),
        }
    }
    found
}

/// Lowers a statement.
pub fn stmt(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Stmt> {
    let mut decls = Vec::new();
    let kind = match node.kind() {
        "expression_statement" => expression_statement(lowering, node),
        "declaration" => {
            decls.push(declared(lowering, node));
            declaration(lowering, node)
        }
        "compound_statement" => StmtKind::Block(block(lowering, node)),
        "if_statement" => branch(lowering, node)?,
        "for_statement" | "for_range_loop" | "while_statement" | "do_statement" => {
            StmtKind::Loop(Box::new(looped(lowering, node)?))
        }
        "switch_statement" => switch(lowering, node)?,
        "try_statement" | "seh_try_statement" => tried(lowering, node)?,
        "labeled_statement" => labeled(lowering, node)?,
        // `[[likely]] return;`
        "attributed_statement" | "else_clause" => {
            let inner = named_children(node).pop()?;
            return lowering.deeper(|lowering| stmt(lowering, inner));
        }
        "return_statement" | "co_return_statement" => {
            let operand = named_children(node).into_iter().next();
            StmtKind::returning(
                operand.map_or_else(Vec::new, |operand| events(lowering, operand)),
                operand.map_or_else(String::new, |operand| {
                    lowering.file.normal(unwrapped(operand))
                }),
            )
        }
        "throw_statement" => StmtKind::Throw {
            value: thrown(lowering, node),
            class: None,
        },
        "break_statement" => StmtKind::Break(None),
        "continue_statement" => StmtKind::Continue(None),
        "goto_statement" => {
            let label = node.child_by_field_name("label")?;
            if !is_in_sight(lowering, node, label) {
                lowering.opaque = Some("a goto jumps into a block");
            }
            StmtKind::Goto(lowering.file.normal(label))
        }
        "preproc_if" | "preproc_ifdef" => conditional(lowering, node, &mut decls),
        "function_definition" if headers::is_macro_block(node) => {
            return headers::lower_block(lowering, node);
        }
        "function_definition" => {
            // Nested functions of GNU C; or a macro that looks like one.
            lowering.opaque = Some("a function stands in the function");
            return None;
        }
        "struct_specifier" | "class_specifier" | "union_specifier" | "enum_specifier"
        | "type_definition" | "alias_declaration" | "using_declaration" => {
            decls.push(Decl {
                names: descendants(node, |_| true)
                    .filter(|node| node.kind() == "type_identifier")
                    .map(|node| lowering.file.normal(node))
                    .collect(),
                kind: DeclKind::Fixed,
            });
            StmtKind::Plain(Vec::new())
        }
        "case_statement" => {
            lowering.opaque = Some("a case label stands in a block of its own");
            return None;
        }
        _ => StmtKind::Plain(all_events(lowering, node)),
    };
    Some(Stmt {
        span: span(node),
        kind,
        decls,
    })
}

fn expression_statement(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    // `guard(mutex)(&lock);`
    if let Some(call) = node.named_child(0)
        && let Some((enter, exit)) = context(lowering, call)
    {
        return StmtKind::Scoped {
            enter: vec![event(call, EventKind::Acquire(enter))],
            exit: WithExit::Release(exit),
        };
    }
    StmtKind::Plain(all_events(lowering, node))
}

/// A call that takes a lock for the rest of its block, by the catalogue.
pub fn context(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(usize, usize)> {
    let file = lowering.file;
    (node.kind() == "call_expression" && lowering.table.does(node).is_none())
        .then(|| lowering.table.add_context(&file, node, None))
        .flatten()
}

fn declaration(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    let scoped = if lowering.file.grammar.hands_out_locks() {
        cleanup::scoped(lowering, node)
    } else {
        scopes::scoped(lowering, node)
    };
    if let Some((enter, exit)) = scoped {
        return StmtKind::Scoped { enter, exit };
    }
    for declarator in declarators(node) {
        // `g_autoptr(GMutexLocker) l = g_mutex_locker_new(&m);`
        if let Some(value) = declarator.child_by_field_name("value")
            && let Some((enter, exit)) = context(lowering, value)
        {
            return StmtKind::Scoped {
                enter: vec![event(value, EventKind::Acquire(enter))],
                exit: WithExit::Release(exit),
            };
        }
    }
    StmtKind::Plain(declared_events(lowering, node))
}

/// What a declaration, or the statement in the head of an `if` or `for`, does.
pub fn declared_events(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    match node.kind() {
        "declaration" | "init_declarator" => {}
        "init_statement" => {
            return named_children(node)
                .into_iter()
                .flat_map(|inner| declared_events(lowering, inner))
                .collect();
        }
        "expression_statement" => return all_events(lowering, node),
        _ => return events(lowering, node),
    }
    let mut out = Vec::new();
    for declarator in declarators(node) {
        let value = declarator.child_by_field_name("value");
        if let Some(value) = value {
            out.extend(events(lowering, value));
            if matches!(value.kind(), "argument_list" | "initializer_list")
                && value.named_child_count() > 0
                && scopes::constructs(lowering, node, declarator)
            {
                out.push(lowering.event(declarator, label::call));
            }
        }
        if let Some(target) = declared_name(declarator) {
            let known = value.filter(|value| value.kind() != "argument_list");
            assign_target(lowering, target, known, &mut out);
        }
    }
    // `if (auto x = f())`
    if let Some(value) = node.child_by_field_name("value") {
        out.extend(events(lowering, value));
        if let Some(target) = declared_name(node) {
            assign_target(lowering, target, Some(value), &mut out);
        }
    }
    out
}

fn declared(lowering: &Lowering<'_>, node: Node<'_>) -> Decl {
    let names = declarators(node)
        .into_iter()
        .flat_map(|declarator| {
            let bound = descendants(declarator, |node| {
                node.kind() == "structured_binding_declarator" || node.id() == declarator.id()
            })
            .find(|node| node.kind() == "structured_binding_declarator");
            match bound {
                Some(bound) => named_children(bound),
                None => declared_name(declarator).into_iter().collect(),
            }
        })
        .map(|name| lowering.file.normal(name))
        .collect();
    Decl {
        names,
        kind: DeclKind::Variable,
    }
}

/// Building the very exception that is thrown is no call that others see.
fn thrown(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut value = all_events(lowering, node);
    if let Some(operand) = node.named_child(0).map(unwrapped)
        && operand.kind() == "call_expression"
        && value.last().is_some_and(|last| last.span == span(operand))
    {
        value.pop();
    }
    value
}

fn branch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let test = cond(lowering, node.child_by_field_name("condition")?);
    let then = block(lowering, node.child_by_field_name("consequence")?);
    let otherwise = node
        .child_by_field_name("alternative")
        .and_then(|clause| named_children(clause).pop())
        .map(|body| lowering.deeper(|lowering| block(lowering, body)));
    Some(StmtKind::If {
        cond: test,
        then,
        otherwise,
    })
}

fn looped(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Loop> {
    let body_node = node.child_by_field_name("body")?;
    let mut init = Vec::new();
    let mut step = Vec::new();
    let mut test = None;
    match node.kind() {
        "for_range_loop" => {
            let right = node.child_by_field_name("right")?;
            if let Some(first) = node.child_by_field_name("initializer") {
                init.extend(declared_events(lowering, first));
            }
            init.extend(events(lowering, right));
            let mut next = Vec::new();
            if let Some(name) = node
                .child_by_field_name("declarator")
                .and_then(declared_name)
            {
                assign_target(lowering, name, None, &mut next);
            }
            test = Some(Cond::unknown(
                next,
                format!("next of {}", lowering.file.normal(right)),
            ));
        }
        "for_statement" => {
            if let Some(first) = node.child_by_field_name("initializer") {
                init = declared_events(lowering, first);
            }
            if let Some(update) = node.child_by_field_name("update") {
                step = events(lowering, update);
            }
            if let Some(condition) = node.child_by_field_name("condition") {
                test = Some(cond(lowering, condition));
            }
        }
        _ => test = Some(cond(lowering, node.child_by_field_name("condition")?)),
    }
    if let Some(Cond::Test {
        test: Test::Const(true),
        ..
    }) = test
    {
        test = None;
    }
    let body = block(lowering, body_node);
    let idle = |stmt: &Stmt| matches!(&stmt.kind, StmtKind::Plain(events) if events.is_empty());
    if body.stmts.iter().all(idle) {
        test = test.map(until_taken);
    }
    Some(Loop {
        init,
        cond: test,
        body,
        step,
        test_last: node.kind() == "do_statement",
        otherwise: None,
    })
}

/// `while (sem_wait(&s) == -1 && errno == EINTR);` counts on having the lock behind it.
fn until_taken(cond: Cond) -> Cond {
    match cond {
        Cond::And(first, _) if asks_acquire(&first) => *first,
        cond => cond,
    }
}

fn asks_acquire(cond: &Cond) -> bool {
    match cond {
        Cond::Test { test, .. } => matches!(test, Test::Taken(_)),
        Cond::Not(inner) => asks_acquire(inner),
        Cond::And(..) | Cond::Or(..) => false,
    }
}

fn switch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let condition = node.child_by_field_name("condition")?;
    let subject = all_events(lowering, condition);
    let mut cases = Vec::new();
    for case in named_children(node.child_by_field_name("body")?) {
        if case.kind() != "case_statement" {
            // `#ifdef` around cases, statements in front of the first one.
            lowering.opaque = Some("something other than a case stands in a switch");
            continue;
        }
        let value = case.child_by_field_name("value");
        let test = value.map(|value| {
            Cond::unknown(Vec::new(), format!("case {}", lowering.file.normal(value)))
        });
        let nodes: Vec<Node<'_>> = named_children(case)
            .into_iter()
            .filter(|child| Some(child.id()) != value.map(|value| value.id()))
            .collect();
        let found = lowering.deeper(|lowering| stmts(lowering, &nodes));
        let start = found
            .first()
            .map_or(case.end_byte(), |stmt| stmt.span.start);
        cases.push(Case {
            test,
            body: Block {
                span: Span::new(start, case.end_byte()),
                style: BlockStyle::Plain,
                stmts: found,
            },
            falls_through: true,
        });
    }
    Some(StmtKind::Switch {
        subject,
        cases,
        exhaustive: false,
        breakable: true,
    })
}

fn tried(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let body = block(lowering, node.child_by_field_name("body")?);
    let mut handlers = Vec::new();
    let mut finally = None;
    for clause in named_children(node) {
        match clause.kind() {
            "catch_clause" => {
                let caught = clause
                    .child_by_field_name("parameters")
                    .map(|caught| lowering.file.normal(caught))
                    .filter(|caught| caught != "(...)");
                handlers.push(Handler {
                    only: caught,
                    body: block(lowering, clause.child_by_field_name("body")?),
                });
            }
            "seh_except_clause" => {
                lowering.opaque = Some("a structured exception handler stands in the function");
            }
            "seh_finally_clause" => {
                let inner = clause.child_by_field_name("body")?;
                finally = Some(block(lowering, inner));
            }
            _ => {}
        }
    }
    Some(StmtKind::Try {
        body,
        handlers,
        otherwise: None,
        finally,
    })
}
