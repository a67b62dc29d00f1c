//! From syntax to flow: finds the functions that take locks, says which nodes take and free which
//! lock, and has the language turn each function into a [`Body`].

pub mod expressions;
pub mod label;
mod shared;
pub mod sites;

use crate::catalog::{Catalog, Entry, Receivers, Role, Surroundings};
use crate::engine::{Exceptions, Standard};
use crate::finding::SkippedFunction;
use crate::flow::{Block, Body, Event, EventKind};
use crate::language::beside::{Beside, Wide};
use crate::language::names::{Names, TypeRef};
pub use crate::language::names::{split_member, words_of};
use crate::language::{CalledInPlace, Grammar};
use crate::parse::too_deep;
use crate::skim::Hidden;
use crate::source::{Source, Span};
use crate::tree::{Node, Tree};
use rustc_hash::{FxHashMap, FxHashSet};
use sites::{Found, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Levels of nesting that lowering follows; deeper functions are skipped, and said to be.
pub const DEEPEST: usize = 200;

/// Levels of its syntax tree that a function may have: finding a node's parent costs as many steps.
const DEEPEST_SYNTAX: usize = 500;

/// Acquires that a function may have. Each may need a proof of its own over the whole function.
const MOST_ACQUIRES: usize = 200;

/// One parsed file with what all stages ask of it.
#[derive(Clone, Copy)]
pub struct File<'a> {
    pub source: &'a Source<'a>,
    /// The text as it was parsed: comments of blanks stand for what is hidden.
    pub read: &'a [u8],
    /// What was not parsed. Who walks the whole tree for a word has to ask it.
    pub hidden: &'a Hidden<'a>,
    pub tree: &'a Tree,
    pub root: Node<'a>,
    pub names: &'a Names,
    pub catalog: &'a Catalog,
    pub grammar: &'a dyn Grammar,
    pub exceptions: Exceptions,
    pub standard: Standard,
    pub beside: &'a Beside,
    /// The names with those of other files of the package, as far as something asked for them.
    pub wide: &'a Wide,
    /// What was found out of receivers of calls so far.
    pub receivers: &'a Receivers,
}

impl<'a> File<'a> {
    /// The names of the file with what these files of its package declare.
    pub fn names_with(&self, files: Vec<usize>) -> Rc<Names> {
        self.wide.with(files, |files| {
            let rest = self.beside.told_by(files);
            let (root, text) = (self.root, self.source.bytes);
            self.grammar.names_among(root, text, &rest)
        })
    }

    /// What the catalogue wants to know of the file.
    pub fn surroundings(&self) -> Surroundings<'a> {
        Surroundings {
            text: self.source.bytes,
            names: self.names,
            grammar: self.grammar,
            receivers: self.receivers,
            hidden: self.hidden,
        }
    }

    /// Whether a method of this name gives the same object each time.
    pub fn is_stable_call(&self, callee: &str) -> bool {
        let stable = &self.catalog.facts.stable_calls;
        split_member(callee).is_some_and(|(_, method)| {
            stable
                .iter()
                .any(|known| known == method || known == callee)
        })
    }

    /// Whether the function is part of the one around it: it is called where it is written. One
    /// that runs in the end and takes locks by itself is not.
    pub fn runs_in_place(&self, function: Node<'_>) -> bool {
        if !self.grammar.is_function(function.kind()) {
            return false;
        }
        match self.grammar.called_in_place(function, self.source.bytes) {
            None => false,
            Some(CalledInPlace::AtOnce | CalledInPlace::Asked) => true,
            Some(CalledInPlace::AtTheEnd) => find_acquires(self, function).is_empty(),
        }
    }

    /// Whether the node is a function with a body of its own.
    pub fn is_own_body(&self, node: Node<'_>) -> bool {
        self.grammar.is_function(node.kind()) && !self.runs_in_place(node)
    }

    /// The words of a comment, in lower case, on one line.
    pub fn normal_comment(&self, comment: Node<'_>) -> String {
        let text = String::from_utf8_lossy(&self.source.bytes[comment.byte_range()]).to_lowercase();
        let words: Vec<&str> = text
            .split(|c: char| c.is_whitespace() || c == '*')
            .filter(|word| !word.is_empty())
            .collect();
        words.join(" ")
    }

    /// The text of a node without comments and needless white space.
    pub fn normal(&self, node: Node<'_>) -> String {
        crate::catalog::pattern::normal(node, self.source.bytes)
    }
}

