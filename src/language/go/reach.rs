//! Which names decide what type an expression has: those that it is made of, those that the declarations of these are
//! made of, and so on. Only files of the package that declare one of them have to be read.

use super::scopes::{is_declared_function, listed, named};
use crate::catalog::pattern::{normal, unwrapped};
use crate::lower::{File, descendants, named_children};
use crate::tree::Node;
use rustc_hash::FxHashSet;

/// Functions of the language whose result depends on what they are given.
const BY_ARGUMENT: [&str; 3] = ["new", "make", "append"];

/// The numbers of the other files of the package that may tell of the types of these values.
pub fn files(file: &File<'_>, values: Node<'_>) -> Vec<usize> {
    let text = file.source.bytes;
    let variables = variables_near(values, text);
    let mut words = FxHashSet::default();
    add_words(values, text, &mut words);
    loop {
        let before = words.len();
        for (names, made_of) in &variables {
            if names.iter().any(|name| words.contains(name)) {
                words.extend(made_of.iter().cloned());
            }
        }
        file.names.reach(&mut words);
        let numbers = file.beside.declaring(&words);
        for names in file.beside.told_by(&numbers) {
            names.reach(&mut words);
        }
        if words.len() == before {
            return numbers;
        }
    }
}

/// The variables of the function around the node and those of the top level, each with the words of its declaration.
fn variables_near(node: Node<'_>, text: &[u8]) -> Vec<(Vec<String>, FxHashSet<String>)> {
    let outermost = std::iter::successors(Some(node), Node::parent)
        .find(|around| is_declared_function(around.kind()));
    let root = std::iter::successors(Some(node), Node::parent).last();
    let top = root.into_iter().flat_map(named_children);
    let top = top.filter(|child| matches!(child.kind(), "var_declaration" | "const_declaration"));
    let mut found = Vec::new();
    for node in outermost
        .into_iter()
        .chain(top)
        .flat_map(|around| descendants(around, |_| true))
    {
        let names = match node.kind() {
            "short_var_declaration" | "range_clause" => node
                .child_by_field_name("left")
                .map(listed)
                .unwrap_or_default(),
            "parameter_declaration"
            | "variadic_parameter_declaration"
            | "var_spec"
            | "const_spec" => named(node),
            _ => continue,
        };
        let names = names.into_iter().map(|name| normal(name, text)).collect();
        let mut words = FxHashSet::default();
        add_words(node, text, &mut words);
        found.push((names, words));
    }
    found
}

/// Adds the names that a node is made of, but for those of which its type does not depend.
fn add_words(node: Node<'_>, text: &[u8], words: &mut FxHashSet<String>) {
    let matters = |node: Node<'_>| match node.kind() {
        "argument_list" => node
            .parent()
            .and_then(|call| call.child_by_field_name("function"))
            .is_some_and(|callee| BY_ARGUMENT.contains(&normal(unwrapped(callee), text).as_str())),
        // The body of a function, and what another package declares.
        "block" | "qualified_type" => false,
        _ => true,
    };
    let names = descendants(node, matters).filter(|node| {
        matches!(
            node.kind(),
            "identifier" | "field_identifier" | "type_identifier"
        )
    });
    words.extend(names.map(|name| normal(name, text)));
}
