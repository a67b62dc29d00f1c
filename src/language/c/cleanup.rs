//! Variables of C for which something runs at the end of their block: `__attribute__((cleanup(f)))`,
//! `g_autoptr(T)`, `g_autofree`, `__free(kfree)`.

use super::names::{declarators, declared_name, misplaced_name};
use super::statements::{context, declared_events};
use crate::catalog::Role;
use crate::catalog::schema::FormCode;
use crate::finding::Form;
use crate::flow::{Cond, Event, EventKind, KeyId, SiteId, Test, WithExit};
use crate::lower::expressions::{event, plain};
use crate::lower::sites::Does;
use crate::lower::{File, Lowering, descendants, named_children};
use crate::rewrite::printer::Definition;
use crate::tree::Node;

/// What a declaration takes, and what the end of its block frees or runs; `None` when nothing runs
/// there.
pub fn scoped(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    // What takes a lock for a variable says by itself that its end frees it.
    if let Some(taken) = taken(lowering, node) {
        return Some(taken);
    }
    if !is_cleaned_up(node, lowering.file.source.bytes) {
        return None;
    }
    adopted(lowering, node).or_else(|| ended(lowering, node))
}

/// Whether something may run at the end of the block: the attribute is there, or a word that only
/// the preprocessor knows.
fn is_cleaned_up(declaration: Node<'_>, text: &[u8]) -> bool {
    let said = named_children(declaration)
        .iter()
        .any(|child| match child.kind() {
            "attribute_specifier" => cleaned_by(*child, text).is_some(),
            "macro_type_specifier" => true,
            _ => false,
        });
    said || unknown_word(declaration).is_some()
}

/// The function that `__attribute__((cleanup(function)))` names.
fn cleaned_by(attributes: Node<'_>, text: &[u8]) -> Option<String> {
    let word = |node: Node<'_>| String::from_utf8_lossy(&text[node.byte_range()]).into_owned();
    descendants(attributes, |_| true)
        .filter(|node| node.kind() == "call_expression")
        .find(|call| {
            call.child_by_field_name("function")
                .is_some_and(|name| matches!(word(name).trim_matches('_'), "cleanup"))
        })
        .and_then(|call| call.child_by_field_name("arguments")?.named_child(0))
        .map(word)
}

