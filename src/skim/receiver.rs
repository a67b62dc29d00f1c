//! Whether what a method is called on may be a lock, in a language whose variables are declared with their types in
//! front, all in the same file: by what the text says of its name. Says yes when in doubt.

use super::is_whole_word;
use super::lexis::without_comments;
use super::scan::is_name;
use crate::language::names::telling;
use memchr::memmem;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// What a catalogue wants of a word to be one of a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The need that has to be met.
    pub need: usize,
    pub on: On,
}

/// What the word of a lock is called on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum On {
    /// Whatever it is, if it is anything.
    Anything,
    /// Something of one of these types, or with a name that tells.
    Typed(Vec<String>),
    /// What a method of this name gives.
    View(String),
}

/// Names that are looked for in one text. Each costs a search.
const MOST_NAMES: usize = 100;

/// Words in front of a call that are no types.
const BEFORE_CALLS: [&[u8]; 9] = [
    b"return", b"else", b"throw", b"assert", b"do", b"case", b"yield", b"new", b"in",
];

/// Bytes that are looked at in front of a name.
const FARTHEST: usize = 4096;

/// Types that one name may have. Each costs a search.
const MOST_TYPES: usize = 30;

/// The receivers of one text.
pub struct Receivers<'t> {
    text: &'t [u8],
    types: RefCell<FxHashMap<&'t [u8], Types<'t>>>,
}

/// The types that a name may have; `None`: any, or one that tells of a lock.
type Types<'t> = Option<Vec<&'t [u8]>>;

/// What stands in front of a word.
#[derive(Debug, PartialEq, Eq)]
enum Called<'t> {
    /// A type: the word is declared, not called.
    Declared,
    /// Nothing that it is called on.
    Alone,
    /// A name, or a call or an element of it; and what such a call is made on.
    On(&'t [u8], Option<&'t [u8]>),
    Unclear,
}

impl<'t> Receivers<'t> {
    /// Nothing is known yet of the receivers of `text`.
    pub fn new(text: &'t [u8]) -> Receivers<'t> {
        Receivers {
            text,
            types: RefCell::default(),
        }
    }

    /// Whether the word that begins at `start` may be called on what one of `uses` wants.
    pub fn fit<'u>(&self, start: usize, mut uses: impl Iterator<Item = &'u Use>) -> bool {
        let called = called(&self.text[..start]);
        uses.any(|used| match (&used.on, &called) {
            (_, Called::Declared) => false,
            (On::Anything, _) | (_, Called::Unclear) => true,
            (_, Called::Alone) => false,
            (On::View(view), Called::On(name, _)) => *name == view.as_bytes(),
            (On::Typed(types), Called::On(name, held)) => {
                self.may_be(name, types) || held.is_some_and(|held| self.may_be(held, types))
            }
        })
    }

    /// Whether what has this name may be of one of these types, or its name or that of its type tells of a lock.
    fn may_be(&self, name: &'t [u8], types: &[String]) -> bool {
        let mut known = self.types.borrow_mut();
        if known.len() >= MOST_NAMES && !known.contains_key(name) {
            return true;
        }
        let found = known.entry(name).or_insert_with(|| {
            if tells(name) {
                return None;
            }
            types_of(self.text, name).filter(|found| !found.iter().any(|found| tells(found)))
        });
        found.as_ref().is_none_or(|found| {
            let mut found = found.iter();
            found.any(|found| types.iter().any(|one| one.as_bytes() == *found))
        })
    }
}

fn tells(name: &[u8]) -> bool {
    std::str::from_utf8(name).is_ok_and(telling)
}

/// What the word behind `before` is called on.
fn called(before: &[u8]) -> Called<'_> {
    let Some(rest) = without_comments(before) else {
        return Called::Unclear;
    };
    match rest.split_last() {
        Some((b'.', before)) => on(before).unwrap_or(Called::Unclear),
        Some((byte, _)) if b";{}()=!&|,?+-*".contains(byte) => Called::Alone,
        Some((byte, _)) if is_name(*byte) => match split_name(rest) {
            Some((_, word)) if BEFORE_CALLS.contains(&word) => Called::Alone,
            Some(_) => Called::Declared,
            None => Called::Unclear,
        },
        _ => Called::Unclear,
    }
}

