//! Statements of Go, lowered.

use super::defers;
use super::expressions::{assign, assign_all, assignment, operands};
use super::labels::{beside, labeled};
use super::scopes::declared_names;
use crate::catalog::pattern::unwrapped;
use crate::flow::{
    Block, BlockStyle, Case, Cond, Decl, DeclKind, Event, EventKind, Loop, Stmt, StmtKind, Test,
    Value,
};
use crate::language::CalledInPlace;
use crate::lower::expressions::{all_events, cond, event, events, plain};
use crate::lower::{Lowering, label, named_children, span};
use crate::tree::Node;

/// Lowers the body of the function; a file does nothing by itself.
pub fn root(lowering: &mut Lowering<'_>) -> Block {
    let function = lowering.function;
    match function.child_by_field_name("body") {
        Some(body) => defers::function_body(lowering, body),
        None => lowering.no_block(function.end_byte()),
    }
}

/// The body of a function literal that is called where it stands.
pub fn in_place(lowering: &mut Lowering<'_>, literal: Node<'_>) -> Block {
    match literal.child_by_field_name("body") {
        Some(body) => lowering
            .deeper(|lowering| Some(defers::function_body(lowering, body)))
            .unwrap_or_default(),
        None => lowering.no_block(literal.end_byte()),
    }
}

/// The statements of a block, or of a case.
pub fn list(node: Node<'_>) -> Vec<Node<'_>> {
    named_children(node)
        .into_iter()
        .find(|child| child.kind() == "statement_list")
        .map(named_children)
        .unwrap_or_default()
}

fn block(lowering: &mut Lowering<'_>, node: Node<'_>) -> Block {
    Block {
        span: span(node),
        style: BlockStyle::Braced,
        stmts: stmts(lowering, &list(node)),
    }
}

fn stmts(lowering: &mut Lowering<'_>, nodes: &[Node<'_>]) -> Vec<Stmt> {
    lowering.deeper(|lowering| {
        nodes
            .iter()
            .filter_map(|node| stmt(lowering, *node))
            .flat_map(beside)
            .collect()
    })
}

fn field_block(lowering: &mut Lowering<'_>, node: Node<'_>, field: &str) -> Block {
    match node.child_by_field_name(field) {
        Some(body) => block(lowering, body),
        None => lowering.no_block(node.end_byte()),
    }
}