/// The lowered functions of a file.
#[derive(Debug, Default)]
pub struct Lowered {
    pub bodies: Vec<Body>,
    pub skipped: Vec<SkippedFunction>,
    /// What the functions acquire that are skipped, with their places.
    pub unread: Vec<(Span, String)>,
}

/// Lowers every function of the file that acquires a lock, in order of the text.
pub fn lower(file: &File<'_>) -> Lowered {
    let mut acquires: BTreeMap<(usize, usize), (Node<'_>, Vec<Found<'_>>)> = BTreeMap::new();
    for found in find_acquires(file, file.root) {
        let function = match found.callback {
            Some(callback) => callback,
            None => function_around(file, found.node),
        };
        acquires
            .entry((function.start_byte(), function.id()))
            .or_insert_with(|| (function, Vec::new()))
            .1
            .push(found);
    }
    let mut lowered = Lowered::default();
    for (function, found) in acquires.into_values() {
        if function.id() == file.root.id() {
            // The functions of the file are parts of it.
            file.hidden.ask("");
        }
        match lower_function(file, function, &found) {
            Ok(body) => lowered.bodies.push(body),
            Err(reason) => {
                lowered.skipped.push(SkippedFunction {
                    function: file.grammar.function_name(function, file.source.bytes),
                    line: file.source.location(function.start_byte()).line,
                    reason: reason.to_owned(),
                });
                let locks = found.iter().map(|found| {
                    let entry = &file.catalog.entries[found.hit.entry];
                    entry.key_text(&found.hit.bindings, file.surroundings())
                });
                lowered
                    .unread
                    .extend(locks.map(|lock| (span(function), lock)));
            }
        }
    }
    lowered
}

/// Lowers the function `name` that begins at byte `start`, whether it acquires or not.
pub fn lower_at(file: &File<'_>, start: usize, name: &str) -> Option<Body> {
    let function = if name == MODULE {
        file.root
    } else {
        let inner = file.root.descendant_for_byte_range(start, start + 1)?;
        // The outermost of those that begin here.
        let here = std::iter::successors(Some(inner), Node::parent)
            .take_while(|node| node.start_byte() == start)
            .filter(|node| {
                file.grammar.is_function(node.kind())
                    && file.grammar.function_name(*node, file.source.bytes) == name
            });
        here.last()?
    };
    // A callback that is handed the release is told by the call around it.
    let around = std::iter::successors(function.parent(), Node::parent)
        .take(3)
        .find(|around| file.grammar.may_match(around.kind()))
        .unwrap_or(function);
    let found: Vec<Found<'_>> = find_acquires(file, around)
        .into_iter()
        .filter(|found| match found.callback {
            Some(callback) => callback.id() == function.id(),
            None => function_around(file, found.node).id() == function.id(),
        })
        .collect();
    lower_function(file, function, &found).ok()
}

/// The name of top-level code.
pub const MODULE: &str = "<module>";

