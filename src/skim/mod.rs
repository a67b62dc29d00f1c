//! What of a file need not be parsed: the bodies of functions that hold nothing that an analysis asks for.
//!
//! A skim reads bytes, not syntax, and may be wrong about what is a body. So it is not trusted: the parse
//! that leaves bodies out has to show that each of them was the whole body of an outermost function, and an
//! analysis that asks for a word that was left out is done again with it ([`Hidden`]). Where the body of a function
//! cannot be anything else, as behind `func` at the start of a line of Go, a file may not be parsed at all.

mod guarded;
mod hidden;
pub mod lexis;
mod local_types;
mod receiver;
mod scan;

use crate::language::Grammar;
use crate::parse::{parse, parse_sound};
use crate::source::Span;
use crate::tree::{Node, Tree};
use aho_corasick::{AhoCorasick, BuildError, MatchKind};
pub use guarded::Pairs;
use guarded::{deferred, finally, straight};
pub use hidden::Hidden;
use lexis::{Guard, Lexis, Matters};
pub use local_types::without_mentioned;
use receiver::Receivers;
pub use receiver::{On, Use};
use scan::{Guarded, Mark, Scan};
use std::collections::HashSet;

/// Bytes that a body must have to be worth leaving out.
const SHORTEST: usize = 24;

/// What a skim tells of a text.
#[derive(Debug)]
pub struct Skimmed {
    /// The insides of bodies that need not be parsed, in order. Nothing when in doubt.
    pub bodies: Vec<Span>,
    /// Whether something that may take or free a lock stands outside of them.
    pub locks_elsewhere: bool,
}

/// The search for what makes bodies worth reading.
#[derive(Debug)]
pub struct Skimmer {
    search: AhoCorasick,
    /// The words of locks, which come first, each with what has to be true for it to mean something.
    uses: Vec<Vec<Use>>,
    pairs: Pairs,
    /// Calls that cannot keep a lock from being freed; `None` where that is not all that counts.
    quiet: Option<Vec<String>>,
}

impl Skimmer {
    /// A skimmer for bodies without any of `words`, as far as the names that they tell are concerned. What one of
    /// `pairs` takes and frees at once counts for nothing. Each word comes with its uses, one of which has to fit.
    ///
    /// # Errors
    /// When the words are too many for one automaton.
    pub fn new(
        lexis: &Lexis,
        words: Vec<(&str, Vec<Use>)>,
        pairs: Pairs,
    ) -> Result<Skimmer, BuildError> {
        let telling = lexis.telling.iter().map(|telling| telling.word);
        let search = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(words.iter().map(|(word, _)| *word).chain(telling))?;
        Ok(Skimmer {
            search,
            uses: words.into_iter().map(|(_, uses)| uses).collect(),
            pairs,
            quiet: None,
        })
    }

    /// The same, for analyses that find nothing in a span which no throw and no jump leaves; calls of `quiet` throw
    /// nothing.
    pub fn trusting(self, quiet: Vec<String>) -> Skimmer {
        Skimmer {
            quiet: Some(quiet),
            ..self
        }
    }

