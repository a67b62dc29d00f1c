//! Types that bodies of functions declare: they have a name, which another function may mean something else by.

use super::is_whole_word;
use super::lexis::{Lexis, Matters, Then};
use crate::source::Span;
use memchr::memmem;

/// The bodies that may be left out: none declares a type by a name that is mentioned where it is read.
pub fn without_mentioned(lexis: &Lexis, text: &[u8], mut bodies: Vec<Span>) -> Vec<Span> {
    let mut types: Vec<Vec<&[u8]>> = bodies
        .iter()
        .map(|body| declared(lexis, &text[body.start..body.end]))
        .collect();
    loop {
        let keep: Vec<bool> = types
            .iter()
            .map(|types| !types.iter().any(|name| is_mentioned(name, text, &bodies)))
            .collect();
        if keep.iter().all(|keep| *keep) {
            return bodies;
        }
        // What is read now may mention another one.
        retain(&mut bodies, &keep);
        retain(&mut types, &keep);
    }
}

fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    list.retain(|_| keep.next().is_some_and(|keep| *keep));
}

/// The names of the types that a body declares. An empty one stands for several.
fn declared<'t>(lexis: &Lexis, body: &'t [u8]) -> Vec<&'t [u8]> {
    let mut names = Vec::new();
    let words = lexis.telling.iter();
    for telling in words.filter(|telling| telling.matters == Matters::IfMentioned) {
        debug_assert!(matches!(telling.then, Then::Name));
        for at in memmem::find_iter(body, telling.word) {
            let end = at + telling.word.len();
            let behind = &body[end..];
            if is_whole_word(body, at, end) && telling.tells(behind) {
                let name = behind.trim_ascii_start();
                let length = name.iter().take_while(|byte| super::scan::is_name(**byte));
                names.push(&name[..length.count()]);
            }
        }
    }
    names
}

/// Whether the name stands somewhere in the text, but in `bodies`.
fn is_mentioned(name: &[u8], text: &[u8], bodies: &[Span]) -> bool {
    let starts = std::iter::once(0).chain(bodies.iter().map(|body| body.end));
    let ends = bodies.iter().map(|body| body.start).chain([text.len()]);
    name.is_empty()
        || starts.zip(ends).any(|(start, end)| {
            let found = memmem::find_iter(&text[start..end], name);
            let mut found = found.map(|at| start + at);
            found.any(|at| is_whole_word(text, at, at + name.len()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn a_type_that_is_mentioned_elsewhere_is_read() {
        let bodies = [
            "type one struct { a int }",
            "type two int; use(one)",
            "type three int",
            "type ( four int )",
            "use(five)",
        ];
        let text = format!("func f() {{ two }} {}", bodies.join(" } func g() { "));
        let spans = bodies.map(|body| {
            let start = text.find(body).expect("a body");
            Span::new(start, start + body.len())
        });
        let lexis = Language::Go.grammar().lexis().expect("a lexis");
        let left = without_mentioned(lexis, text.as_bytes(), spans.to_vec());
        assert_eq!(left, [spans[2], spans[4]]);
    }
}
