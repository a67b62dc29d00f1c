//! Statements of Java, lowered.

use super::expressions::assign_target;
use super::names::{declarators, plain_type};
use super::{guards, switches};
use crate::catalog::pattern::unwrapped;
use crate::flow::{
    Block, BlockStyle, Cond, Decl, DeclKind, Event, EventKind, Handler, Loop, Stmt, StmtKind, Test,
};
use crate::lower::expressions::{all_events, cond, event, events, value_of};
use crate::lower::{Lowering, descendants, label, named_children, span};
use crate::tree::Node;

/// Lowers the body of the function, or the initialiser blocks of the classes of the file.
pub fn root(lowering: &mut Lowering<'_>) -> Block {
    let function = lowering.function;
    let body = function.child_by_field_name("body").or_else(|| {
        named_children(function)
            .into_iter()
            .find(|child| child.kind() == "block")
            .filter(|_| function.kind() == "static_initializer")
    });
    match body {
        Some(body) if is_block(body) => block(lowering, body),
        // `() -> expression`
        Some(body) => {
            let value = events(lowering, body);
            let operand = lowering.file.normal(body);
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
        None => initialisers(lowering, function),
    }
}

fn initialisers(lowering: &mut Lowering<'_>, file: Node<'_>) -> Block {
    let grammar = lowering.file.grammar;
    let blocks: Vec<Node<'_>> = descendants(file, |node| !grammar.is_function(node.kind()))
        .filter(|node| {
            node.kind() == "block"
                && node
                    .parent()
                    .is_some_and(|parent| parent.kind().ends_with("_body"))
        })
        .collect();
    Block {
        span: span(file),
        style: BlockStyle::None,
        stmts: blocks
            .into_iter()
            .map(|node| Stmt {
                span: span(node),
                kind: StmtKind::Block(block(lowering, node)),
                decls: Vec::new(),
            })
            .collect(),
    }
}

fn is_block(node: Node<'_>) -> bool {
    matches!(node.kind(), "block" | "constructor_body")
}

pub fn block(lowering: &mut Lowering<'_>, node: Node<'_>) -> Block {
    let (style, nodes) = if is_block(node) {
        (BlockStyle::Braced, named_children(node))
    } else {
        (BlockStyle::Single, vec![node])
    };
    Block {
        span: span(node),
        style,
        stmts: stmts_of(lowering, &nodes),
    }
}

pub fn stmts_of(lowering: &mut Lowering<'_>, nodes: &[Node<'_>]) -> Vec<Stmt> {
    lowering.deeper(|lowering| {
        nodes
            .iter()
            .filter_map(|node| stmt(lowering, *node))
            .collect()
    })
}