    /// What need not be parsed where these needs are met.
    pub fn skim(&self, lexis: &Lexis, text: &[u8], met: &[bool]) -> Skimmed {
        let mut marks: Vec<Mark> = Vec::new();
        let mut blocks = Vec::new();
        // Where the word is that frees what was taken last, and whether that is certain.
        let mut freed: Option<(usize, Guarded)> = None;
        let quiet = self.quiet.as_ref();
        let quiet: Option<HashSet<&str>> =
            quiet.map(|names| names.iter().map(String::as_str).collect());
        let receivers = lexis.typed.then(|| Receivers::new(text));
        let found = self.search.find_iter(text).filter(|found| {
            let (before, behind) = (&text[..found.start()], &text[found.end()..]);
            let index = found.pattern().as_usize();
            is_whole_word(text, found.start(), found.end())
                && match index.checked_sub(self.uses.len()) {
                    // `T.class` declares nothing.
                    Some(at) => !before.ends_with(b".") && lexis.telling[at].tells(behind),
                    None => {
                        let mut uses = self.uses[index].iter().filter(|used| met[used.need]);
                        may_be_called(before, behind, lexis)
                            && match &receivers {
                                Some(receivers) => receivers.fit(found.start(), uses),
                                None => uses.next().is_some(),
                            }
                    }
                }
        });
        for found in found {
            let word = Span::new(found.start(), found.end());
            let frees = freed.take().filter(|(at, _)| *at == word.start);
            if frees.is_none() {
                match lexis.guard {
                    Some(Guard::Deferred(deferral)) => {
                        let left = deferred::freed_by(text, word, &self.pairs, deferral);
                        freed = left.map(|at| (at, Guarded::Once)).or_else(|| {
                            let quiet = quiet.as_ref()?;
                            let at = straight::freed_by(text, word, &self.pairs, quiet)?;
                            Some((at, Guarded::Anywhere))
                        });
                    }
                    Some(Guard::Finally) => {
                        blocks.extend(finally::begins(text, word, &self.pairs));
                    }
                    None => {}
                }
            }
            let telling = found.pattern().as_usize().checked_sub(self.uses.len());
            let names_wanted = self.uses.is_empty();
            let guarded = match telling.map(|at| lexis.telling[at].matters) {
                Some(Matters::BesideLocks) => Guarded::Alone,
                Some(Matters::IfMentioned) if !names_wanted => Guarded::Anywhere,
                _ => frees.or(freed).map_or(Guarded::No, |(_, guarded)| guarded),
            };
            marks.push(Mark {
                word,
                guarded,
                of_lock: telling.is_none(),
            });
        }
        let any = marks.iter().any(|mark| mark.of_lock);
        let scan = Scan::new(lexis, text, marks, &self.pairs, &blocks);
        let Some((mut bodies, marks)) = scan.run() else {
            return Skimmed {
                bodies: Vec::new(),
                locks_elsewhere: any,
            };
        };
        let left_out = |word: Span| {
            let next = bodies.partition_point(|body| body.end < word.end);
            bodies
                .get(next)
                .is_some_and(|body| body.start <= word.start)
        };
        let locks_elsewhere = marks
            .iter()
            .any(|mark| mark.of_lock && mark.guarded != Guarded::NoCode && !left_out(mark.word));
        bodies.retain(|body| body.end - body.start >= SHORTEST);
        Skimmed {
            bodies,
            locks_elsewhere,
        }
    }
}

/// Whether a name with this in front of it and behind it is that of a call, or of a method that is handed on.
fn may_be_called(before: &[u8], behind: &[u8], lexis: &Lexis) -> bool {
    let behind = behind.trim_ascii_start();
    // A type argument or a comment may stand in between.
    let called = behind.first().is_some_and(|byte| b"([</".contains(byte));
    let of_another = behind.starts_with(b".") && !behind.starts_with(b"..");
    called
        || lexis
            .value
            .is_none_or(|mark| before.trim_ascii_end().ends_with(mark.as_bytes()) && !of_another)
}

fn is_whole_word(text: &[u8], start: usize, end: usize) -> bool {
    let part_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    !before.is_some_and(part_of_name) && !text.get(end).is_some_and(part_of_name)
}

/// The text with a comment of blanks in the place of each of `bodies`; lines stay. All languages that are skimmed write
/// such a comment alike, and a parser passes it faster than blanks, before each of which it asks what may come next.
pub fn without(text: &[u8], bodies: &[Span]) -> Vec<u8> {
    let mut masked = text.to_vec();
    for body in bodies {
        let inside = &mut masked[body.start..body.end];
        for byte in inside.iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
        let blank = |pair: &[u8]| pair == b"  ";
        let open = inside.windows(2).position(blank);
        let close = inside.windows(2).rposition(blank);
        if let (Some(open), Some(close)) = (open, close)
            && open + 2 <= close
        {
            inside[open..open + 2].copy_from_slice(b"/*");
            inside[close..close + 2].copy_from_slice(b"*/");
        }
    }
    masked
}

/// Parses a text of which nothing but names is wanted: `bodies`, which tell none, are left out where that is possible.
pub fn parse_for_names(grammar: &dyn Grammar, text: &[u8], bodies: &[Span]) -> Option<Tree> {
    if !bodies.is_empty()
        && let Some(tree) = parse_sound(grammar, &without(text, bodies))
        && confirms(&tree, grammar, bodies)
    {
        return Some(tree);
    }
    parse(grammar, text)
}

