//! Code with `$HOLES`, and finding it in a syntax tree.

use crate::lower::descendants;
use crate::parse::parse_as;
use crate::tree::Node;
use std::collections::BTreeMap;

/// Stands for `$` while a pattern is parsed: no grammar takes `$` in every place.
const HOLE: &str = "lfxhole_";
/// Stands for `$$$`.
const REST: &str = "lfxrest_";

/// A piece of syntax tree with holes.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// Any one node.
    Hole(String),
    /// Any number of nodes.
    Rest,
    Leaf {
        kind: String,
        text: String,
    },
    Tree {
        kind: String,
        children: Vec<Pattern>,
    },
}

/// What the holes of a pattern stand for: a node each, by name.
pub type Bindings<'t> = BTreeMap<String, Node<'t>>;

/// Code in which a pattern is looked for.
#[derive(Clone, Copy)]
pub struct Code<'c> {
    pub text: &'c [u8],
    /// Under which name its module exports what a node names.
    pub exported: &'c dyn Fn(Node<'_>) -> Option<String>,
}

impl<'c> Code<'c> {
    /// Code whose names mean what they say.
    pub fn plain(text: &'c [u8]) -> Code<'c> {
        Code {
            text,
            exported: &|_| None,
        }
    }
}

/// The pattern is no code of the language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an expression of the language")]
pub struct BadPattern(pub String);

impl Pattern {
    /// Parses `code`, which stands at `select` within `frame` (a format with one `{}`).
    ///
    /// # Errors
    /// [`BadPattern`] when the grammar does not take it.
    pub fn parse(
        code: &str,
        grammar: &tree_sitter::Language,
        frame: &str,
        select: fn(Node<'_>) -> Option<Node<'_>>,
    ) -> Result<Pattern, BadPattern> {
        let bad = || BadPattern(code.to_owned());
        let prepared = code.replace("$$$", REST).replace('$', HOLE);
        let text = frame.replace("{}", &prepared);
        let tree = parse_as(grammar, text.as_bytes()).ok_or_else(bad)?;
        if tree.root_node().has_error() {
            return Err(bad());
        }
        let node = select(tree.root_node()).ok_or_else(bad)?;
        Ok(build(node, text.as_bytes()))
    }

    /// The names of the holes, in order, each once.
    pub fn holes(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.collect_holes(&mut out);
        out
    }

    fn collect_holes(&self, out: &mut Vec<String>) {
        match self {
            Pattern::Hole(name) if !out.contains(name) => out.push(name.clone()),
            Pattern::Tree { children, .. } => {
                for child in children {
                    child.collect_holes(out);
                }
            }
            _ => {}
        }
    }

    /// The last identifier of the pattern that is no hole: what a text must hold for it to match.
    pub fn word(&self) -> Option<&str> {
        match self {
            Pattern::Leaf { text, .. }
                if text.starts_with(|first: char| first.is_alphabetic() || first == '_')
                    && !matches!(text.as_str(), "await" | "yield" | "new") =>
            {
                Some(text)
            }
            Pattern::Tree { children, .. } => {
                // The callee decides, not the arguments.
                let callee = children.iter().position(|child| {
                    matches!(child, Pattern::Tree { kind, .. } if kind.starts_with("argument"))
                });
                children[..callee.unwrap_or(children.len())]
                    .iter()
                    .rev()
                    .find_map(Pattern::word)
            }
            _ => None,
        }
    }

    /// Matches `node`, adding to `bindings`.
    pub fn matches<'t>(&self, node: Node<'t>, code: Code<'_>, bindings: &mut Bindings<'t>) -> bool {
        let text = code.text;
        match self {
            Pattern::Hole(name) => {
                if name.starts_with('_') {
                    return true;
                }
                match bindings.get(name) {
                    Some(bound) => normal(*bound, text) == normal(node, text),
                    None => {
                        bindings.insert(name.clone(), node);
                        true
                    }
                }
            }
            Pattern::Rest => true,
            Pattern::Leaf { kind, text: own } => {
                let node = unwrapped(node);
                let bytes = &text[node.byte_range()];
                let same = match kind.as_str() {
                    "boolean" => bytes.eq_ignore_ascii_case(own.as_bytes()),
                    _ => plain_kind(node) == kind && required(bytes) == own.as_bytes(),
                };
                same || (code.exported)(node).as_ref() == Some(own)
            }
            Pattern::Tree { kind, children } => {
                let node = unwrapped(node);
                if plain_kind(node) != kind {
                    return false;
                }
                let nodes: Vec<Node<'t>> = significant(node).collect();
                match_all(children, &nodes, code, bindings)
            }
        }
    }
}

fn match_all<'t>(
    patterns: &[Pattern],
    nodes: &[Node<'t>],
    code: Code<'_>,
    bindings: &mut Bindings<'t>,
) -> bool {
    if let Some(at) = patterns.iter().position(|p| matches!(p, Pattern::Rest)) {
        let tail = patterns.len() - at - 1;
        return nodes.len() >= at + tail
            && match_all(&patterns[..at], &nodes[..at], code, bindings)
            && match_all(
                &patterns[at + 1..],
                &nodes[nodes.len() - tail..],
                code,
                bindings,
            );
    }
    patterns.len() == nodes.len()
        && patterns
            .iter()
            .zip(nodes)
            .all(|(pattern, node)| pattern.matches(*node, code, bindings))
}

fn build(node: Node<'_>, text: &[u8]) -> Pattern {
    let own = String::from_utf8_lossy(&text[node.byte_range()]).into_owned();
    if let Some(name) = own.strip_prefix(HOLE)
        && node.child_count() == 0
    {
        return Pattern::Hole(name.to_owned());
    }
    if own.starts_with(REST) && node.child_count() == 0 {
        return Pattern::Rest;
    }
    if node.child_count() == 0 {
        return Pattern::Leaf {
            kind: node.kind().to_owned(),
            text: own,
        };
    }
    let children: Vec<Pattern> = significant(node).map(|child| build(child, text)).collect();
    // A grammar may wrap each argument in a node of its own.
    if let [Pattern::Rest] = children.as_slice() {
        return Pattern::Rest;
    }
    Pattern::Tree {
        kind: node.kind().to_owned(),
        children,
    }
}

/// `$lock?->release()` is the call `$lock->release()`, if there is a lock at all.
fn plain_kind<'t>(node: Node<'t>) -> &'t str {
    let kind = node.kind();
    match kind {
        "?->" => "->",
        _ => kind.strip_prefix("nullsafe_").unwrap_or(kind),
    }
}