/// The receiver at the end of the text; `None` when in doubt.
fn on(text: &[u8]) -> Option<Called<'_>> {
    let text = without_comments(text)?;
    let is_variable = |name: &[u8]| !matches!(name, b"this" | b"super" | b"class");
    let (before, name) = match text.last()? {
        b')' => split_name(before_brackets(text)?)?,
        b']' => {
            let (_, name) = split_name(before_brackets(text)?)?;
            return is_variable(name).then_some(Called::On(name, None));
        }
        _ => {
            let (_, name) = split_name(text)?;
            return is_variable(name).then_some(Called::On(name, None));
        }
    };
    let before = without_comments(before)?;
    let held = match before.split_last() {
        Some((b'.', owner)) => {
            let owner = without_comments(owner)?;
            // What is no name has no elements that are known.
            let named = !matches!(owner.last(), Some(b')' | b']'));
            if named {
                Some(split_name(owner)?)
            } else {
                None
            }
        }
        // A type argument.
        Some((b'>', _)) => return None,
        _ if last_word(before) == b"new" => return None,
        _ => None,
    };
    let held = held.map(|(_, name)| name).filter(|name| is_variable(name));
    Some(Called::On(name, held))
}

/// What stands in front of the brackets that are closed at the end of the text; `None` if that is not certain.
fn before_brackets(text: &[u8]) -> Option<&[u8]> {
    let mut depth = 0usize;
    for (at, byte) in text.iter().enumerate().rev().take(FARTHEST) {
        match byte {
            b')' | b']' | b'}' => depth += 1,
            b'(' | b'[' | b'{' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return without_comments(&text[..at]);
                }
            }
            // A string or a comment may hold brackets.
            b'"' | b'\'' | b'/' => return None,
            _ => {}
        }
    }
    None
}

/// The name at the end of the text, and what stands in front of it; `None` if there is none of letters that are known.
fn split_name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = text.iter().rposition(|byte| !is_name(*byte));
    let (before, name) = text.split_at(start.map_or(0, |at| at + 1));
    (!name.is_empty() && before.last().is_none_or(|byte| is_between_names(*byte)))
        .then_some((before, name))
}

/// Whether the byte is no part of a name for certain.
fn is_between_names(byte: u8) -> bool {
    byte.is_ascii() && byte != b'$' && !is_name(byte)
}

fn last_word(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_end();
    let start = text.iter().rposition(|byte| !is_name(*byte));
    &text[start.map_or(0, |at| at + 1)..]
}

/// The words of all types that something of this name is declared with or made of; `None` where that is not
/// certain.
fn types_of<'t>(text: &'t [u8], name: &[u8]) -> Types<'t> {
    let mut types = Vec::new();
    for start in memmem::find_iter(text, name) {
        let (before, behind) = (&text[..start], &text[start + name.len()..]);
        if !is_whole_word(text, start, start + name.len()) {
            continue;
        }
        let mut sides = [before.last(), behind.first()].into_iter().flatten();
        if !sides.all(|byte| is_between_names(*byte)) {
            return None;
        }
        let declared = types.len();
        declared_before(before, behind, &mut types)?;
        let behind = behind.trim_ascii_start();
        let value = match behind {
            [b'=', next, ..] if *next != b'=' => Some(&behind[1..]),
            // What a loop goes over.
            [b':', ..] if types.len() > declared => Some(&behind[1..]),
            _ => None,
        };
        if let Some(value) = value {
            made_of(value, &mut types)?;
        }
    }
    types.sort_unstable();
    types.dedup();
    // A class of the file shows in its methods what it is.
    let is_local = |of: &&[u8]| {
        memmem::find_iter(text, *of).any(|at| {
            if !is_whole_word(text, at, at + of.len()) {
                return false;
            }
            let declares = |before| {
                let word = last_word(before);
                matches!(word, b"class" | b"interface" | b"enum" | b"record")
            };
            without_comments(&text[..at]).is_none_or(declares)
        })
    };
    let certain = types.len() <= MOST_TYPES && !types.iter().any(is_local);
    certain.then_some(types)
}

/// Adds the words of the type that stands in front of a name, if one does. `None` when in doubt.
fn declared_before<'t>(before: &'t [u8], behind: &[u8], types: &mut Vec<&'t [u8]>) -> Option<()> {
    let rest = without_comments(before)?;
    match rest.last() {
        Some(b'>' | b']') => type_arguments(rest, types),
        Some(byte) if is_name(*byte) => {
            let (before, name) = split_name(rest)?;
            types.push(name);
            // An annotation, or one of several types.
            let unclear = matches!(without_comments(before)?.last(), Some(b'@' | b'|'));
            (!unclear).then_some(())
        }
        // One of several declarations may come in front.
        Some(b',') => {
            let more = matches!(behind.trim_ascii_start().first(), Some(b',' | b';' | b'='));
            (!more || is_in_call(rest)).then_some(())
        }
        Some(byte) if !is_between_names(*byte) => None,
        _ => Some(()),
    }
}

