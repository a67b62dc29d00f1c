//! From paths to findings. No language here: everything is said in acquires, releases and exits.

mod callee;
mod deliberate;
pub mod explore;
mod handed_out;
mod handles;
mod intent;
mod known;
mod lent;
mod places;
mod purpose;
mod words;

use crate::finding::{Finding, Form, Leak, LeakKind, Rule, Severity};
use crate::flow::graph::Graph;
use crate::flow::{Body, Cond, EventKind, KeyId, SiteId, SiteKind, Stmt, StmtKind, Test};
use crate::lower::File;
use crate::source::{Location, Span};
use crate::tree::Node;
use callee::callee;
use deliberate::{drains, expects_failure, is_of_another, is_own, returns_it, said_at};
use explore::{Paths, explore};
pub use intent::same_lock;
pub use known::Known;
use known::Question;
pub use lent::Lent;
pub use places::frees;
use places::{
    acquired_in_own_try, asked_in_finally, in_releasing_finally, leaves_in_handler,
    left_to_the_end, outermost, same_statement, taken_under,
};
use std::collections::HashSet;

/// Forms that make correct code neater.
pub const NEATER: [Form; 6] = [
    Form::With,
    Form::Defer,
    Form::RunExclusive,
    Form::LockGuard,
    Form::KernelGuard,
    Form::Cleanup,
];

/// A finding together with the acquire that it is about.
#[derive(Debug, Clone)]
pub struct Found {
    pub site: SiteId,
    /// The releases in the text that free what this acquire takes, in order of the text.
    pub releases: Vec<SiteId>,
    pub finding: Finding,
}

/// What comes of judging a body.
#[derive(Debug)]
pub struct Judgement {
    pub found: Vec<Found>,
    /// No path leaves with a lock or frees one that it does not hold, whatever the rest of the file says.
    pub spotless: bool,
}

/// The function could not be judged; the sentence says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJudged(pub &'static str);

/// What is known of a body before it is judged.
pub struct Judged<'a> {
    pub body: &'a Body,
    pub file: &'a File<'a>,
    /// Names of locks that some function of the file releases, by a call or by a construct.
    pub released_in_file: &'a dyn Fn() -> HashSet<String>,
    /// Who is given locks of the file; filled when it is asked.
    pub lent: &'a Lent<'a>,
    /// What functions of the file free without having taken it.
    pub freed_elsewhere: &'a [Freed],
    /// All functions of the file that take locks.
    pub bodies: &'a [Body],
    /// What was found out of the body so far.
    pub known: Known<'a>,
}

/// A lock that a function frees without having taken it before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freed {
    pub lock: String,
    /// The type of the object that the lock is a part of, where that is known.
    pub owner: Option<String>,
    /// The function that frees it.
    pub function: Span,
    pub name: String,
    /// Functions that call it and do not take the lock either.
    pub callers: Callers,
    /// The function around that function, if there is one.
    pub scope: Option<Span>,
    /// It takes the lock as well, but later: what it frees first is its caller's.
    pub takes_later: bool,
}

/// The functions that call one, by way of others, too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Callers {
    pub known: HashSet<String>,
    /// Those that may, as far as the text of bodies tells that were left out.
    pub perhaps: HashSet<String>,
    /// What these would be known by: the names that were looked for.
    pub asked: Vec<String>,
}

impl Callers {
    /// Whether the function is one of them; asks for bodies where that depends on them.
    pub fn have(&self, name: &str, file: &File<'_>) -> bool {
        if self.perhaps.contains(name) {
            self.asked
                .iter()
                .for_each(|name| file.hidden.ask_call(name));
        }
        self.known.contains(name)
    }
}

/// Everything that is wrong with the locks of a body.
///
/// # Errors
/// [`NotJudged`] when its control flow is not understood or it is too large.
pub fn judge(at: &Judged<'_>) -> Result<Judgement, NotJudged> {
    if let Some(reason) = at.body.opaque {
        return Err(NotJudged(reason));
    }
    let graph = Graph::new(at.body).map_err(|_| NotJudged("its control flow is not understood"))?;
    let paths =
        explore(at.body, &graph).map_err(|_| NotJudged("it has too many paths to follow"))?;
    if freed_behind_its_back(at.body, &paths) {
        return Err(NotJudged("a lock that a guard holds is freed by hand"));
    }
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for (site, acquired) in at.body.sites.iter().enumerate() {
        let Some(acquire) = acquired.acquire() else {
            continue;
        };
        let never = !paths.reached.contains(&site);
        if acquire.implied || never || at.body.handed_over.contains(&acquired.key) {
            continue;
        }
        if let Some((rule, leaks)) = at.rule_of(site, &paths) {
            // One release too many is one finding, whichever acquire was in front of it.
            if rule == Rule::DoubleRelease && seen.contains(&acquired.key) {
                continue;
            }
            if rule == Rule::DoubleRelease {
                seen.push(acquired.key);
            }
            let releases = at.written_releases(site, &paths);
            found.push(Found {
                site,
                finding: at.finding(site, rule, leaks, &releases),
                releases,
            });
        }
    }
    found.sort_by_key(|found| found.finding.acquire);
    let spotless = paths.leaks.is_empty() && paths.unheld.is_empty() && paths.again.is_empty();
    Ok(Judgement { found, spotless })
}

