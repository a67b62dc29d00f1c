//! Variables that do something at the end of their block: guards that free a lock, and destructors.

use super::guards;
use super::names::{declarators, declared_name, full_names, type_text};
use crate::catalog::pattern::unwrapped;
use crate::catalog::schema::Guard;
use crate::flow::{Cond, Event, EventKind, KeyId, SiteId, Test, WithExit};
use crate::lower::expressions::{event, plain};
use crate::lower::sites::Does;
use crate::lower::{File, Lowering, descendants, named_children, span};
use crate::tree::Node;

/// A guard as it is declared: `std::lock_guard<std::mutex> guard(a, b);`
struct Declared<'t> {
    name: Node<'t>,
    /// Every full name that its class may have.
    classes: Vec<String>,
    arguments: Vec<Node<'t>>,
}

/// How a guard begins, by the tag that it is constructed with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    Takes,
    Tries,
    Adopts,
    Free,
}

/// What a declaration takes, and what the end of its block frees or runs; `None` when nothing runs
/// there.
pub fn scoped(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    guard(lowering, node).or_else(|| destructor(lowering, node))
}

/// The guard that a declaration declares.
fn declared<'t>(file: &File<'_>, node: Node<'t>) -> Option<Declared<'t>> {
    let [declarator] = declarators(node)[..] else {
        return None;
    };
    let name = declared_name(declarator)?;
    let class = node.child_by_field_name("type")?;
    let text = file.source.bytes;
    let mut written = type_text(class, text);
    let mut value = declarator.child_by_field_name("value");
    // `auto lock = std::unique_lock<std::mutex>(m);`, `std::lock_guard lock = std::lock_guard(m);`
    if let Some(call) = value.filter(|value| value.kind() == "call_expression") {
        if class.kind() == "placeholder_type_specifier" {
            written = file.normal(call.child_by_field_name("function")?);
        }
        value = call.child_by_field_name("arguments");
    }
    // A smart pointer may be a guard, too: not what it points to counts here.
    let classes = full_names(written.split('<').next().unwrap_or(&written), file.names);
    let arguments = match value {
        Some(value) => named_children(value),
        // `std::lock_guard<std::mutex> guard(m);` may also declare a function, for a parser.
        None if declarator.kind() == "function_declarator" => {
            named_children(declarator.child_by_field_name("parameters")?)
        }
        None => Vec::new(),
    };
    Some(Declared {
        name,
        classes,
        arguments,
    })
}

