//! The syntax tree of a text: what the parser made, copied once into a table in which a step to a parent, a
//! sibling or a field costs a look, and no walk from the root.
//!
//! A tree may be read [`Tree::around`] a region: what stands beside it is copied when somebody looks inside.

use crate::source::Span;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use tree_sitter::{Language, TreeCursor};

/// The names that a grammar gives to kinds of nodes and to fields, by their numbers.
#[derive(Debug)]
pub struct Vocabulary {
    kinds: Vec<Kind>,
    fields: Vec<&'static str>,
}

#[derive(Debug)]
struct Kind {
    name: &'static str,
    named: bool,
}

/// The kind of what is not understood, which is in no table.
const ERROR: u16 = u16::MAX;

impl Vocabulary {
    /// The vocabulary of a grammar; each is made once, and stays.
    pub fn of(language: &Language) -> &'static Vocabulary {
        static KNOWN: Mutex<Vec<(Language, &'static Vocabulary)>> = Mutex::new(Vec::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, vocabulary)) = known.iter().find(|(known, _)| known == language) {
            return vocabulary;
        }
        let vocabulary: &'static Vocabulary = Box::leak(Box::new(Vocabulary::new(language)));
        known.push((language.clone(), vocabulary));
        vocabulary
    }

    fn new(language: &Language) -> Vocabulary {
        let lasting = |name: Option<&str>| -> &'static str {
            Box::leak(name.unwrap_or_default().to_owned().into_boxed_str())
        };
        let numbers = |count: usize| 0..u16::try_from(count).unwrap_or(ERROR);
        Vocabulary {
            kinds: numbers(language.node_kind_count())
                .map(|id| Kind {
                    name: lasting(language.node_kind_for_id(id)),
                    named: language.node_kind_is_named(id),
                })
                .collect(),
            fields: numbers(language.field_count() + 1)
                .map(|id| lasting(language.field_name_for_id(id)))
                .collect(),
        }
    }
}

/// A parsed text.
pub struct Tree {
    parsed: tree_sitter::Tree,
    vocabulary: &'static Vocabulary,
    nodes: Vec<Data>,
    /// What was read later. Their numbers go on behind those of `nodes`.
    late: RefCell<Vec<Data>>,
    /// The nodes whose children were not read at first.
    closed: RefCell<HashMap<u32, Inside>>,
    /// The children of the root, of which there are as many as a file has declarations. Made when it is asked for.
    top: OnceCell<Vec<u32>>,
}

/// What stands below a node that was closed at first.
#[derive(Debug, Clone, Copy)]
enum Inside {
    /// Not read yet; the number of the node in the parser's tree.
    Unread(usize),
    /// The first child.
    Read(u32),
}

/// What is known of a node. Others are named by their place in the table.
#[derive(Debug, Clone, Copy)]
struct Data {
    start: u32,
    end: u32,
    parent: u32,
    first_child: u32,
    next_sibling: u32,
    kind: u16,
    /// 0: it stands in no field.
    field: u16,
    /// Levels below the node, as far as they are read.
    height: u16,
    flags: u8,
}

/// No such node. The root is nobody's child and nobody's sibling.
const NONE: u32 = 0;
/// There are children, and [`Tree::closed`] knows of them.
const CLOSED: u32 = u32::MAX;

const NAMED: u8 = 1;
const EXTRA: u8 = 2;
const MISSING: u8 = 4;
const HAS_ERROR: u8 = 8;

impl Tree {
    /// The whole tree.
    pub fn whole(parsed: tree_sitter::Tree, vocabulary: &'static Vocabulary) -> Tree {
        let nodes = parsed.root_node().descendant_count();
        Tree::read(parsed, vocabulary, nodes, |_, _| true)
    }

