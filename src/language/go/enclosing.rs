//! What means the same in a function literal that is called where it stands.

use super::scopes::{declared_names, is_declared_before, named};
use crate::lower::{File, descendants, named_children};
use crate::rewrite::printer::CannotHoist;
use crate::source::Span;
use crate::tree::Node;

/// Whether the statements in `region` may move into a function literal.
///
/// # Errors
/// The first thing that would mean something else there.
pub fn check(file: &File<'_>, region: Span) -> Result<(), CannotHoist> {
    let refused = |message: &str| Err(("no-form", message.to_owned()));
    let Some(scope) = file
        .root
        .descendant_for_byte_range(region.start, region.end)
    else {
        return refused("the span is not understood");
    };
    let inside =
        |node: &Node<'_>| region.start <= node.start_byte() && node.end_byte() <= region.end;
    let own = |node: Node<'_>| !file.grammar.is_function(node.kind()) || !inside(&node);
    for node in descendants(scope, own).filter(inside) {
        match node.kind() {
            "defer_statement" => {
                return refused("what the span defers would run at the end of the closure");
            }
            "labeled_statement" | "goto_statement" => {
                return refused("a label in the span would be in another function");
            }
            "call_expression"
                if node
                    .child_by_field_name("function")
                    .is_some_and(|function| file.normal(function) == "recover") =>
            {
                return refused("`recover` works only in the deferred function itself");
            }
            "short_var_declaration" => {
                if let Some(name) = gives_result(file, node) {
                    return Err((
                        "declared-in-span",
                        format!("`{name}` is a result of the function, and would be hidden"),
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The named result to which a `:=` gives a new value.
fn gives_result(file: &File<'_>, declaration: Node<'_>) -> Option<String> {
    let function = std::iter::successors(declaration.parent(), Node::parent)
        .find(|around| file.grammar.is_function(around.kind()))?;
    let results: Vec<String> = function
        .child_by_field_name("result")
        .map(named_children)
        .unwrap_or_default()
        .into_iter()
        .flat_map(named)
        .map(|name| file.normal(name))
        .collect();
    declared_names(declaration)
        .into_iter()
        .filter(|name| is_declared_before(*name, file.source.bytes))
        .map(|name| file.normal(name))
        .find(|name| results.contains(name))
}
