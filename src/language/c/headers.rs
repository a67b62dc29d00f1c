//! Macros that take a statement: `list_for_each_entry(item, &list, node) { … }`,
//! `scoped_guard(mutex, &lock) { … }`. The grammar sees a call that lacks its semicolon, and a statement
//! behind it.

use super::statements::{block, context};
use crate::flow::{Cond, Event, EventKind, Loop, SiteId, Stmt, StmtKind, Value, WithExit};
use crate::lower::expressions::{all_events, event};
use crate::lower::{Lowering, descendants, label, named_children};
use crate::source::Span;
use crate::tree::Node;

/// Words by which the name of a macro tells of a loop.
const LOOPS: [&str; 4] = ["each", "loop", "iter", "while"];

/// Whether the node is the call of a macro in front of its statement.
pub fn is_header(node: Node<'_>, text: &[u8]) -> bool {
    let Some(call) = node
        .named_child(0)
        .filter(|call| call.kind() == "call_expression")
    else {
        return false;
    };
    // A call that only forgot its semicolon is followed by anything.
    node.kind() == "expression_statement"
        && lacks_end(node)
        && body_of(node)
            .is_some_and(|body| body.kind() == "compound_statement" || loops(call, text))
}

fn loops(call: Node<'_>, text: &[u8]) -> bool {
    let name = call.child_by_field_name("function").unwrap_or(call);
    let name = text[name.byte_range()].to_ascii_lowercase();
    LOOPS
        .iter()
        .any(|word| name.windows(word.len()).any(|part| part == word.as_bytes()))
}

/// Whether what is missing, or is not understood, changes nothing: the end of a call that takes a
/// statement, and words in front of the body of a function that say something to the compiler.
pub fn is_harmless(node: Node<'_>, text: &[u8]) -> bool {
    let Some(parent) = node.parent() else {
        return holds_functions(node);
    };
    if node.is_missing() {
        return is_header(parent, text);
    }
    // `container_of(work, struct job, work)`, `VERIFY3U(a, <=, b)`: a type or an operator among the
    // arguments of a macro.
    let is_word = node.is_error()
        && text[node.byte_range()]
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_* <>=!,&|+-".contains(byte));
    if is_word && stands_in_arguments(node) {
        return true;
    }
    // `g_autofree char *s;`, `struct box *b __free(kfree);`
    let declaration = std::iter::successors(Some(parent), Node::parent)
        .find(|around| !around.kind().ends_with("declarator"));
    if node.is_error()
        && declaration
            .and_then(super::cleanup::unknown_word)
            .is_some_and(|word| word.byte_range() == node.byte_range())
    {
        return true;
    }
    // Conditional compilation that cuts through declarations costs the functions that it stands in.
    let outside = std::iter::successors(Some(parent), Node::parent)
        .all(|around| !matches!(around.kind(), "function_definition" | "compound_statement"));
    if outside && holds_functions(node) {
        return true;
    }
    // `static int __init setup(void) __must_hold(&lock) {`
    std::iter::successors(Some(parent), Node::parent)
        .take_while(|around| around.kind() != "compound_statement")
        .any(|around| {
            around.kind() == "function_definition"
                && around
                    .child_by_field_name("body")
                    .is_some_and(|body| node.end_byte() <= body.start_byte())
                && super::names::declared_name(around).is_some()
        })
}

fn stands_in_arguments(node: Node<'_>) -> bool {
    std::iter::successors(node.parent(), Node::parent)
        .take_while(|around| {
            around.kind() == "argument_list" || around.kind().ends_with("expression")
        })
        .any(|around| around.kind() == "argument_list")
}

fn holds_functions(node: Node<'_>) -> bool {
    named_children(node)
        .iter()
        .any(|child| child.kind() == "function_definition")
}

fn lacks_end(node: Node<'_>) -> bool {
    crate::lower::children(node)
        .last()
        .is_some_and(|last| last.is_missing())
}