fn guard(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    let file = lowering.file;
    let declared = declared(&file, node)?;
    let given = |guard: &&Guard| {
        guard.deleters.is_empty()
            || declared
                .arguments
                .iter()
                .any(|argument| is_deleter(&file, guard, *argument))
    };
    let known = |class: &String| file.catalog.guards(class, file.names).find(given);
    let own;
    let (guard, entry) = match declared.classes.iter().find_map(known) {
        Some(known) => (known, None),
        None => {
            own = own_guard(&file, &declared)?;
            (&own.0, Some(own.1))
        }
    };
    let mut begins = if guard.adopts {
        Begins::Adopts
    } else {
        Begins::Takes
    };
    let mut pairs: Vec<(SiteId, SiteId)> = Vec::new();
    for argument in &declared.arguments {
        let text = file.normal(*argument);
        match text.rsplit("::").next().unwrap_or(&text) {
            "adopt_lock" => begins = Begins::Adopts,
            "defer_lock" => begins = Begins::Free,
            "try_to_lock" => begins = Begins::Tries,
            _ if argument.kind().ends_with("_literal") => {}
            _ if argument.kind() == "null" => begins = Begins::Free,
            name if file.catalog.facts.ones.iter().any(|one| one == name) => {}
            name if file.catalog.facts.zeros.iter().any(|zero| zero == name) => {
                begins = Begins::Free;
            }
            _ if is_deleter(&file, guard, *argument) => {}
            _ => pairs.extend(lowering.table.add_held(
                &file,
                guard,
                &named_locks(*argument),
                entry,
            )),
        }
    }
    if pairs.is_empty()
        && let Some(lock) = given_later(lowering, node, &file.normal(declared.name), guard)
    {
        begins = Begins::Free;
        pairs.extend(
            lowering
                .table
                .add_held(&file, guard, &named_locks(lock), entry),
        );
    }
    let pair = *pairs.first()?;
    if begins == Begins::Adopts
        && pairs
            .iter()
            .any(|pair| is_held_twice(lowering, node, *pair))
    {
        lowering.opaque = Some("a lock that a guard holds is given to another, or freed by hand");
    }
    let name = file.normal(declared.name);
    let can_change = [&guard.frees, &guard.retakes, &guard.tries, &guard.asks]
        .iter()
        .any(|methods| !methods.is_empty());
    let knows = !guard.frees.is_empty();
    // What an object takes itself, another never believes to be its own.
    if (knows || begins == Begins::Adopts)
        && pairs.iter().any(|pair| lowering.table.is_given(*pair))
    {
        lowering.opaque = Some("a lock that a guard holds is given to another");
    }
    let held = |key: KeyId| match knows {
        true => Test::Owned(key),
        false => Test::Held(key),
    };
    if can_change {
        methods_of(lowering, node, &name, pair, guard, &held);
    }
    if begins == Begins::Adopts {
        for (enter, _) in &pairs {
            lowering.table.adopts(*enter);
        }
    }
    let enter = match begins {
        Begins::Takes => taken(node, &pairs),
        // Whether it was taken, the guard is asked.
        Begins::Tries => {
            let tried = Cond::unknown(Vec::new(), format!("{name} took it"));
            let yes = taken(node, &pairs);
            vec![event(
                node,
                EventKind::Choice {
                    cond: Box::new(tried),
                    yes,
                    no: Vec::new(),
                },
            )]
        }
        Begins::Adopts => pairs
            .iter()
            .map(|(enter, _)| event(node, EventKind::Adopt(*enter)))
            .collect(),
        Begins::Free => Vec::new(),
    };
    let frees: Vec<Event> = pairs
        .iter()
        .rev()
        .map(|(_, exit)| {
            let release = event(node, EventKind::Release(*exit));
            let always = !can_change && begins != Begins::Tries;
            if always {
                release
            } else {
                let key = lowering.table.sites[*exit].key;
                event(
                    node,
                    EventKind::Choice {
                        cond: Box::new(plain(held(key))),
                        yes: vec![release],
                        no: Vec::new(),
                    },
                )
            }
        })
        .collect();
    let exit = match (frees.as_slice(), pairs.as_slice()) {
        (
            [
                Event {
                    kind: EventKind::Release(exit),
                    ..
                },
            ],
            [_],
        ) => WithExit::Release(*exit),
        _ => WithExit::Events(frees),
    };
    Some((enter, exit))
}

/// Whether the lock that a guard takes over belongs to a guard already, or is freed by hand while the guard lives:
/// each would free it.
fn is_held_twice(lowering: &Lowering<'_>, node: Node<'_>, (enter, _): (SiteId, SiteId)) -> bool {
    let table = &lowering.table;
    let key = table.sites[enter].key;
    let Some(block) = node.parent() else {
        return false;
    };
    let scope = |at: usize| {
        let inner = lowering.file.root.descendant_for_byte_range(at, at);
        std::iter::successors(inner, Node::parent)
            .find(|around| matches!(around.kind(), "compound_statement" | "case_statement"))
            .map(span)
    };
    let own = table.sites[enter].span;
    let of_the_lock = |from: usize, to: usize, is_acquire: bool| {
        table.sites.iter().any(|site| {
            let wanted = match is_acquire {
                true => site.acquire().is_some_and(|acquire| !acquire.implied),
                false => site.is_written_release(),
            };
            site.key == key && wanted && from <= site.span.start && site.span.end <= to
        })
    };
    let others = table.sites.iter().enumerate().filter(|(id, site)| {
        *id != enter
            && site.key == key
            && site.acquire().is_some_and(|acquire| acquire.implied)
            && site.span.end <= own.start
    });
    let given = others
        .filter(|(_, site)| scope(site.span.start).is_some_and(|scope| scope.contains(own)))
        .any(|(_, site)| !of_the_lock(site.span.end, own.start, true));
    let end = node.end_byte();
    given
        || (of_the_lock(end, block.end_byte(), false) && !of_the_lock(end, block.end_byte(), true))
}