/// Adds the words of `Type<A, B>`, `Type[]` and both at the end of the text. `None` when in doubt.
fn type_arguments<'t>(text: &'t [u8], types: &mut Vec<&'t [u8]>) -> Option<()> {
    let mut depth = 0usize;
    let mut rest = &text[text.len().saturating_sub(FARTHEST)..];
    let from = types.len();
    loop {
        rest = rest.trim_ascii_end();
        match rest.last()? {
            b'>' | b']' => depth += 1,
            b'<' | b'[' if depth > 0 => depth -= 1,
            b'.' | b',' | b'?' | b'&' if depth > 0 => {}
            byte if is_name(*byte) => {
                let (before, name) = split_name(rest)?;
                types.push(name);
                if depth == 0 {
                    return (!before.trim_ascii_end().ends_with(b"@")).then_some(());
                }
                rest = before;
                continue;
            }
            // An annotation may have arguments.
            b'/' | b'@' | b'"' | b'$' | b')' => return None,
            byte if !byte.is_ascii() => return None,
            // A comparison, or an element.
            _ => {
                types.truncate(from);
                return Some(());
            }
        }
        rest = &rest[..rest.len() - 1];
    }
}

/// Whether the parentheses of a call are open at the end of the text. Says no when in doubt.
fn is_in_call(text: &[u8]) -> bool {
    let mut depth = 0usize;
    let mut rest = &text[text.len().saturating_sub(FARTHEST)..];
    while let Some((byte, before)) = rest.split_last() {
        rest = before;
        match byte {
            b')' | b'}' => depth += 1,
            b'(' if depth == 0 => return !matches!(last_word(before), b"for" | b"try"),
            b'{' if depth == 0 => return false,
            b'(' | b'{' => depth -= 1,
            b';' if depth == 0 => return false,
            b'"' => {
                let open = memchr::memrchr(b'"', before);
                let Some(open) = open.filter(|open| !before[*open..].contains(&b'\n')) else {
                    return false;
                };
                rest = &before[..open];
            }
            b'\'' | b'/' | b'\\' => return false,
            _ => {}
        }
    }
    false
}

