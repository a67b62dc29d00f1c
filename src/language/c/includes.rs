//! `#include` lines: where a new one goes.

use crate::catalog::pattern::normal;
use crate::lower::{File, descendants};
use tree_sitter::Node;

/// Where and how the file includes the header `<name>`; `None` when it does so already.
pub fn insertion(file: &File<'_>, header: &str) -> Option<(usize, String)> {
    let name = header.trim_matches(['<', '>', '"']);
    if file.names.modules.contains(name) {
        return None;
    }
    let source = file.source;
    let includes: Vec<Node<'_>> = descendants(file.root, |node| {
        !file.grammar.is_function(node.kind()) && !is_conditional(node.kind())
    })
    .filter(|node| node.kind() == "preproc_include")
    .collect();
    let path = |node: &Node<'_>| {
        node.child_by_field_name("path")
            .map(|path| normal(path, source.bytes))
            .unwrap_or_default()
    };
    let line = format!("#include {header}{}", source.newline);
    let alike: Vec<&Node<'_>> = includes
        .iter()
        .filter(|node| {
            let path = path(node);
            path.starts_with(&header[..1])
                && path.contains(['.', '/']) == header.contains(['.', '/'])
        })
        .collect();
    // Among the headers of the same kind, in their order; else behind the last include.
    if let Some(next) = alike.iter().find(|node| path(node).as_str() > header) {
        return Some((source.line_start(next.start_byte()), line));
    }
    let last = alike
        .last()
        .copied()
        .or_else(|| {
            let same = |node: &&Node<'_>| path(node).starts_with(&header[..1]);
            includes.iter().rfind(same)
        })
        .or(includes.last());
    if let Some(last) = last {
        return Some((source.line_end(last.start_byte()), line));
    }
    // Nothing is included: in front of the first line of code.
    let first = crate::lower::named_children(file.root)
        .into_iter()
        .find(|node| !matches!(node.kind(), "preproc_call" | "preproc_def"))?;
    Some((source.line_start(first.start_byte()), line))
}

fn is_conditional(kind: &str) -> bool {
    matches!(kind, "preproc_if" | "preproc_ifdef")
}