fn required(operator: &[u8]) -> &[u8] {
    if operator == b"?->" { b"->" } else { operator }
}

/// The children that are no comments.
fn significant<'t>(node: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    crate::lower::children(node)
        .into_iter()
        .filter(|child| !child.is_extra())
}

/// What stands between parentheses, behind an operator that hushes warnings (`@f()`), or behind the
/// `\` of a global name (`\f`).
pub fn unwrapped(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    loop {
        let inner = match node.kind() {
            "parenthesized_expression" | "error_suppression_expression" => node.named_child(0),
            "qualified_name" if node.child_count() == 2 => node.named_child(0),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => return node,
        }
    }
}

/// The text of a node without comments, and with white space only where words would join.
pub fn normal(node: Node<'_>, text: &[u8]) -> String {
    let mut out = String::new();
    let mut end = node.start_byte();
    if node.kind() == "string" {
        return String::from_utf8_lossy(&text[node.byte_range()]).into_owned();
    }
    let is_leaf = |node: Node<'_>| node.first_child().is_none() || node.kind() == "string";
    for here in descendants(node, |node| !is_leaf(node) && !node.is_extra()) {
        if !is_leaf(here) || here.is_extra() {
            continue;
        }
        let piece = String::from_utf8_lossy(&text[here.byte_range()]);
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        let apart = here.start_byte() > end;
        if apart && out.chars().next_back().is_some_and(word) && piece.starts_with(word) {
            out.push(' ');
        }
        out.push_str(&piece);
        end = here.end_byte();
    }
    out
}