fn stmt(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Stmt> {
    let mut decls = Vec::new();
    let kind = match node.kind() {
        "local_variable_declaration" => {
            decls.push(Decl {
                names: declarators(node)
                    .filter_map(|declarator| declarator.child_by_field_name("name"))
                    .map(|name| lowering.file.normal(name))
                    .collect(),
                kind: DeclKind::Variable,
            });
            StmtKind::Plain(declaration(lowering, node))
        }
        "block" => StmtKind::Block(block(lowering, node)),
        "if_statement" => {
            decls.extend(pattern_variables(lowering, node));
            branch(lowering, node)?
        }
        "for_statement" | "enhanced_for_statement" | "while_statement" | "do_statement" => {
            decls.extend(pattern_variables(lowering, node));
            StmtKind::Loop(Box::new(looped(lowering, node)?))
        }
        "switch_expression" => switches::statement(lowering, node)?,
        "try_statement" => tried(lowering, node)?,
        "try_with_resources_statement" => guards::with_resources(lowering, node)?,
        "synchronized_statement" => guards::synchronised(lowering, node)?,
        "labeled_statement" => {
            let parts = named_children(node);
            let [label, body] = parts.as_slice() else {
                return None;
            };
            let label = lowering.file.normal(*label);
            let body = lowering.deeper(|lowering| stmt(lowering, *body))?;
            StmtKind::Labeled {
                label,
                body: Box::new(body),
            }
        }
        "return_statement" => {
            let operand = named_children(node).into_iter().next();
            StmtKind::returning(
                all_events(lowering, node),
                operand.map_or_else(String::new, |operand| {
                    lowering.file.normal(unwrapped(operand))
                }),
            )
        }
        "throw_statement" => thrown(lowering, node),
        "break_statement" | "continue_statement" => {
            let label = named_children(node).into_iter().next();
            let label = label.map(|label| lowering.file.normal(label));
            if node.kind() == "break_statement" {
                StmtKind::Break(label)
            } else {
                StmtKind::Continue(label)
            }
        }
        "class_declaration"
        | "record_declaration"
        | "interface_declaration"
        | "enum_declaration" => {
            decls.extend(node.child_by_field_name("name").map(|name| Decl {
                names: vec![lowering.file.normal(name)],
                kind: DeclKind::Fixed,
            }));
            StmtKind::Plain(Vec::new())
        }
        "assert_statement" => {
            let mut inside = all_events(lowering, node);
            inside.push(lowering.event(node, label::may_throw));
            StmtKind::Plain(inside)
        }
        "explicit_constructor_invocation" => StmtKind::Plain(events(lowering, node)),
        "yield_statement" => {
            lowering.opaque = Some("a `yield` stands outside of its switch");
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

/// What `x instanceof T t` declares may be known behind its statement: it cannot move.
fn pattern_variables(lowering: &Lowering<'_>, node: Node<'_>) -> Option<Decl> {
    let condition = node.child_by_field_name("condition")?;
    let names: Vec<String> = descendants(condition, |_| true)
        .filter(|node| {
            matches!(
                node.kind(),
                "instanceof_expression" | "record_pattern_component"
            )
        })
        .filter_map(|node| {
            node.child_by_field_name("name").or_else(|| {
                named_children(node)
                    .pop()
                    .filter(|name| name.kind() == "identifier")
            })
        })
        .map(|name| lowering.file.normal(name))
        .collect();
    (!names.is_empty()).then_some(Decl {
        names,
        kind: DeclKind::Fixed,
    })
}

fn declaration(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    for declarator in declarators(node) {
        let (Some(target), Some(value)) = (
            declarator.child_by_field_name("name"),
            declarator.child_by_field_name("value"),
        ) else {
            continue;
        };
        out.extend(events(lowering, value));
        let value = value_of(lowering, value);
        let var = lowering.file.normal(target);
        out.push(event(target, EventKind::Assign { var, value }));
    }
    out
}

/// Building the very exception that is thrown is no call that others see.
fn thrown(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    let mut value = all_events(lowering, node);
    let operand = named_children(node).into_iter().next().map(unwrapped);
    let made = operand.filter(|operand| operand.kind() == "object_creation_expression");
    if made.is_some_and(|made| value.last().is_some_and(|last| last.span == span(made))) {
        value.pop();
    }
    let class = made
        .and_then(|made| made.child_by_field_name("type"))
        .and_then(|class| plain_type(class, lowering.file.source.bytes));
    StmtKind::Throw { value, class }
}

fn branch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let test = cond(lowering, node.child_by_field_name("condition")?);
    let then = block(lowering, node.child_by_field_name("consequence")?);
    let otherwise = node
        .child_by_field_name("alternative")
        .map(|body| lowering.deeper(|lowering| block(lowering, body)));
    Some(StmtKind::If {
        cond: test,
        then,
        otherwise,
    })
}

fn looped(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Loop> {
    let mut init = Vec::new();
    let mut step = Vec::new();
    let mut test = None;
    if node.kind() == "enhanced_for_statement" {
        let value = node.child_by_field_name("value")?;
        init = events(lowering, value);
        let text = lowering.file.normal(value);
        init.push(event(value, label::call(format!("iterator of {text}"))));
        let mut next = vec![event(value, label::call(format!("next of {text}")))];
        if let Some(name) = node.child_by_field_name("name") {
            assign_target(lowering, name, None, &mut next);
        }
        test = Some(Cond::unknown(next, format!("more of {text}")));
    }
    for part in node.children_by_field_name("init") {
        init.extend(match part.kind() {
            "local_variable_declaration" => declaration(lowering, part),
            _ => events(lowering, part),
        });
    }
    for part in node.children_by_field_name("update") {
        step.extend(events(lowering, part));
    }
    if let Some(condition) = node.child_by_field_name("condition") {
        test = Some(cond(lowering, condition));
    }
    if let Some(Cond::Test {
        test: Test::Const(true),
        ..
    }) = test
    {
        test = None;
    }
    let body = node.child_by_field_name("body")?;
    Some(Loop {
        init,
        cond: test,
        body: block(lowering, body),
        step,
        test_last: node.kind() == "do_statement",
        otherwise: None,
    })
}

fn tried(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let body = block(lowering, node.child_by_field_name("body")?);
    let (handlers, finally) = clauses(lowering, node);
    Some(StmtKind::Try {
        body,
        handlers,
        otherwise: None,
        finally,
    })
}

pub fn clauses(lowering: &mut Lowering<'_>, node: Node<'_>) -> (Vec<Handler>, Option<Block>) {
    let mut handlers = Vec::new();
    let mut finally = None;
    for clause in named_children(node) {
        match clause.kind() {
            "catch_clause" => {
                let Some(body) = clause.child_by_field_name("body") else {
                    continue;
                };
                handlers.push(Handler {
                    only: caught(lowering, clause),
                    body: block(lowering, body),
                });
            }
            "finally_clause" => {
                finally = named_children(clause)
                    .into_iter()
                    .next()
                    .map(|body| block(lowering, body));
            }
            _ => {}
        }
    }
    (handlers, finally)
}

/// The classes that a handler names; `None`: everything.
fn caught(lowering: &Lowering<'_>, clause: Node<'_>) -> Option<String> {
    let types = descendants(clause, |node| node.kind() != "block")
        .find(|node| node.kind() == "catch_type")?;
    let classes: Vec<String> = named_children(types)
        .into_iter()
        .map(|class| lowering.file.normal(class))
        .collect();
    (!classes.iter().any(|class| class == "Throwable")).then(|| classes.join(", "))
}
