//! Random programs around locks: branches, loops, switches, handlers, closures, early exits, with and
//! without their release. On a path without a fault none of them releases a lock that it does not hold.

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
    /// An object holds the lock until the end of its block.
    Guarded(Taken, Vec<Statement>),
    Acquire(Taken),
    Release(Taken),
    /// Takes the lock if it is free, and does this where it was.
    IfTaken(Taken, Vec<Statement>),
    /// Takes the lock if it is free, and leaves the function where it was not.
    UnlessTaken(Taken, Value),
    /// Runs when the function is left.
    Defer(Vec<Statement>),
    /// Makes a value of what fails from here on, when the function is left.
    Recover(usize),
    Return(Value),
    Throw(usize),
    Break(Option<usize>),
    Continue(Option<usize>),
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
    /// Work can be put off until the function is left.
    pub defers: bool,
    pub try_acquire: bool,
    /// A variable of an inner block may have the name of one outside.
    pub shadows: bool,
    /// How many locks one program may take.
    pub locks: usize,
}

/// Where in a program a statement is written.
#[derive(Debug, Clone, Default)]
struct Place {
    /// The acquires whose locks are held here, the latest last.
    held: Vec<Taken>,
    /// Locks that a `finally` around this place frees.
    guarded: Vec<usize>,
    /// How many of the held ones were taken outside of the innermost loop that `break` leaves.
    outside_loop: usize,
    in_loop: bool,
    /// The label of an outer loop, and how many locks were taken outside of it.
    label: Option<(usize, usize)>,
    /// A handler would catch what fails after a release, and release again.
    in_try: bool,
    variables: Vec<usize>,
    depth: usize,
}

/// Writes programs; the same seed gives the same program.
struct Generator {
    state: u64,
    next: usize,
    features: Features,
}

/// The program with this number.
pub fn program(seed: u64, features: Features) -> Vec<Statement> {
    let mut generator = Generator {
        // Any odd number that spreads small seeds.
        state: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        next: 0,
        features,
    };
    let mut body = Vec::new();
    let mut place = Place::default();
    if features.defers && generator.chance(8) {
        body.push(Statement::Recover(generator.fresh()));
    }
    generator.free_block(&mut body, &mut place);
    let mut rest = place.clone();
    if generator.span(&mut body, &mut rest) {
        generator.free_block(&mut body, &mut rest);
    }
    body
}

