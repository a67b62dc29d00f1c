//! Conditions of C and C++: what they ask in the end.

use crate::catalog::pattern::unwrapped;
use crate::flow::{Cond, Event, Test};
use crate::lower::expressions::{cond, events, negated_if, plain};
use crate::lower::sites::Does;
use crate::lower::{File, Lowering};
use crate::tree::Node;

/// What the condition asks, where the language tells.
pub fn condition(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    Some(match node.kind() {
        "true" => plain(Test::Const(true)),
        "false" | "null" => plain(Test::Const(false)),
        "number_literal" => match lowering.text(node) {
            "0" => plain(Test::Const(false)),
            "1" => plain(Test::Const(true)),
            _ => return None,
        },
        "identifier" if lowering.table.question(node).is_some() => {
            plain(lowering.table.question(node)?.clone())
        }
        // Zero is a descriptor like any other.
        "identifier" if is_descriptor(lowering, node) => return None,
        "identifier" => plain(match truth_of(lowering, node) {
            Some(truth) => Test::Const(truth),
            None => Test::Var(lowering.file.normal(node)),
        }),
        "pointer_expression" | "field_expression" if is_answer(lowering, node) => {
            plain(Test::Var(lowering.file.normal(node)))
        }
        "unary_expression"
            if matches!(node.child_by_field_name("operator")?.kind(), "!" | "not") =>
        {
            let asked = node.child_by_field_name("argument")?;
            Cond::Not(Box::new(cond(lowering, asked)))
        }
        "binary_expression" => binary(lowering, node)?,
        "assignment_expression" => {
            let left = node.child_by_field_name("left")?;
            if left.kind() != "identifier" {
                return None;
            }
            Cond::Test {
                events: events(lowering, node),
                test: Test::Var(lowering.file.normal(left)),
            }
        }
        // `if (int e = lock())`, `if (lock(); x)`
        "condition_clause" => clause(lowering, node)?,
        // `likely(x)` says nothing of x.
        "call_expression" => {
            let callee = lowering.text(node.child_by_field_name("function")?);
            let arguments = node.child_by_field_name("arguments")?;
            let known = [
                "likely",
                "unlikely",
                "__builtin_expect",
                "Q_LIKELY",
                "Q_UNLIKELY",
            ];
            if !known.contains(&callee) {
                return None;
            }
            cond(lowering, arguments.named_child(0)?)
        }
        _ => return None,
    })
}

fn clause(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    let value = node.child_by_field_name("value")?;
    let mut before = Vec::new();
    if let Some(first) = node.child_by_field_name("initializer") {
        before.extend(super::statements::declared_events(lowering, first));
    }
    let asked = if value.kind() == "declaration" {
        let name = super::names::declared_name(value)?;
        Cond::Test {
            events: super::statements::declared_events(lowering, value),
            test: Test::Var(lowering.file.normal(name)),
        }
    } else {
        cond(lowering, value)
    };
    Some(after(before, asked))
}

/// The condition behind other events.
pub fn after(before: Vec<Event>, asked: Cond) -> Cond {
    if before.is_empty() {
        return asked;
    }
    let first = Cond::Test {
        events: before,
        test: Test::Const(true),
    };
    Cond::And(Box::new(first), Box::new(asked))
}

