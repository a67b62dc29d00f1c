//! Statements of Python, lowered.

use super::expressions::{assertion, assign_target};
use crate::flow::{
    Block, BlockStyle, Case, Cond, Decl, DeclKind, Event, Handler, Loop, Stmt, StmtKind, Test,
    WithExit,
};
use crate::lower::expressions::{all_events, close as freed_at_end, cond, events};
use crate::lower::{Lowering, label, named_children, span};
use crate::tree::Node;

/// Lowers the body of the function (or of the file).
pub fn root(lowering: &mut Lowering<'_>) -> Block {
    let function = lowering.function;
    let Some(body) = function.child_by_field_name("body") else {
        return Block {
            span: span(function),
            style: BlockStyle::Plain,
            stmts: stmts_of(lowering, function),
        };
    };
    if body.kind() == "block" {
        return block(lowering, body);
    }
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

fn stmts_of(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Stmt> {
    lowering.deeper(|lowering| {
        named_children(node)
            .into_iter()
            .filter_map(|child| stmt(lowering, child))
            .collect()
    })
}

fn block(lowering: &mut Lowering<'_>, node: Node<'_>) -> Block {
    let source = lowering.file.source;
    let own_line = source.first_on_line(node.start_byte());
    Block {
        span: span(node),
        style: if own_line {
            BlockStyle::Plain
        } else {
            BlockStyle::OnHeaderLine
        },
        stmts: stmts_of(lowering, node),
    }
}

fn field_block(lowering: &mut Lowering<'_>, node: Node<'_>, field: &str) -> Block {
    match node.child_by_field_name(field) {
        Some(body) => block(lowering, body),
        None => lowering.no_block(node.end_byte()),
    }
}

/// The suite of a clause that gives it no field of its own.
fn last_block(lowering: &mut Lowering<'_>, node: Node<'_>) -> Block {
    match named_children(node)
        .into_iter()
        .rfind(|child| child.kind() == "block")
    {
        Some(body) => block(lowering, body),
        None => lowering.no_block(node.end_byte()),
    }
}

fn stmt(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Stmt> {
    let mut decls = Vec::new();
    let kind = match node.kind() {
        "if_statement" => branch(lowering, node)?,
        "for_statement" | "while_statement" => StmtKind::Loop(Box::new(looped(lowering, node)?)),
        "try_statement" => tried(lowering, node),
        "with_statement" => with(lowering, node)?,
        "match_statement" => matched(lowering, node)?,
        "return_statement" => {
            let operand = named_children(node).into_iter().next();
            StmtKind::returning(
                operand.map_or_else(Vec::new, |operand| events(lowering, operand)),
                operand.map_or_else(String::new, |operand| {
                    let inner = lowering.file.grammar.awaited_operand(operand);
                    lowering.file.normal(inner.unwrap_or(operand))
                }),
            )
        }
        "raise_statement" => StmtKind::Throw {
            value: thrown(lowering, node),
            class: raised_class(lowering, node),
        },
        "expression_statement" if raises(lowering, node) => StmtKind::Throw {
            value: thrown(lowering, node),
            class: None,
        },
        "break_statement" => StmtKind::Break(None),
        "continue_statement" => StmtKind::Continue(None),
        "function_definition" | "class_definition" | "decorated_definition" => {
            // Function scope: nothing has to move. Decorators and defaults run here.
            decls.push(Decl {
                names: Vec::new(),
                kind: DeclKind::FunctionScoped,
            });
            let runs = node.kind() == "decorated_definition" || node.kind() == "class_definition";
            StmtKind::Plain(if runs {
                vec![Event {
                    span: span(node),
                    kind: label::call(definition_label(lowering, node)),
                }]
            } else {
                Vec::new()
            })
        }
        "pass_statement"
        | "global_statement"
        | "nonlocal_statement"
        | "future_import_statement" => StmtKind::Plain(Vec::new()),
        "import_statement" | "import_from_statement" => {
            StmtKind::Plain(vec![lowering.event(node, label::call)])
        }
        "assert_statement" => {
            let mut inside = all_events(lowering, node);
            let fails = lowering.event(node, label::may_throw);
            assertion(lowering, &mut inside, fails);
            StmtKind::Plain(inside)
        }
        "delete_statement" => {
            let mut inside = all_events(lowering, node);
            inside.push(lowering.event(node, label::may_throw));
            inside.push(lowering.event(node, label::effect));
            StmtKind::Plain(inside)
        }
        _ => StmtKind::Plain(all_events(lowering, node)),
    };
    Some(Stmt {
        span: span(node),
        kind,
        decls,
    })
}

/// What a definition is told by: its name, not its text, which may be long.
fn definition_label(lowering: &Lowering<'_>, node: Node<'_>) -> String {
    let definition = node.child_by_field_name("definition").unwrap_or(node);
    let name = lowering
        .file
        .grammar
        .function_name(definition, lowering.file.source.bytes);
    format!("define {name}")
}

/// Building the very exception that is raised is no call that others see.
fn thrown(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut value = all_events(lowering, node);
    if let Some(operand) = named_children(node).into_iter().next()
        && operand.kind() == "call"
    {
        value.retain(|event| event.span != span(operand));
    }
    value
}

/// The class of a raised exception: that of the call, or the name itself.
fn raised_class(lowering: &Lowering<'_>, node: Node<'_>) -> Option<String> {
    let operand = named_children(node).into_iter().next()?;
    let class = operand.child_by_field_name("function").unwrap_or(operand);
    Some(lowering.file.normal(class))
}

/// Whether the statement is a call that does nothing but raise, such as `sys.exit()`.
fn raises(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let callee = node
        .named_child(0)
        .and_then(|call| call.child_by_field_name("function"))
        .map(|function| lowering.file.normal(function));
    callee.is_some_and(|callee| lowering.file.catalog.facts.raises.contains(&callee))
}

fn branch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let test = cond(lowering, node.child_by_field_name("condition")?);
    let then = field_block(lowering, node, "consequence");
    let clauses: Vec<Node<'_>> = node.children_by_field_name("alternative").collect();
    let mut otherwise: Option<Block> = None;
    for clause in clauses.into_iter().rev() {
        if clause.kind() == "else_clause" {
            otherwise = Some(field_block(lowering, clause, "body"));
            continue;
        }
        let test = cond(lowering, clause.child_by_field_name("condition")?);
        let then = field_block(lowering, clause, "consequence");
        let inner = Stmt {
            span: span(clause),
            kind: StmtKind::If {
                cond: test,
                then,
                otherwise: otherwise.take(),
            },
            decls: Vec::new(),
        };
        otherwise = Some(Block {
            span: span(clause),
            style: BlockStyle::None,
            stmts: vec![inner],
        });
    }
    Some(StmtKind::If {
        cond: test,
        then,
        otherwise,
    })
}

fn looped(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Loop> {
    let mut init = Vec::new();
    let test;
    if node.kind() == "for_statement" {
        let right = node.child_by_field_name("right")?;
        init = events(lowering, right);
        let mut next = Vec::new();
        // Asking an iterator for its next value runs code.
        next.push(lowering.event(right, |label| label::call(format!("next of {label}"))));
        if let Some(left) = node.child_by_field_name("left") {
            assign_target(lowering, left, None, &mut next);
        }
        test = Some(Cond::unknown(
            next,
            format!("another of {}", lowering.file.normal(right)),
        ));
    } else {
        let condition = cond(lowering, node.child_by_field_name("condition")?);
        let always = matches!(
            condition,
            Cond::Test {
                test: Test::Const(true),
                ..
            }
        );
        test = (!always).then_some(condition);
    }
    let otherwise = node
        .child_by_field_name("alternative")
        .map(|clause| field_block(lowering, clause, "body"));
    Some(Loop {
        init,
        cond: test,
        body: field_block(lowering, node, "body"),
        step: Vec::new(),
        test_last: false,
        otherwise,
    })
}

fn tried(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    let body = field_block(lowering, node, "body");
    let mut handlers = Vec::new();
    let mut otherwise = None;
    let mut finally = None;
    for clause in named_children(node) {
        match clause.kind() {
            "except_clause" => {
                let caught = named_children(clause)
                    .into_iter()
                    .find(|child| child.kind() != "block");
                let only = caught
                    .map(|caught| lowering.file.normal(caught))
                    .filter(|caught| !catches_all(caught));
                handlers.push(Handler {
                    only,
                    body: last_block(lowering, clause),
                });
            }
            "else_clause" => otherwise = Some(field_block(lowering, clause, "body")),
            "finally_clause" => finally = Some(last_block(lowering, clause)),
            _ => {}
        }
    }
    StmtKind::Try {
        body,
        handlers,
        otherwise,
        finally,
    }
}

fn catches_all(caught: &str) -> bool {
    caught == "BaseException" || caught.starts_with("BaseException as ")
}

fn with(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let clause = named_children(node)
        .into_iter()
        .find(|child| child.kind() == "with_clause")?;
    let items: Vec<Node<'_>> = crate::lower::descendants(clause, |node| node.kind() != "with_item")
        .filter(|node| node.kind() == "with_item")
        .collect();
    let mut held = Vec::new();
    for item in &items {
        let value = item.child_by_field_name("value")?;
        let (context, alias) = if value.kind() == "as_pattern" {
            (value.named_child(0)?, value.child_by_field_name("alias"))
        } else {
            (value, None)
        };
        if let Some(alias) = alias
            && items.len() == 1
            && let Some(methods) = stack_methods(lowering, context)
            && let Some(kind) = stack(lowering, node, alias, methods)
        {
            return Some(kind);
        }
        held.push(enter(lowering, context, alias));
    }
    let body_node = node.child_by_field_name("body")?;
    let mut body = block(lowering, body_node);
    while let Some((enter, exit)) = held.pop() {
        let kind = StmtKind::With { enter, exit, body };
        if held.is_empty() {
            return Some(kind);
        }
        body = Block {
            span: span(body_node),
            style: BlockStyle::None,
            stmts: vec![Stmt {
                span: span(body_node),
                kind,
                decls: Vec::new(),
            }],
        };
    }
    None
}

/// How the stack that the expression makes is entered and closed, if it makes one.
fn stack_methods(
    lowering: &Lowering<'_>,
    context: Node<'_>,
) -> Option<(&'static str, &'static str)> {
    let class = context
        .child_by_field_name("function")
        .map(|function| lowering.file.normal(function))?;
    match class.strip_prefix("contextlib.").unwrap_or(&class) {
        "ExitStack" => Some(("enter_context", "close")),
        "AsyncExitStack" => Some(("enter_async_context", "aclose")),
        _ => None,
    }
}

/// `with ExitStack() as stack:` that enters one lock: its end frees the lock if it is still held.
fn stack(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    alias: Node<'_>,
    (enter, close): (&str, &str),
) -> Option<StmtKind> {
    let body = node.child_by_field_name("body")?;
    let file = lowering.file;
    let name = file.normal(alias);
    let calls = |method: &str| -> Vec<Node<'_>> {
        crate::lower::descendants(body, |_| true)
            .filter(|node| node.kind() == "call")
            .filter(|call| {
                call.child_by_field_name("function")
                    .is_some_and(|callee| file.normal(callee) == format!("{name}.{method}"))
            })
            .collect()
    };
    let [enters] = calls(enter)[..] else {
        return None;
    };
    let context = enters.child_by_field_name("arguments")?.named_child(0)?;
    let exit = lowering
        .table
        .add_stack(&file, (enters, context), &calls(close))?;
    let end = freed_at_end(lowering, node, exit);
    let finally = Block {
        stmts: vec![Stmt {
            span: span(node),
            kind: StmtKind::Plain(vec![end]),
            decls: Vec::new(),
        }],
        ..lowering.no_block(node.end_byte())
    };
    Some(StmtKind::Try {
        body: block(lowering, body),
        handlers: Vec::new(),
        otherwise: None,
        finally: Some(finally),
    })
}

fn enter(
    lowering: &mut Lowering<'_>,
    context: Node<'_>,
    alias: Option<Node<'_>>,
) -> (Vec<Event>, WithExit) {
    let file = lowering.file;
    let (mut enter, exit) = match lowering.table.add_context(&file, context, alias) {
        Some((enter, exit)) => (
            vec![Event {
                span: span(context),
                kind: crate::flow::EventKind::Acquire(enter),
            }],
            WithExit::Release(exit),
        ),
        None => {
            let mut enter = events(lowering, context);
            enter.push(lowering.event(context, |label| label::call(format!("enter {label}"))));
            let label = format!("exit {}", lowering.file.normal(context));
            (
                enter,
                WithExit::Call {
                    label,
                    swallows: true,
                },
            )
        }
    };
    if let Some(alias) = alias {
        assign_target(lowering, alias, None, &mut enter);
    }
    (enter, exit)
}

fn matched(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    let subject = node
        .child_by_field_name("subject")
        .map(|subject| events(lowering, subject))
        .unwrap_or_default();
    let body = node.child_by_field_name("body")?;
    let mut cases = Vec::new();
    let mut exhaustive = false;
    for case in named_children(body)
        .into_iter()
        .filter(|child| child.kind() == "case_clause")
    {
        let consequence = case.child_by_field_name("consequence");
        let pattern: Vec<String> = named_children(case)
            .into_iter()
            .filter(|child| Some(child.id()) != consequence.map(|block| block.id()))
            .map(|child| lowering.file.normal(child))
            .collect();
        let pattern = pattern.join(" ");
        exhaustive |= pattern == "_";
        let guard = case
            .child_by_field_name("guard")
            .map(|guard| all_events(lowering, guard))
            .unwrap_or_default();
        cases.push(Case {
            test: Some(Cond::unknown(guard, format!("case {pattern}"))),
            body: field_block(lowering, case, "consequence"),
            falls_through: false,
        });
    }
    Some(StmtKind::Switch {
        subject,
        cases,
        exhaustive,
        breakable: false,
    })
}
