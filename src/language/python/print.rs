//! How Python writes the constructs of the forms.

use super::Python;
use crate::lower::{File, descendants, named_children};
use crate::rewrite::printer::{CannotHoist, Hoist, Printer, Stack};
use crate::source::Span;
use crate::tree::Node;

impl Printer for Python {
    fn terminator(&self) -> &'static str {
        ""
    }

    fn open_try(&self) -> &'static str {
        "try:"
    }

    fn open_finally(&self) -> &'static str {
        "finally:"
    }

    fn close(&self) -> Option<&'static str> {
        None
    }

    fn empty_suite(&self) -> Option<&'static str> {
        Some("pass")
    }

    fn waits_for_returned(&self) -> Option<&'static str> {
        // A coroutine that is returned is awaited by the caller, as it was.
        None
    }

    fn declare_flag(&self, name: &str, value: &str) -> String {
        format!("{name} = {value}")
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "True" } else { "False" }
    }

    fn when(&self, flag: &str, statement: &str, indent: &str) -> Vec<String> {
        vec![format!("if {flag}:"), format!("{indent}{statement}")]
    }

    fn bind(&self, binding: &str) -> String {
        format!("{binding} = ")
    }

    fn is_verbatim(&self, kind: &str) -> bool {
        kind == "string"
    }

    fn exit_stack(&self, file: &File<'_>, name: &str, lock: &str, awaited: bool) -> Option<Stack> {
        if awaited {
            let (class, import) = stack_class(file, "AsyncExitStack")?;
            return Some(Stack {
                open: format!("async with {class}() as {name}:"),
                enter: format!("await {name}.enter_async_context({lock})"),
                close: format!("await {name}.aclose()"),
                import,
            });
        }
        let (class, import) = stack_class(file, "ExitStack")?;
        Some(Stack {
            open: format!("with {class}() as {name}:"),
            enter: format!("{name}.enter_context({lock})"),
            close: format!("{name}.close()"),
            import,
        })
    }

    fn hoist(&self, _: &File<'_>, _: Node<'_>, _: Span) -> Result<Hoist, CannotHoist> {
        // Names live in the whole function.
        Ok(Hoist::default())
    }
}

/// The class of a stack of contexts as this file names it, and what has to be inserted where for
/// that.
fn stack_class(file: &File<'_>, stack: &str) -> Option<(String, Option<(usize, String)>)> {
    let imported = |name: &str, module: &str, of: &str| {
        file.names
            .imports
            .get(name)
            .is_some_and(|import| import.module == module && import.name == of)
    };
    if imported(stack, "contextlib", stack) {
        return Some((stack.to_owned(), None));
    }
    let class = format!("contextlib.{stack}");
    if imported("contextlib", "contextlib", "*") {
        return Some((class, None));
    }
    // A file that means something else by the name cannot have the module.
    file.hidden.ask("contextlib");
    let taken = descendants(file.root, |_| true)
        .any(|node| node.kind() == "identifier" && file.normal(node) == "contextlib");
    if taken {
        return None;
    }
    let line = format!("import contextlib{}", file.source.newline);
    Some((class, Some((import_place(file), line))))
}

/// Where `import contextlib` goes: in front of the first import that sorts behind it, else behind
/// the last one of the head of the file.
fn import_place(file: &File<'_>) -> usize {
    let mut place = 0;
    for stmt in named_children(file.root) {
        let behind = file.source.line_end(stmt.end_byte());
        match stmt.kind() {
            "import_statement" if place_sorts(file, stmt) => {
                return file.source.line_start(stmt.start_byte());
            }
            "import_statement" | "import_from_statement" | "future_import_statement" => {
                place = behind;
            }
            // The module's own documentation.
            "expression_statement" if place == 0 => place = behind,
            _ => break,
        }
    }
    place
}

fn place_sorts(file: &File<'_>, import: Node<'_>) -> bool {
    import
        .named_child(0)
        .is_some_and(|module| file.normal(module).as_str() > "contextlib")
}
