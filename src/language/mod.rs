//! The languages: which files are theirs, and what the shared stages ask of them.

pub mod beside;
pub mod names;
mod of_name;
pub mod uses;

mod c;
mod go;
mod java;
mod javascript;
mod php;
mod python;

use crate::catalog::Surroundings;
use crate::catalog::pattern::{BadPattern, Pattern, normal};
use crate::engine::Exceptions;
use crate::flow::{Block, Cond, Event, Value};
use crate::lower::{Bindings, File, Lowering};
use crate::rewrite::printer::Printer;
use crate::skim::lexis::Lexis;
use crate::source::Span;
use crate::tree::Node;
use beside::Declared;
use names::{Names, TypeRef};
use serde::Serialize;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A language that lockfix reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    JavaScript,
    TypeScript,
    /// TypeScript with JSX: a grammar of its own, `typescript` for people.
    #[serde(rename = "typescript")]
    Tsx,
    Python,
    C,
    #[serde(rename = "cpp")]
    Cpp,
    Go,
    Java,
    Php,
}

impl Language {
    /// Every language, by the names that `--lang` knows (`Tsx` shares one with `TypeScript`).
    pub const ALL: [Language; 9] = [
        Language::JavaScript,
        Language::TypeScript,
        Language::Tsx,
        Language::Python,
        Language::C,
        Language::Cpp,
        Language::Go,
        Language::Java,
        Language::Php,
    ];

    /// The name in outputs, `--lang` and the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Language::JavaScript => "javascript",
            Language::TypeScript | Language::Tsx => "typescript",
            Language::Python => "python",
            Language::C => "c",
            Language::Cpp => "cpp",
            Language::Go => "go",
            Language::Java => "java",
            Language::Php => "php",
        }
    }

    /// The file extensions of the language, without the dot.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Language::JavaScript => &["js", "mjs", "cjs", "jsx"],
            Language::TypeScript => &["ts", "mts", "cts"],
            Language::Tsx => &["tsx"],
            Language::Python => &["py", "pyi", "pyw"],
            Language::C => &["c", "h"],
            Language::Cpp => &[
                "cpp", "cc", "cxx", "c++", "hpp", "hh", "hxx", "h++", "ipp", "tpp", "inl",
            ],
            Language::Go => &["go"],
            Language::Java => &["java"],
            Language::Php => &["php", "inc", "module", "phtml", "php5", "phpt"],
        }
    }

    /// How a comment on one line begins and ends.
    pub fn comment(self) -> (&'static str, &'static str) {
        match self {
            Language::Python => ("#", ""),
            // `//` came late to it.
            Language::C => ("/*", "*/"),
            _ => ("//", ""),
        }
    }

    /// The folder of the language below `transforms/`. Dialects share one.
    pub fn folder(self) -> &'static str {
        match self {
            Language::JavaScript | Language::TypeScript | Language::Tsx => "javascript",
            Language::Python => "python",
            Language::C => "c",
            Language::Cpp => "cpp",
            Language::Go => "go",
            Language::Java => "java",
            Language::Php => "php",
        }
    }

    /// What the stages ask of the language.
    pub fn grammar(self) -> &'static dyn Grammar {
        match self {
            Language::JavaScript => &javascript::JAVASCRIPT,
            Language::TypeScript => &javascript::TYPESCRIPT,
            Language::Tsx => &javascript::TSX,
            Language::Python => &python::PYTHON,
            Language::C => &c::C,
            Language::Cpp => &c::CPP,
            Language::Go => &go::GO,
            Language::Java => &java::JAVA,
            Language::Php => &php::PHP,
        }
    }

    /// Whether a compiler checks what a rewrite does to types.
    pub fn is_typed(self) -> bool {
        matches!(self, Language::TypeScript | Language::Tsx | Language::Java)
    }

    /// How the language writes constructs.
    pub fn printer(self) -> &'static dyn Printer {
        match self {
            Language::JavaScript => &javascript::JAVASCRIPT,
            Language::TypeScript => &javascript::TYPESCRIPT,
            Language::Tsx => &javascript::TSX,
            Language::Python => &python::PYTHON,
            Language::C => &c::C,
            Language::Cpp => &c::CPP,
            Language::Go => &go::GO,
            Language::Java => &java::JAVA,
            Language::Php => &php::PHP,
        }
    }

    /// The language of a file with this extension.
    pub fn of_extension(extension: &str) -> Option<Language> {
        Language::ALL
            .into_iter()
            .find(|language| language.extensions().contains(&extension))
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Language::ALL
            .into_iter()
            .find(|language| language.name() == s)
            .ok_or_else(|| format!("there is no language `{s}`"))
    }
}