/// Whether nothing but a comment stands between the braces.
fn is_empty_block(block: Node<'_>) -> bool {
    let inside = block.child_count().saturating_sub(2);
    let comment = block.first_child().and_then(|brace| brace.next_sibling());
    inside == 0 || inside == 1 && comment.is_some_and(|comment| comment.is_extra())
}

/// Whether the tree shows that each of `bodies` was the body of an outermost function.
pub fn confirms(tree: &Tree, grammar: &dyn Grammar, bodies: &[Span]) -> bool {
    let root = tree.root_node();
    if root.has_error() {
        return false;
    }
    let mut rest = bodies;
    let mut node = root;
    // Whether the node at each level is a function.
    let mut functions: Vec<bool> = Vec::new();
    loop {
        let Some(body) = rest.first() else {
            return true;
        };
        let around = functions.iter().filter(|function| **function).count();
        let is_body = node.start_byte() + 1 == body.start
            && node.end_byte() == body.end + 1
            && is_empty_block(node)
            && functions.last() == Some(&true)
            && around == 1;
        if is_body {
            rest = &rest[1..];
        } else if node.start_byte() >= body.start {
            return false;
        }
        let enter = !is_body && node.end_byte() > body.start;
        if enter && let Some(inner) = node.first_child() {
            functions.push(grammar.is_function(node.kind()));
            node = inner;
            continue;
        }
        node = loop {
            if let Some(next) = node.next_sibling() {
                break next;
            }
            let Some(around) = node.parent() else {
                return rest.is_empty();
            };
            functions.pop();
            node = around;
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use std::collections::HashMap;

    /// The bodies in which nothing of `lock` and `unlock` is to be found, and whether the parse confirms them.
    fn skimmed(language: Language, text: &str) -> (Vec<String>, bool) {
        let grammar = language.grammar();
        let lexis = grammar.lexis().expect("a language that is skimmed");
        let frees = HashMap::from([("lock".to_owned(), HashSet::from(["unlock".to_owned()]))]);
        let pairs = Pairs {
            frees,
            views: HashSet::new(),
        };
        let used = |need| {
            vec![Use {
                need,
                on: On::Anything,
            }]
        };
        let words = vec![("lock", used(0)), ("unlock", used(0)), ("get", used(1))];
        let skimmer = Skimmer::new(lexis, words, pairs).expect("three words");
        let skimmer = skimmer.trusting(vec!["len".to_owned()]);
        let bodies = skimmer.skim(lexis, text.as_bytes(), &[true, false]).bodies;
        let tree = parse(grammar, &without(text.as_bytes(), &bodies)).expect("a tree");
        let texts = bodies
            .iter()
            .map(|body| text[body.start..body.end].trim().to_owned());
        (texts.collect(), confirms(&tree, grammar, &bodies))
    }

    #[track_caller]
    fn assert_left_out(language: Language, text: &str, expected: &[&str]) {
        let (bodies, confirmed) = skimmed(language, text);
        assert_eq!(bodies, expected, "{text}");
        assert!(confirmed, "{text}");
    }

    /// Some of these bodies are left out, others are read.
    #[track_caller]
    fn assert_left_out_of(language: Language, left_out: &[String], read: &[String]) {
        let (begin, end, head) = match language {
            Language::Go => ("package p\n", "", "func f()"),
            _ => ("class A {\n", "}", "void f()"),
        };
        let bodies = left_out.iter().chain(read);
        let functions: String = bodies
            .map(|body| format!("{head} {{\n\t{body}\n}}\n"))
            .collect();
        let expected: Vec<&str> = left_out.iter().map(String::as_str).collect();
        assert_left_out(language, &format!("{begin}{functions}{end}"), &expected);
    }

    #[test]
    fn braces_in_strings_and_comments_are_text() {
        let body = "s := \"}\\\"}\" + `}\n}` // } lock(\n\tc := '}' /* { */";
        let text = format!(
            "package p\nfunc f() (a, b error) {{\n\t{body}\n}}\nfunc g() {{ mu.lock() }}\n"
        );
        assert_left_out(Language::Go, &text, &[body]);
        let body = "String s = \"\"\"\n  } \\\"\"\" }\n\"\"\" + \"{\" + '\"';";
        let text =
            format!("class A {{ void f(int a) throws X, Y {{ {body} }}\n A() {{ {body} }} }}");
        assert_left_out(Language::Java, &text, &[body]);
        let body = "auto s = R\"x(})\" }})x\"; int n = 1'000'000; char c = '}';";
        let text = format!("namespace n {{ int A::f() const noexcept {{ {body} }} }}");
        assert_left_out(Language::Cpp, &text, &[body]);
    }

    #[test]
    fn what_tells_of_the_file_is_read() {
        let lexis = Language::Go.grammar().lexis().expect("a lexis");
        let names = Skimmer::new(lexis, Vec::new(), Pairs::default()).expect("a few words");
        let text = b"package p\nfunc f() {\n\ttype t struct { mu sync.Mutex }\n}\n\
                     func g() {\n\tx := make(chan struct{})\n\tx <- struct{}{}\n}\n";
        let bodies = names.skim(lexis, text, &[]).bodies;
        let bodies = bodies.iter().map(|body| &text[body.start..body.end]);
        let expected: &[u8] = b"\n\tx := make(chan struct{})\n\tx <- struct{}{}\n";
        assert_eq!(Vec::from_iter(bodies), [expected]);
        let text = "class A { void f() { use(new B() { int field = 1 + 2 + 3; }); }\n\
                    void g() { if (Long.class == c) { return; } use(other); } }";
        assert_left_out(
            Language::Java,
            text,
            &["if (Long.class == c) { return; } use(other);"],
        );
        let text = "int f(void) { struct box { int lid; } b; use(b); return 0; }\n\
                    int g(struct box *b) { struct box *c = b; return c->lid; }\n";
        assert_left_out(Language::C, text, &["struct box *c = b; return c->lid;"]);
    }

    #[test]
    fn what_is_called_on_something_else_takes_no_lock() {
        let lexis = Language::Java.grammar().lexis().expect("a lexis");
        let on = On::Typed(vec!["Lock".to_owned()]);
        let words = vec![("lock", vec![Use { need: 0, on }])];
        let skimmer = Skimmer::new(lexis, words, Pairs::default()).expect("one word");
        let other = "pool.lock(); lock(); /* gate.lock() */ work();";
        let own = "gate.lock(); work(); gate.work(); pool.work();";
        for (bodies, locks_elsewhere) in [(vec![other], false), (vec![other, own], true)] {
            let functions = bodies.iter().map(|body| format!("void f() {{{body}}}"));
            let functions = functions.collect::<Vec<_>>().join("\n");
            let text = format!("class A {{ Lock gate; Pool pool; void lock() {{}}\n{functions} }}");
            let skimmed = skimmer.skim(lexis, text.as_bytes(), &[true]);
            let left_out = skimmed.bodies.iter();
            let left_out = left_out.map(|body| &text[body.start..body.end]);
            assert_eq!(Vec::from_iter(left_out), [other]);
            assert_eq!(skimmed.locks_elsewhere, locks_elsewhere);
        }
    }

    #[test]
    fn what_is_freed_by_the_next_line_is_left_out() {
        let guarded = "s.mu.lock()\n\tdefer s.mu.unlock()";
        let work = "\n\tfor _, one := range s.all {\n\t\tone.work()\n\t}";
        let left_out = [
            format!("{guarded}{work}"),
            format!("step(1)\n\t{guarded}{work}\n\tother.mu.lock()\n\tdefer other.mu.unlock()"),
            format!("for s != nil {{\n\tgo func() {{\n\tif s {{\n\t{guarded}\n\t}}\n\t}}()\n\t}}"),
        ];
        let read = [
            format!("for s != nil {{\n\t{guarded}\n\t}}"),
            format!("{guarded}{work}\n\tt.mu.lock()"),
            format!("{guarded}{work}\n\ts.mu.unlock()"),
            format!("again:\n\t{guarded}{work}\n\tgoto again"),
            format!("go func() {{\n\tfor {{\n\t{guarded}\n\t}}\n\t}}()"),
            format!("other.lock()\n\t{guarded}{work}"),
        ];
        assert_left_out_of(Language::Go, &left_out, &read);
    }

    #[test]
    fn what_cannot_be_left_is_left_out() {
        let straight = "s.mu.lock()\n\ts.sum += len(s.all)\n\ts.mu.unlock()";
        let left_out = [
            format!("{straight}\n\twork(s.sum, s.all)"),
            format!("for {{\n\tif s != nil {{\n\t{straight}\n\t}}\n\t}}"),
            "// s.mu.lock() and more of it\n\tx := \"s.mu.lock()\"".to_owned(),
            "again:\n\twork(s.sum, s.all)\n\tgoto again".to_owned(),
        ];
        let read = [
            format!("{straight}\n\ts.mu.unlock()"),
            straight.replace("len(s.all)", "work(s.all)"),
            "s.mu.lock()\n\tif s.done {\n\t\treturn\n\t}\n\ts.mu.unlock()".to_owned(),
        ];
        assert_left_out_of(Language::Go, &left_out, &read);
    }

    #[test]
    fn a_name_that_is_not_called_is_no_reason_to_read() {
        let left_out = [
            "var lock = s.lock.of\n\tuse(lock, s.unlock.of, &lock)",
            "s.cache.get(key, of, another, name, entirely)",
        ];
        let read = [
            "use(s.mu.unlock, s.mu, of, another)",
            "return s.mu.unlock // and more",
        ];
        let owned = |bodies: &[&str]| -> Vec<String> {
            bodies.iter().map(|body| (*body).to_owned()).collect()
        };
        assert_left_out_of(Language::Go, &owned(&left_out), &owned(&read));
        let left_out = ["final Lock lock = this.lock; use(lock, this.lock);"];
        let read = [
            "release(lock::unlock, another, one, here);",
            "use(this.lock /* x */ ());",
        ];
        assert_left_out_of(Language::Java, &owned(&left_out), &owned(&read));
    }

    #[test]
    fn what_a_finally_frees_is_left_out() {
        let guarded = "l.lock(); try { work(); } catch (A e) { log(e); } finally { l.unlock(); }";
        let left_out = [
            format!("{guarded} other();"),
            format!("while (x) {{ if (y) {{ {guarded} }} }}"),
            format!("this.l.lock(); try {{ {guarded} }} finally {{ this.l.unlock(); }}"),
        ];
        let read = [
            format!("{guarded} l.lock();"),
            guarded.replace("work()", "l.unlock()"),
            guarded.replace("l.unlock(); }", "x(); l.unlock(); }"),
            guarded.replace("work()", "l = m"),
            format!("if (x) {guarded}"),
            format!("// {guarded}\n l.lock();"),
        ];
        assert_left_out_of(Language::Java, &left_out, &read);
    }

    #[test]
    fn classes_and_values_are_no_bodies() {
        let text = "struct __attribute__((packed)) box { int first; int second; int third; };\n\
                    static int table[] = { SIZE(first), SIZE(second), SIZE(third) };\n";
        assert_left_out(Language::C, text, &[]);
        let text = "struct A { A(int n) : first{n + n + n + n + n + n}, second(n) { use(first, second); use(n); } };\n";
        assert_left_out(Language::Cpp, text, &["use(first, second); use(n);"]);
    }

    #[test]
    fn in_doubt_everything_is_read() {
        let body = "{ int a = first() + second(); use(a); }";
        for text in [
            format!(
                "int f(void) {body}\n#ifdef X\nint g(void) {{\n#else\nint g(int a) {{\n#endif\nuse(); }}\n"
            ),
            format!("int f(void) {body} }}\n"),
            format!("int f(void) {body}\nchar *s = \"open;\n"),
        ] {
            assert_eq!(
                skimmed(Language::C, &text).0,
                Vec::<String>::new(),
                "{text}"
            );
        }
        // The parse does not take it for a function.
        let (bodies, confirmed) =
            skimmed(Language::C, &format!("int x = 1; int f(void) {body} +\n"));
        assert_eq!((bodies.len(), confirmed), (1, false));
    }
}
