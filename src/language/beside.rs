//! What stands beside a text: the headers that it includes, the other files of its package.

use super::names::Names;
use crate::engine::Past;
use crate::source::Span;
use rustc_hash::FxHashSet;
use std::cell::{LazyCell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// What the engine is told of a text's surroundings.
pub struct Beside {
    /// What the headers that the text includes say of names.
    pub headers: Names,
    /// What was found out of functions when the text was another one.
    pub past: Past,
    rest: LazyCell<Vec<Other>, Box<dyn FnOnce() -> Vec<Other>>>,
    reader: Box<dyn Reader>,
}

/// Reads texts for their names.
pub trait Reader {
    /// What the text declares at its top level, told without a parse.
    fn declared(&self, text: &[u8]) -> Vec<Declared>;
    /// What the text says of names; `None` when it cannot be read.
    fn names(&self, text: &[u8]) -> Option<Arc<Names>>;
}

/// Something that a text declares at its top level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// The name of the type whose method it is.
    pub owner: Option<Span>,
    pub name: Span,
}

/// Another file of the package.
struct Other {
    text: Vec<u8>,
    declared: OnceCell<Vec<Declared>>,
    names: OnceCell<Option<Arc<Names>>>,
}

/// There is nothing to be read.
struct Nothing;

impl Reader for Nothing {
    fn declared(&self, _text: &[u8]) -> Vec<Declared> {
        Vec::new()
    }

    fn names(&self, _text: &[u8]) -> Option<Arc<Names>> {
        None
    }
}

impl Default for Beside {
    fn default() -> Self {
        Beside::new(Names::default(), Nothing, Vec::new)
    }
}

impl Beside {
    /// `rest` gives the texts of the other files of the package. It is called only if a fix needs more than the text
    /// itself tells.
    pub fn new(
        headers: Names,
        reader: impl Reader + 'static,
        rest: impl FnOnce() -> Vec<Vec<u8>> + 'static,
    ) -> Beside {
        let others = move || {
            let texts = rest().into_iter();
            let others = texts.map(|text| Other {
                text,
                declared: OnceCell::new(),
                names: OnceCell::new(),
            });
            others.collect()
        };
        Beside {
            headers,
            past: Past::default(),
            rest: LazyCell::new(Box::new(others)),
            reader: Box::new(reader),
        }
    }

    /// The other files of the package that declare something by these words, by number.
    pub fn declaring(&self, words: &FxHashSet<String>) -> Vec<usize> {
        let tells = |other: &Other| {
            let text = other.text.as_slice();
            let known = |span: Span| {
                std::str::from_utf8(&text[span.start..span.end])
                    .is_ok_and(|word| words.contains(word))
            };
            let declared = other.declared.get_or_init(|| self.reader.declared(text));
            declared
                .iter()
                .any(|one| known(one.name) && one.owner.is_none_or(known))
        };
        let rest = self.rest.iter().enumerate();
        let rest = rest.filter(|(_, other)| tells(other));
        rest.map(|(number, _)| number).collect()
    }

    /// What these files of the package say of names.
    pub fn told_by(&self, numbers: &[usize]) -> Vec<Arc<Names>> {
        let others = numbers.iter().filter_map(|number| self.rest.get(*number));
        let read = |other: &Other| {
            let names = other.names.get_or_init(|| self.reader.names(&other.text));
            names.clone()
        };
        others.filter_map(read).collect()
    }
}

/// The names of a text with those that other files of its package declare, by the numbers of these files.
#[derive(Debug, Default)]
pub struct Wide(RefCell<Vec<(Vec<usize>, Rc<Names>)>>);

impl Wide {
    /// The names with those of these files, put together by `join` when they are asked for the first time.
    pub fn with(&self, numbers: Vec<usize>, join: impl FnOnce(&[usize]) -> Names) -> Rc<Names> {
        let find = |(known, _): &&(Vec<usize>, Rc<Names>)| *known == numbers;
        if let Some((_, names)) = self.0.borrow().iter().find(find) {
            return Rc::clone(names);
        }
        let names = Rc::new(join(&numbers));
        self.0.borrow_mut().push((numbers, Rc::clone(&names)));
        names
    }
}
