//! How a language writes the constructs of the forms.

use crate::catalog::Entry;
use crate::catalog::schema::FormCode;
use crate::lower::File;
use crate::source::Span;
use crate::tree::Node;

/// A declaration moved out of a region.
#[derive(Debug, Clone, Default)]
pub struct Hoist {
    /// The lines that stand outside instead: `let row;`.
    pub outside: Vec<String>,
    /// What the declaration becomes inside: spans and their texts.
    pub inside: Vec<(Span, String)>,
    /// Nothing of it stays inside.
    pub gone: bool,
}

/// A stack of contexts, in the words of the language.
#[derive(Debug, Clone)]
pub struct Stack {
    /// The line that opens it, and the first one inside, which takes the lock.
    pub open: String,
    pub enter: String,
    /// The expression that frees what it holds before its end.
    pub close: String,
    /// What has to be inserted where for its class to be known.
    pub import: Option<(usize, String)>,
}

/// A function that is called where it stands, in the words of the language.
#[derive(Debug, Clone, Copy)]
pub struct Literal {
    /// The lines that open and end it.
    pub open: &'static str,
    pub close: &'static str,
    /// The statement that leaves it.
    pub leave: &'static str,
    /// How one opens that answers whether to leave what stands around it, and how it ends and is
    /// asked: `{}` stands for what is done then.
    pub open_asked: &'static str,
    pub asks: &'static str,
    /// The statements that answer yes and no.
    pub exits: &'static str,
    pub stays: &'static str,
}

/// Statements on their way into a callback.
#[derive(Debug, Clone, Copy)]
pub struct Moved<'m> {
    pub region: Span,
    /// What of them goes away.
    pub gone: &'m [Span],
    /// What the acquire gave, and the callback does not have.
    pub ticket: Option<&'m str>,
}

/// A function that a fix needs.
#[derive(Debug, Clone)]
pub struct Definition {
    pub name: String,
    /// Where it has to be inserted, and what, unless it is there already.
    pub missing: Option<(usize, String)>,
}

