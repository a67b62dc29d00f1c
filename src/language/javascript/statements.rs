//! Statements of a script, lowered.

use super::expressions::{assign_target, settled};
use crate::catalog::pattern::unwrapped;
use crate::flow::{
    Block, BlockStyle, Case, Cond, Decl, DeclKind, Event, EventKind, Handler, Loop, Stmt, StmtKind,
    Test, Value, WithExit,
};
use crate::lower::expressions::{all_events, cond, events};
use crate::lower::sites::Does;
use crate::lower::{Lowering, label, named_children, span};
use crate::source::Span;
use crate::tree::Node;

/// Lowers the body of the function (or of the file).
pub fn root(lowering: &mut Lowering<'_>) -> Block {
    let function = lowering.function;
    let Some(body) = function.child_by_field_name("body") else {
        return block_of(lowering, function, BlockStyle::Plain);
    };
    if body.kind() == "statement_block" {
        return block(lowering, body);
    }
    // `() => expression`
    let value = events(lowering, body);
    let operand = settled(lowering, body).unwrap_or_else(|| lowering.file.normal(body));
    Block {
        span: span(body),
        style: BlockStyle::None,
        stmts: vec![Stmt {
            span: span(body),
            kind: StmtKind::returning(value, operand),
            decls: Vec::new(),
        }],
    }
}

/// Lowers a callback that runs in place.
pub fn callback_body(lowering: &mut Lowering<'_>, callback: Node<'_>) -> Block {
    match callback.child_by_field_name("body") {
        Some(body) if body.kind() == "statement_block" => block(lowering, body),
        Some(body) => {
            let value = events(lowering, body);
            Block {
                span: span(body),
                style: BlockStyle::None,
                stmts: vec![Stmt {
                    span: span(body),
                    kind: StmtKind::Plain(value),
                    decls: Vec::new(),
                }],
            }
        }
        None => lowering.no_block(callback.end_byte()),
    }
}

fn block(lowering: &mut Lowering<'_>, node: Node<'_>) -> Block {
    if node.kind() == "statement_block" {
        return block_of(lowering, node, BlockStyle::Braced);
    }
    let stmts = lowering.deeper(|lowering| stmt(lowering, node).into_iter().collect());
    Block {
        span: span(node),
        style: BlockStyle::Single,
        stmts,
    }
}

fn block_of(lowering: &mut Lowering<'_>, node: Node<'_>, style: BlockStyle) -> Block {
    let nodes = named_children(node);
    Block {
        span: span(node),
        style,
        stmts: lowering.deeper(|lowering| stmts_of(lowering, &nodes)),
    }
}

fn stmts_of(lowering: &mut Lowering<'_>, nodes: &[Node<'_>]) -> Vec<Stmt> {
    let mut stmts = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        if node.kind() == "using_declaration" {
            stmts.push(using(lowering, *node, &nodes[index + 1..]));
            return stmts;
        }
        stmts.extend(stmt(lowering, *node));
    }
    stmts
}