/// Lowers one statement.
pub fn stmt(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Stmt> {
    let kind = match node.kind() {
        "block" => StmtKind::Block(block(lowering, node)),
        "if_statement" => branch(lowering, node)?,
        "for_statement" => StmtKind::Loop(Box::new(looped(lowering, node))),
        "expression_switch_statement" | "type_switch_statement" => switch(lowering, node),
        "select_statement" => select(lowering, node),
        "labeled_statement" => labeled(lowering, node)?,
        "return_statement" => returned(lowering, node),
        "break_statement" => StmtKind::Break(jump_label(lowering, node)),
        "continue_statement" => StmtKind::Continue(jump_label(lowering, node)),
        "goto_statement" => StmtKind::Goto(jump_label(lowering, node)?),
        "expression_statement" => called(lowering, node),
        "short_var_declaration"
        | "assignment_statement"
        | "inc_statement"
        | "dec_statement"
        | "send_statement"
        | "receive_statement" => StmtKind::Plain(simple(lowering, node)),
        "var_declaration" => StmtKind::Plain(declared(lowering, node)),
        "go_statement" => StmtKind::Plain(started(lowering, node)),
        // Below the top level: a flag says that it was reached.
        "defer_statement" => StmtKind::Plain(defers::registered(lowering, node)),
        "fallthrough_statement" | "empty_statement" | "const_declaration" | "type_declaration" => {
            StmtKind::Plain(Vec::new())
        }
        _ => StmtKind::Plain(all_events(lowering, node)),
    };
    Some(Stmt {
        span: span(node),
        kind,
        decls: decls(lowering, node),
    })
}

/// The names that the statement declares, or gives a new value together with one that it declares.
fn decls(lowering: &Lowering<'_>, node: Node<'_>) -> Vec<Decl> {
    let names: Vec<String> = declared_names(node)
        .into_iter()
        .map(|name| lowering.file.normal(name))
        .filter(|name| name != "_")
        .collect();
    if names.is_empty() || matches!(node.kind(), "for_clause" | "range_clause") {
        return Vec::new();
    }
    let kind = match node.kind() {
        "short_var_declaration" | "var_declaration" => DeclKind::Variable,
        _ => DeclKind::Fixed,
    };
    vec![Decl { names, kind }]
}

/// A simple statement.
fn simple(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    match node.kind() {
        "short_var_declaration" | "assignment_statement" => assignment(lowering, node),
        "inc_statement" | "dec_statement" => {
            let mut out = all_events(lowering, node);
            if let Some(target) = node.named_child(0) {
                assign(lowering, target, Value::Unknown, &mut out);
            }
            out
        }
        "send_statement" => {
            let mut out = all_events(lowering, node);
            out.push(lowering.event(node, label::effect));
            out
        }
        "receive_statement" => {
            let mut out = node
                .child_by_field_name("right")
                .map(|right| events(lowering, right))
                .unwrap_or_default();
            for target in node
                .child_by_field_name("left")
                .map(named_children)
                .unwrap_or_default()
            {
                assign(lowering, target, Value::Unknown, &mut out);
            }
            out
        }
        "expression_statement" => all_events(lowering, node),
        _ => events(lowering, node),
    }
}

fn declared(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    let specs: Vec<Node<'_>> = named_children(node)
        .into_iter()
        .flat_map(|child| match child.kind() {
            "var_spec_list" => named_children(child),
            _ => vec![child],
        })
        .collect();
    for spec in specs {
        let targets: Vec<Node<'_>> = spec
            .children_by_field_name("name")
            .filter(|name| name.is_named())
            .collect();
        let values = spec
            .child_by_field_name("value")
            .map(named_children)
            .unwrap_or_default();
        for value in &values {
            out.extend(events(lowering, *value));
        }
        if values.is_empty() {
            let zero = match spec.child_by_field_name("type") {
                Some(of) if lowering.text(of) == "bool" => Value::False,
                Some(of) if lowering.text(of) == "error" || of.kind() == "pointer_type" => {
                    Value::Null
                }
                _ => Value::Unknown,
            };
            for target in targets {
                assign(lowering, target, zero.clone(), &mut out);
            }
        } else {
            assign_all(lowering, &targets, &values, true, &mut out);
        }
    }
    out
}

/// `go f(x)`: the arguments are evaluated here, the call is seen from outside and does not panic
/// here. A lock that it frees is handed over.
fn started(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    let mut out = Vec::new();
    if let Some(call) = node.named_child(0) {
        match lowering.table.does(call) {
            Some(crate::lower::sites::Does::Release(site)) => {
                let key = lowering.table.sites[site].key;
                lowering.table.handed_over.push(key);
            }
            _ => operands(lowering, call, &mut out),
        }
    }
    out.push(lowering.event(node, label::effect));
    out
}

/// A call for its effect: it may panic for sure, or be a function literal.
fn called(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    let call = node.named_child(0).map(unwrapped);
    let function = call
        .filter(|call| call.kind() == "call_expression")
        .and_then(|call| call.child_by_field_name("function"))
        .map(unwrapped);
    let (Some(call), Some(function)) = (call, function) else {
        return StmtKind::Plain(all_events(lowering, node));
    };
    if lowering.file.runs_in_place(function) {
        return StmtKind::InPlace(in_place(lowering, function));
    }
    let callee = lowering.file.normal(function);
    let raises = lowering.file.catalog.facts.raises.iter().any(|known| {
        // A method is listed with a dot in front.
        *known == callee || known.starts_with('.') && callee.ends_with(known.as_str())
    });
    if raises && lowering.table.does(call).is_none() {
        let mut value = Vec::new();
        operands(lowering, call, &mut value);
        return StmtKind::Throw { value, class: None };
    }
    if let Some(asked) = asked_of_acquire(lowering, node, call, &callee) {
        return ends_unless_null(lowering, node, call, asked);
    }
    StmtKind::Plain(all_events(lowering, node))
}

/// The variable that `require.NoError(t, err)` asks, where the statement in front has an acquire give it a value.
fn asked_of_acquire(
    lowering: &Lowering<'_>,
    node: Node<'_>,
    call: Node<'_>,
    callee: &str,
) -> Option<String> {
    let at = *lowering.file.catalog.facts.null_checks.get(callee)?;
    let arguments = call.child_by_field_name("arguments")?;
    let asked = arguments.named_child(u32::try_from(at).ok()?)?;
    let before =
        span(std::iter::successors(node.prev_sibling(), Node::prev_sibling).find(Node::is_named)?);
    let sites = lowering.table.sites.iter();
    let mut acquires = sites.filter(|site| before.contains(site.span));
    acquires.find_map(|site| {
        let bound = site.acquire()?.bound.clone()?;
        (asked.kind() == "identifier" && lowering.file.normal(asked) == bound).then_some(bound)
    })
}

/// A call that ends the function where the variable is not null: what an `if` around it would do.
fn ends_unless_null(
    lowering: &mut Lowering<'_>,
    node: Node<'_>,
    call: Node<'_>,
    asked: String,
) -> StmtKind {
    let mut first = Vec::new();
    operands(lowering, call, &mut first);
    first.push(lowering.event(call, label::effect));
    let ends = Stmt {
        span: span(node),
        kind: StmtKind::Throw {
            value: Vec::new(),
            class: None,
        },
        decls: Vec::new(),
    };
    let cond = Cond::Test {
        events: first,
        test: Test::IsNull(asked),
    };
    StmtKind::If {
        cond: Cond::Not(Box::new(cond)),
        then: Block {
            span: span(node),
            style: BlockStyle::None,
            stmts: vec![ends],
        },
        otherwise: None,
    }
}

fn jump_label(lowering: &Lowering<'_>, node: Node<'_>) -> Option<String> {
    node.named_child(0).map(|label| lowering.file.normal(label))
}

fn returned(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    let operand = named_children(node).into_iter().next();
    let mut value = operand.map_or_else(Vec::new, |operand| events(lowering, operand));
    value.extend(answer(lowering, node, operand));
    StmtKind::Return {
        value,
        operand: operand.map_or_else(String::new, |operand| lowering.file.normal(operand)),
        meaning: operand.map_or_else(String::new, |operand| lowering.meaning(operand)),
    }
}

/// Puts what an initializer does in front of what a condition asks.
fn after_initializer(cond: Cond, mut first: Vec<Event>) -> Cond {
    match cond {
        Cond::Test { events, test } => {
            first.extend(events);
            Cond::Test {
                events: first,
                test,
            }
        }
        Cond::Not(inner) => Cond::Not(Box::new(after_initializer(*inner, first))),
        Cond::And(a, b) => Cond::And(Box::new(after_initializer(*a, first)), b),
        Cond::Or(a, b) => Cond::Or(Box::new(after_initializer(*a, first)), b),
    }
}

/// The variable that stands for the answer of a function literal that an `if` asks.
const ANSWER: &str = "if func()";

/// `if func() bool { … }() { … }`
fn asked(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(StmtKind, Cond)> {
    let condition = unwrapped(node.child_by_field_name("condition")?);
    let literal = unwrapped(condition.child_by_field_name("function")?);
    if !lowering.file.runs_in_place(literal) {
        return None;
    }
    let test = Test::Var(ANSWER.to_owned());
    Some((StmtKind::InPlace(in_place(lowering, literal)), plain(test)))
}

/// What a `return` of such a literal says.
fn answer(lowering: &Lowering<'_>, node: Node<'_>, operand: Option<Node<'_>>) -> Option<Event> {
    let file = lowering.file;
    let literal = std::iter::successors(node.parent(), Node::parent)
        .find(|around| file.grammar.is_function(around.kind()))?;
    let kind = file.grammar.called_in_place(literal, file.source.bytes)?;
    let said = operand?.named_child(0)?;
    (kind == CalledInPlace::Asked).then(|| {
        let value = file.grammar.constant(unwrapped(said), file.source.bytes);
        let var = ANSWER.to_owned();
        event(node, EventKind::Assign { var, value })
    })
}

fn branch(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<StmtKind> {
    if let Some((first, cond)) = asked(lowering, node) {
        let otherwise = otherwise(lowering, node);
        let asks = StmtKind::If {
            cond,
            then: field_block(lowering, node, "consequence"),
            otherwise,
        };
        let stmts = [first, asks].map(|kind| Stmt {
            span: span(node),
            kind,
            decls: Vec::new(),
        });
        return Some(StmtKind::Block(Block {
            span: span(node),
            style: BlockStyle::None,
            stmts: stmts.into(),
        }));
    }
    let first = initializer(lowering, node);
    let condition = cond(lowering, node.child_by_field_name("condition")?);
    let then = field_block(lowering, node, "consequence");
    Some(StmtKind::If {
        cond: after_initializer(condition, first),
        then,
        otherwise: otherwise(lowering, node),
    })
}

fn otherwise(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Block> {
    let other = node.child_by_field_name("alternative")?;
    if other.kind() != "if_statement" {
        return Some(block(lowering, other));
    }
    Some(Block {
        span: span(other),
        style: BlockStyle::None,
        stmts: lowering.deeper(|lowering| stmt(lowering, other).into_iter().collect()),
    })
}

fn initializer(lowering: &mut Lowering<'_>, node: Node<'_>) -> Vec<Event> {
    node.child_by_field_name("initializer")
        .map(|init| simple(lowering, init))
        .unwrap_or_default()
}

fn looped(lowering: &mut Lowering<'_>, node: Node<'_>) -> Loop {
    let head = named_children(node)
        .into_iter()
        .find(|child| child.kind() != "block");
    let mut result = Loop {
        init: Vec::new(),
        cond: None,
        step: Vec::new(),
        body: lowering.no_block(node.end_byte()),
        test_last: false,
        otherwise: None,
    };
    match head {
        Some(clause) if clause.kind() == "for_clause" => {
            result.init = initializer(lowering, clause);
            result.cond = clause
                .child_by_field_name("condition")
                .map(|condition| cond(lowering, condition));
            result.step = clause
                .child_by_field_name("update")
                .map(|update| simple(lowering, update))
                .unwrap_or_default();
        }
        Some(clause) if clause.kind() == "range_clause" => range(lowering, clause, &mut result),
        Some(condition) => result.cond = Some(cond(lowering, condition)),
        None => {}
    }
    result.body = field_block(lowering, node, "body");
    result
}

fn range(lowering: &mut Lowering<'_>, clause: Node<'_>, result: &mut Loop) {
    let Some(right) = clause.child_by_field_name("right") else {
        return;
    };
    result.init = events(lowering, right);
    // A channel or a function may stand behind it.
    let mut next = Vec::new();
    let known = super::types::type_text(right, lowering.file.source.bytes, lowering.file.names)
        .is_some_and(|of| of.starts_with(['[', 'm']) || of == "int" || of == "string");
    if !known {
        next.push(lowering.event(right, |label| label::effect(format!("next of {label}"))));
    }
    for target in clause
        .child_by_field_name("left")
        .map(named_children)
        .unwrap_or_default()
    {
        assign(lowering, target, Value::Unknown, &mut next);
    }
    let label = format!("another of {}", lowering.file.normal(right));
    result.cond = Some(Cond::unknown(next, label));
}

/// The statements of a case, from behind its colon to the next one.
fn case_block(lowering: &mut Lowering<'_>, case: Node<'_>) -> Block {
    let colon = crate::lower::children(case)
        .into_iter()
        .find(|token| token.kind() == ":")
        .map_or(case.start_byte(), |colon| colon.end_byte());
    let own = list(case);
    Block {
        span: crate::source::Span::new(colon, case.end_byte()),
        style: BlockStyle::Plain,
        stmts: stmts(lowering, &own),
    }
}

fn falls_through(case: Node<'_>) -> bool {
    list(case)
        .last()
        .is_some_and(|last| last.kind() == "fallthrough_statement")
}

fn switch(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    let mut subject = initializer(lowering, node);
    let value = node.child_by_field_name("value");
    if let Some(value) = value {
        subject.extend(events(lowering, value));
    }
    let mut cases = Vec::new();
    let mut exhaustive = false;
    for case in named_children(node)
        .into_iter()
        .filter(|child| child.kind().ends_with("_case"))
    {
        exhaustive |= case.kind() == "default_case";
        let test = match case.kind() {
            "expression_case" => case
                .child_by_field_name("value")
                .map(|list| case_test(lowering, list, value.is_none())),
            "type_case" => Some(Cond::unknown(Vec::new(), case_label(lowering, case))),
            _ => None,
        };
        cases.push(Case {
            test,
            body: case_block(lowering, case),
            falls_through: falls_through(case),
        });
    }
    StmtKind::Switch {
        subject,
        cases,
        exhaustive,
        breakable: true,
    }
}

/// `case a, b:`; without a subject each is a condition of its own.
fn case_test(lowering: &mut Lowering<'_>, list: Node<'_>, conditions: bool) -> Cond {
    let values = named_children(list);
    if conditions {
        let asked: Vec<Cond> = values.iter().map(|value| cond(lowering, *value)).collect();
        return asked
            .into_iter()
            .rev()
            .reduce(|rest, first| Cond::Or(Box::new(first), Box::new(rest)))
            .unwrap_or_else(|| Cond::unknown(Vec::new(), String::new()));
    }
    let inside = all_events(lowering, list);
    Cond::unknown(inside, format!("case {}", lowering.file.normal(list)))
}

fn case_label(lowering: &Lowering<'_>, case: Node<'_>) -> String {
    let types: Vec<String> = case
        .children_by_field_name("type")
        .filter(|child| child.is_named())
        .map(|child| lowering.file.normal(child))
        .collect();
    format!("case {}", types.join(","))
}

/// Which case of a `select` goes on is seen by others, like the communication itself.
fn select(lowering: &mut Lowering<'_>, node: Node<'_>) -> StmtKind {
    let mut cases = Vec::new();
    let mut waits = true;
    for case in named_children(node)
        .into_iter()
        .filter(|child| child.kind().ends_with("_case"))
    {
        waits &= case.kind() != "default_case";
        let mut body = case_block(lowering, case);
        let test = case.child_by_field_name("communication").map(|what| {
            let done = simple(lowering, what);
            body.stmts.insert(
                0,
                Stmt {
                    span: span(what),
                    kind: StmtKind::Plain(done),
                    decls: Vec::new(),
                },
            );
            Cond::unknown(Vec::new(), format!("case {}", lowering.file.normal(what)))
        });
        cases.push(Case {
            test,
            body,
            falls_through: false,
        });
    }
    StmtKind::Switch {
        subject: vec![event(
            node,
            EventKind::Effect {
                label: "select".to_owned(),
            },
        )],
        cases,
        exhaustive: waits,
        breakable: true,
    }
}