/// Why a declaration cannot move: a refusal code and its sentence.
pub type CannotHoist = (&'static str, String);

/// What the rewrite asks of a language. What a language does not answer is as in most languages with
/// braces.
pub trait Printer: Sync + Send {
    /// What people call the variables that hold guards.
    fn guard_names(&self) -> &'static [&'static str] {
        &[]
    }
    /// What ends a statement, where the file writes it.
    fn terminator(&self) -> &'static str {
        ";"
    }
    /// `try {`
    fn open_try(&self) -> &'static str {
        "try {"
    }
    /// `} finally {`
    fn open_finally(&self) -> &'static str {
        "} finally {"
    }
    /// `}`, where blocks are delimited.
    fn close(&self) -> Option<&'static str> {
        Some("}")
    }
    /// What a suite that would be empty needs.
    fn empty_suite(&self) -> Option<&'static str> {
        None
    }
    /// What waits for the value of a returned call before the `finally` around it runs.
    fn waits_for_returned(&self) -> Option<&'static str> {
        None
    }
    /// Whether the value is there when the expression has been evaluated: no promise that somebody
    /// still has to wait for.
    fn is_settled(&self, _file: &File<'_>, _operand: Node<'_>) -> bool {
        true
    }
    /// A variable of this name.
    fn variable(&self, name: &str) -> String {
        name.to_owned()
    }
    /// A declaration of a flag: `let held = true`.
    fn declare_flag(&self, name: &str, value: &str) -> String;
    /// `true`, `false`.
    fn truth(&self, value: bool) -> &'static str;
    /// `held = false`
    fn set_flag(&self, name: &str, value: bool) -> String {
        format!("{name} = {}", self.truth(value))
    }
    /// The condition that a variable is something: not null, or, of a number, not zero.
    fn is_something(&self, variable: &str, _number: bool) -> String {
        variable.to_owned()
    }
    /// The condition that a variable is nothing, which says that all went well.
    fn is_nothing(&self, _variable: &str, _number: bool) -> Option<String> {
        None
    }
    /// Lines that run `statement` if the flag is set, one level of `indent` inside.
    fn when(&self, flag: &str, statement: &str, indent: &str) -> Vec<String> {
        vec![
            format!("if ({flag}) {{"),
            format!("{indent}{statement}"),
            "}".to_owned(),
        ]
    }
    /// The line that opens a block at whose end what the declaration declares is closed.
    fn with_resource(&self, _declaration: &str) -> Option<String> {
        None
    }
    /// Lines that have the statements run when the function is left, where the language can say so.
    fn deferred(&self, _statements: &[String], _indent: &str) -> Option<Vec<String>> {
        None
    }
    /// A function that is called where it stands, where the language has a form for it.
    fn called_in_place(&self) -> Option<Literal> {
        None
    }
    /// Whether the statements mean the same in a function of their own.
    ///
    /// # Errors
    /// When they do not, with the reason.
    fn may_enclose(&self, _file: &File<'_>, _region: Span) -> Result<(), CannotHoist> {
        Ok(())
    }
    /// The catalogue's code for a helper with a callback, told what the callback needs of the
    /// function around it.
    ///
    /// # Errors
    /// When the statements do not mean the same in a callback, with the reason.
    fn callback(
        &self,
        _file: &File<'_>,
        _moved: Moved<'_>,
        code: String,
    ) -> Result<String, CannotHoist> {
        Ok(code)
    }
    /// Whether the language's formatter takes blank lines away from the ends of a block, and all
    /// but one elsewhere.
    fn tidies_blank_lines(&self) -> bool {
        false
    }
    /// `const release = ` for a binding such as `[, release]`.
    fn bind(&self, binding: &str) -> String;
    /// Whether a node's lines must not be moved: strings and templates.
    fn is_verbatim(&self, kind: &str) -> bool;
    /// A stack of contexts called `name` that enters `lock`, which has to be awaited or not.
    fn exit_stack(
        &self,
        _file: &File<'_>,
        _name: &str,
        _lock: &str,
        _awaited: bool,
    ) -> Option<Stack> {
        None
    }
    /// Moves the declarations of the statement at `span` out of their block.
    ///
    /// # Errors
    /// When it cannot be done, with the reason.
    fn hoist(&self, file: &File<'_>, stmt: Node<'_>, after: Span) -> Result<Hoist, CannotHoist>;
    /// A declaration, without a value, of a variable that holds what the function gives back:
    /// `int ret`.
    fn declare_result(&self, _file: &File<'_>, _function: Span, _name: &str) -> Option<String> {
        None
    }
    /// A variable of the function's own type that the function gives back elsewhere.
    fn result_variable(&self, _file: &File<'_>, _function: Span) -> Option<String> {
        None
    }
    /// Whether nobody else can change the value of the operand: it is a constant or a local variable.
    fn is_plain_value(&self, _file: &File<'_>, _function: Span, _operand: Node<'_>) -> bool {
        false
    }
    /// `return name`
    fn give_back(&self, name: &str) -> String {
        format!("return {name}")
    }
    /// What goes when a variable of the function at `function` goes; `None` where something other than
    /// what stands at `gone` uses it.
    fn without_variable(
        &self,
        _file: &File<'_>,
        _function: Span,
        _name: &str,
        _gone: &[Span],
    ) -> Option<Vec<Span>> {
        None
    }
    /// `goto label`, where there is such a thing.
    fn goto(&self, _label: &str) -> Option<String> {
        None
    }

    /// Whether a node of this kind brings in names: a fix may add one.
    fn is_import(&self, _kind: &str) -> bool {
        false
    }
    /// Lines that keep their indentation whatever is put round them, with the line end in front.
    fn fixed_lines(&self, _file: &File<'_>) -> Vec<Span> {
        Vec::new()
    }
    /// The declaration of a guard from the catalogue's code, `$GUARD` left in it, for the lock that
    /// the call `acquire` takes; `None` when something of it cannot be told.
    fn guard(
        &self,
        _file: &File<'_>,
        _entry: &Entry,
        _acquire: Node<'_>,
        _code: &str,
    ) -> Option<String> {
        None
    }
    /// The function that the form of the catalogue entry needs; `None` when there is no place for it.
    fn definition(&self, _file: &File<'_>, _entry: usize, _form: &FormCode) -> Option<Definition> {
        None
    }
    /// Where and how the file includes one of the headers; `None` when it does so already.
    fn include(&self, _file: &File<'_>, _headers: &[String]) -> Option<(usize, String)> {
        None
    }
    /// The code of a guard that the file or its own headers declare, `$GUARD` left in it, for the lock that
    /// the call `acquire` takes.
    fn own_guard(&self, _file: &File<'_>, _entry: &Entry, _acquire: Node<'_>) -> Option<String> {
        None
    }
}