/// The word that the grammar cannot place in `g_autofree char *s;` and `struct box *b __free(kfree);`:
/// the type, or the name.
pub fn unknown_word(declaration: Node<'_>) -> Option<Node<'_>> {
    if declaration.kind() != "declaration" {
        return None;
    }
    let in_front = || {
        let word = crate::lower::children(declaration)
            .into_iter()
            .find(|child| child.is_error())?;
        let name = word.named_child(0)?;
        let is_all = name.byte_range() == word.byte_range();
        (is_all && name.kind() == "identifier").then_some(name)
    };
    let of_pointer = || {
        let mut at = *declarators(declaration).first()?;
        while at.kind() != "pointer_declarator" {
            at = at.child_by_field_name("declarator")?;
        }
        misplaced_name(at)
    };
    in_front().or_else(of_pointer)
}

/// `g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&m);`
fn taken(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    let [declarator] = declarators(node)[..] else {
        return None;
    };
    let value = declarator.child_by_field_name("value")?;
    let (enter, exit) = context(lowering, value)?;
    let enter = vec![event(value, EventKind::Acquire(enter))];
    Some((enter, to_the_end(lowering, node, declarator, exit)))
}

/// `__attribute__((cleanup(unlock_mutex))) pthread_mutex_t *guard = &m;`, where the function takes
/// `m` itself, and what is named frees what it is given.
fn adopted(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    let [declarator] = declarators(node)[..] else {
        return None;
    };
    let file = lowering.file;
    let lock = file.normal(declarator.child_by_field_name("value")?);
    let is_its_own = |key: &KeyId| lowering.table.keys[*key].text == lock;
    let keys: Vec<KeyId> = (0..lowering.table.keys.len()).filter(is_its_own).collect();
    let freed = named_children(node)
        .into_iter()
        .filter(|child| child.kind() == "attribute_specifier")
        .find_map(|attributes| cleaned_by(attributes, file.source.bytes))
        .and_then(|function| entries_freed_by(&file, &function));
    let Some(freed) = freed else {
        // Who knows what it does with the lock.
        lowering.table.handed_over.extend(keys);
        return None;
    };
    let key = keys
        .into_iter()
        .find(|key| freed.contains(&lowering.table.keys[*key].entry))?;
    let exit = lowering
        .table
        .freed_at_the_end(key, crate::lower::span(node));
    let enter = declared_events(lowering, node);
    Some((enter, to_the_end(lowering, node, declarator, exit)))
}

/// The entries of the locks that a function of the file, told where a pointer to a lock stands,
/// frees: `static void unlock_mutex(pthread_mutex_t **m) { pthread_mutex_unlock(*m); }`
fn entries_freed_by(file: &File<'_>, name: &str) -> Option<Vec<usize>> {
    let text = file.source.bytes;
    let function = named_children(file.root)
        .into_iter()
        .filter(|node| node.kind() == "function_definition")
        .find(|node| file.grammar.function_name(*node, text) == name)?;
    frees_its_operand(file, function)
}

/// What such a function frees.
fn frees_its_operand(file: &File<'_>, function: Node<'_>) -> Option<Vec<usize>> {
    let parameter = declared_name(file.grammar.first_parameter(function)?)?;
    let operand = format!("*{}", file.normal(parameter));
    let body = function.child_by_field_name("body")?;
    let calls: Vec<Node<'_>> = descendants(body, |_| true)
        .filter(|node| node.kind() == "call_expression")
        .collect();
    let [call] = calls[..] else {
        return None;
    };
    let hits = file
        .catalog
        .find_all(call, file.surroundings(), |role| role == Role::Release);
    let entries: Vec<usize> = hits
        .iter()
        .filter(|hit| {
            hit.bindings
                .get("LOCK")
                .is_some_and(|lock| file.normal(*lock) == operand)
        })
        .map(|hit| hit.entry)
        .collect();
    (!entries.is_empty()).then_some(entries)
}

/// The release at the end of the block of a variable: unless something has freed the lock by it before.
fn to_the_end(
    lowering: &mut Lowering<'_>,
    declaration: Node<'_>,
    declarator: Node<'_>,
    exit: SiteId,
) -> WithExit {
    let file = lowering.file;
    let key = lowering.table.sites[exit].key;
    let entry = &file.catalog.entries[lowering.table.keys[key].entry];
    let early = entry
        .form(Form::Cleanup)
        .and_then(|form| form.free.as_ref())
        .zip(declared_name(declarator))
        .map(|(free, name)| free.replace("$GUARD", &file.normal(name)))
        .map(|free| free.split_whitespace().collect::<String>());
    let (Some(early), Some(block)) = (early, declaration.parent()) else {
        return WithExit::Release(exit);
    };
    let calls: Vec<Node<'_>> = descendants(block, |_| true)
        .filter(|node| node.kind() == "call_expression" && file.normal(*node) == early)
        .collect();
    if calls.is_empty() {
        return WithExit::Release(exit);
    }
    for call in calls {
        lowering.table.note(call, Does::Close(exit));
    }
    let held: Box<Cond> = Box::new(plain(Test::Held(key)));
    WithExit::Events(vec![event(
        declaration,
        EventKind::Choice {
            cond: held,
            yes: vec![event(declaration, EventKind::Release(exit))],
            no: Vec::new(),
        },
    )])
}

/// What others see of the end of the variables.
fn ended(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    let ends: Vec<Event> = declarators(node)
        .into_iter()
        .rev()
        .map(|declarator| {
            let name = declared_name(declarator).map(|name| lowering.file.normal(name));
            let label = format!("end of {}", name.unwrap_or_default());
            event(declarator, EventKind::Effect { label })
        })
        .collect();
    (!ends.is_empty()).then(|| (declared_events(lowering, node), WithExit::Events(ends)))
}

/// The function that frees such a lock: one that the file has, else one in front of the first function.
pub fn definition(file: &File<'_>, entry: usize, form: &FormCode) -> Option<Definition> {
    let text = file.source.bytes;
    let functions = || {
        named_children(file.root)
            .into_iter()
            .filter(|node| node.kind() == "function_definition")
    };
    let frees = |function: &Node<'_>| {
        frees_its_operand(file, *function).is_some_and(|freed| freed.contains(&entry))
    };
    if let Some(known) = functions().find(frees) {
        return Some(Definition {
            name: file.grammar.function_name(known, text),
            missing: None,
        });
    }
    let wanted = form.function.as_deref()?;
    let is_taken = descendants(file.root, |_| true)
        .any(|node| node.kind() == "identifier" && &text[node.byte_range()] == wanted.as_bytes());
    if is_taken {
        return None;
    }
    let holds = |node: &Node<'_>, kind: &str| {
        descendants(*node, |_| true).any(|inner| inner.kind() == kind)
    };
    let first = named_children(file.root)
        .into_iter()
        .find(|node| holds(node, "function_definition"))?;
    if first.kind() != "function_definition" && holds(&first, "preproc_include") {
        return None;
    }
    // Comments that stand right above the function are its own.
    let mut above = first;
    while let Some(previous) = above.prev_sibling()
        && previous.kind() == "comment"
        && file.source.line_of(previous.end_byte()) + 1 == file.source.line_of(above.start_byte())
        && file.source.first_on_line(previous.start_byte())
    {
        above = previous;
    }
    let newline = file.source.newline;
    let code = form.define.as_deref()?.replace("$FUNCTION", wanted);
    let lines: Vec<String> = code
        .trim_end()
        .lines()
        .map(|line| line.replace('\t', &file.source.indent))
        .collect();
    let text = format!("{}{newline}{newline}", lines.join(newline));
    Some(Definition {
        name: wanted.to_owned(),
        missing: Some((file.source.line_start(above.start_byte()), text)),
    })
}