    /// The tree, of which what does not touch `region` is read only when it is looked at.
    pub fn around(
        parsed: tree_sitter::Tree,
        vocabulary: &'static Vocabulary,
        region: Span,
    ) -> Tree {
        // A guess: most of the tree stays closed.
        let nodes = parsed.root_node().descendant_count().min(1 << 12);
        Tree::read(parsed, vocabulary, nodes, |start, end| {
            start as usize <= region.end && region.start <= end as usize
        })
    }

    fn read(
        parsed: tree_sitter::Tree,
        vocabulary: &'static Vocabulary,
        room: usize,
        open: impl Fn(u32, u32) -> bool,
    ) -> Tree {
        let root = parsed.root_node();
        let mut reading = Reading {
            vocabulary,
            sound: !root.has_error(),
            first: 0,
            nodes: Vec::with_capacity(room),
            closed: HashMap::new(),
        };
        let mut cursor = root.walk();
        reading.push(&cursor, NONE);
        let first = reading.below(NONE, &mut cursor, open);
        drop(cursor);
        let Reading {
            mut nodes, closed, ..
        } = reading;
        nodes[0].first_child = first;
        Tree {
            vocabulary,
            nodes,
            late: RefCell::default(),
            closed: RefCell::new(closed),
            top: OnceCell::new(),
            parsed,
        }
    }

    fn top(&self) -> &[u32] {
        self.top.get_or_init(|| {
            let children = self.root_node().children();
            children.map(|child| child.at).collect()
        })
    }

    /// What the parser made.
    pub fn parsed(&self) -> &tree_sitter::Tree {
        &self.parsed
    }

    /// The node of the whole text.
    pub fn root_node(&self) -> Node<'_> {
        Node { tree: self, at: 0 }
    }

    fn node(&self, at: u32) -> Option<Node<'_>> {
        (at != NONE).then_some(Node { tree: self, at })
    }

    fn data(&self, at: u32) -> Data {
        let at = at as usize;
        match self.nodes.get(at) {
            Some(data) => *data,
            None => self.late.borrow()[at - self.nodes.len()],
        }
    }

    /// The first child of a node that was closed at first.
    fn open(&self, at: u32) -> u32 {
        let index = match self.closed.borrow().get(&at) {
            Some(Inside::Unread(index)) => *index,
            Some(Inside::Read(first)) => return *first,
            None => return NONE,
        };
        let mut late = self.late.borrow_mut();
        let mut reading = Reading {
            vocabulary: self.vocabulary,
            sound: !self.parsed.root_node().has_error(),
            first: self.nodes.len(),
            nodes: std::mem::take(&mut late),
            closed: HashMap::new(),
        };
        let mut cursor = self.parsed.walk();
        cursor.goto_descendant(index);
        let first = reading.below(at, &mut cursor, |_, _| true);
        *late = reading.nodes;
        self.closed.borrow_mut().insert(at, Inside::Read(first));
        first
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tree({} nodes)", self.nodes.len())
    }
}

/// The table while it is being filled.
struct Reading {
    vocabulary: &'static Vocabulary,
    /// There is no error anywhere in the text.
    sound: bool,
    /// The number of the first of `nodes`.
    first: usize,
    nodes: Vec<Data>,
    closed: HashMap<u32, Inside>,
}

impl Reading {
    /// Adds the node that the cursor stands at.
    fn push(&mut self, cursor: &TreeCursor<'_>, parent: u32) -> Data {
        let node = cursor.node();
        let kind = node.kind_id();
        let named = self.vocabulary.kinds.get(usize::from(kind));
        let flag = |is: bool, flag: u8| if is { flag } else { 0 };
        let has_error = !self.sound && node.has_error();
        // Places beyond 4 GB are nowhere in the parser either.
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let data = Data {
            start: place(node.start_byte()),
            end: place(node.end_byte()),
            parent,
            first_child: NONE,
            next_sibling: NONE,
            kind,
            field: cursor.field_id().map_or(0, u16::from),
            height: 0,
            flags: flag(named.is_none_or(|kind| kind.named), NAMED)
                | flag(node.is_extra(), EXTRA)
                | flag(has_error && node.is_missing(), MISSING)
                | flag(has_error, HAS_ERROR),
        };
        self.nodes.push(data);
        data
    }

