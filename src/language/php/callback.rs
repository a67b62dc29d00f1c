//! What means the same in an anonymous function, and the variables that it has to be told of.

use super::Php;
use crate::language::Grammar;
use crate::lower::{File, descendants, named_children, span};
use crate::rewrite::printer::{CannotHoist, Moved};
use crate::source::Span;
use crate::tree::Node;

/// Variables that every function has.
const EVERYWHERE: [&str; 10] = [
    "$this",
    "$GLOBALS",
    "$_SERVER",
    "$_GET",
    "$_POST",
    "$_FILES",
    "$_COOKIE",
    "$_SESSION",
    "$_REQUEST",
    "$_ENV",
];

/// Functions that look at the variables or arguments of the function that calls them.
const LOOK_AROUND: [&str; 9] = [
    "compact",
    "extract",
    "get_defined_vars",
    "func_get_args",
    "func_get_arg",
    "func_num_args",
    "parse_str",
    "eval",
    "debug_backtrace",
];

fn refused(message: &str) -> CannotHoist {
    ("no-form", message.to_owned())
}

/// The code with a `use` clause for what the callback takes from the function around it.
///
/// # Errors
/// The first thing that would mean something else in a function of its own.
pub fn told(file: &File<'_>, moved: Moved<'_>, code: String) -> Result<String, CannotHoist> {
    let scope = file
        .root
        .descendant_for_byte_range(moved.region.start, moved.region.end)
        .ok_or_else(|| refused("the span is not understood"))?;
    let function = std::iter::successors(Some(scope), Node::parent)
        .find(|node| Php.is_function(node.kind()))
        .ok_or_else(|| refused("variables of the whole program stay out of a callback"))?;
    if function.kind() == "arrow_function" || gives_reference(function) {
        return Err(refused(
            "the function cannot give on what a callback returns",
        ));
    }
    let region = Region {
        file,
        moved,
        function,
        in_loop: is_in_loop(scope, function),
    };
    region
        .nodes()
        .try_for_each(|node| means_the_same(file, node))?;
    let mut captures = Vec::new();
    for name in region.names() {
        captures.extend(region.capture(&name)?);
    }
    Ok(match captures.as_slice() {
        [] => code,
        names => code.replacen(
            "function () {",
            &format!("function () use ({}) {{", names.join(", ")),
            1,
        ),
    })
}

/// `function &f()`
fn gives_reference(function: Node<'_>) -> bool {
    crate::lower::children(function)
        .iter()
        .any(|child| child.kind() == "reference_modifier")
}

fn is_in_loop(scope: Node<'_>, function: Node<'_>) -> bool {
    std::iter::successors(Some(scope), Node::parent)
        .take_while(|node| node.id() != function.id())
        .any(|node| {
            matches!(
                node.kind(),
                "while_statement" | "do_statement" | "for_statement" | "foreach_statement"
            )
        })
}

/// Nothing in the node is about the function it stands in.
fn means_the_same(file: &File<'_>, node: Node<'_>) -> Result<(), CannotHoist> {
    match node.kind() {
        "yield_expression" => Err(refused("a generator cannot yield from a callback")),
        "named_label_statement" | "goto_statement" => {
            Err(refused("a label in the span would be in another function"))
        }
        "global_declaration"
        | "static_variable_declaration"
        | "function_static_declaration"
        | "unset_statement"
        | "reference_assignment_expression"
        | "by_ref"
        | "dynamic_variable_name"
        | "include_expression"
        | "include_once_expression"
        | "require_expression"
        | "require_once_expression"
        | "function_definition"
        | "class_declaration" => Err(refused(
            "the span does something to variables that a callback cannot do for the function",
        )),
        "return_statement" if node.named_child_count() == 0 => Err(refused(
            "a return without a value in the span would only leave the callback",
        )),
        "function_call_expression" => {
            let called = Php.called_word(node, file.source.bytes).unwrap_or_default();
            match LOOK_AROUND.contains(&called.to_ascii_lowercase().as_str()) {
                true => Err(refused(
                    "the span asks about the function that it stands in",
                )),
                false => Ok(()),
            }
        }
        "name" if matches!(file.normal(node).as_str(), "__FUNCTION__" | "__METHOD__") => Err(
            refused("the span asks about the function that it stands in"),
        ),
        _ => Ok(()),
    }
}