/// `using` disposes of its value at the end of the block: what follows it is its body.
fn using(lowering: &mut Lowering<'_>, node: Node<'_>, rest: &[Node<'_>]) -> Stmt {
    let value = named_children(node)
        .into_iter()
        .find_map(|declarator| declarator.child_by_field_name("value"));
    let exit = match value.and_then(|value| lowering.table.does(unwrapped(value))) {
        Some(Does::Acquire(site)) => WithExit::Release(lowering.table.hold_to_the_end(site)),
        _ => WithExit::Call {
            label: format!("dispose {}", lowering.file.normal(node)),
            swallows: false,
        },
    };
    let enter = declaration(lowering, node);
    let decls = vec![declared(lowering, node)];
    let end = rest.last().map_or(node.end_byte(), Node::end_byte);
    let body = Block {
        span: Span::new(node.end_byte(), end),
        style: BlockStyle::None,
        stmts: lowering.deeper(|lowering| stmts_of(lowering, rest)),
    };
    Stmt {
        span: Span::new(node.start_byte(), end),
        kind: StmtKind::With { enter, exit, body },
        decls,
    }
}

fn stmt(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Stmt> {
    let mut decls = Vec::new();
    let kind = match node.kind() {
        "expression_statement" => StmtKind::Plain(all_events(lowering, node)),
        "variable_declaration" | "lexical_declaration" => {
            decls.push(declared(lowering, node));
            StmtKind::Plain(declaration(lowering, node))
        }
        "statement_block" => StmtKind::Block(block(lowering, node)),
        "if_statement" => branch(lowering, node)?,
        "for_statement" | "for_in_statement" | "while_statement" | "do_statement" => {
            StmtKind::Loop(Box::new(looped(lowering, node)?))
        }
        "switch_statement" => switch(lowering, node)?,
        "try_statement" => tried(lowering, node)?,
        "labeled_statement" => {
            let label = lowering.file.normal(node.child_by_field_name("label")?);
            let body = node.child_by_field_name("body")?;
            let body = lowering.deeper(|lowering| stmt(lowering, body))?;
            StmtKind::Labeled {
                label,
                body: Box::new(body),
            }
        }
        "return_statement" => {
            let operand = named_children(node).into_iter().next();
            let value = operand.map_or_else(Vec::new, |operand| returned(lowering, operand));
            StmtKind::returning(
                value,
                operand.map_or_else(String::new, |operand| {
                    let operand = unwrapped(operand);
                    if let Some(label) = settled(lowering, operand) {
                        return label;
                    }
                    let inner = lowering.file.grammar.awaited_operand(operand);
                    lowering.file.normal(inner.unwrap_or(operand))
                }),
            )
        }
        "throw_statement" => StmtKind::Throw {
            value: thrown(lowering, node),
            class: None,
        },
        "break_statement" | "continue_statement" => {
            let label = node
                .child_by_field_name("label")
                .map(|label| lowering.file.normal(label));
            if node.kind() == "break_statement" {
                StmtKind::Break(label)
            } else {
                StmtKind::Continue(label)
            }
        }
        "function_declaration"
        | "generator_function_declaration"
        | "class_declaration"
        | "abstract_class_declaration"
        | "enum_declaration" => {
            decls.extend(node.child_by_field_name("name").map(|name| Decl {
                names: vec![lowering.file.normal(name)],
                kind: DeclKind::Fixed,
            }));
            StmtKind::Plain(Vec::new())
        }
        "interface_declaration"
        | "type_alias_declaration"
        | "function_signature"
        | "ambient_declaration"
        | "import_alias" => {
            decls.extend(node.child_by_field_name("name").map(|name| Decl {
                names: vec![lowering.file.normal(name)],
                kind: DeclKind::Fixed,
            }));
            StmtKind::Plain(Vec::new())
        }
        "export_statement" => match node.child_by_field_name("declaration") {
            Some(inner) => {
                let mut inner = lowering.deeper(|lowering| stmt(lowering, inner))?;
                inner.span = span(node);
                return Some(inner);
            }
            None => StmtKind::Plain(all_events(lowering, node)),
        },
        "empty_statement" | "import_statement" | "debugger_statement" | "hash_bang_line" => {
            StmtKind::Plain(Vec::new())
        }
        "with_statement" => {
            lowering.opaque = Some("a `with` statement hides what names mean");
            return None;
        }
        // `() => {}` fields, type members and the like carry no control flow of this body.
        _ => StmtKind::Plain(all_events(lowering, node)),
    };
    Some(Stmt {
        span: span(node),
        kind,
        decls,
    })
}

/// What a `return` evaluates. `return await f()` and `return f()` do the same as far as anybody
/// else can see: both hand on what `f` comes to.
fn returned(lowering: &mut Lowering<'_>, operand: Node<'_>) -> Vec<Event> {
    let operand = unwrapped(operand);
    match lowering.file.grammar.awaited_operand(operand) {
        Some(inner) if lowering.table.does(operand).is_none() => events(lowering, inner),
        _ => events(lowering, operand),
    }
}

/// Building the very error that is thrown is no call that others see.
fn thrown(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut value = all_events(lowering, node);
    if let Some(operand) = named_children(node).into_iter().next().map(unwrapped)
        && operand.kind() == "new_expression"
        && value.last().is_some_and(|last| last.span == span(operand))
    {
        value.pop();
    }
    value
}

fn declaration(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    for declarator in named_children(node)
        .into_iter()
        .filter(|child| child.kind() == "variable_declarator")
    {
        let Some(target) = declarator.child_by_field_name("name") else {
            continue;
        };
        match declarator.child_by_field_name("value") {
            Some(value) => {
                out.extend(events(lowering, value));
                assign_target(lowering, target, Some(value), &mut out);
            }
            None => out.push(Event {
                span: span(declarator),
                kind: EventKind::Assign {
                    var: lowering.file.normal(target),
                    value: Value::Null,
                },
            }),
        }
    }
    out
}

fn declared(lowering: &Lowering<'_>, node: Node<'_>) -> Decl {
    let mut names = Vec::new();
    for declarator in named_children(node)
        .into_iter()
        .filter(|child| child.kind() == "variable_declarator")
    {
        if let Some(target) = declarator.child_by_field_name("name") {
            bound_names(lowering, target, &mut names);
        }
    }
    let kind = match node.kind() {
        "variable_declaration" => DeclKind::FunctionScoped,
        "using_declaration" => DeclKind::Fixed,
        _ => DeclKind::Variable,
    };
    Decl { names, kind }
}

/// The names that a pattern binds, defaults left out.
fn bound_names(lowering: &Lowering<'_>, target: Node<'_>, out: &mut Vec<String>) {
    match target.kind() {
        "identifier" | "shorthand_property_identifier_pattern" => {
            out.push(lowering.file.normal(target));
        }
        "pair_pattern" => {
            if let Some(value) = target.child_by_field_name("value") {
                bound_names(lowering, value, out);
            }
        }
        "assignment_pattern" | "object_assignment_pattern" => {
            if let Some(left) = target.child_by_field_name("left") {
                bound_names(lowering, left, out);
            }
        }
        _ => {
            for child in named_children(target) {
                bound_names(lowering, child, out);
            }
        }
    }
}

fn branch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let test = cond(lowering, node.child_by_field_name("condition")?);
    let then = block(lowering, node.child_by_field_name("consequence")?);
    let otherwise = node
        .child_by_field_name("alternative")
        .and_then(|clause| named_children(clause).into_iter().next())
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
        "for_in_statement" => {
            let right = node.child_by_field_name("right")?;
            init = events(lowering, right);
            init.push(lowering.event(right, label::may_throw));
            let waits = crate::lower::children(node)
                .into_iter()
                .any(|child| child.kind() == "await");
            let mut next = Vec::new();
            if waits {
                next.push(lowering.event(right, label::call));
            }
            if let Some(left) = node.child_by_field_name("left") {
                assign_target(lowering, left, None, &mut next);
            }
            test = Some(Cond::unknown(
                next,
                format!("next of {}", lowering.file.normal(right)),
            ));
        }
        "for_statement" => {
            if let Some(node) = node.child_by_field_name("initializer") {
                init = if node.kind().ends_with("declaration") {
                    declaration(lowering, node)
                } else {
                    events(lowering, node)
                };
            }
            if let Some(node) = node.child_by_field_name("increment") {
                step = events(lowering, node);
            }
            if let Some(node) = node.child_by_field_name("condition")
                && node.kind() != "empty_statement"
            {
                test = Some(cond(lowering, node));
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
    Some(Loop {
        init,
        cond: test,
        body: block(lowering, body_node),
        step,
        test_last: node.kind() == "do_statement",
        otherwise: None,
    })
}

fn switch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let subject = events(lowering, node.child_by_field_name("value")?);
    let mut cases = Vec::new();
    for case in named_children(node.child_by_field_name("body")?) {
        let value = case.child_by_field_name("value");
        let test = value.map(|value| {
            let events = events(lowering, value);
            Cond::unknown(events, format!("case {}", lowering.file.normal(value)))
        });
        let stmts: Vec<Stmt> = lowering.deeper(|lowering| {
            named_children(case)
                .into_iter()
                .filter(|child| Some(child.id()) != value.map(|value| value.id()))
                .filter_map(|child| stmt(lowering, child))
                .collect()
        });
        let start = stmts
            .first()
            .map_or(case.end_byte(), |stmt| stmt.span.start);
        cases.push(Case {
            test,
            body: Block {
                span: Span::new(start, case.end_byte()),
                style: BlockStyle::Plain,
                stmts,
            },
            falls_through: true,
        });
    }
    Some(StmtKind::Switch {
        subject,
        cases,
        exhaustive: must_match(lowering, node),
        breakable: true,
    })
}

/// Whether the compiler vouches for the cases being all there are: nothing stands behind the switch
/// of a function that has to return a value.
fn must_match(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let Some(returned) = lowering.function.child_by_field_name("return_type") else {
        return false;
    };
    let body = lowering.function.child_by_field_name("body");
    let ends_block = |node: &Node<'_>| {
        node.next_named_sibling()
            .is_none_or(|next| next.kind() == "finally_clause")
    };
    let is_last = std::iter::successors(Some(node), Node::parent)
        .take_while(|node| Some(node.id()) != body.map(|body| body.id()))
        .all(|node| {
            ends_block(&node)
                && matches!(
                    node.kind(),
                    "switch_statement" | "statement_block" | "try_statement"
                )
        });
    let text = lowering.text(returned);
    is_last
        && !["void", "undefined", "any", "unknown"]
            .iter()
            .any(|word| text.contains(word))
}

fn tried(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let body = block(lowering, node.child_by_field_name("body")?);
    let mut handlers = Vec::new();
    if let Some(clause) = node.child_by_field_name("handler") {
        handlers.push(Handler {
            only: None,
            body: block(lowering, clause.child_by_field_name("body")?),
        });
    }
    let finally = node
        .child_by_field_name("finalizer")
        .and_then(|clause| clause.child_by_field_name("body"))
        .map(|body| block(lowering, body));
    Some(StmtKind::Try {
        body,
        handlers,
        otherwise: None,
        finally,
    })
}
