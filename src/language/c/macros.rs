//! Macros of the file that hide control flow or locks.

use crate::catalog::pattern::normal;
use crate::lower::{File, descendants};
use crate::tree::Node;

/// Words that no macro may hold if its calls are to be read like calls of functions.
const JUMPS: [&str; 5] = ["return", "goto", "break", "continue", "throw"];

/// Whether the function uses a macro of this file whose text jumps, or takes or frees a lock.
pub fn hide_control(file: &File<'_>, function: Node<'_>) -> bool {
    let defined = &file.names.jumps;
    !defined.is_empty()
        && descendants(function, |_| true)
            .any(|node| node.kind() == "identifier" && defined.contains(&file.normal(node)))
}

/// The macros of the file whose text jumps, or takes or frees a lock.
pub fn that_jump(root: Node<'_>, text: &[u8]) -> Vec<String> {
    descendants(root, |node| !is_code(node.kind()))
        .filter(|node| matches!(node.kind(), "preproc_def" | "preproc_function_def"))
        .filter_map(|node| {
            let value = node.child_by_field_name("value")?;
            let name = node.child_by_field_name("name")?;
            hides(&String::from_utf8_lossy(&text[value.byte_range()])).then(|| normal(name, text))
        })
        .collect()
}

fn is_code(kind: &str) -> bool {
    matches!(kind, "compound_statement" | "expression_statement")
}

fn hides(text: &str) -> bool {
    // A loop of its own may break and continue as it likes.
    let loops = text.contains("for") || text.contains("while");
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| {
            JUMPS.contains(&word) && !(loops && matches!(word, "break" | "continue"))
                || word.ends_with("unlock")
                || word.ends_with("Unlock")
        })
}