/// The statement behind the call.
pub fn body_of(node: Node<'_>) -> Option<Node<'_>> {
    let next = std::iter::successors(node.next_named_sibling(), Node::next_named_sibling)
        .find(|next| !next.is_extra())?;
    (next.kind().ends_with("_statement") && next.kind() != "case_statement").then_some(next)
}

/// The macro with its statement.
pub fn lower(lowering: &mut Lowering<'_>, header: Node<'_>, body: Node<'_>) -> Option<Stmt> {
    let call = header.named_child(0)?;
    let held = context(lowering, call);
    let mut asked = Vec::new();
    if held.is_none()
        && let Some(arguments) = call.child_by_field_name("arguments")
    {
        asked = all_events(lowering, arguments);
        // Some of them are its variables; hardly the one through which a lock is held.
        for argument in named_children(arguments) {
            let name = lowering.file.normal(argument);
            let of_a_lock = lowering
                .table
                .keys
                .iter()
                .any(|key| key.names.contains(&name));
            if argument.kind() == "identifier" && !of_a_lock {
                asked.push(event(
                    argument,
                    EventKind::Assign {
                        var: name,
                        value: Value::Unknown,
                    },
                ));
            }
        }
    }
    let whole = Span::new(header.start_byte(), body.end_byte());
    Some(lowered(lowering, call, held, asked, (whole, body)))
}

/// Whether the node is a macro with one word for an argument in front of its block, as
/// `scoped_guard(rcu) { … }`: the grammar takes it for a function without parameters.
pub fn is_macro_block(node: Node<'_>) -> bool {
    node.kind() == "function_definition"
        && node
            .child_by_field_name("declarator")
            .is_some_and(|declarator| declarator.kind() == "parenthesized_declarator")
        && node.parent().is_some_and(|parent| {
            matches!(
                parent.kind(),
                "compound_statement" | "case_statement" | "labeled_statement" | "else_clause"
            )
        })
}

/// Such a macro with its block.
pub fn lower_block(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Stmt> {
    let body = node.child_by_field_name("body")?;
    let name = node.child_by_field_name("type")?;
    let head = Span::new(node.start_byte(), body.start_byte());
    let file = lowering.file;
    let text: String = file.source.text(head).split_whitespace().collect();
    let held = lowering.table.add_context_by_text(&file, &text, head);
    let whole = crate::lower::span(node);
    Some(lowered(lowering, name, held, Vec::new(), (whole, body)))
}

/// A macro that is called at `call`, with what it holds for its statement, or asks of its arguments.
fn lowered(
    lowering: &mut Lowering<'_>,
    call: Node<'_>,
    held: Option<(SiteId, SiteId)>,
    mut asked: Vec<Event>,
    (whole, body): (Span, Node<'_>),
) -> Stmt {
    let is_loop = held.is_none() && loops(call, lowering.file.source.bytes);
    if !is_loop && jumps(body) {
        lowering.opaque = Some("a jump leaves the statement of a macro that is not known");
    }
    let body = |lowering: &mut Lowering<'_>| lowering.deeper(|lowering| block(lowering, body));
    let kind = match held {
        Some((enter, exit)) => StmtKind::With {
            enter: vec![event(call, EventKind::Acquire(enter))],
            exit: WithExit::Release(exit),
            body: body(lowering),
        },
        None => {
            asked.push(lowering.event(call, label::effect));
            let cond = Cond::unknown(asked, lowering.file.normal(call));
            StmtKind::Loop(Box::new(Loop {
                init: Vec::new(),
                cond: Some(cond),
                body: body(lowering),
                step: Vec::new(),
                test_last: false,
                otherwise: None,
            }))
        }
    };
    Stmt {
        span: whole,
        kind,
        decls: Vec::new(),
    }
}

/// Whether a break or continue leaves the statement.
fn jumps(body: Node<'_>) -> bool {
    let inside = |node: Node<'_>| {
        !matches!(
            node.kind(),
            "for_statement" | "while_statement" | "do_statement" | "switch_statement"
        )
    };
    descendants(body, inside)
        .any(|node| matches!(node.kind(), "break_statement" | "continue_statement"))
        && inside(body)
}