/// Whether a release by hand frees what an object holds that goes on to believe that it holds it.
fn freed_behind_its_back(body: &Body, paths: &Paths) -> bool {
    let owned = |site: &SiteId| {
        body.sites[*site]
            .acquire()
            .is_some_and(|acquire| acquire.owned)
    };
    paths.ends.iter().any(|(release, freed)| {
        body.sites[*release].is_written_release() && freed.iter().any(owned)
    })
}

impl Judged<'_> {
    /// What is wrong with the lock that is taken at `site`, if anything.
    fn rule_of(&self, site: SiteId, paths: &Paths) -> Option<(Rule, Vec<(Span, LeakKind)>)> {
        let key = self.body.sites[site].key;
        let entry = &self.file.catalog.entries[self.body.keys[key].entry];
        let is_of_others = || {
            returns_it(&self.body.root.stmts, &self.body.keys[key].text)
                || self.freed_by_sibling(key)
                || self.freed_by_callee(key)
        };
        let around = self.known.around(self.body);
        let known = &self.known;
        if known.of_key(key, Question::OfOthers, is_of_others)
            || self.is_handed_out(site, paths)
            || (entry.lock.handle && !handles::is_own(self, site))
        {
            return None;
        }
        if self.was_held_before(site, paths)
            || drains(self.body, around, site)
            || known.of_key(key, Question::Signal, || self.is_taken_as_signal(key))
            || handed_out::in_turn(self.body, around, site)
        {
            return None;
        }
        if !self.is_released(site) {
            // Without an exit that leaves with it, the process ends in between.
            let leaves = paths.leaks.contains_key(&site);
            return (leaves && self.never_released(site))
                .then(|| (Rule::NeverReleased, Vec::new()));
        }
        let is_asked_for =
            || asked_in_finally(&self.body.root, &|stmts| frees(self.body, stmts, key));
        if known.of_key(key, Question::AskedFor, is_asked_for) {
            return None;
        }
        let leaks: Vec<(Span, LeakKind)> = paths
            .leaks
            .get(&site)
            .into_iter()
            .flatten()
            .map(|(span, kind)| (*span, *kind))
            .filter(|(span, kind)| match kind {
                LeakKind::Exception => {
                    !in_releasing_finally(self.body, *span, key)
                        && !same_statement(self.body, around, *span, site)
                        && !self.is_sure_acquire(*span)
                }
                _ => true,
            })
            .collect();
        let returns = || {
            leaks
                .iter()
                .filter(|(_, kind)| matches!(kind, LeakKind::Return | LeakKind::EndOfBody))
        };
        let kept = returns().next().is_some();
        if entry.lock.handle && handles::is_given_away(self, key, &leaks) {
            return None;
        }
        if kept && self.releases_on_request(site, paths) {
            return None;
        }
        let explicit: Vec<(Span, LeakKind)> = leaks
            .iter()
            .copied()
            .filter(|(_, kind)| *kind != LeakKind::Exception)
            .collect();
        // Where functions hand out locks, `is_handed_out` has told that apart. A release behind
        // conditions that are never true together was to run.
        let always = !paths.released.contains(&key)
            && !self.file.grammar.hands_out_locks()
            && self.all_reached(key, paths)
            // Who is to get the lock gets it where all goes well.
            && returns().any(|(exit, _)| {
                let acquire = self.body.sites[site].span;
                !leaves_in_handler(&self.body.root, *exit, acquire)
            });
        let said = || explicit.iter().any(|(exit, _)| said_at(self.file, *exit));
        let on_purpose = kept && (always || self.is_permit(key) || said());
        if !leaks.is_empty() && !on_purpose && !intent::returns_locked(self.body) {
            return Some(if explicit.is_empty() {
                (Rule::LeakOnException, leaks)
            } else {
                (Rule::LeakOnExit, explicit)
            });
        }
        // Who releases by ticket has none where the acquire failed.
        let harmful = entry.again_mistaken(false)
            || self.body.sites[site]
                .acquire()
                .is_some_and(|acquire| acquire.ticket.is_some());
        if paths.unheld.contains_key(&key) && harmful && acquired_in_own_try(self.body, site) {
            return Some((Rule::AcquireInsideTry, Vec::new()));
        }
        // Whether it was taken at all, something else decided.
        let unseen =
            self.body.sites.iter().any(|site| {
                site.key == key && site.acquire().is_some_and(|acquire| acquire.unseen)
            });
        // Let go of for a while under a deferred release: only what fails in between leaves without the lock, and
        // nobody could write it otherwise.
        let for_a_while =
            |release: &SiteId| paths.retaken.contains(&key) && left_to_the_end(self.body, *release);
        // What a construct does at its end is no release that somebody wrote twice.
        let written = |release: &SiteId| self.body.sites[*release].is_written_release();
        let again: Vec<SiteId> = paths
            .again
            .get(&key)
            .into_iter()
            .flatten()
            .copied()
            .filter(|release| !unseen && written(release) && !for_a_while(release))
            .collect();
        if again.is_empty() {
            let by_hand = leaks.is_empty()
                && paths.released.contains(&key)
                && NEATER.iter().any(|form| entry.has_form(*form))
                && self
                    .written_releases(site, paths)
                    .iter()
                    .any(|release| !left_to_the_end(self.body, *release));
            return by_hand.then(|| (Rule::ManualRelease, Vec::new()));
        }
        let unexpected: Vec<SiteId> = again
            .iter()
            .copied()
            .filter(|release| !expects_failure(self.body, *release))
            .collect();
        let harmful = unexpected.iter().any(|release| {
            let by_ticket = matches!(
                self.body.sites[*release].what,
                SiteKind::Release {
                    ticket: Some(_),
                    ..
                }
            );
            entry.again_mistaken(by_ticket)
        });
        (harmful && leaks.is_empty()).then(|| {
            let places = unexpected
                .iter()
                .map(|release| (self.body.sites[*release].span, LeakKind::EndOfBody))
                .collect();
            (Rule::DoubleRelease, places)
        })
    }

    /// Whether a release in front of the acquire finds the lock held by the caller: the function
    /// lets go of it for a while.
    fn was_held_before(&self, site: SiteId, paths: &Paths) -> bool {
        let acquired = &self.body.sites[site];
        // A `finally` finds it free where the acquire in its own `try` has failed.
        let after_failure = |release: Span| {
            self.body.sites.iter().enumerate().any(|(id, other)| {
                other.key == acquired.key
                    && other.acquire().is_some()
                    && other.span.end <= release.start
                    && acquired_in_own_try(self.body, id)
            })
        };
        let releases = paths.unheld.get(&acquired.key).into_iter().flatten();
        releases
            .map(|release| self.body.sites[*release].span)
            .any(|release| release.end <= acquired.span.start && !after_failure(release))
    }

    /// Whether the lock is taken again while somebody else has it: whoever was given it wakes this
    /// function by a release.
    fn is_taken_as_signal(&self, key: KeyId) -> bool {
        let body = self.body;
        let acquires: Vec<_> = body
            .sites
            .iter()
            .filter(|site| site.key == key)
            .filter_map(|site| site.acquire())
            .collect();
        // What a construct holds, a stack of contexts say, is given to that construct only.
        acquires.len() > 1
            && !acquires.iter().any(|acquire| acquire.implied)
            && self
                .file
                .root
                .descendant_for_byte_range(body.span.start, body.span.end)
                .is_some_and(|function| {
                    self.lent.is_lent(self.file, function, &body.keys[key].text)
                })
    }

    /// Whether a plain variable alone says if the lock is to be released: then it is meant to be
    /// kept otherwise.
    fn releases_on_request(&self, site: SiteId, paths: &Paths) -> bool {
        let acquired = &self.body.sites[site];
        let acquire = acquired.acquire();
        let asked_of_acquire = |var: &str| {
            acquire.is_some_and(|acquire| {
                acquire.bound.as_deref() == Some(var) || acquire.ticket.as_deref() == Some(var)
            })
        };
        let releases = self.written_releases(site, paths);
        let takes = |stmt: &Stmt| {
            self.body.sites.iter().enumerate().any(|(id, other)| {
                other.key == acquired.key && other.acquire().is_some() && stmt.holds_site(id)
            })
        };
        let only_release = |stmt: &Stmt| {
            let StmtKind::If {
                cond,
                then,
                otherwise: None,
            } = &stmt.kind
            else {
                return false;
            };
            let cond = match cond {
                Cond::Not(inner) => inner,
                cond => cond,
            };
            let Cond::Test {
                test: Test::Var(var),
                ..
            } = cond
            else {
                return false;
            };
            !then.stmts.last().is_some_and(Stmt::leaves)
                // What is taken under the condition as well is nobody else's to ask for.
                && !taken_under(&self.body.root.stmts, var, &takes)
                && !asked_of_acquire(var)
                && !self.assigned(var)
                && releases
                    .iter()
                    .any(|site| then.stmts.iter().any(|stmt| stmt.holds_site(*site)))
                // What is freed further on in any case was not meant to be kept.
                && !releases
                    .iter()
                    .any(|site| self.body.sites[*site].span.start >= stmt.span.end)
        };
        self.body.root.stmts.iter().any(only_release)
    }

    /// Whether the body ever gives the variable a value.
    pub(super) fn assigned(&self, name: &str) -> bool {
        self.body
            .root
            .stmts
            .iter()
            .flat_map(Stmt::all_events)
            .any(|event| matches!(&event.kind, EventKind::Assign { var, .. } if var == name))
    }

    /// Whether another closure of the function around frees the variable: it may do so meanwhile.
    fn freed_by_sibling(&self, key: KeyId) -> bool {
        let lock = &self.body.keys[key].text;
        let variable = !is_own(self.file, lock);
        variable
            && self.freed_elsewhere.iter().any(|freed| {
                !freed.takes_later
                    && freed.lock == *lock
                    && freed.scope.is_some_and(|scope| {
                        (scope.start + 1..scope.end).contains(&self.body.span.start)
                    })
            })
    }

    /// Whether something is called that may be what releases here: a function of the file that
    /// frees the lock, or one whose name says that it frees what its caller took.
    fn freed_by_callee(&self, key: KeyId) -> bool {
        let lock = &self.body.keys[key].text;
        let freeing: Vec<&Freed> = self
            .freed_elsewhere
            .iter()
            .filter(|freed| freed.name != self.body.name && intent::same_lock(&freed.lock, lock))
            .collect();
        let mut events = self.body.root.stmts.iter().flat_map(Stmt::all_events);
        events.any(|event| match &event.kind {
            EventKind::Call { label } | EventKind::Effect { label } => {
                callee(label).is_some_and(|called| {
                    called.may_free(lock, self.file.grammar.own_prefixes())
                        || freeing.iter().any(|freed| {
                            freed.name == called.name || freed.callers.have(called.name, self.file)
                        })
                })
            }
            _ => false,
        })
    }

    /// Whether every release of the key stands where some path comes to.
    fn all_reached(&self, key: KeyId, paths: &Paths) -> bool {
        (0..self.body.sites.len())
            .filter(|id| self.body.sites[*id].key == key)
            .filter(|id| self.body.sites[*id].is_written_release())
            .all(|id| paths.reached.contains(&id))
    }

    /// Whether it is a permit that another function gives back.
    fn is_permit(&self, key: KeyId) -> bool {
        let key = &self.body.keys[key];
        self.file.catalog.entries[key.entry].lock.signal
            && self
                .freed_elsewhere
                .iter()
                .any(|freed| !freed.takes_later && intent::same_lock(&freed.lock, &key.text))
    }

    /// Whether an acquire that never throws stands there.
    fn is_sure_acquire(&self, place: Span) -> bool {
        self.body
            .sites
            .iter()
            .any(|site| site.span == place && site.acquire().is_some_and(|acquire| acquire.sure))
    }

    /// Whether anything in the body frees what the acquire takes: by its key, or by its ticket.
    fn is_released(&self, site: SiteId) -> bool {
        let acquired = &self.body.sites[site];
        let own = acquired
            .acquire()
            .and_then(|acquire| acquire.ticket.as_ref());
        self.body.sites.iter().any(|site| match &site.what {
            SiteKind::Release { ticket, .. } => {
                site.key == acquired.key || (ticket.is_some() && ticket.as_ref() == own)
            }
            SiteKind::Acquire(_) => false,
        })
    }

    /// The releases that free what the acquire takes. One that never finds its lock held on any
    /// path is listed as well, unless another acquire owns it, and so is one that no path comes to,
    /// with the acquire in front of it.
    fn written_releases(&self, site: SiteId, paths: &Paths) -> Vec<SiteId> {
        let sites = &self.body.sites;
        let key = sites[site].key;
        let acquires = || {
            (0..sites.len()).filter(|id| sites[*id].key == key && sites[*id].acquire().is_some())
        };
        let alone = acquires().count() == 1;
        let in_front = |release: SiteId| {
            acquires()
                .filter(|id| sites[*id].span.end <= sites[release].span.start)
                .max_by_key(|id| sites[*id].span)
        };
        let mut releases: Vec<SiteId> = (0..sites.len())
            .filter(|id| sites[*id].is_written_release())
            .filter(|id| match paths.frees.get(id) {
                Some(freed) => freed.contains(&site),
                None if sites[*id].key != key => false,
                None if paths.reached.contains(id) => alone,
                None => alone || in_front(*id) == Some(site),
            })
            .collect();
        releases.sort_by_key(|id| sites[*id].span);
        releases
    }

    fn never_released(&self, site: SiteId) -> bool {
        let acquired = &self.body.sites[site];
        let key = &self.body.keys[acquired.key];
        let entry = &self.file.catalog.entries[key.entry];
        // Nobody else knows a variable of the function.
        if entry.lock.handle {
            return true;
        }
        // Who has no ticket cannot release by one.
        let named_elsewhere = || {
            self.file.hidden.ask(&intent::field(&key.text));
            !entry.released_by_ticket_only()
                && (self.released_in_file)()
                    .iter()
                    .any(|released| intent::same_lock(released, &key.text))
        };
        // What the function frees by another name may be this very lock.
        let by_alias = self
            .freed_elsewhere
            .iter()
            .any(|freed| freed.function == self.body.span && !freed.takes_later);
        // Where functions hand out locks, somebody else may release what others can see.
        let seen_by_others = self.file.grammar.hands_out_locks() && !self.is_private(acquired.key);
        // By name alone this would be a guess; a signal is released by somebody else.
        !entry.lock.by_name
            && !entry.lock.signal
            && !acquired.acquire().is_some_and(|acquire| acquire.unseen)
            && !seen_by_others
            && !by_alias
            && !is_of_another(self.file, &key.text)
            && !self.lent.is_lent(self.file, self.file.root, &key.text)
            && !intent::returns_locked(self.body)
            && acquired.acquire().is_some_and(|acquire| {
                !acquire.at_entry && (acquire.bound.is_none() || acquire.ticket.is_some())
            })
            && !named_elsewhere()
    }

    /// Whether what the acquire takes is freed when the function's own variables go.
    fn frees_itself(&self, site: SiteId) -> bool {
        let acquired = &self.body.sites[site];
        let key = &self.body.keys[acquired.key];
        if !self.file.catalog.entries[key.entry].lock.frees_itself {
            return false;
        }
        let ticket = acquired
            .acquire()
            .and_then(|acquire| acquire.ticket.as_deref());
        let span = self.body.span;
        let grammar = self.file.grammar;
        let node = self
            .file
            .root
            .descendant_for_byte_range(span.start, span.end);
        std::iter::successors(node, Node::parent)
            .find(|node| grammar.is_function(node.kind()))
            .is_some_and(|function| {
                let name = ticket.unwrap_or(&key.text);
                grammar.dies_with(function, name, self.file.source.bytes)
            })
    }

    fn finding(
        &self,
        site: SiteId,
        rule: Rule,
        leaks: Vec<(Span, LeakKind)>,
        releases: &[SiteId],
    ) -> Finding {
        let acquired = &self.body.sites[site];
        let key = &self.body.keys[acquired.key];
        let source = self.file.source;
        let leaks: Vec<Leak> = outermost(self.body, leaks)
            .into_iter()
            .map(|(span, kind)| Leak {
                span,
                location: source.location(span.start),
                kind,
            })
            .collect();
        let releases: Vec<(Span, Location)> = releases
            .iter()
            .map(|id| self.body.sites[*id].span)
            .map(|span| (span, source.location(span.start)))
            .collect();
        let end = releases
            .iter()
            .map(|(span, _)| span.end)
            .max()
            .unwrap_or(acquired.span.end)
            .max(acquired.span.end);
        let own = self.frees_itself(site);
        let spoken = self.file.catalog.entries[key.entry].lock.spoken();
        Finding {
            rule,
            severity: if own { Severity::Note } else { rule.severity() },
            function: self.body.name.clone(),
            body: self.body.span,
            lock: key.shown.clone(),
            spoken,
            message: words::message(
                rule,
                &key.shown,
                &leaks,
                words::Told {
                    throws: self.file.grammar.throws(),
                    frees_itself: own,
                    spoken,
                },
            ),
            acquire: acquired.span,
            location: source.location(acquired.span.start),
            end: source.location(end),
            releases,
            leaks: if rule == Rule::DoubleRelease {
                Vec::new()
            } else {
                leaks
            },
            fixes: Vec::new(),
            refusal: None,
        }
    }
}
