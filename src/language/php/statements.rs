//! Statements of PHP, lowered.

use super::expressions::{assign_target, thrown};
use super::jumps::{jump, label_of};
use crate::flow::{
    Block, BlockStyle, Case, Cond, Decl, DeclKind, Event, EventKind, Handler, Loop, Stmt, StmtKind,
    Test, Value,
};
use crate::lower::expressions::{all_events, cond, event, events, negated_if};
use crate::lower::{Lowering, label, span};
use crate::source::Span;
use crate::tree::Node;

/// Lowers what a function (or the file) does.
pub fn body(lowering: &mut Lowering<'_>, function: Node<'_>) -> Block {
    let Some(body) = function.child_by_field_name("body") else {
        return Block {
            span: span(function),
            style: BlockStyle::Plain,
            stmts: stmts_of(lowering, &parts(function)),
        };
    };
    if body.kind() == "compound_statement" {
        return block(lowering, body);
    }
    let value = events(lowering, body);
    let operand = lowering.file.normal(body);
    let kind = StmtKind::returning(value, operand);
    wrapped(span(body), kind)
}

/// A block that is not in the text, around one statement.
fn wrapped(span: Span, kind: StmtKind) -> Block {
    Block {
        span,
        style: BlockStyle::None,
        stmts: vec![Stmt {
            span,
            kind,
            decls: Vec::new(),
        }],
    }
}

/// The statements below a node, text between `?>` and `<?php` among them.
fn parts(node: Node<'_>) -> Vec<Node<'_>> {
    crate::lower::children(node)
        .into_iter()
        .filter(|child| child.is_named())
        .filter(|child| !child.is_extra() || is_output(*child))
        .filter(|child| child.kind() != "php_tag")
        .collect()
}

/// `?> … <?php`; a `?>` that ends the file prints nothing.
fn is_output(node: Node<'_>) -> bool {
    node.kind() == "text_interpolation" && node.named_child_count() > 1
}

fn stmts_of(lowering: &mut Lowering<'_>, nodes: &[Node<'_>]) -> Vec<Stmt> {
    lowering.deeper(|lowering| {
        nodes
            .iter()
            .filter_map(|node| stmt(lowering, *node))
            .collect()
    })
}

/// The body of a branch or loop.
fn block(lowering: &mut Lowering<'_>, node: Node<'_>) -> Block {
    let (style, stmts) = match node.kind() {
        "compound_statement" => (BlockStyle::Braced, stmts_of(lowering, &parts(node))),
        "colon_block" => {
            let nodes = parts(node);
            let own_line = nodes.first().is_none_or(|first| {
                let source = lowering.file.source;
                source.first_on_line(first.start_byte())
            });
            let style = if own_line {
                BlockStyle::Plain
            } else {
                BlockStyle::None
            };
            (style, stmts_of(lowering, &nodes))
        }
        _ => (BlockStyle::Single, stmts_of(lowering, &[node])),
    };
    Block {
        span: span(node),
        style,
        stmts,
    }
}

fn field_block(lowering: &mut Lowering<'_>, node: Node<'_>, field: &str) -> Block {
    let bodies: Vec<Node<'_>> = node.children_by_field_name(field).collect();
    match bodies.as_slice() {
        [] => lowering.no_block(node.end_byte()),
        [body] if !has_colon(node) || body.kind() == "colon_block" => block(lowering, *body),
        // `for (…): … endfor;` has no node for its body.
        [first, .., last] | [first @ last] => Block {
            span: Span::new(first.start_byte(), last.end_byte()),
            style: BlockStyle::None,
            stmts: stmts_of(lowering, &bodies),
        },
    }
}

fn has_colon(node: Node<'_>) -> bool {
    crate::lower::children(node)
        .iter()
        .any(|child| child.kind() == ":")
}