fn lower_function(
    file: &File<'_>,
    function: Node<'_>,
    found: &[Found<'_>],
) -> Result<Body, &'static str> {
    if found.len() > MOST_ACQUIRES {
        return Err("takes too many locks");
    }
    if too_deep(function, DEEPEST_SYNTAX) {
        return Err(TOO_DEEP);
    }
    if broken(file, function) {
        return Err("syntax error");
    }
    let mut lowering = Lowering {
        file: *file,
        table: Table::new(file, function, found),
        function,
        bindings: file.grammar.bindings(function, file.source.bytes),
        depth: 0,
        opaque: None,
    };
    let root = file.grammar.lower_root(&mut lowering);
    if lowering.opaque == Some(TOO_DEEP) {
        return Err(TOO_DEEP);
    }
    let (is_async, is_generator) = file.grammar.function_kind(function, file.source.bytes);
    let keys = &lowering.table.keys;
    let said_to_keep = file.grammar.speaks_of_kept_locks(file, function, keys);
    let handed_over = if file.grammar.keeps_locks(file, function) {
        (0..keys.len()).collect()
    } else {
        lowering.table.handed_over
    };
    let mut body = Body {
        name: file.grammar.function_name(function, file.source.bytes),
        span: span(function),
        is_async,
        is_generator,
        root,
        shared: BTreeSet::new(),
        keys: lowering.table.keys,
        sites: lowering.table.sites,
        handed_over,
        lent: lowering.table.lent,
        said_to_keep,
        opaque: lowering.opaque.or(lowering.table.opaque),
    };
    body.shared = shared::shared(file, function, &body);
    Ok(body)
}

/// The reason of functions that nest deeper than [`DEEPEST`].
pub const TOO_DEEP: &str = "nested too deeply";

/// The bytes of a node.
pub fn span(node: Node<'_>) -> Span {
    Span::new(node.start_byte(), node.end_byte())
}

/// Everything below `root` that takes a lock, in order of the text.
fn find_acquires<'t>(file: &File<'_>, root: Node<'t>) -> Vec<Found<'t>> {
    let mut found = Vec::new();
    let mut consumed = None;
    // Receivers of acquires: `wait_for(lock.acquire(), 5)` is one acquire, not two.
    let mut receivers = FxHashSet::default();
    let mut entries = file.catalog.entries.iter();
    let together = entries.any(|entry| !entry.lock.together.is_empty());
    for node in descendants(root, |_| true) {
        if consumed == Some(node.id()) || !file.grammar.may_match(node.kind()) {
            continue;
        }
        if together {
            found.extend(taken_together(file, node));
        }
        let wanted = |role: Role| matches!(role, Role::Acquire | Role::Try(_) | Role::Callback);
        let Some(hit) = file.catalog.find(node, file.surroundings(), wanted) else {
            continue;
        };
        if hit.role != Role::Callback
            && (file.grammar.is_awaited(node)
                || file.grammar.takes_nothing(node, file.source.bytes))
        {
            continue;
        }
        if let Some(receiver) = hit.bindings.get("LOCK")
            && !receivers.insert(receiver.id())
        {
            continue;
        }
        consumed = file.grammar.awaited_operand(node).map(|inner| inner.id());
        let callback = match hit.role {
            Role::Callback => match hit.bindings.get("CALLBACK") {
                Some(callback) if file.grammar.is_function(callback.kind()) => Some(*callback),
                _ => continue,
            },
            _ => None,
        };
        found.push(Found {
            node,
            hit,
            callback,
            together: false,
        });
    }
    found
}

/// The acquires of a call that takes each of its arguments.
fn taken_together<'t>(file: &File<'_>, call: Node<'t>) -> Vec<Found<'t>> {
    let Some(function) = call.child_by_field_name("function") else {
        return Vec::new();
    };
    let function = file.source.slice(span(function));
    let known = |entry: &Entry| {
        let mut functions = entry.lock.together.iter();
        functions.any(|own| own.as_bytes() == function)
    };
    let arguments = call
        .child_by_field_name("arguments")
        .filter(|_| file.catalog.entries.iter().any(known));
    let arguments = arguments.map(named_children).unwrap_or_default();
    let hits = file
        .catalog
        .taken_together(known, &arguments, file.surroundings());
    arguments
        .into_iter()
        .zip(hits)
        .map(|(node, hit)| Found {
            node,
            hit,
            callback: None,
            together: true,
        })
        .collect()
}