/// The guard that a class of the code base itself is, and the entry of the locks that it holds.
fn own_guard(file: &File<'_>, declared: &Declared<'_>) -> Option<(Guard, usize)> {
    let own = guards::named(file.names, &declared.classes)?;
    let [argument] = declared.arguments[..] else {
        return None;
    };
    let lock = named_locks(argument).pop()?;
    let class = file.grammar.type_of(lock, file.surroundings());
    let entries = &file.catalog.entries;
    let fits = |index: &usize| {
        let entry = &entries[*index];
        entry.is_taken_by(&own.takes) && entry.is_freed_by(&own.frees)
    };
    let typed = |index: &usize| {
        let class = class.as_ref();
        class.is_some_and(|class| entries[*index].is_of(class, file.names))
    };
    let fitting = || (0..entries.len()).filter(fits);
    let entry = fitting()
        .find(typed)
        .or_else(|| fitting().find(|index| entries[*index].lock.by_name))?;
    let guard = Guard::of(own.class.clone(), entries[entry].lock.mode.clone());
    Some((guard, entry))
}

fn taken(node: Node<'_>, pairs: &[(SiteId, SiteId)]) -> Vec<Event> {
    pairs
        .iter()
        .map(|(enter, _)| event(node, EventKind::Acquire(*enter)))
        .collect()
}

/// What may name the lock of a guard's argument: `&m` itself, and `m`, which it points to.
fn named_locks(argument: Node<'_>) -> Vec<Node<'_>> {
    let mut locks = vec![argument];
    let mut lock = unwrapped(argument);
    while lock.kind() == "pointer_expression"
        && let Some(inner) = lock.child_by_field_name("argument")
    {
        lock = unwrapped(inner);
        locks.push(lock);
    }
    locks
}

/// Whether the argument is what the guard frees its lock with: a function by its name, or a lambda that
/// does nothing but call this method, which is listed as `->unlock`.
fn is_deleter(file: &File<'_>, guard: &Guard, argument: Node<'_>) -> bool {
    let text = file.normal(argument);
    let name = text.trim_start_matches(['&', ':']);
    let method = || {
        let called = guards::only_call(argument, file.source.bytes)?;
        Some(format!("->{called}"))
    };
    guard.deleters.iter().any(|deleter| deleter == name)
        || (argument.kind() == "lambda_expression"
            && method().is_some_and(|method| guard.deleters.contains(&method)))
}

/// The lock that a guard which holds nothing at first is given later in its block.
fn given_later<'t>(
    lowering: &Lowering<'t>,
    declaration: Node<'t>,
    name: &str,
    guard: &Guard,
) -> Option<Node<'t>> {
    let file = lowering.file;
    let block = declaration.parent().filter(|_| !guard.holds.is_empty())?;
    descendants(block, |_| true)
        .filter(|node| node.kind() == "call_expression")
        .filter(|call| call.start_byte() >= declaration.end_byte())
        .find_map(|call| {
            let callee = call.child_by_field_name("function")?;
            let object = callee.child_by_field_name("argument")?;
            let method = callee.child_by_field_name("field")?;
            let gives = file.normal(object) == name && guard.holds.contains(&file.normal(method));
            only_argument(call)
                .filter(|_| gives)
                .map(|given| lock_of(given))
        })
}

