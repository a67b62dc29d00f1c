//! Guards that a code base has of its own, and locks whose address a function leaves behind.

use super::names::{declarators, declared_name};
use crate::catalog::Entry;
use crate::catalog::pattern::{normal, unwrapped};
use crate::language::names::{Names, OwnGuard};
use crate::lower::{File, descendants, named_children};
use crate::tree::Node;

/// The guard that a class is, if it is one: its constructor does nothing but take the lock that it is
/// given, its destructor nothing but free it.
pub fn of_class(class: Node<'_>, text: &[u8]) -> Option<OwnGuard> {
    let name = normal(class.child_by_field_name("name")?, text);
    let outside = std::iter::successors(class.parent(), Node::parent).all(|around| {
        !matches!(
            around.kind(),
            "class_specifier" | "struct_specifier" | "template_declaration"
        ) && !around.kind().starts_with("function")
    });
    let members = named_children(class.child_by_field_name("body")?);
    let methods = |wanted: &str| -> Vec<Node<'_>> {
        let named = |method: &Node<'_>| {
            declared_name(*method).is_some_and(|name| normal(name, text) == wanted)
        };
        let all = members.iter().copied();
        all.filter(|member| member.kind() == "function_definition" && named(member))
            .collect()
    };
    let ([made], [ended]) = (&methods(&name)[..], &methods(&format!("~{name}"))[..]) else {
        return None;
    };
    let (lock, is_pointer) = parameter(*made, text)?;
    let own = outside.then(|| OwnGuard {
        class: name,
        space: space_of(class, text),
        lock,
        is_pointer,
        takes: only_call(*made, text).unwrap_or_default(),
        frees: only_call(*ended, text).unwrap_or_default(),
    })?;
    (!own.takes.is_empty() && !own.frees.is_empty()).then_some(own)
}

/// The type of the one parameter, and whether it is a pointer.
fn parameter(constructor: Node<'_>, text: &[u8]) -> Option<(String, bool)> {
    let parameters = descendants(constructor.child_by_field_name("declarator")?, |_| true)
        .find(|node| node.kind() == "parameter_list")?;
    let [parameter] = named_children(parameters)[..] else {
        return None;
    };
    let declarator = parameter.child_by_field_name("declarator")?;
    let is_pointer = declarator.kind() == "pointer_declarator";
    if !is_pointer && declarator.kind() != "reference_declarator" {
        return None;
    }
    let class = parameter.child_by_field_name("type")?;
    Some((normal(class, text), is_pointer))
}

/// The method without arguments whose call is all that the function's body consists of.
pub fn only_call(function: Node<'_>, text: &[u8]) -> Option<String> {
    let body = function.child_by_field_name("body")?;
    let mut stmts = named_children(body);
    stmts.retain(|stmt| stmt.kind() != "comment");
    let [stmt] = stmts[..] else { return None };
    let call = (stmt.kind() == "expression_statement").then(|| stmt.named_child(0))??;
    let callee = call.child_by_field_name("function")?;
    let given = call.child_by_field_name("arguments")?;
    let field = callee.child_by_field_name("field")?;
    (given.named_child_count() == 0).then(|| normal(field, text))
}

/// The namespaces around the node, as they are written.
pub fn space_of(node: Node<'_>, text: &[u8]) -> String {
    let mut names: Vec<String> = std::iter::successors(node.parent(), Node::parent)
        .filter(|around| around.kind() == "namespace_definition")
        .filter_map(|space| space.child_by_field_name("name"))
        .map(|name| normal(name, text))
        .collect();
    names.reverse();
    names.join("::")
}

/// The declaration of the code base's own guard for the lock that the call takes, `$GUARD`, `$LOCK` and
/// `$ADDRESS` left in it: one that takes locks of this type, by the methods that the entry lists.
pub fn own(file: &File<'_>, entry: &Entry, acquire: Node<'_>) -> Option<String> {
    let callee = acquire.child_by_field_name("function")?;
    let lock = callee.child_by_field_name("argument")?;
    let method = file.normal(callee.child_by_field_name("field")?);
    let class = file.grammar.type_of(lock, file.surroundings())?;
    let guard = file.names.guards.iter().find(|guard| {
        guard.takes == method && entry.is_freed_by(&guard.frees) && guard.holds(&class)
    })?;
    let here = space_of(acquire, file.source.bytes);
    let inside = here == guard.space || here.starts_with(&format!("{}::", guard.space));
    let name = if inside || guard.space.is_empty() {
        guard.class.clone()
    } else {
        format!("{}::{}", guard.space, guard.class)
    };
    let given = if guard.is_pointer {
        "$ADDRESS"
    } else {
        "$LOCK"
    };
    Some(format!("{name} $GUARD({given});"))
}

/// The guard of the code base that this class is.
pub fn named<'n>(names: &'n Names, classes: &[String]) -> Option<&'n OwnGuard> {
    let is = |guard: &&OwnGuard| {
        classes.iter().any(|class| {
            let last = class.rsplit("::").next().unwrap_or(class);
            last == guard.class
        })
    };
    names.guards.iter().find(is)
}

/// What an assignment stores where the function's callers and others see it.
pub fn told_to_others<'t>(file: &File<'_>, node: Node<'t>) -> Option<Node<'t>> {
    let stored = (node.kind() == "assignment_expression")
        .then(|| node.child_by_field_name("right"))?
        .map(unwrapped)?;
    let target = unwrapped(node.child_by_field_name("left")?);
    let is_told = match target.kind() {
        "pointer_expression" | "field_expression" => true,
        "identifier" => !is_local(file, target),
        _ => false,
    };
    is_told.then_some(stored)
}

/// Whether the variable is one of the function around it, and no reference.
fn is_local(file: &File<'_>, variable: Node<'_>) -> bool {
    let name = file.normal(variable);
    let function = std::iter::successors(variable.parent(), Node::parent)
        .find(|node| file.grammar.is_function(node.kind()));
    let declares = |node: &Node<'_>| {
        matches!(
            node.kind(),
            "declaration" | "parameter_declaration" | "for_range_loop"
        )
    };
    function.is_some_and(|function| {
        descendants(function, |_| true)
            .filter(declares)
            .flat_map(declarators)
            .any(|declarator| {
                let refers = descendants(declarator, |_| true)
                    .any(|node| node.kind() == "reference_declarator");
                !refers && declared_name(declarator).is_some_and(|own| file.normal(own) == name)
            })
    })
}