/// Where the value of an expression goes.
#[derive(Debug, Clone, Copy)]
pub enum Binding<'t> {
    /// Nowhere: the expression is a statement.
    Dropped,
    /// Into `target`; `whole` reaches from the start of the declaration or assignment to the
    /// start of the expression.
    Target { target: Node<'t>, whole: Span },
    /// Into `target`, a part of what a declaration or an assignment gives names to.
    Part { target: Node<'t>, whole: Span },
    /// To somebody else: an argument of a call, what a function returns.
    Given { returned: bool },
    /// It is the condition of a statement, or part of it.
    Condition,
    /// Into a larger expression.
    Other,
}

/// When a function runs that is called where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalledInPlace {
    AtOnce,
    /// At once, and its answer is the condition of a statement.
    Asked,
    /// When the function around it is left.
    AtTheEnd,
}

/// A call that hands a promise one handler, which releases.
#[derive(Debug, Clone)]
pub struct Settling<'t> {
    pub promise: Node<'t>,
    pub handler: Node<'t>,
    /// What the handler does: a call, or a name that is called.
    pub release: Node<'t>,
    /// It runs when the promise is rejected, too.
    pub either_way: bool,
    /// The name of the method that takes the handler.
    pub method: Span,
    /// The handler's parameter and the statement that returns it, where it does.
    pub passing_on: Vec<Span>,
}