/// The innermost function around a node, or the root.
pub fn function_around<'t>(file: &File<'t>, node: Node<'t>) -> Node<'t> {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if file.is_own_body(parent) {
            return parent;
        }
        at = parent;
    }
    file.root
}

/// Whether the function holds a syntax error, or stands in one.
fn broken(file: &File<'_>, function: Node<'_>) -> bool {
    if function.id() == file.root.id() {
        // Top-level code: only errors outside of functions count.
        return descendants(function, |node| !file.grammar.is_function(node.kind()))
            .any(|node| is_mistake(file, node));
    }
    descendants(function, |node| node.has_error()).any(|node| is_mistake(file, node))
        || std::iter::successors(function.parent(), Node::parent)
            .any(|node| node.is_error() && is_mistake(file, node))
}

/// Whether the node is a syntax error that matters.
pub fn is_mistake(file: &File<'_>, node: Node<'_>) -> bool {
    (node.is_error() || node.is_missing()) && !file.grammar.is_harmless(node, file.source.bytes)
}

/// The node and everything below it, in order of the text. Children of nodes that `enter` denies
/// are left out. No recursion: depth costs nothing.
pub fn descendants<'t>(
    node: Node<'t>,
    enter: impl Fn(Node<'t>) -> bool,
) -> impl Iterator<Item = Node<'t>> {
    let mut here = None;
    std::iter::from_fn(move || {
        let Some(last) = here else {
            here = Some(node);
            return here;
        };
        here = if last == node || enter(last) {
            last.first_child()
        } else {
            None
        }
        .or_else(|| behind(last, node));
        here = here.filter(|next| *next != node);
        here
    })
    .fuse()
}

/// What follows a node and everything below it, inside of `root`; `root` itself at the end.
fn behind<'t>(node: Node<'t>, root: Node<'t>) -> Option<Node<'t>> {
    let mut at = node;
    while at != root {
        if let Some(next) = at.next_sibling() {
            return Some(next);
        }
        at = at.parent()?;
    }
    Some(root)
}

/// The nodes below `root` that touch the bytes of `region`, in order of the text, and the root.
/// Children of nodes that `enter` denies are left out. What lies outside costs nothing.
pub fn touching<'t>(
    root: Node<'t>,
    region: Span,
    enter: impl Fn(Node<'t>) -> bool,
) -> impl Iterator<Item = Node<'t>> {
    let touches = move |node: &Node<'t>| {
        let own = node.byte_range();
        own.start <= region.end && region.start <= own.end
    };
    let mut here = None;
    std::iter::from_fn(move || {
        let Some(last) = here else {
            here = Some(root);
            return here;
        };
        let below = if enter(last) {
            last.first_child()
        } else {
            None
        };
        let mut next = below.or_else(|| behind(last, root))?;
        while next != root && !touches(&next) {
            // Behind the region its siblings are out of reach, too.
            let from = if next.start_byte() > region.end {
                next.parent()?
            } else {
                next
            };
            next = behind(from, root)?;
        }
        here = (next != root).then_some(next);
        here
    })
    .fuse()
}

/// The children of a node, tokens included. Asking for them by index would walk from the first one
/// each time.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.children().collect()
}

/// The named children of a node, comments left out.
pub fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children()
        .filter(|child| !child.is_extra())
        .collect()
}

/// See [`crate::language::Grammar::bindings`].
pub type Bindings = FxHashMap<usize, usize>;

/// The lowering of one function.
pub struct Lowering<'t> {
    pub file: File<'t>,
    pub table: Table,
    pub function: Node<'t>,
    bindings: Bindings,
    depth: usize,
    /// Why paths through the function cannot be trusted.
    pub opaque: Option<&'static str>,
}