fn binary(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond> {
    let left = node.child_by_field_name("left")?;
    let right = node.child_by_field_name("right")?;
    let operator = node.child_by_field_name("operator")?.kind();
    match operator {
        "&&" | "and" => {
            let left = Box::new(cond(lowering, left));
            return Some(Cond::And(left, Box::new(cond(lowering, right))));
        }
        "||" | "or" => {
            let left = Box::new(cond(lowering, left));
            return Some(Cond::Or(left, Box::new(cond(lowering, right))));
        }
        _ => {}
    }
    // `0 == x` is `x == 0`.
    let (asked, constant) = match is_constant(lowering, left) {
        true => (right, left),
        false => (left, right),
    };
    if let Some(failed) = below_zero(lowering, operator, asked, constant) {
        return Some(failed);
    }
    let truth = truth_of(lowering, constant);
    match (operator, truth) {
        ("==", Some(truth)) => Some(negated_if(!truth, cond(lowering, asked))),
        ("!=", Some(truth)) => Some(negated_if(truth, cond(lowering, asked))),
        // What a failing lock function says: `< 0`, `== -1`, `== EBUSY`.
        ("<" | ">", Some(false)) if is_status(lowering, asked) => Some(cond(lowering, asked)),
        ("==", None) if is_status(lowering, asked) && is_constant(lowering, constant) => {
            Some(cond(lowering, asked))
        }
        _ => None,
    }
}

/// `fd < 0`, `fd == -1`, `fd >= 0`, `fd != -1`: whether a descriptor is one.
fn below_zero(
    lowering: &mut Lowering<'_>,
    operator: &str,
    asked: Node<'_>,
    constant: Node<'_>,
) -> Option<Cond> {
    if !is_descriptor(lowering, asked) {
        return None;
    }
    let failed = match (operator, lowering.text(unwrapped(constant))) {
        ("<", "0") | ("==", "-1") => true,
        (">=", "0") | ("!=" | ">", "-1") => false,
        _ => return None,
    };
    let asked = unwrapped(asked);
    let (events, name) = match asked.kind() {
        "assignment_expression" => (events(lowering, asked), asked.child_by_field_name("left")?),
        _ => (Vec::new(), asked),
    };
    let test = Test::Var(lowering.file.normal(name));
    Some(negated_if(!failed, Cond::Test { events, test }))
}

/// Whether the node is the variable of a descriptor that an acquire gives, or the assignment to it.
fn is_descriptor(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let node = unwrapped(node);
    let name = match node.kind() {
        "assignment_expression" => node.child_by_field_name("left"),
        "identifier" => Some(node),
        _ => None,
    };
    name.map(|name| lowering.file.normal(name))
        .is_some_and(|name| {
            lowering.table.sites.iter().any(|site| {
                site.acquire().is_some_and(|acquire| {
                    acquire.negative_when_not && acquire.bound.as_deref() == Some(&name)
                })
            })
        })
}

fn is_constant(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let node = unwrapped(node);
    match node.kind() {
        "number_literal" | "true" | "false" | "null" => true,
        "unary_expression" => lowering.text(node) == "-1",
        "identifier" => {
            let text = lowering.text(node);
            truth_of(lowering, node).is_some()
                || text.starts_with(|first: char| first.is_ascii_uppercase())
                    && !text.contains(|c: char| c.is_ascii_lowercase())
        }
        _ => false,
    }
}

/// Whether a constant is true, by its text and by what the catalogue knows of the language.
fn truth_of(lowering: &Lowering<'_>, node: Node<'_>) -> Option<bool> {
    let text = lowering.text(unwrapped(node));
    let facts = &lowering.file.catalog.facts;
    let among = |known: &[String]| known.iter().any(|name| name == text);
    match text {
        "0" | "false" | "NULL" | "nullptr" => Some(false),
        "true" => Some(true),
        _ if among(&facts.zeros) => Some(false),
        _ if among(&facts.ones) => Some(true),
        _ => None,
    }
}

/// `status == 0` or `!status`, and `status != 0`, around a call; in parentheses, too.
pub fn compared<'t>(file: &File<'_>, call: Node<'t>) -> Option<(Node<'t>, bool)> {
    let outer = |node: Node<'_>| node.kind() == "parenthesized_expression";
    let around = call.parent()?;
    let (whole, says_taken) = match around.kind() {
        "binary_expression" => {
            let other = ["left", "right"]
                .into_iter()
                .filter_map(|side| around.child_by_field_name(side))
                .find(|side| side.id() != call.id())?;
            let operator = around.child_by_field_name("operator")?;
            let text = file.normal(other);
            let zero = text == "0" || file.catalog.facts.zeros.contains(&text);
            match operator.kind() {
                "==" if zero => (around, true),
                "!=" if zero => (around, false),
                _ => return None,
            }
        }
        "unary_expression" => {
            let operator = around.child_by_field_name("operator")?;
            (operator.kind() == "!").then_some((around, true))?
        }
        _ => return None,
    };
    let whole = std::iter::successors(Some(whole), Node::parent)
        .take_while(|node| node.id() == whole.id() || outer(*node))
        .last()?;
    Some((whole, says_taken))
}

/// `pthread_mutex_lock(&m) == EDEADLK`: whoever expects that has not got the lock.
pub fn is_taken_for_failure(file: &File<'_>, call: Node<'_>) -> bool {
    let around = call.parent();
    let compared = around.filter(|around| {
        let operator = around.child_by_field_name("operator");
        around.kind() == "binary_expression" && operator.is_some_and(|it| it.kind() == "==")
    });
    compared.is_some_and(|around| {
        let sides = ["left", "right"].map(|side| around.child_by_field_name(side));
        sides.into_iter().flatten().any(|side| {
            let text = file.normal(side);
            side.id() != call.id()
                && text != "0"
                && !file.catalog.facts.zeros.contains(&text)
                && !file.catalog.facts.ones.contains(&text)
                && file.grammar.is_constant(&text)
        })
    })
}

/// Whether the value says what went wrong with an acquire: the acquire itself, or what it was
/// bound to.
fn is_status(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let node = unwrapped(node);
    if let Some(Does::Acquire(site)) = lowering.table.does(node) {
        return lowering.table.sites[site]
            .acquire()
            .is_some_and(|acquire| acquire.zero_when_taken);
    }
    if node.kind() == "assignment_expression" {
        return node
            .child_by_field_name("right")
            .is_some_and(|right| is_status(lowering, right));
    }
    let name = lowering.file.normal(node);
    lowering.table.sites.iter().any(|site| {
        site.acquire().is_some_and(|acquire| {
            acquire.zero_when_taken
                && !acquire.negative_when_not
                && acquire.bound.as_deref() == Some(name.as_str())
        })
    })
}

/// Whether an acquire has said there whether it took the lock: `*status = lock(); if (*status)`
fn is_answer(lowering: &Lowering<'_>, node: Node<'_>) -> bool {
    let place = lowering.file.normal(node);
    let mut sites = lowering.table.sites.iter();
    sites.any(|site| {
        site.acquire()
            .is_some_and(|acquire| acquire.bound.as_deref() == Some(place.as_str()))
    })
}