/// Adds the words of the type of `new T(…)` or `(T) x` at the start of the text. `None` when in doubt.
fn made_of<'t>(value: &'t [u8], types: &mut Vec<&'t [u8]>) -> Option<()> {
    let open = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'(';
    let inside = value.iter().position(|byte| !open(byte))?;
    let in_parentheses = value[..inside].contains(&b'(');
    let value = &value[inside..];
    let made = value
        .strip_prefix(b"new")
        .filter(|rest| rest.first().is_some_and(|byte| !is_name(*byte)));
    let of_type = made.unwrap_or(value);
    if made.is_none() && !in_parentheses {
        let comment = value.starts_with(b"/");
        return (!comment).then_some(());
    }
    let end = of_type.iter().position(|byte| b"()[{;".contains(byte))?;
    let named = &of_type[..end];
    if named
        .iter()
        .any(|byte| !byte.is_ascii() || b"/@$".contains(byte))
    {
        return None;
    }
    if made.is_some() || of_type[end] == b')' || of_type[end] == b'[' {
        let words = named.split(|byte| !is_name(*byte));
        types.extend(words.filter(|word| !word.is_empty()));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(text: &str, name: &str) -> Option<Vec<String>> {
        let types = types_of(text.as_bytes(), name.as_bytes())?;
        let words = types.into_iter().map(String::from_utf8_lossy);
        Some(words.map(|word| word.into_owned()).collect())
    }

    #[test]
    fn a_type_is_declared_in_front_of_a_name() {
        for (text, expected) in [
            ("private final Pool one;", "Pool"),
            ("void f(a.b.Pool one, int two) {", "Pool"),
            (
                "Map<String, List<Pool>> one = null;",
                "List Map Pool String",
            ),
            ("Pool[] one; Other [ ] one;", "Other Pool"),
            ("for (Pool one : pools) {", "Pool"),
            ("Pool one() { return this.one; }", "Pool"),
            (
                "Pool // of all\n  /* them */ one = f(\"//\"); // of it",
                "Pool",
            ),
            ("Object one = new a.Pool<Lane>(2);", "Lane Object Pool a"),
            ("this.one = ((Pool) two);", "Pool"),
            ("for (var one : new Pool(1)) {", "Pool var"),
            ("Pool one; if (one == new Lane()) { }", "Pool"),
            (
                "Pool one; f(two, one, \"(\", three); g(() -> { h(); }, one, 1);",
                "Pool",
            ),
            ("Pool one; if (two > one || three -> one) { }", "Pool"),
            ("Pool one, two; everyone(one_more); more.one.f();", "Pool"),
        ] {
            let found = types(text, "one").map(|types| types.join(" "));
            assert_eq!(found.as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_certain_is_not_told() {
        for text in [
            "Pool two, one;",
            "Pool two, one = null;",
            "Pool two, one, three;",
            "for (Pool two = f(), one = g();;) {",
            "Pool[] all = { two, one, three };",
            "catch (Lane | Pool one) {",
            "Pool @Safe [] one;",
            "f(@Safe one)",
            "Pool x\u{e9} one;",
            "Pool $ one;",
            "Pool $one;",
            "Pool /* \" */ // it's\n one;",
            "one = new /* x */ Pool();",
            "one = /* x */ new Pool();",
            "one = new <Lane> @Safe Pool();",
            "class Pool { } class A { Pool one; }",
            "Map</* x */ Pool> one;",
            "Map<@Safe(1) Lane, Pool> one;",
        ] {
            assert_eq!(types(text, "one"), None, "{text}");
        }
    }

    #[test]
    fn a_word_is_called_on_a_name() {
        let on = |name: &'static str, held: Option<&'static str>| {
            Called::On(name.as_bytes(), held.map(str::as_bytes))
        };
        for (text, expected) in [
            ("x(); one.", on("one", None)),
            ("this . one\n  .", on("one", None)),
            ("one // first\n  .", on("one", None)),
            ("one[two[0]].", on("one", None)),
            ("one(two, 3).", on("one", None)),
            ("a.two.one(two.get(), 3).", on("one", Some("two"))),
            ("this.one().", on("one", None)),
            ("f().one().", on("one", None)),
            ("x();", Called::Alone),
            ("x(); // last. \n", Called::Alone),
            ("return ", Called::Alone),
            ("private void ", Called::Declared),
        ] {
            assert_eq!(called(text.as_bytes()), expected, "{text}");
        }
        for text in [
            "this.",
            "super.",
            "\"text\".",
            "((Pool) one).",
            "new Pool().",
            "Pool.<Lane>one().",
            "one(\")\").",
            "one[0][1].",
            "this::",
            "() ->",
            "caf\u{e9}.",
            "one$.",
        ] {
            assert_eq!(called(text.as_bytes()), Called::Unclear, "{text}");
        }
    }

    #[test]
    fn a_word_fits_by_type_by_name_or_by_view() {
        let text = "class A { Pool one; Box<Latch> held; Other x; BigLock big; void f() { ";
        let typed = Use {
            need: 0,
            on: On::Typed(vec!["Pool".to_owned(), "Latch".to_owned()]),
        };
        let fits = |call: &str, used: &Use| {
            let text = format!("{text}{call}take(); }} }}");
            let start = text.rfind("take").expect("a call");
            Receivers::new(text.as_bytes()).fit(start, [used].into_iter())
        };
        for call in [
            "one.",
            "held.get(0).",
            "myMutex.",
            "big.",
            "x.lock.",
            "this.",
        ] {
            assert!(fits(call, &typed), "{call}");
        }
        for call in ["x.", "unknown.", "", "x.get().", "held.size."] {
            assert!(!fits(call, &typed), "{call}");
        }
        let on = |on| Use { need: 0, on };
        let view = on(On::View("readSide".to_owned()));
        assert!(fits("x.readSide().", &view));
        assert!(!fits("x.writeSide().", &view));
        let anything = on(On::Anything);
        assert!(fits("x.", &anything) && fits("", &anything));
        assert!(!fits("private void ", &anything));
    }

    #[test]
    fn many_names_are_not_all_looked_for() {
        let names = || (0..MOST_NAMES + 1).map(|name| format!("n{name}."));
        let text: String = names().collect();
        let receivers = Receivers::new(text.as_bytes());
        let used = Use {
            need: 0,
            on: On::Typed(Vec::new()),
        };
        let mut end = 0;
        let fit = names().map(|name| {
            end += name.len();
            receivers.fit(end, [&used].into_iter())
        });
        assert_eq!(fit.filter(|fit| *fit).count(), 1);
    }
}
