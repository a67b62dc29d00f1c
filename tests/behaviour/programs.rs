//! What random programs around locks are made of, and what can be said of them.

use std::collections::HashSet;

/// A statement of a program, in no language yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    Comment(usize),
    /// Work that can fail.
    Step(usize),
    /// A variable from work that can fail.
    Declare(usize),
    /// Work on a variable.
    Use(usize),
    /// Under the flag with this number.
    If(usize, Vec<Statement>, Vec<Statement>),
    /// Under what work says, which gives back the flag with the second number.
    Ask(usize, usize, Vec<Statement>),
    /// Work that makes the variable `told`, which it reaches and the program sees, too, what the flag with the
    /// second number is.
    Tell(usize, usize),
    /// Says what `told` is.
    Set(bool),
    /// Where `told` is true.
    IfTold(Vec<Statement>),
    /// Work until `told` is true.
    UntilTold(usize),
    /// Runs its body twice; its label, where something names it.
    Loop(Option<usize>, Vec<Statement>),
    /// By the number that the program is given; the last branch is the default.
    Switch(Vec<Vec<Statement>>),
    Try {
        body: Vec<Statement>,
        catch: Option<Vec<Statement>>,
        finally: Option<Vec<Statement>>,
    },
    /// A function with returns of its own, called where it stands.
    Closure(usize, Vec<Statement>),
    /// An object that does something at the end of its block.
    Scoped(usize, Vec<Statement>),
    /// An object holds the lock until the end of its block.
    Guarded(Taken, Vec<Statement>),
    Acquire(Taken),
    Release(Taken),
    /// Takes the lock if it is free, and does this where it was.
    IfTaken(Taken, Vec<Statement>),
    /// Takes the lock if it is free, and leaves where it was not.
    UnlessTaken(Taken, Vec<Statement>),
    /// Takes the lock once it is free.
    OnceTaken(Taken),
    /// Runs when the function is left.
    Defer(Vec<Statement>),
    /// Makes a value of what fails from here on, when the function is left.
    Recover(usize),
    Return(Value),
    Throw(usize),
    Break(Option<usize>),
    Continue(Option<usize>),
    /// The end of a case that runs on into the next.
    FallThrough,
    /// Goes on at the label of this acquire, in front of its last release.
    Goto(usize),
    Label(usize),
}

/// One acquire of a lock, told from others by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub lock: usize,
    pub number: usize,
}

/// What a program returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Constant(usize),
    Variable(usize),
    /// The result of work that can fail.
    Computed(usize),
}

/// How many flags the programs ask.
pub const FLAGS: usize = 4;

/// How many ways through a switch there are.
pub const WAYS: usize = 3;

/// What a language lets programs be written with.
#[derive(Debug, Clone, Copy)]
pub struct Features {
    /// Work fails by an exception that `try` catches.
    pub handlers: bool,
    /// A `try` may have a `finally`.
    pub finally: bool,
    /// Objects free locks at the end of their block.
    pub guards: bool,
    /// A program can throw.
    pub throws: bool,
    pub closures: bool,
    pub labels: bool,
    pub switch: bool,
    /// The cases of a switch can be left by a `break` of their own, and run on into the next.
    pub falls_through: bool,
    /// `continue` in a switch goes to the loop around it.
    pub continues_in_switch: bool,
    /// Closures may read the variables around them.
    pub captures: bool,
    /// Objects do things at the end of their block.
    pub scopes: bool,
    /// A `goto` leads to the last release.
    pub gotos: bool,
    /// What is released can be acquired again by the same words.
    pub retakes: bool,
    /// Work can be put off until the function is left.
    pub defers: bool,
    pub try_acquire: bool,
    /// A variable of an inner block may have the name of one outside.
    pub shadows: bool,
    /// How many locks one program may take.
    pub locks: usize,
}

/// Whether the program frees each lock that it takes, and not only in order to throw: what keeps its
/// lock unless it fails may mean to.
pub fn releases_all(body: &[Statement]) -> bool {
    let (mut taken, mut freed) = (Vec::new(), Vec::new());
    visit(body, &mut |statement| match statement {
        Statement::Acquire(one)
        | Statement::IfTaken(one, _)
        | Statement::UnlessTaken(one, _)
        | Statement::OnceTaken(one) => taken.push(*one),
        _ => {}
    });
    let mut see = |block: &[Statement]| {
        if !matches!(block.last(), Some(Statement::Throw(_))) {
            freed.extend(block.iter().filter_map(|statement| match statement {
                Statement::Release(one) => Some(*one),
                _ => None,
            }));
        }
    };
    see(body);
    visit(body, &mut |statement| {
        for block in blocks(statement) {
            see(block);
        }
    });
    taken.iter().all(|one| freed.contains(one))
}