    /// Adds what stands below the node `top`, where the cursor is. What `open` denies stays closed.
    /// Returns the first child of `top`.
    fn below(
        &mut self,
        top: u32,
        cursor: &mut TreeCursor<'_>,
        open: impl Fn(u32, u32) -> bool,
    ) -> u32 {
        if !cursor.goto_first_child() {
            return NONE;
        }
        let first = self.next();
        // The nodes that are being read, each with the last of its children so far.
        let mut around = vec![(top, NONE)];
        while let Some((parent, last)) = around.last_mut() {
            let parent = *parent;
            let at = self.next();
            match std::mem::replace(last, at) {
                NONE if parent == top => {}
                NONE => self.known(parent).first_child = at,
                last => self.known(last).next_sibling = at,
            }
            let data = self.push(cursor, parent);
            if open(data.start, data.end) {
                if cursor.goto_first_child() {
                    around.push((at, NONE));
                    continue;
                }
            } else if cursor.node().child_count() > 0 {
                self.known(at).first_child = CLOSED;
                let index = cursor.descendant_index();
                self.closed.insert(at, Inside::Unread(index));
            }
            self.rise(parent, 0);
            while !cursor.goto_next_sibling() {
                cursor.goto_parent();
                let done = around.pop();
                let (Some((done, _)), Some((parent, _))) = (done, around.last()) else {
                    return first;
                };
                let height = self.known(done).height;
                self.rise(*parent, height);
            }
        }
        first
    }

    /// The number of the node that comes next.
    fn next(&self) -> u32 {
        u32::try_from(self.first + self.nodes.len()).unwrap_or(CLOSED)
    }

    fn known(&mut self, at: u32) -> &mut Data {
        &mut self.nodes[at as usize - self.first]
    }

    /// Notes that a child of the node is so high.
    fn rise(&mut self, node: u32, height: u16) {
        // What is read late is no node of this table.
        let Some(at) = (node as usize).checked_sub(self.first) else {
            return;
        };
        let known = &mut self.nodes[at].height;
        *known = height.saturating_add(1).max(*known);
    }
}

/// A node of a [`Tree`].
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    at: u32,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at && std::ptr::eq(self.tree, other.tree)
    }
}

impl Eq for Node<'_> {}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {:?}", self.kind(), self.byte_range())
    }
}

impl<'t> Node<'t> {
    fn data(&self) -> Data {
        self.tree.data(self.at)
    }

    fn has(&self, flag: u8) -> bool {
        self.data().flags & flag != 0
    }

    /// What tells the node from all others of its tree.
    pub fn id(&self) -> usize {
        self.at as usize
    }