fn stmt(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Stmt> {
    let mut decls = Vec::new();
    let kind = match node.kind() {
        "expression_statement" => expression_statement(lowering, node)?,
        "compound_statement" | "colon_block" => StmtKind::Block(block(lowering, node)),
        "if_statement" => branch(lowering, node)?,
        "while_statement" | "do_statement" | "for_statement" | "foreach_statement" => {
            let kind = StmtKind::Loop(Box::new(looped(lowering, node)?));
            labelled(lowering, node, kind)
        }
        "switch_statement" => {
            let kind = switch(lowering, node)?;
            labelled(lowering, node, kind)
        }
        "try_statement" => tried(lowering, node),
        "return_statement" => {
            let operand = crate::lower::named_children(node).into_iter().next();
            StmtKind::returning(
                operand.map_or_else(Vec::new, |operand| events(lowering, operand)),
                operand.map_or_else(String::new, |operand| lowering.file.normal(operand)),
            )
        }
        "break_statement" | "continue_statement" => jump(lowering, node)?,
        "exit_statement" => {
            let mut out = all_events(lowering, node);
            out.push(lowering.event(node, label::process_exit));
            StmtKind::Plain(out)
        }
        "echo_statement" => {
            let mut out = all_events(lowering, node);
            out.push(lowering.event(node, label::effect));
            StmtKind::Plain(out)
        }
        "text_interpolation" | "text" => {
            StmtKind::Plain(vec![event(node, label::effect("text".to_owned()))])
        }
        "unset_statement" => StmtKind::Plain(unset(lowering, node)),
        "global_declaration" | "function_static_declaration" => {
            StmtKind::Plain(declared(lowering, node))
        }
        "declare_statement" => {
            let inner = parts(node);
            StmtKind::Block(Block {
                span: span(node),
                style: BlockStyle::None,
                stmts: stmts_of(lowering, &inner),
            })
        }
        "namespace_definition" => match node.child_by_field_name("body") {
            Some(body) => StmtKind::Block(block(lowering, body)),
            None => {
                decls.push(outermost(lowering, node));
                StmtKind::Plain(Vec::new())
            }
        },
        "function_definition"
        | "class_declaration"
        | "interface_declaration"
        | "trait_declaration"
        | "enum_declaration" => {
            let at_top = node.parent().is_none_or(|parent| {
                parent.kind() == "program"
                    || parent
                        .parent()
                        .is_some_and(|around| around.kind() == "namespace_definition")
            });
            if at_top {
                decls.push(outermost(lowering, node));
            }
            StmtKind::Plain(Vec::new())
        }
        "namespace_use_declaration" | "const_declaration" => {
            decls.push(outermost(lowering, node));
            StmtKind::Plain(Vec::new())
        }
        "goto_statement" => {
            lowering.opaque = Some("it uses `goto`");
            return None;
        }
        "declare_directive" | "empty_statement" | "named_label_statement" => {
            StmtKind::Plain(Vec::new())
        }
        _ => StmtKind::Plain(all_events(lowering, node)),
    };
    Some(Stmt {
        span: span(node),
        kind,
        decls,
    })
}

/// What is there before the script runs, or may not stand inside a block at all.
fn outermost(lowering: &Lowering<'_>, node: Node<'_>) -> Decl {
    let name = node.child_by_field_name("name");
    Decl {
        names: name
            .map(|name| lowering.file.normal(name))
            .into_iter()
            .collect(),
        kind: DeclKind::Outermost,
    }
}

/// `throw …;`, `$lock->acquire() or die();`, and everything else.
fn expression_statement(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let inner = crate::lower::named_children(node).into_iter().next()?;
    match inner.kind() {
        "throw_expression" => {
            let (value, class) = thrown(lowering, inner);
            Some(StmtKind::Throw { value, class })
        }
        "binary_expression" => {
            let operator = inner.child_by_field_name("operator")?.kind();
            let wanted = match operator {
                "&&" | "and" => true,
                "||" | "or" => false,
                _ => return Some(StmtKind::Plain(events(lowering, inner))),
            };
            let asked = cond(lowering, inner.child_by_field_name("left")?);
            let right = inner.child_by_field_name("right")?;
            let kind = match right.kind() {
                "throw_expression" => {
                    let (value, class) = thrown(lowering, right);
                    StmtKind::Throw { value, class }
                }
                _ => StmtKind::Plain(events(lowering, right)),
            };
            Some(StmtKind::If {
                cond: negated_if(!wanted, asked),
                then: wrapped(span(right), kind),
                otherwise: None,
            })
        }
        _ => Some(StmtKind::Plain(events(lowering, inner))),
    }
}

fn labelled(lowering: &Lowering<'_>, node: Node<'_>, kind: StmtKind) -> StmtKind {
    match label_of(lowering, node) {
        None => kind,
        Some(label) => StmtKind::Labeled {
            label,
            body: Box::new(Stmt {
                span: span(node),
                kind,
                decls: Vec::new(),
            }),
        },
    }
}

fn unset(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    for target in crate::lower::named_children(node) {
        assign_target(lowering, target, None, &mut out);
    }
    out
}

/// `global $x;` and `static $x = …;`: from here on the name means another variable.
fn declared(lowering: &Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    crate::lower::descendants(node, |_| true)
        .filter(|node| node.kind() == "variable_name")
        .map(|name| {
            let var = lowering.file.normal(name);
            let value = Value::Unknown;
            event(name, EventKind::Assign { var, value })
        })
        .collect()
}

fn branch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let test = cond(lowering, node.child_by_field_name("condition")?);
    let then = field_block(lowering, node, "body");
    let clauses: Vec<Node<'_>> = node.children_by_field_name("alternative").collect();
    let mut otherwise: Option<Block> = None;
    for clause in clauses.into_iter().rev() {
        if clause.kind() == "else_clause" {
            otherwise = Some(field_block(lowering, clause, "body"));
            continue;
        }
        let kind = StmtKind::If {
            cond: cond(lowering, clause.child_by_field_name("condition")?),
            then: field_block(lowering, clause, "body"),
            otherwise: otherwise.take(),
        };
        otherwise = Some(wrapped(span(clause), kind));
    }
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
    match node.kind() {
        "foreach_statement" => {
            let parts: Vec<Node<'_>> = crate::lower::named_children(node);
            let [iterated, target, ..] = parts.as_slice() else {
                return None;
            };
            init = events(lowering, *iterated);
            let mut next = Vec::new();
            if runs_code(*iterated) {
                next.push(
                    lowering.event(*iterated, |label| label::call(format!("next of {label}"))),
                );
            }
            assign_target(lowering, *target, None, &mut next);
            let label = format!("another of {}", lowering.file.normal(*iterated));
            test = Some(Cond::unknown(next, label));
        }
        "for_statement" => {
            if let Some(first) = node.child_by_field_name("initialize") {
                init = events(lowering, first);
            }
            if let Some(last) = node.child_by_field_name("update") {
                step = events(lowering, last);
            }
            if let Some(asked) = node.child_by_field_name("condition") {
                test = Some(cond(lowering, asked));
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
        body: field_block(lowering, node, "body"),
        step,
        test_last: node.kind() == "do_statement",
        otherwise: None,
    })
}

/// Whether asking for the next element may run code: not of an array that is built right there.
fn runs_code(iterated: Node<'_>) -> bool {
    !matches!(
        iterated.kind(),
        "array_creation_expression" | "cast_expression"
    )
}

fn switch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let subject = events(lowering, node.child_by_field_name("condition")?);
    let mut cases = Vec::new();
    for case in crate::lower::named_children(node.child_by_field_name("body")?) {
        let value = case.child_by_field_name("value");
        let test = value.map(|value| {
            let events = events(lowering, value);
            Cond::unknown(events, format!("case {}", lowering.file.normal(value)))
        });
        let mut nodes = parts(case);
        nodes.retain(|node| Some(node.id()) != value.map(|value| value.id()));
        let start = nodes.first().map_or(case.end_byte(), Node::start_byte);
        cases.push(Case {
            test,
            body: Block {
                span: Span::new(start, case.end_byte()),
                style: BlockStyle::Plain,
                stmts: stmts_of(lowering, &nodes),
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

fn tried(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    let body = field_block(lowering, node, "body");
    let mut handlers = Vec::new();
    let mut finally = None;
    for clause in crate::lower::named_children(node) {
        match clause.kind() {
            "catch_clause" => {
                let only = caught(lowering, clause);
                let body = field_block(lowering, clause, "body");
                handlers.push(Handler { only, body });
            }
            "finally_clause" => finally = Some(field_block(lowering, clause, "body")),
            _ => {}
        }
    }
    StmtKind::Try {
        body,
        handlers,
        otherwise: None,
        finally,
    }
}

/// The classes that the clause names; `None`: everything.
fn caught(lowering: &Lowering<'_>, clause: Node<'_>) -> Option<String> {
    let types = clause.child_by_field_name("type")?;
    let names: Vec<String> = crate::lower::named_children(types)
        .into_iter()
        .map(|name| {
            let name = lowering.file.normal(name);
            name.trim_start_matches('\\').to_owned()
        })
        .collect();
    (!names.iter().any(|name| name == "Throwable")).then(|| names.join(", "))
}