impl<'t> Lowering<'t> {
    /// Runs `inside` one level deeper; beyond [`DEEPEST`] gives up.
    pub fn deeper<T: Default>(&mut self, inside: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEEPEST {
            self.opaque = Some(TOO_DEEP);
            return T::default();
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    /// The text of a node.
    pub fn text(&self, node: Node<'_>) -> &'t str {
        std::str::from_utf8(&self.file.source.bytes[node.byte_range()]).unwrap_or_default()
    }

    /// Whether operators may throw, by the options in force.
    pub fn operators_throw(&self) -> bool {
        self.file.exceptions == Exceptions::Operators
    }

    /// The text of a node without comments and needless white space, and which variables its names mean.
    pub fn meaning(&self, node: Node<'_>) -> String {
        let mut text = self.file.normal(node);
        if self.bindings.is_empty() {
            return text;
        }
        for name in descendants(node, |_| true) {
            if let Some(number) = self.bindings.get(&name.start_byte())
                && name.child_count() == 0
            {
                text.push_str(&format!(" #{number}"));
            }
        }
        text
    }

    /// An event of `node` with a label of its text. Where nothing throws, a call is an effect.
    pub fn event(&self, node: Node<'_>, kind: fn(String) -> EventKind) -> Event {
        let kind = match kind(self.meaning(node)) {
            EventKind::Call { label } if self.file.exceptions == Exceptions::Nothing => {
                EventKind::Effect { label }
            }
            kind => kind,
        };
        Event {
            span: span(node),
            kind,
        }
    }

    /// What a call of the function does, by what the language's facts say of it.
    pub fn called(&self, call: Node<'_>, callee: &str) -> Option<Event> {
        let kind = if self.is_process_exit(callee) {
            label::process_exit
        } else if self.is_pure_call(callee) {
            return None;
        } else if self.never_throws(call, callee) {
            label::effect
        } else {
            label::call
        };
        Some(self.event(call, kind))
    }

    /// Whether the language's facts call the function pure.
    pub fn is_pure_call(&self, callee: &str) -> bool {
        self.file
            .catalog
            .facts
            .pure_calls
            .iter()
            .any(|known| known == callee)
            || self.file.is_stable_call(callee)
    }

    /// Whether the language's facts say that what is called does not throw: by its name, by the name of the method
    /// alone, or by the type of the object and the name of the method.
    pub fn never_throws(&self, call: Node<'_>, callee: &str) -> bool {
        let known = &self.file.catalog.facts.nothrow_calls;
        if known.is_empty() {
            return false;
        }
        let is_known = |name: &str| known.iter().any(|known| known == name);
        let all_of = |owner: &str| is_known(&format!("{owner}.*"));
        if is_known(callee) {
            return true;
        }
        let Some((owner, method)) = split_member(callee) else {
            return false;
        };
        if all_of(owner) || is_known(&format!(".{method}")) {
            return true;
        }
        let receiver = self.file.grammar.receiver(call);
        let of = receiver.and_then(|receiver| {
            self.file
                .grammar
                .type_of(receiver, self.file.surroundings())
        });
        let of = match of {
            Some(TypeRef::Known { module, name }) => format!("{module}.{name}"),
            Some(TypeRef::Named(name)) => name,
            Some(TypeRef::Local(_)) | None => return false,
        };
        all_of(&of) || is_known(&format!("{of}.{method}"))
    }

    /// Whether the language's facts say that the function ends the process.
    pub fn is_process_exit(&self, callee: &str) -> bool {
        self.file
            .catalog
            .facts
            .process_exits
            .iter()
            .any(|known| known == callee)
    }

    /// A block that is not in the text.
    pub fn no_block(&self, at: usize) -> Block {
        Block {
            span: Span::new(at, at),
            style: crate::flow::BlockStyle::None,
            stmts: Vec::new(),
        }
    }
}