    /// What the grammar calls it.
    pub fn kind(&self) -> &'static str {
        let kinds = &self.tree.vocabulary.kinds;
        kinds
            .get(usize::from(self.kind_id()))
            .map_or("ERROR", |kind| kind.name)
    }

    /// The number of the kind.
    pub fn kind_id(&self) -> u16 {
        self.data().kind
    }

    /// Where it begins.
    pub fn start_byte(&self) -> usize {
        self.data().start as usize
    }

    /// Where it ends.
    pub fn end_byte(&self) -> usize {
        self.data().end as usize
    }

    /// Its bytes.
    pub fn byte_range(&self) -> Range<usize> {
        let data = self.data();
        data.start as usize..data.end as usize
    }

    /// Whether the grammar has a name for it; tokens are called by their text.
    pub fn is_named(&self) -> bool {
        self.has(NAMED)
    }

    /// Whether it may stand anywhere: a comment.
    pub fn is_extra(&self) -> bool {
        self.has(EXTRA)
    }

    /// Whether the parser put it there, and the text has nothing.
    pub fn is_missing(&self) -> bool {
        self.has(MISSING)
    }

    /// Whether it is what the parser could not read.
    pub fn is_error(&self) -> bool {
        self.kind_id() == ERROR
    }

    /// Whether it is an error, or one stands below.
    pub fn has_error(&self) -> bool {
        self.has(HAS_ERROR)
    }

    /// The levels below it, up to what a 16-bit number holds. Only what was read counts.
    pub fn height(&self) -> usize {
        self.data().height.into()
    }

    /// The node around it.
    pub fn parent(&self) -> Option<Node<'t>> {
        (self.at != 0).then(|| Node {
            tree: self.tree,
            at: self.data().parent,
        })
    }

    /// The first of its children.
    pub fn first_child(&self) -> Option<Node<'t>> {
        let first = match self.data().first_child {
            CLOSED => self.tree.open(self.at),
            first => first,
        };
        self.tree.node(first)
    }

    /// What follows it in its parent.
    pub fn next_sibling(&self) -> Option<Node<'t>> {
        self.tree.node(self.data().next_sibling)
    }

    /// What stands in front of it in its parent.
    pub fn prev_sibling(&self) -> Option<Node<'t>> {
        let parent = self.parent()?;
        if parent.at == NONE {
            let top = self.tree.top();
            let here = top.binary_search(&self.at).ok()?;
            return self.tree.node(*top.get(here.checked_sub(1)?)?);
        }
        let mut before = None;
        let mut siblings = parent.children();
        loop {
            match siblings.next()? {
                here if here == *self => return before,
                here => before = Some(here),
            }
        }
    }

    /// The next of its siblings that is named.
    pub fn next_named_sibling(&self) -> Option<Node<'t>> {
        std::iter::successors(self.next_sibling(), Node::next_sibling).find(|node| node.is_named())
    }

    /// Its children, tokens included.
    pub fn children(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        std::iter::successors(self.first_child(), Node::next_sibling)
    }

    /// Its named children, comments included.
    pub fn named_children(&self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.children().filter(|child| child.is_named())
    }

    /// The number of its children.
    pub fn child_count(&self) -> usize {
        self.children().count()
    }

    /// The number of its named children.
    pub fn named_child_count(&self) -> usize {
        self.named_children().count()
    }

    /// A child by its number.
    pub fn child(&self, index: u32) -> Option<Node<'t>> {
        self.children().nth(index as usize)
    }

    /// A named child by its number.
    pub fn named_child(&self, index: u32) -> Option<Node<'t>> {
        self.named_children().nth(index as usize)
    }

    /// The children in a field, in order.
    pub fn children_by_field_name<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = Node<'t>> + use<'t, 'n> {
        let fields = &self.tree.vocabulary.fields;
        self.children().filter(move |child| {
            let field = child.data().field;
            field != 0 && fields[usize::from(field)] == name
        })
    }

    /// The first child in a field.
    pub fn child_by_field_name(&self, name: &str) -> Option<Node<'t>> {
        self.children_by_field_name(name).next()
    }

    /// The innermost node, from this one down, around these bytes.
    pub fn descendant_for_byte_range(&self, start: usize, end: usize) -> Option<Node<'t>> {
        if start > end {
            return None;
        }
        let mut node = *self;
        loop {
            let reaches = |child: &Node<'_>| {
                let own = child.byte_range();
                own.end >= end && (own.end > start || own.is_empty() && own.end == start)
            };
            let first = match node.at {
                // Those that end before it are passed by at once.
                NONE => {
                    let top = self.tree.top();
                    let ends =
                        |child: &u32| self.tree.node(*child).map_or(0, |child| child.end_byte());
                    let reached = top.partition_point(|child| ends(child) < end);
                    top.get(reached).and_then(|child| self.tree.node(*child))
                }
                _ => node.first_child(),
            };
            let mut children = std::iter::successors(first, Node::next_sibling);
            match children.find(reaches) {
                Some(child) if child.start_byte() <= start => node = child,
                _ => return Some(node),
            }
        }
    }
}