/// Whether each release has its acquire, and each jump its label: what is left of a program may have lost them.
pub fn takes_what_it_frees(body: &[Statement]) -> bool {
    let (mut taken, mut freed) = (HashSet::new(), HashSet::new());
    visit(body, &mut |statement| {
        match statement {
            Statement::Release(one) => freed.insert(one.number),
            Statement::Acquire(one)
            | Statement::IfTaken(one, _)
            | Statement::UnlessTaken(one, _)
            | Statement::OnceTaken(one) => taken.insert(one.number),
            _ => true,
        };
    });
    let (mut gotos, mut labels) = (HashSet::new(), HashSet::new());
    visit(body, &mut |statement| {
        match statement {
            Statement::Goto(to) => gotos.insert(*to),
            Statement::Label(own) => labels.insert(*own),
            _ => true,
        };
    });
    freed.is_subset(&taken) && gotos == labels
}

/// Whether a handler of the program does work: when that fails, it is the second thing to fail.
pub fn works_in_handlers(body: &[Statement]) -> bool {
    let mut found = false;
    visit(body, &mut |statement| {
        if let Statement::Try { catch, finally, .. } = statement {
            let releases = |rest: &Vec<Statement>| {
                rest.iter()
                    .all(|statement| matches!(statement, Statement::Release(_)))
            };
            found |= catch.iter().chain(finally).any(|rest| !releases(rest));
        }
    });
    found
}

/// Whether the program has the variable `told`.
pub fn is_told(body: &[Statement]) -> bool {
    let mut found = false;
    visit(body, &mut |statement| {
        found |= matches!(
            statement,
            Statement::Tell(..)
                | Statement::Set(_)
                | Statement::IfTold(_)
                | Statement::UntilTold(_)
        );
    });
    found
}

/// Calls `see` for each statement, nested ones too.
pub fn visit<'s>(body: &'s [Statement], see: &mut dyn FnMut(&'s Statement)) {
    for statement in body {
        see(statement);
        for block in blocks(statement) {
            visit(block, see);
        }
    }
}

/// The blocks of a statement.
pub fn blocks(statement: &Statement) -> Vec<&Vec<Statement>> {
    match statement {
        Statement::If(_, then, otherwise) => vec![then, otherwise],
        Statement::Loop(_, body)
        | Statement::Ask(_, _, body)
        | Statement::IfTold(body)
        | Statement::Closure(_, body)
        | Statement::Scoped(_, body)
        | Statement::Guarded(_, body)
        | Statement::IfTaken(_, body)
        | Statement::UnlessTaken(_, body)
        | Statement::Defer(body) => vec![body],
        Statement::Switch(cases) => cases.iter().collect(),
        Statement::Try {
            body,
            catch,
            finally,
        } => std::iter::once(body).chain(catch).chain(finally).collect(),
        _ => Vec::new(),
    }
}

/// The program with one statement less, for each statement that can go.
pub fn smaller(body: &[Statement]) -> Vec<Vec<Statement>> {
    let mut found = Vec::new();
    for at in 0..body.len() {
        let without = |instead: Vec<Statement>| {
            let mut rest = body.to_vec();
            rest.splice(at..=at, instead);
            rest
        };
        found.push(without(Vec::new()));
        for (index, block) in blocks(&body[at]).into_iter().enumerate() {
            for inner in smaller(block) {
                let mut changed = body[at].clone();
                replace_block(&mut changed, index, inner);
                found.push(without(vec![changed]));
            }
        }
    }
    found
}

/// Puts `block` where [`blocks`] lists the one at `index`.
fn replace_block(statement: &mut Statement, index: usize, block: Vec<Statement>) {
    let place = match statement {
        Statement::If(_, then, otherwise) => [then, otherwise].into_iter().nth(index),
        Statement::Loop(_, body)
        | Statement::Ask(_, _, body)
        | Statement::IfTold(body)
        | Statement::Closure(_, body)
        | Statement::Scoped(_, body)
        | Statement::Guarded(_, body)
        | Statement::IfTaken(_, body)
        | Statement::UnlessTaken(_, body)
        | Statement::Defer(body) => Some(body),
        Statement::Switch(cases) => cases.get_mut(index),
        Statement::Try {
            body,
            catch,
            finally,
        } => std::iter::once(body).chain(catch).chain(finally).nth(index),
        _ => None,
    };
    if let Some(place) = place {
        *place = block;
    }
}
