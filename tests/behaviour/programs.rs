//! Random programs around one lock: branches, loops, handlers, early exits, with and without their
//! release. On a path without a fault none of them releases a lock that it does not hold.

/// A statement of a program, in no language yet.
#[derive(Debug, Clone)]
pub enum Statement {
    /// Work that can fail.
    Step(usize),
    /// A variable from work that can fail.
    Declare(usize),
    /// Work on a variable.
    Use(usize),
    /// Under the flag with this number.
    If(usize, Vec<Statement>, Vec<Statement>),
    /// Runs its body twice.
    Loop(Vec<Statement>),
    Try(Vec<Statement>, Handling),
    /// Takes the lock; the number tells this acquire from the others.
    Acquire(usize),
    Release(usize),
    Return(Value),
    Throw(usize),
    Break,
    Continue,
}

/// What follows the body of a `try`.
#[derive(Debug, Clone)]
pub enum Handling {
    Catch(Vec<Statement>),
    Finally(Vec<Statement>),
}

/// What a program returns.
#[derive(Debug, Clone)]
pub enum Value {
    Constant(usize),
    Variable(usize),
    /// The result of work that can fail.
    Computed(usize),
}

/// How many flags the programs ask.
pub const FLAGS: usize = 4;

/// Where in a program a statement is written.
#[derive(Debug, Clone, Default)]
struct Place {
    /// The acquire whose lock is held here.
    held: Option<usize>,
    in_loop: bool,
    /// A handler would catch what fails after a release, and release again.
    in_try: bool,
    variables: Vec<usize>,
    depth: usize,
}

/// Writes programs; the same seed gives the same program.
pub struct Generator {
    state: u64,
    next: usize,
}

/// The program with this number.
pub fn program(seed: u64) -> Vec<Statement> {
    let mut generator = Generator {
        // Any odd number that spreads small seeds.
        state: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        next: 0,
    };
    let mut body = Vec::new();
    let mut place = Place::default();
    generator.free_block(&mut body, &mut place);
    let mut rest = place.clone();
    if generator.span(&mut body, &mut rest) {
        generator.free_block(&mut body, &mut rest);
    }
    body
}

/// Whether the program frees its lock anywhere. One that never does may mean to keep it.
pub fn releases(body: &[Statement]) -> bool {
    body.iter().any(|statement| match statement {
        Statement::Release(_) => true,
        Statement::If(_, then, otherwise) => releases(then) || releases(otherwise),
        Statement::Loop(body) => releases(body),
        Statement::Try(body, Handling::Catch(rest) | Handling::Finally(rest)) => {
            releases(body) || releases(rest)
        }
        _ => false,
    })
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
                    let mut body = Vec::new();
                    self.span(&mut body, &mut inner);
                    out.push(Statement::Loop(body));
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

    /// One acquire with what belongs to it. Whether control comes out behind it.
    fn span(&mut self, out: &mut Vec<Statement>, place: &mut Place) -> bool {
        let acquire = self.fresh();
        out.push(Statement::Acquire(acquire));
        place.held = Some(acquire);
        self.held_block(out, place);
        let falls = self.end_of_span(out, place, acquire);
        place.held = None;
        falls
    }

    /// The last release of a span, in one of the places where people write it.
    fn end_of_span(&mut self, out: &mut Vec<Statement>, place: &Place, acquire: usize) -> bool {
        match self.below(10) {
            0 => {
                let mut branches = [Vec::new(), Vec::new()];
                for branch in &mut branches {
                    self.held_block(branch, &mut place.deeper());
                    branch.push(Statement::Release(acquire));
                }
                let [first, second] = branches;
                let flag = self.below(FLAGS);
                out.push(Statement::If(flag, first, second));
                true
            }
            1 => {
                self.exit(out, place);
                false
            }
            _ => {
                out.push(Statement::Release(acquire));
                true
            }
        }
    }

    /// Statements that leave the lock held, with exits among them.
    fn held_block(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
        for _ in 0..=self.below(3) {
            match self.below(9) {
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
                3 if place.depth < 3 => {
                    let mut body = Vec::new();
                    let mut inner = place.deeper();
                    // Its `break` and `continue` stay inside the span.
                    inner.in_loop = false;
                    self.held_block(&mut body, &mut inner);
                    if self.chance(30) {
                        let flag = self.below(FLAGS);
                        let jump = if self.chance(50) {
                            Statement::Break
                        } else {
                            Statement::Continue
                        };
                        body.push(Statement::If(flag, vec![jump], Vec::new()));
                        self.work(&mut body, &mut inner);
                    }
                    out.push(Statement::Loop(body));
                }
                4 if place.depth < 3 => self.attempt(out, place),
                _ => self.work(out, place),
            }
        }
    }

    fn attempt(&mut self, out: &mut Vec<Statement>, place: &Place) {
        let mut body = Vec::new();
        let mut inner = place.deeper();
        inner.in_try = true;
        self.held_block(&mut body, &mut inner);
        let mut rest = Vec::new();
        self.work(&mut rest, &mut place.deeper());
        let handling = if self.chance(40) {
            Handling::Finally(rest)
        } else {
            if self.chance(60) {
                self.exit(&mut rest, &place.deeper());
            }
            Handling::Catch(rest)
        };
        out.push(Statement::Try(body, handling));
    }

    /// Leaves: the function, or the turn of the loop around the span; mostly after a release.
    fn exit(&mut self, out: &mut Vec<Statement>, place: &Place) {
        let released = place.held.filter(|_| self.chance(65));
        if let Some(acquire) = released {
            out.push(Statement::Release(acquire));
            if !place.in_try && self.chance(30) {
                out.push(Statement::Step(self.fresh()));
            }
        }
        let must_not_fail = place.in_try && released.is_some();
        let exit = match self.below(6) {
            0 | 3 if must_not_fail => Statement::Return(Value::Constant(self.fresh())),
            0 => Statement::Throw(self.fresh()),
            1 if place.in_loop => Statement::Break,
            2 if place.in_loop => Statement::Continue,
            3 => Statement::Return(Value::Computed(self.fresh())),
            4 if !place.variables.is_empty() => {
                let at = self.below(place.variables.len());
                Statement::Return(Value::Variable(place.variables[at]))
            }
            _ => Statement::Return(Value::Constant(self.fresh())),
        };
        out.push(exit);
    }

    /// One statement of work.
    fn work(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
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

impl Place {
    fn deeper(&self) -> Place {
        let mut inner = self.clone();
        inner.depth += 1;
        inner
    }
}
