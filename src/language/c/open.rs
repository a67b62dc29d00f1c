//! What lays a variable open to others.

use crate::tree::Node;

/// Whether others can change the variable because of what stands around its name: its address is
/// taken, a reference is bound to it, a macro gets it, it lives longer than the call or is volatile.
/// A call of C++ may take a reference (`by_reference`).
pub fn lays_open(name: Node<'_>, text: &[u8], by_reference: bool) -> bool {
    let Some(parent) = name.parent() else {
        return false;
    };
    match parent.kind() {
        "pointer_expression" => parent
            .child_by_field_name("operator")
            .is_some_and(|operator| operator.kind() == "&"),
        "argument_list" => by_reference || is_macro_call(parent, text),
        "reference_declarator" => true,
        "declaration" | "init_declarator" => is_lasting(parent, text),
        _ => false,
    }
}

fn is_macro_call(arguments: Node<'_>, text: &[u8]) -> bool {
    let function = arguments
        .parent()
        .and_then(|call| call.child_by_field_name("function"));
    function.is_some_and(|function| {
        let name = &text[function.byte_range()];
        !name.is_empty() && !name.iter().any(u8::is_ascii_lowercase)
    })
}

/// Whether the declaration is of a reference, or says `static`, `extern` or `volatile`.
fn is_lasting(node: Node<'_>, text: &[u8]) -> bool {
    let declaration = match node.kind() {
        "declaration" => Some(node),
        _ => node.parent(),
    };
    declaration.is_some_and(|declaration| {
        declaration.named_children().any(|part| {
            matches!(part.kind(), "storage_class_specifier" | "type_qualifier")
                && matches!(
                    &text[part.byte_range()],
                    b"static" | b"extern" | b"volatile" | b"thread_local"
                )
        })
    })
}