struct Region<'a> {
    file: &'a File<'a>,
    moved: Moved<'a>,
    function: Node<'a>,
    in_loop: bool,
}

impl<'a> Region<'a> {
    fn stays(&self, node: Node<'_>) -> bool {
        let own = span(node);
        self.moved.region.contains(own) && !self.moved.gone.iter().any(|gone| gone.contains(own))
    }

    /// The nodes that move, without what functions among them do for themselves.
    fn nodes(&self) -> impl Iterator<Item = Node<'a>> {
        let function = self.function;
        descendants(function, move |node| belongs(node, function)).filter(|node| self.stays(*node))
    }

    /// The variables that the statements mention, by their first mention.
    fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for node in self.nodes().filter(|node| node.kind() == "variable_name") {
            let name = self.file.normal(node);
            if !names.contains(&name) && !EVERYWHERE.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }

    fn mentions(&self, name: &'a str) -> impl Iterator<Item = Node<'a>> {
        descendants(self.function, |_| true)
            .filter(|node| node.kind() == "variable_name")
            .filter(move |node| self.file.normal(*node) == name)
    }

    /// How the callback takes the variable, if it is one of the function around it.
    fn capture(&self, name: &str) -> Result<Option<String>, CannotHoist> {
        if self.moved.ticket == Some(name) {
            return Err(refused("the span uses what the acquire gave"));
        }
        let (inside, outside): (Vec<_>, Vec<_>) = self
            .mentions(name)
            .filter(|node| {
                !self
                    .moved
                    .gone
                    .iter()
                    .any(|gone| gone.contains(span(*node)))
            })
            .partition(|node| self.moved.region.contains(span(*node)));
        let after = outside
            .iter()
            .any(|node| node.start_byte() > self.moved.region.end);
        let assigned = inside.iter().any(|node| is_assigned(*node));
        if outside.is_empty() && !self.in_loop {
            // What it holds would go with the callback, and no longer with the function.
            return match inside.iter().all(|node| self.holds_nothing(*node)) {
                true => Ok(None),
                false => Err((
                    "declared-in-span",
                    format!("what `{name}` holds would go before the end of the function"),
                )),
            };
        }
        if assigned && !self.is_set_before(name) {
            return Err((
                "declared-in-span",
                format!("`{name}` is first set inside the span"),
            ));
        }
        let changed = inside.iter().any(|node| may_change(*node));
        let seen = after || self.in_loop || assigned || outside.iter().any(|node| is_shared(*node));
        Ok(Some(if changed && seen {
            format!("&{name}")
        } else {
            name.to_owned()
        }))
    }

    /// Whether the mention leaves nothing in the variable that its end could show: it reads it, or
    /// gives it a plain value, or the callback returns what it holds.
    fn holds_nothing(&self, name: Node<'_>) -> bool {
        let Some(parent) = name.parent() else {
            return false;
        };
        let left = parent.child_by_field_name("left").map(|left| left.id());
        let parent = loop_of_pair(parent).unwrap_or(parent);
        match parent.kind() {
            "assignment_expression" if left == Some(name.id()) => parent
                .child_by_field_name("right")
                .is_some_and(|value| is_plain(value) || self.is_returned(name)),
            "list_literal" | "array_element_initializer" | "pair" => !is_assigned(name),
            "foreach_statement" => named_children(parent).first().is_some_and(|over| {
                over.kind() != "function_call_expression" && !Php.is_call(over.kind())
            }),
            _ => true,
        }
    }

    /// Whether the last of the statements returns the variable.
    fn is_returned(&self, name: Node<'_>) -> bool {
        let own = self.file.normal(name);
        self.nodes().any(|node| {
            node.kind() == "return_statement"
                && node.end_byte() == self.moved.region.end
                && node
                    .named_child(0)
                    .is_some_and(|value| self.file.normal(value) == own)
        })
    }

    /// Whether the variable has a value when control comes to the span.
    fn is_set_before(&self, name: &str) -> bool {
        let start = self.moved.region.start;
        self.mentions(name)
            .filter(|node| node.start_byte() < start)
            .any(|node| {
                let Some(parent) = node.parent() else {
                    return false;
                };
                match parent.kind() {
                    "simple_parameter" | "variadic_parameter" | "property_promotion_parameter" => {
                        parent
                            .parent()
                            .and_then(|list| list.parent())
                            .map(|of| of.id())
                            == Some(self.function.id())
                    }
                    "assignment_expression" => {
                        let block = parent.parent().and_then(|stmt| stmt.parent());
                        is_assigned(node)
                            && parent
                                .parent()
                                .is_some_and(|stmt| stmt.kind() == "expression_statement")
                            && block
                                .is_some_and(|block| span(block).contains(Span::new(start, start)))
                    }
                    _ => false,
                }
            })
    }
}