/// Whether the program frees each lock that it takes, and not only in order to throw: what keeps its
/// lock unless it fails may mean to.
pub fn releases_all(body: &[Statement]) -> bool {
    let (mut taken, mut freed) = (Vec::new(), Vec::new());
    visit(body, &mut |statement| match statement {
        Statement::Acquire(one) | Statement::IfTaken(one, _) | Statement::UnlessTaken(one, _) => {
            taken.push(*one);
        }
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
        | Statement::Closure(_, body)
        | Statement::Guarded(_, body)
        | Statement::IfTaken(_, body)
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

impl Generator {
    /// A number below `bound` (xorshift).
    fn below(&mut self, bound: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state >> 33).expect("31 bits") % bound
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn fresh(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    /// Statements while nothing is held.
    fn free_block(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
        for _ in 0..self.below(3) {
            match self.below(8) {
                0 if place.depth < 2 => {
                    let mut inner = place.deeper();
                    inner.in_loop = true;
                    let label = self.label(&mut inner);
                    let mut body = Vec::new();
                    self.span(&mut body, &mut inner);
                    out.push(Statement::Loop(named(label, &body), body));
                }
                1 if place.depth < 2 => {
                    let mut body = Vec::new();
                    self.span(&mut body, &mut place.deeper());
                    let flag = self.below(FLAGS);
                    out.push(Statement::If(flag, body, Vec::new()));
                }
                _ => self.work(out, place),
            }
        }
    }

    /// A label for the loop that `inner` is the body of.
    fn label(&mut self, inner: &mut Place) -> Option<usize> {
        (self.features.labels && self.chance(30)).then(|| {
            let label = self.fresh();
            inner.label = Some((label, inner.held.len()));
            label
        })
    }

    /// One acquire with what belongs to it. Whether control comes out behind it.
    fn span(&mut self, out: &mut Vec<Statement>, place: &mut Place) -> bool {
        let lock = (0..self.features.locks).find(|lock| {
            let held = place.held.iter().any(|taken| taken.lock == *lock);
            !held && !place.guarded.contains(lock)
        });
        let Some(lock) = lock else { return true };
        let taken = Taken {
            lock,
            number: self.fresh(),
        };
        let guaranteed = self.features.finally || self.features.guards;
        if guaranteed && self.chance(12) {
            let mut inner = place.deeper();
            inner.guarded.push(lock);
            let mut body = Vec::new();
            self.held_block(&mut body, &mut inner);
            if self.features.guards {
                out.push(Statement::Guarded(taken, body));
                return true;
            }
            out.push(Statement::Acquire(taken));
            out.push(Statement::Try {
                body,
                catch: None,
                finally: Some(vec![Statement::Release(taken)]),
            });
            return true;
        }
        if self.features.defers && place.depth == 0 && self.chance(12) {
            out.push(Statement::Acquire(taken));
            out.push(Statement::Defer(vec![Statement::Release(taken)]));
            place.guarded.push(lock);
            self.held_block(out, place);
            return true;
        }
        if self.features.try_acquire && self.chance(15) {
            let mut inner = place.deeper();
            inner.held.push(taken);
            let mut body = Vec::new();
            self.held_block(&mut body, &mut inner);
            body.push(Statement::Release(taken));
            out.push(Statement::IfTaken(taken, body));
            return true;
        }
        if self.features.try_acquire && place.held.is_empty() && self.chance(15) {
            let value = Value::Constant(self.fresh());
            out.push(Statement::UnlessTaken(taken, value));
        } else {
            out.push(Statement::Acquire(taken));
        }
        place.held.push(taken);
        self.held_block(out, place);
        let falls = self.end_of_span(out, place, taken);
        place.held.pop();
        falls
    }

    /// The last release of a span, in one of the places where people write it.
    fn end_of_span(&mut self, out: &mut Vec<Statement>, place: &Place, taken: Taken) -> bool {
        match self.below(10) {
            0 => {
                let mut branches = [Vec::new(), Vec::new()];
                for branch in &mut branches {
                    self.held_block(branch, &mut place.deeper());
                    branch.push(Statement::Release(taken));
                }
                let [first, second] = branches;
                let flag = self.below(FLAGS);
                out.push(Statement::If(flag, first, second));
                true
            }
            1 if place.held.len() == 1 => {
                self.exit(out, place);
                false
            }
            _ => {
                out.push(Statement::Release(taken));
                true
            }
        }
    }

    /// Statements that leave the locks held, with exits among them.
    fn held_block(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
        for _ in 0..=self.below(3) {
            match self.below(12) {
                0..=2 if place.depth < 3 => {
                    let mut branch = Vec::new();
                    let mut inner = place.deeper();
                    if self.chance(50) {
                        self.held_block(&mut branch, &mut inner);
                    }
                    self.exit(&mut branch, &inner);
                    let flag = self.below(FLAGS);
                    out.push(Statement::If(flag, branch, Vec::new()));
                }
                3 if place.depth < 3 => self.inner_loop(out, place),
                4 if place.depth < 3 && self.features.handlers => self.attempt(out, place),
                5 if place.depth < 3 && self.features.switch => {
                    let mut cases = Vec::new();
                    for way in 0..WAYS {
                        let mut case = Vec::new();
                        let mut inner = place.deeper();
                        // There `break` would mean the switch.
                        (inner.in_loop, inner.label) = (false, None);
                        self.work(&mut case, &mut inner);
                        if way > 0 && self.chance(40) {
                            self.exit(&mut case, &inner);
                        }
                        cases.push(case);
                    }
                    out.push(Statement::Switch(cases));
                }
                6 if place.depth < 3 && self.features.closures => {
                    let mut body = Vec::new();
                    let mut inner = Place {
                        depth: place.depth + 1,
                        ..Place::default()
                    };
                    self.work(&mut body, &mut inner);
                    let value = Value::Constant(self.fresh());
                    let flag = self.below(FLAGS);
                    body.push(Statement::If(
                        flag,
                        vec![Statement::Return(value)],
                        Vec::new(),
                    ));
                    self.work(&mut body, &mut inner);
                    body.push(Statement::Return(Value::Constant(self.fresh())));
                    let number = self.fresh();
                    out.push(Statement::Closure(number, body));
                }
                7 if place.depth < 2 && place.held.len() < self.features.locks => {
                    let mut inner = place.clone();
                    inner.depth += 1;
                    self.span(out, &mut inner);
                    place.variables = inner.variables;
                }
                _ => self.work(out, place),
            }
        }
    }

    /// A loop inside of the span: its `break` and `continue` leave the locks held.
    fn inner_loop(&mut self, out: &mut Vec<Statement>, place: &Place) {
        let mut body = Vec::new();
        let mut inner = place.deeper();
        inner.in_loop = false;
        inner.outside_loop = inner.held.len();
        self.held_block(&mut body, &mut inner);
        if self.chance(30) {
            let flag = self.below(FLAGS);
            let jump = if self.chance(50) {
                Statement::Break(None)
            } else {
                Statement::Continue(None)
            };
            body.push(Statement::If(flag, vec![jump], Vec::new()));
            self.work(&mut body, &mut inner);
        }
        out.push(Statement::Loop(None, body));
    }

    fn attempt(&mut self, out: &mut Vec<Statement>, place: &Place) {
        let mut body = Vec::new();
        let mut inner = place.deeper();
        inner.in_try = true;
        self.held_block(&mut body, &mut inner);
        let which = self.below(10);
        let catch = (which >= 4 || !self.features.finally).then(|| {
            let mut rest = Vec::new();
            self.work(&mut rest, &mut place.deeper());
            if self.chance(60) {
                self.exit(&mut rest, &place.deeper());
            }
            rest
        });
        let finally = (which < 5 && self.features.finally).then(|| {
            let mut rest = Vec::new();
            self.work(&mut rest, &mut place.deeper());
            rest
        });
        out.push(Statement::Try {
            body,
            catch,
            finally,
        });
    }

    /// Leaves: the function, or the turn of a loop around the latest span; mostly after a release.
    fn exit(&mut self, out: &mut Vec<Statement>, place: &Place) {
        let kind = self.below(8);
        let stays = match kind {
            1 | 2 if place.in_loop => place.outside_loop,
            3 => place.label.map_or(0, |(_, outside)| outside),
            _ => 0,
        };
        let frees = self.chance(65);
        if frees {
            for taken in place.held[stays.min(place.held.len())..].iter().rev() {
                out.push(Statement::Release(*taken));
            }
            if !place.in_try && self.chance(30) {
                out.push(Statement::Step(self.fresh()));
            }
        }
        let must_not_fail = place.in_try && frees;
        let exit = match kind {
            0 | 5 if must_not_fail => Statement::Return(Value::Constant(self.fresh())),
            0 if self.features.throws => Statement::Throw(self.fresh()),
            1 if place.in_loop => Statement::Break(None),
            2 if place.in_loop => Statement::Continue(None),
            3 if place.label.is_some() => {
                let label = place.label.map(|(label, _)| label);
                if self.chance(50) {
                    Statement::Break(label)
                } else {
                    Statement::Continue(label)
                }
            }
            5 => Statement::Return(Value::Computed(self.fresh())),
            6 if !place.variables.is_empty() => {
                let at = self.below(place.variables.len());
                Statement::Return(Value::Variable(place.variables[at]))
            }
            _ => Statement::Return(Value::Constant(self.fresh())),
        };
        out.push(exit);
    }

    /// One statement of work, with a comment now and then.
    fn work(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
        if self.chance(15) {
            out.push(Statement::Comment(self.fresh()));
        }
        if self.features.defers && self.chance(4) {
            let steps = 1 + self.below(2);
            let body = (0..steps).map(|_| Statement::Step(self.fresh()));
            out.push(Statement::Defer(body.collect()));
        }
        let statement = match self.below(4) {
            0 => {
                let variable = self.fresh();
                place.variables.push(variable);
                Statement::Declare(variable)
            }
            1 if !place.variables.is_empty() => {
                let at = self.below(place.variables.len());
                Statement::Use(place.variables[at])
            }
            _ => Statement::Step(self.fresh()),
        };
        out.push(statement);
    }
}

/// The label, where something in the body names it: compilers mind one that nothing does.
fn named(label: Option<usize>, body: &[Statement]) -> Option<usize> {
    let mut used = false;
    visit(body, &mut |statement| {
        if let Statement::Break(to) | Statement::Continue(to) = statement {
            used |= to.is_some() && *to == label;
        }
    });
    label.filter(|_| used)
}

impl Place {
    fn deeper(&self) -> Place {
        let mut inner = self.clone();
        inner.depth += 1;
        inner
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
        | Statement::Closure(_, body)
        | Statement::Guarded(_, body)
        | Statement::IfTaken(_, body)
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