/// What the shared stages ask of a language about its syntax.
pub trait Grammar: Sync + Send {
    fn language(&self) -> Language;
    fn grammar(&self) -> tree_sitter::Language;
    /// What it looks like from afar, where that is enough to tell the bodies of functions.
    fn lexis(&self) -> Option<&'static Lexis> {
        None
    }
    /// One level of indentation where a file shows none.
    fn default_indent(&self) -> &'static str;
    /// What people of the language say that code does with an exception.
    fn throws(&self) -> &'static str {
        "throws"
    }
    /// What can throw, unless the user says otherwise.
    fn default_exceptions(&self) -> Exceptions;

    /// Parses an expression with holes.
    ///
    /// # Errors
    /// [`BadPattern`] when it is no expression of the language.
    fn parse_pattern(&self, code: &str) -> Result<Pattern, BadPattern>;
    /// Parses what may stand on the left of a declaration.
    ///
    /// # Errors
    /// [`BadPattern`] when it cannot stand there.
    fn parse_binding_pattern(&self, code: &str) -> Result<Pattern, BadPattern>;

    /// Imports, declared types and classes of a file.
    fn names(&self, root: Node<'_>, text: &[u8]) -> Names;
    /// The files beside it that a file includes.
    fn included(&self, _text: &[u8]) -> Vec<String> {
        Vec::new()
    }
    /// Whether the file called `other` shares its top level with the one called `own` beside it.
    fn shares_package(&self, _own: &str, _other: &str) -> bool {
        false
    }
    /// What a text declares at its top level, told without a parse. Bodies of functions are left out of it.
    fn declared(&self, _text: &[u8]) -> Vec<Declared> {
        Vec::new()
    }
    /// The names of a file with what other files of its package declare.
    fn names_among(&self, root: Node<'_>, text: &[u8], _rest: &[Arc<Names>]) -> Names {
        self.names(root, text)
    }
    /// The type of an expression, where its own syntax tells.
    fn type_of(&self, node: Node<'_>, at: Surroundings<'_>) -> Option<TypeRef>;

    /// Whether a node of this kind is a function with a body of its own.
    fn is_function(&self, kind: &str) -> bool;
    /// When the function runs, if it is called where it is written and nowhere else.
    fn called_in_place(&self, _function: Node<'_>, _text: &[u8]) -> Option<CalledInPlace> {
        None
    }
    fn function_name(&self, function: Node<'_>, text: &[u8]) -> String;
    /// `(async, generator)`.
    fn function_kind(&self, function: Node<'_>, text: &[u8]) -> (bool, bool);
    fn first_parameter<'t>(&self, function: Node<'t>) -> Option<Node<'t>>;

    /// Whether an annotation says that the function returns with a lock held.
    fn keeps_locks(&self, _file: &File<'_>, _function: Node<'_>) -> bool {
        false
    }
    /// Whether the function's name, its comments or its calls let one expect that it returns with
    /// one of the locks held.
    fn speaks_of_kept_locks(
        &self,
        _file: &File<'_>,
        _function: Node<'_>,
        _locks: &[crate::flow::Key],
    ) -> bool {
        false
    }
    /// Whether only code of this file can call the function by its name.
    fn is_private(&self, _file: &File<'_>, _function: Node<'_>) -> bool {
        false
    }
    /// Whether only code of this file can name the variable that is called so in the function.
    fn is_private_variable(&self, _file: &File<'_>, _name: &str) -> bool {
        false
    }
    /// Whether the text of an expression always means the same value.
    fn is_constant(&self, _text: &str) -> bool {
        false
    }
    /// Whether who returns this says that something went wrong.
    fn is_failure(&self, _operand: &str) -> bool {
        false
    }
    /// The type of the object of which the lock is a part, where its own syntax tells.
    fn owner_of(&self, _lock: Node<'_>, _at: Surroundings<'_>) -> Option<String> {
        None
    }
    /// The variables through which the expression reaches an object: they are not null.
    fn reached_through(&self, _node: Node<'_>, _text: &[u8]) -> Vec<String> {
        Vec::new()
    }
    /// Whether functions often return with a lock held where all went well.
    fn hands_out_locks(&self) -> bool {
        false
    }
    /// Whether the text of an expression is nothing at all: `null`.
    fn is_nothing(&self, text: &str) -> bool {
        text == "null"
    }
    /// How code names the members of its own object: `this.`.
    fn own_prefixes(&self) -> &'static [&'static str] {
        &["this."]
    }
    /// Whether what the grammar takes for a mistake is understood all the same.
    fn is_harmless(&self, _mistake: Node<'_>, _text: &[u8]) -> bool {
        false
    }
    /// Whether patterns of the catalogue may match nodes of this kind.
    fn may_match(&self, kind: &str) -> bool;
    fn is_call(&self, kind: &str) -> bool;
    /// A comment.
    fn is_comment(&self, kind: &str) -> bool {
        kind.contains("comment")
    }
    /// A plain identifier.
    fn is_name(&self, kind: &str) -> bool;
    /// An identifier of any sort: of a variable, a type, a member.
    fn is_identifier(&self, kind: &str) -> bool {
        kind.contains("identifier")
    }
    /// Whether leaves of this kind name a member (`b` of `a.b`) and no variable.
    fn is_member_name(&self, _kind: &str) -> bool {
        false
    }
    /// Whether code names the members of its own object without saying whose they are.
    fn members_are_bare(&self) -> bool {
        false
    }
    /// The leaf of the node that names a member, where its kind does not tell.
    fn member<'t>(&self, _node: Node<'t>) -> Option<Node<'t>> {
        None
    }
    /// The last identifier of the callee of a call, through `await`.
    fn called_word(&self, node: Node<'_>, text: &[u8]) -> Option<String>;
    /// The one text by which a lock goes that has several names: `this.lock` and `lock` are the same
    /// field.
    fn known_as(&self, node: Node<'_>, text: &[u8]) -> String {
        normal(node, text)
    }
    /// The names that an expression reads, dotted ones too, added to `out`.
    fn names_in(&self, node: Node<'_>, text: &[u8], out: &mut Vec<String>);
    /// How many scopes of the function, and of those around it, declare what an identifier says, by the byte that it
    /// begins at, for a language that shadows variables: the same name with another number is another variable.
    fn bindings(&self, _function: Node<'_>, _text: &[u8]) -> Bindings {
        Bindings::default()
    }

    /// What an `await` awaits.
    fn awaited_operand<'t>(&self, node: Node<'t>) -> Option<Node<'t>>;
    /// The `await` whose operand the node is.
    fn awaiting<'t>(&self, node: Node<'t>) -> Option<Node<'t>>;
    /// Whether the node is the operand of an `await`.
    fn is_awaited(&self, node: Node<'_>) -> bool {
        self.awaiting(node).is_some()
    }
    /// Whether the result of an acquire is compared with what it gives when it has failed:
    /// `lock(&m) == EDEADLK`.
    fn is_taken_for_failure(&self, _file: &File<'_>, _node: Node<'_>) -> bool {
        false
    }

    /// The expression that compares a status with the one that says that all went well, and whether it is
    /// true then; `None` where the node is no part of one.
    fn compared<'t>(&self, _file: &File<'_>, _node: Node<'t>) -> Option<(Node<'t>, bool)> {
        None
    }
    /// Where the value of an expression goes.
    fn binding<'t>(&self, node: Node<'t>) -> Binding<'t>;
    /// Whether the answer of a lock can be asked for again at such a place: a variable.
    fn keeps_results(&self, kind: &str) -> bool {
        self.is_name(kind)
    }
    /// The variables that get the results of a call, in order.
    fn results<'t>(&self, target: Node<'t>) -> Vec<Node<'t>> {
        vec![target]
    }
    /// Whether the name is that of a resource which a construct closes: `with … as name`.
    fn is_managed(&self, _name: Node<'_>) -> bool {
        false
    }
    /// What a construct takes at its start and frees at its end, if the node is such a part of one:
    /// the `lock` of `with lock as name`.
    fn held_context<'t>(&self, _node: Node<'t>) -> Option<Node<'t>> {
        None
    }
    /// Whether the acquire takes nothing here: a test asserts that it fails, or a task runs it.
    fn takes_nothing(&self, _acquire: Node<'_>, _text: &[u8]) -> bool {
        false
    }
    /// Whether a name is stored or returned where it stands, not only lent to a call.
    fn keeps(&self, _name: Node<'_>) -> bool {
        false
    }
    /// What the node stores where callers and others see it: through a pointer or reference that the
    /// function was given, in a member.
    fn told_to_others<'t>(&self, _file: &File<'_>, _node: Node<'t>) -> Option<Node<'t>> {
        None
    }
    /// Whether the value of the variable is made in the function, and goes when the function's
    /// variables go: nobody else gets it.
    fn dies_with(&self, _function: Node<'_>, _name: &str, _text: &[u8]) -> bool {
        false
    }
    /// Whether a name is given to somebody else where it stands: passed, stored, returned.
    fn passes_on(&self, name: Node<'_>) -> bool;
    /// Whether what is passed there is taken by an object that frees what it took itself, and
    /// nothing else: a stack of contexts.
    fn is_entered(&self, _name: Node<'_>, _text: &[u8]) -> bool {
        false
    }

    /// Whether others can change the variable because of what is done with its name there: its address
    /// is taken, it is passed by reference, it is said to be a global.
    fn lays_open(&self, _name: Node<'_>, _text: &[u8]) -> bool {
        false
    }
    /// Whether giving a name a value makes a variable of the function.
    fn declares_by_assigning(&self) -> bool {
        false
    }

    /// What a call hands to a promise, if nothing but a handler that releases.
    fn settling<'t>(&self, _call: Node<'t>, _text: &[u8]) -> Option<Settling<'t>> {
        None
    }

    /// The callee of a call, normalised.
    fn callee(&self, call: Node<'_>, text: &[u8]) -> Option<String> {
        call.child_by_field_name("function")
            .map(|callee| normal(callee, text))
    }
    /// Whether the node is what a call calls.
    fn is_callee(&self, node: Node<'_>) -> bool {
        let callee = node
            .parent()
            .and_then(|call| call.child_by_field_name("function"));
        callee.map(|callee| callee.id()) == Some(node.id())
    }
    /// What the method of a call is called on.
    fn receiver<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        call.child_by_field_name("function")?
            .child_by_field_name("object")
    }
    /// The arguments of a call, their parentheses included.
    fn arguments<'t>(&self, call: Node<'t>) -> Option<Node<'t>> {
        call.child_by_field_name("arguments")
    }
    /// Whether a variable that gets the result of an acquire can be asked whether it was taken, going by its declaration;
    /// a `guess` is an acquire that is known by its name only.
    fn may_tell_whether(&self, _variable: Node<'_>, _guess: bool, _text: &[u8]) -> bool {
        true
    }
    /// Whether the call is left out where its callee is null: `release?.()`.
    fn is_optional_call(&self, _call: Node<'_>) -> bool {
        false
    }
    /// The value of a literal; [`Value::Unknown`] of anything else.
    fn constant(&self, literal: Node<'_>, text: &[u8]) -> Value;

    /// Lowers the body of [`Lowering::function`].
    fn lower_root(&self, lowering: &mut Lowering<'_>) -> Block;
    /// Lowers a callback that runs in place.
    fn lower_callback(&self, lowering: &mut Lowering<'_>, callback: Node<'_>) -> Block {
        lowering.no_block(callback.end_byte())
    }
    /// Adds what evaluating the node does, in order. Comments, nested functions and what the node
    /// itself does to a lock are dealt with already (see [`crate::lower::expressions`]).
    fn lower_expression(&self, lowering: &mut Lowering<'_>, node: Node<'_>, out: &mut Vec<Event>);
    /// What a condition asks, without its parentheses; `None` where the language knows no more than
    /// that it is an expression.
    fn lower_condition(&self, lowering: &mut Lowering<'_>, node: Node<'_>) -> Option<Cond>;
}