/// Whether what is below the node belongs to `function`: what functions in it do for themselves does
/// not, but what they capture does, and so does an arrow function.
fn belongs(node: Node<'_>, function: Node<'_>) -> bool {
    let Some(parent) = node.parent() else {
        return true;
    };
    let own = parent.id() == function.id() || !Php.is_function(parent.kind());
    match node.kind() {
        "compound_statement" => own,
        "formal_parameters" => false,
        _ => true,
    }
}

/// Whether the mention gives the variable a value.
fn is_assigned(name: Node<'_>) -> bool {
    let mut at = name;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "list_literal" | "array_creation_expression" | "array_element_initializer" | "pair" => {
                at = parent;
            }
            "assignment_expression" | "augmented_assignment_expression" => {
                return parent.child_by_field_name("left").map(|left| left.id()) == Some(at.id());
            }
            "update_expression" | "catch_clause" => return true,
            "foreach_statement" => {
                return named_children(parent).first().map(|over| over.id()) != Some(at.id());
            }
            _ => return false,
        }
    }
    false
}

/// Whether the mention may change the variable: what a function is given may be a reference.
fn may_change(name: Node<'_>) -> bool {
    let Some(parent) = name.parent() else {
        return true;
    };
    match parent.kind() {
        "member_call_expression"
        | "nullsafe_member_call_expression"
        | "member_access_expression"
        | "nullsafe_member_access_expression"
        | "binary_expression"
        | "unary_op_expression"
        | "return_statement"
        | "echo_statement"
        | "cast_expression"
        | "encapsed_string"
        | "if_statement"
        | "conditional_expression"
        | "parenthesized_expression"
        | "array_element_initializer" => is_assigned(name),
        "assignment_expression" => is_assigned(name),
        "foreach_statement" => is_assigned(name),
        "pair" if loop_of_pair(parent).is_some() => is_assigned(name),
        _ => true,
    }
}

/// The loop whose key and value the pair names: `foreach ($all as $key => $value)`.
fn loop_of_pair(pair: Node<'_>) -> Option<Node<'_>> {
    let around = pair.parent().filter(|_| pair.kind() == "pair")?;
    (around.kind() == "foreach_statement").then_some(around)
}

/// Whether somebody else may see the variable: a caller, another call, a function inside.
fn is_shared(name: Node<'_>) -> bool {
    let Some(parent) = name.parent() else {
        return true;
    };
    matches!(
        parent.kind(),
        "by_ref"
            | "global_declaration"
            | "static_variable_declaration"
            | "function_static_declaration"
            | "reference_assignment_expression"
    ) || gives_reference(parent)
}

/// Whether the value is nothing whose end anybody could notice.
fn is_plain(value: Node<'_>) -> bool {
    match value.kind() {
        "integer"
        | "float"
        | "string"
        | "encapsed_string"
        | "boolean"
        | "null"
        | "heredoc"
        | "nowdoc"
        | "unary_op_expression" => true,
        "binary_expression" => value
            .child_by_field_name("operator")
            .is_some_and(|operator| operator.kind() != "??"),
        "parenthesized_expression" => value.named_child(0).is_some_and(is_plain),
        _ => false,
    }
}
