//! `#include` lines: what they name, and where a new one goes.

use crate::catalog::pattern::normal;
use crate::lower::{File, descendants, named_children};
use crate::tree::Node;

/// A line that is there.
struct Included<'t> {
    node: Node<'t>,
    /// With its quotes or brackets.
    path: String,
}

/// Where and how the file includes one of the headers; `None` when it includes one of them already.
pub fn insertion(file: &File<'_>, headers: &[String]) -> Option<(usize, String)> {
    let bare = |header: &str| header.trim_matches(['<', '>', '"']).to_owned();
    if headers
        .iter()
        .any(|header| file.names.modules.contains(&bare(header)))
    {
        return None;
    }
    let folder_in_use = |header: &&String| {
        let bare = bare(header);
        let folder = bare.split_once('/').map(|(folder, _)| folder);
        folder.is_some_and(|folder| file.names.modules.contains(folder))
    };
    let header = headers.iter().find(folder_in_use).or(headers.first())?;
    let source = file.source;
    let mut groups = groups(file);
    // The header that the file implements stands by itself.
    if let [first, _, ..] = groups.as_slice()
        && first.len() == 1
        && first[0].path.starts_with('"')
    {
        groups.remove(0);
    }
    let header = in_style(header, groups.iter().flatten());
    let line = format!("#include {header}{}", source.newline);
    let likest = groups
        .iter()
        .max_by_key(|group| group.iter().map(|one| likeness(&one.path, &header)).max());
    let Some(group) = likest else {
        // Nothing is included: in front of the first line of code.
        let first = named_children(inside_of_guard(file.root, source.bytes))
            .into_iter()
            .find(|node| !matches!(node.kind(), "preproc_call" | "preproc_def" | "identifier"))?;
        return Some((source.line_start(first.start_byte()), line));
    };
    let most = group.iter().map(|one| likeness(&one.path, &header)).max();
    let kind = |path: &str| likeness(path, &header) / LETTERS;
    let alike: Vec<&Included<'_>> = group
        .iter()
        .filter(|one| most.is_some_and(|most| kind(&one.path) == most / LETTERS))
        .collect();
    // Among the headers of the same kind, in their order; else behind the last of them.
    let sorted = alike.is_sorted_by_key(|one| one.path.to_lowercase());
    let next = alike
        .iter()
        .find(|one| one.path.to_lowercase() > header.to_lowercase());
    if let Some(next) = next.filter(|_| sorted) {
        return Some((source.line_start(next.node.start_byte()), line));
    }
    let last = alike.last()?;
    Some((source.line_end(last.node.start_byte()), line))
}

/// The includes outside of functions and of conditional compilation, by the blank lines between them.
fn groups<'t>(file: &File<'t>) -> Vec<Vec<Included<'t>>> {
    let source = file.source;
    let top = inside_of_guard(file.root, source.bytes);
    let inside = |node: Node<'t>| {
        node.id() == top.id()
            || (!file.grammar.is_function(node.kind()) && !is_conditional(node.kind()))
    };
    let mut groups: Vec<Vec<Included<'t>>> = Vec::new();
    for node in descendants(top, inside).filter(|node| node.kind() == "preproc_include") {
        let path = node.child_by_field_name("path");
        let path = path
            .map(|path| normal(path, source.bytes))
            .unwrap_or_default();
        let follows = groups
            .last()
            .and_then(|group| group.last())
            .is_some_and(|last| {
                source.location(last.node.start_byte()).line + 1
                    == source.location(node.start_byte()).line
            });
        match groups.last_mut().filter(|_| follows) {
            Some(group) => group.push(Included { node, path }),
            None => groups.push(vec![Included { node, path }]),
        }
    }
    groups
}

/// What stands between the lines that keep a header from being read twice; the root itself where there
/// are none.
fn inside_of_guard<'t>(root: Node<'t>, text: &[u8]) -> Node<'t> {
    let mut top = named_children(root);
    top.retain(|node| node.kind() != "comment");
    let guard = top.iter().find(|node| node.kind() == "preproc_ifdef");
    let guards = |node: &&Node<'_>| {
        let inner = named_children(**node);
        let name = node.child_by_field_name("name");
        let defined = inner
            .iter()
            .find(|inner| inner.kind() == "preproc_def")
            .and_then(|define| define.child_by_field_name("name"));
        let same = |(a, b): (Node<'_>, Node<'_>)| text[a.byte_range()] == text[b.byte_range()];
        name.zip(defined).is_some_and(same)
            && top
                .iter()
                .all(|other| other.id() == node.id() || other.start_byte() < node.start_byte())
    };
    guard.filter(guards).copied().unwrap_or(root)
}

/// The header in the quotes or brackets in which the file includes others of its folder.
fn in_style<'i>(header: &str, mut known: impl Iterator<Item = &'i Included<'i>>) -> String {
    let bare = header.trim_matches(['<', '>', '"']);
    let folder = bare.split_once('/').map(|(folder, _)| format!("{folder}/"));
    let Some(folder) = folder else {
        return header.to_owned();
    };
    let beside = known.find(|one| one.path.trim_start_matches(['<', '"']).starts_with(&folder));
    match beside.map(|one| one.path.starts_with('<')) {
        Some(true) => format!("<{bare}>"),
        Some(false) => format!("\"{bare}\""),
        None => header.to_owned(),
    }
}

/// More than the letters at the beginning that two paths may have in common.
const LETTERS: usize = 1_000;

/// How alike two paths are: in brackets or quotes, in capitals, with a folder or ending; then by how they begin.
fn likeness(path: &str, header: &str) -> usize {
    let quoted = path.starts_with('"') == header.starts_with('"');
    let first = |path: &str| path.chars().nth(1).is_some_and(char::is_uppercase);
    let capital = first(path) == first(header);
    let shape = path.contains(['.', '/']) == header.contains(['.', '/']);
    let letters = path
        .bytes()
        .zip(header.bytes())
        .skip(1)
        .take_while(|(a, b)| a == b)
        .count();
    let kind = 4 * usize::from(quoted) + 2 * usize::from(capital) + usize::from(shape);
    kind * LETTERS + letters.min(LETTERS - 1)
}

/// What the lines `#include "name"` of a text name.
pub fn beside(text: &[u8]) -> Vec<String> {
    text.split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let directive = line.trim_ascii_start().strip_prefix(b"#")?;
            let path = directive
                .trim_ascii_start()
                .strip_prefix(b"include")?
                .trim_ascii_start()
                .strip_prefix(b"\"")?;
            let end = path.iter().position(|byte| *byte == b'"')?;
            String::from_utf8(path[..end].to_vec()).ok()
        })
        .collect()
}

fn is_conditional(kind: &str) -> bool {
    matches!(kind, "preproc_if" | "preproc_ifdef")
}
