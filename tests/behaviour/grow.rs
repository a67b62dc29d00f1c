//! Writes random programs: branches, loops, switches, handlers, closures, early exits, with and without their
//! release. On a path without a fault none of them releases a lock that it does not hold.

use crate::programs::{FLAGS, Features, Statement, Taken, Value, WAYS, visit};

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
    in_switch: bool,
    /// The label of an outer loop, and how many locks were taken outside of it.
    label: Option<(usize, usize)>,
    /// Acquires that stand under a flag, and their flag.
    under: Vec<(usize, usize)>,
    /// The acquire whose last release has a label.
    label_of: Option<Taken>,
    /// A handler would catch what fails after a release, and release again.
    in_try: bool,
    in_closure: bool,
    variables: Vec<usize>,
    depth: usize,
}

/// Writes programs; the same seed gives the same program.
struct Generator {
    state: u64,
    next: usize,
    features: Features,
    /// Other code changes a variable that the program asks.
    told: bool,
}

/// The program with this number.
pub fn program(seed: u64, features: Features) -> Vec<Statement> {
    let mut generator = Generator {
        // Any odd number that spreads small seeds.
        state: (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        next: 0,
        features,
        told: seed % 4 == 3,
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

    /// Whether, by this chance, something is to be about `told`. What a closure assigns may be its own.
    fn tells(&mut self, place: &Place, percent: usize) -> bool {
        self.told && !place.in_closure && self.chance(percent)
    }

    fn fresh(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    /// Statements while nothing is held.
    fn free_block(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
        for _ in 0..self.below(3) {
            match self.below(9) {
                2 if place.depth < 2 && self.features.handlers => self.free_attempt(out, place),
                0 if place.depth < 2 => {
                    let mut inner = place.deeper();
                    (inner.in_loop, inner.in_switch) = (true, false);
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
        let Some(taken) = self.free_lock(place) else {
            return true;
        };
        let lock = taken.lock;
        let guaranteed = self.features.finally || self.features.guards;
        if guaranteed && self.chance(12) {
            let mut inner = place.deeper();
            inner.guarded.push(lock);
            let mut body = Vec::new();
            self.held_block(&mut body, &mut inner);
            if self.features.guards && (!self.features.finally || self.chance(50)) {
                out.push(Statement::Guarded(taken, body));
                return true;
            }
            // What each needs to know of the acquire, no block may hide.
            if self.features.retakes && self.chance(20) {
                body.insert(0, Statement::Acquire(taken));
            } else {
                out.push(Statement::Acquire(taken));
                if self.chance(25) {
                    out.push(Statement::Step(self.fresh()));
                }
            }
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
        let alone = place.held.is_empty();
        if self.features.try_acquire && alone && self.chance(15) {
            let leave = self.leave_without(place);
            out.push(Statement::UnlessTaken(taken, vec![leave]));
        } else if self.features.try_acquire && self.chance(5) {
            out.push(Statement::OnceTaken(taken));
        } else if self.features.retakes && self.chance(4) {
            let flag = self.below(FLAGS);
            place.under.push((taken.number, flag));
            out.push(Statement::If(
                flag,
                vec![Statement::Acquire(taken)],
                Vec::new(),
            ));
        } else {
            out.push(Statement::Acquire(taken));
        }
        if self.features.gotos && alone && place.depth == 0 && self.chance(60) {
            place.label_of = Some(taken);
        }
        let outside = place.variables.len();
        place.held.push(taken);
        self.held_block(out, place);
        let last = self.hand_over(out, place, taken);
        let falls = self.end_of_span(out, place, last);
        place.held.pop();
        if place.label_of == Some(taken) {
            place.label_of = None;
            // Jumps pass over what the span declares.
            place.variables.truncate(outside);
        }
        falls
    }

    /// A lock that nothing around holds.
    fn free_lock(&mut self, place: &Place) -> Option<Taken> {
        let lock = (0..self.features.locks).find(|lock| {
            let held = place.held.iter().any(|taken| taken.lock == *lock);
            !held && !place.guarded.contains(lock)
        })?;
        let number = self.fresh();
        Some(Taken { lock, number })
    }

    /// Now and then, hand over hand: another lock is taken before the first is freed. What is held then.
    fn hand_over(&mut self, out: &mut Vec<Statement>, place: &mut Place, taken: Taken) -> Taken {
        if place.label_of.is_some() || !self.chance(6) {
            return taken;
        }
        let Some(next) = self.free_lock(place) else {
            return taken;
        };
        out.push(Statement::Acquire(next));
        place.held.push(next);
        self.held_block(out, place);
        free(out, place, taken);
        place.held.retain(|held| *held != taken);
        self.held_block(out, place);
        next
    }

    /// How control leaves where nothing is held.
    fn leave_without(&mut self, place: &Place) -> Statement {
        match self.below(4) {
            0 if self.features.throws => Statement::Throw(self.fresh()),
            1 if place.in_loop && place.outside_loop == 0 => Statement::Continue(None),
            _ => Statement::Return(Value::Constant(self.fresh())),
        }
    }

    /// The last release of a span, in one of the places where people write it.
    fn end_of_span(&mut self, out: &mut Vec<Statement>, place: &Place, taken: Taken) -> bool {
        match self.below(10) {
            _ if place.label_of == Some(taken) => {
                let mut used = false;
                visit(out, &mut |statement| {
                    used |= *statement == Statement::Goto(taken.number);
                });
                if used {
                    out.push(Statement::Label(taken.number));
                }
                free(out, place, taken);
                true
            }
            0 => {
                let mut branches = [Vec::new(), Vec::new()];
                for branch in &mut branches {
                    self.held_block(branch, &mut place.deeper());
                    free(branch, place, taken);
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
                free(out, place, taken);
                true
            }
        }
    }

    /// Statements that leave the locks held, with exits among them.
    fn held_block(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
        for _ in 0..=self.below(3) {
            match self.below(15) {
                0..=2 if place.depth < 3 => {
                    let mut branch = Vec::new();
                    let mut inner = place.deeper();
                    if self.chance(50) {
                        self.held_block(&mut branch, &mut inner);
                    }
                    self.exit(&mut branch, &inner);
                    let flag = self.below(FLAGS);
                    out.push(if self.tells(place, 40) {
                        Statement::IfTold(branch)
                    } else if self.chance(20) {
                        Statement::Ask(self.fresh(), flag, branch)
                    } else {
                        Statement::If(flag, branch, Vec::new())
                    });
                }
                8 if self.features.retakes && !place.in_try => self.let_go(out, place),
                9 if place.depth < 3 && self.features.scopes => {
                    let mut body = Vec::new();
                    let mut inner = place.deeper();
                    self.held_block(&mut body, &mut inner);
                    if self.chance(30) {
                        let mut leave = Vec::new();
                        self.exit(&mut leave, &inner);
                        let flag = self.below(FLAGS);
                        body.push(Statement::If(flag, leave, Vec::new()));
                    }
                    out.push(Statement::Scoped(self.fresh(), body));
                }
                3 if place.depth < 3 => self.inner_loop(out, place),
                4 if place.depth < 3 && self.features.handlers => self.attempt(out, place),
                5 if place.depth < 3 && self.features.switch => {
                    let cases = self.cases(place);
                    out.push(Statement::Switch(cases));
                }
                6 if place.depth < 3 && self.features.closures => {
                    let body = self.closure(place);
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

    /// The cases of a switch.
    fn cases(&mut self, place: &Place) -> Vec<Vec<Statement>> {
        let mut cases = Vec::new();
        for way in 0..WAYS {
            let mut case = Vec::new();
            let mut inner = place.deeper();
            // There `break` may mean the switch.
            inner.in_switch = true;
            if !self.features.continues_in_switch {
                (inner.in_loop, inner.label) = (false, None);
            }
            self.work(&mut case, &mut inner);
            if self.features.falls_through && self.chance(15) {
                let flag = self.below(FLAGS);
                let leave = vec![Statement::Break(None)];
                case.push(Statement::If(flag, leave, Vec::new()));
                self.work(&mut case, &mut inner);
            }
            if way > 0 && self.chance(40) {
                self.exit(&mut case, &inner);
            } else if self.features.falls_through && way + 1 < WAYS && self.chance(25) {
                case.push(Statement::FallThrough);
            }
            cases.push(case);
        }
        cases
    }

    /// What a closure does, now and then with a lock of its own.
    fn closure(&mut self, place: &Place) -> Vec<Statement> {
        let mut body = Vec::new();
        let mut inner = Place {
            depth: place.depth + 1,
            in_closure: true,
            ..Place::default()
        };
        inner.guarded.clone_from(&place.guarded);
        inner
            .guarded
            .extend(place.held.iter().map(|taken| taken.lock));
        if self.features.captures {
            inner.variables.clone_from(&place.variables);
        }
        if inner.depth < 2 && self.chance(25) && !self.span(&mut body, &mut inner) {
            return body;
        }
        self.work(&mut body, &mut inner);
        let leave = vec![Statement::Return(Value::Constant(self.fresh()))];
        let flag = self.below(FLAGS);
        body.push(Statement::If(flag, leave, Vec::new()));
        self.work(&mut body, &mut inner);
        body.push(Statement::Return(Value::Constant(self.fresh())));
        body
    }

    /// Lets go of the latest lock for a while.
    fn let_go(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
        let under = |taken: &Taken| {
            place
                .under
                .iter()
                .any(|(number, _)| *number == taken.number)
        };
        let Some(taken) = place.held.last().copied().filter(|taken| !under(taken)) else {
            return self.work(out, place);
        };
        out.push(Statement::Release(taken));
        self.work(out, place);
        out.push(Statement::Acquire(taken));
    }

    /// A `try` around a span.
    fn free_attempt(&mut self, out: &mut Vec<Statement>, place: &mut Place) {
        let mut body = Vec::new();
        self.span(&mut body, &mut place.deeper());
        let finally = (self.features.finally && self.chance(40)).then(|| {
            let mut rest = Vec::new();
            self.work(&mut rest, &mut place.deeper());
            rest
        });
        let catch = (finally.is_none() || self.chance(50)).then(|| {
            let mut rest = Vec::new();
            self.work(&mut rest, &mut place.deeper());
            if self.chance(50) {
                rest.push(self.leave_without(place));
            }
            rest
        });
        out.push(Statement::Try {
            body,
            catch,
            finally,
        });
    }

    /// A loop inside of the span: its `break` and `continue` leave the locks held.
    fn inner_loop(&mut self, out: &mut Vec<Statement>, place: &Place) {
        let mut body = Vec::new();
        let mut inner = place.deeper();
        (inner.in_loop, inner.in_switch) = (false, false);
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
        if let Some(to) = place.label_of.filter(|_| self.chance(35)) {
            for taken in place.held.iter().rev().filter(|taken| **taken != to) {
                free(out, place, *taken);
            }
            out.push(Statement::Goto(to.number));
            return;
        }
        let kind = self.below(8);
        let stays = match kind {
            1 if place.in_loop && !place.in_switch => place.outside_loop,
            2 if place.in_loop => place.outside_loop,
            3 => place.label.map_or(0, |(_, outside)| outside),
            _ => 0,
        };
        let frees = self.chance(65);
        if frees {
            for taken in place.held[stays.min(place.held.len())..].iter().rev() {
                free(out, place, *taken);
            }
            if !place.in_try && self.chance(30) {
                out.push(Statement::Step(self.fresh()));
            }
        }
        let must_not_fail = place.in_try && frees;
        let exit = match kind {
            0 | 5 if must_not_fail => Statement::Return(Value::Constant(self.fresh())),
            0 if self.features.throws => Statement::Throw(self.fresh()),
            1 if place.in_loop && !place.in_switch => Statement::Break(None),
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
        if self.tells(place, 15) {
            out.push(match self.below(4) {
                0 => Statement::UntilTold(self.fresh()),
                1 => Statement::Set(self.chance(50)),
                _ => Statement::Tell(self.fresh(), self.below(FLAGS)),
            });
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

/// Frees a lock, under its condition where it was taken under one.
fn free(out: &mut Vec<Statement>, place: &Place, taken: Taken) {
    let release = Statement::Release(taken);
    let under = place
        .under
        .iter()
        .find(|(number, _)| *number == taken.number);
    out.push(match under {
        Some((_, flag)) => Statement::If(*flag, vec![release], Vec::new()),
        None => release,
    });
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