fn only_argument(call: Node<'_>) -> Option<Node<'_>> {
    match named_children(call.child_by_field_name("arguments")?)[..] {
        [given] => Some(given),
        _ => None,
    }
}

/// The lock in `taken ? &lock : nullptr`, or the argument itself.
fn lock_of(given: Node<'_>) -> Node<'_> {
    let given = unwrapped(given);
    let nothing = |node: Node<'_>| node.kind() == "null";
    given
        .child_by_field_name("alternative")
        .filter(|other| nothing(*other))
        .and_then(|_| given.child_by_field_name("consequence"))
        .unwrap_or(given)
}

/// Notes what the methods of the guard `name` do from its declaration to the end of the block.
fn methods_of(
    lowering: &mut Lowering<'_>,
    declaration: Node<'_>,
    name: &str,
    (enter, exit): (SiteId, SiteId),
    guard: &Guard,
    held: &dyn Fn(KeyId) -> Test,
) {
    let Some(block) = declaration.parent() else {
        return;
    };
    let file = lowering.file;
    let uses = descendants(block, |_| true)
        .filter(|node| node.start_byte() >= declaration.end_byte())
        .filter(|node| node.kind() == "identifier" && file.normal(*node) == name);
    for used in uses.collect::<Vec<_>>() {
        let Some(outer) = used.parent() else { continue };
        // `if (lock)`, `if (!lock)`
        if matches!(outer.kind(), "condition_clause" | "unary_expression") {
            let key = lowering.table.sites[exit].key;
            lowering.table.note_question(used, held(key));
        }
        let call = outer
            .parent()
            .filter(|call| call.kind() == "call_expression" && outer.kind() == "field_expression");
        let Some((call, method)) = call.zip(outer.child_by_field_name("field")) else {
            continue;
        };
        let method = file.normal(method);
        if guard.holds.contains(&method)
            && let Some(given) = only_argument(call)
        {
            lowering.table.note(call, Does::Adopt(enter));
            if !lowering.table.gives(enter) {
                lowering.opaque = Some("a lock that a guard holds is given to another");
            }
            let key = lowering.table.sites[enter].key;
            let names = named_locks(lock_of(given));
            let lock = &lowering.table.keys[key].text;
            if !names.iter().any(|name| file.normal(*name) == *lock) {
                lowering.opaque = Some("a guard is given another lock");
            }
        } else if guard.frees.contains(&method) {
            lowering.table.note(call, Does::LetGo(exit));
        } else if guard.retakes.contains(&method) {
            lowering.table.note(call, Does::Acquire(enter));
        } else if guard.tries.contains(&method) {
            let tried = lowering.table.tried(enter);
            lowering.table.note(call, Does::Acquire(tried));
        } else if guard.asks.contains(&method) {
            let key = lowering.table.sites[exit].key;
            lowering.table.note_question(call, held(key));
        }
    }
}

/// What a local of a class does at the end of its block: whoever has a destructor may do anything
/// but throw.
fn destructor(lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<(Vec<Event>, WithExit)> {
    let lives_on = named_children(node)
        .iter()
        .any(|child| child.kind() == "storage_class_specifier");
    if lives_on {
        return None;
    }
    let class = node.child_by_field_name("type")?;
    let file = lowering.file;
    let ends: Vec<Event> = declarators(node)
        .into_iter()
        .rev()
        .filter(|declarator| !is_plain(&file, class, *declarator))
        .filter_map(|declarator| {
            let name = declared_name(declarator)?;
            let label = format!("~{}", file.normal(name));
            Some(event(declarator, EventKind::Effect { label }))
        })
        .collect();
    if ends.is_empty() {
        return None;
    }
    let enter = super::statements::declared_events(lowering, node);
    Some((enter, WithExit::Events(ends)))
}

/// Whether nobody sees the variable end: it is no object, or one of a type that the language's data
/// calls plain.
fn is_plain(file: &File<'_>, class: Node<'_>, declarator: Node<'_>) -> bool {
    let points = descendants(declarator, |node| {
        matches!(node.kind(), "init_declarator") || node.id() == declarator.id()
    })
    .any(|node| matches!(node.kind(), "pointer_declarator" | "reference_declarator"));
    if points {
        return true;
    }
    match declarator.child_by_field_name("value") {
        Some(value) if class.kind() == "placeholder_type_specifier" => {
            gives_plain(file, unwrapped(value))
        }
        _ => is_plain_type(file, class),
    }
}

fn is_plain_type(file: &File<'_>, class: Node<'_>) -> bool {
    match class.kind() {
        "primitive_type" | "sized_type_specifier" | "enum_specifier" => true,
        // `struct stat buffer;` is what C writes.
        "struct_specifier" | "union_specifier" => class.child_by_field_name("body").is_none(),
        "template_type" => {
            let name = class.child_by_field_name("name");
            let arguments = class.child_by_field_name("arguments");
            name.is_some_and(|name| is_listed(file, &file.normal(name)))
                && arguments.is_some_and(|arguments| {
                    named_children(arguments)
                        .into_iter()
                        .all(|argument| is_plain_argument(file, argument))
                })
        }
        "qualified_identifier" => class
            .child_by_field_name("name")
            .is_some_and(|name| is_plain_type(file, name)),
        _ => {
            let name = file.normal(class);
            name.ends_with("_t") || is_listed(file, &name)
        }
    }
}

fn is_plain_argument(file: &File<'_>, argument: Node<'_>) -> bool {
    if argument.kind() != "type_descriptor" {
        return argument.kind().ends_with("literal");
    }
    argument
        .child_by_field_name("declarator")
        .is_some_and(|declarator| declarator.kind() == "abstract_pointer_declarator")
        || argument
            .child_by_field_name("type")
            .is_some_and(|class| is_plain_type(file, class))
}

/// Whether the language's data lists the type among those that can be made empty and assigned to, and
/// nobody sees either.
pub fn is_listed_type(file: &File<'_>, class: Node<'_>) -> bool {
    match class.kind() {
        "type_identifier" => {
            let name = file.normal(class);
            is_listed(file, &name) && !file.catalog.facts.fixed_types.contains(&name)
        }
        "template_type" => {
            is_plain_type(file, class)
                && class
                    .child_by_field_name("name")
                    .is_some_and(|name| is_listed_type(file, name))
        }
        "qualified_identifier" => class
            .child_by_field_name("name")
            .is_some_and(|name| is_listed_type(file, name)),
        _ => false,
    }
}

fn is_listed(file: &File<'_>, name: &str) -> bool {
    let known = &file.catalog.facts.plain_types;
    known.iter().any(|plain| plain == name)
}

/// Whether an `auto` gets a plain type from this value.
fn gives_plain(file: &File<'_>, value: Node<'_>) -> bool {
    match value.kind() {
        "number_literal" | "char_literal" | "string_literal" | "true" | "false" | "null"
        | "this" | "new_expression" | "sizeof_expression" | "lambda_expression" => true,
        "pointer_expression" => file.source.slice(span(value)).starts_with(b"&"),
        "unary_expression" | "update_expression" => value
            .child_by_field_name("argument")
            .is_some_and(|inner| gives_plain(file, unwrapped(inner))),
        "binary_expression" => {
            let side = |field| {
                value
                    .child_by_field_name(field)
                    .is_some_and(|inner| gives_plain(file, unwrapped(inner)))
            };
            let operator = value
                .child_by_field_name("operator")
                .map(|node| node.kind());
            matches!(
                operator,
                Some("==" | "!=" | "<" | ">" | "<=" | ">=" | "&&" | "||")
            ) || side("left") && side("right")
        }
        "call_expression" => {
            let Some(callee) = value.child_by_field_name("function") else {
                return false;
            };
            let known = &file.catalog.facts.plain_results;
            let name = match callee.child_by_field_name("field") {
                Some(field) => format!(".{}", file.normal(field)),
                None => file.normal(callee),
            };
            let cast = name
                .split_once('<')
                .filter(|(cast, _)| cast.ends_with("_cast"))
                .is_some_and(|(_, of)| of.contains('*') || of.contains('&'));
            cast || known.contains(&name)
        }
        _ => false,
    }
}

/// Whether the declarator calls a constructor that may throw.
pub fn constructs(lowering: &Lowering<'_>, declaration: Node<'_>, declarator: Node<'_>) -> bool {
    declaration
        .child_by_field_name("type")
        .is_some_and(|class| !is_plain(&lowering.file, class, declarator))
}
