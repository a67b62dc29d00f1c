//! From paths to findings. No language here: everything is said in acquires, releases and exits.

pub mod explore;
mod handed_out;
mod intent;
mod words;

use crate::finding::{Finding, Form, Leak, LeakKind, Rule};
use crate::flow::graph::Graph;
use crate::flow::{Body, Cond, EventKind, KeyId, SiteId, SiteKind, Stmt, StmtKind, Test};
use crate::lower::File;
use crate::source::{Location, Span};
use explore::{Paths, explore};

/// Forms that make correct code neater.
pub const NEATER: [Form; 4] = [
    Form::With,
    Form::RunExclusive,
    Form::LockGuard,
    Form::KernelGuard,
];

/// A finding together with the acquire that it is about.
#[derive(Debug, Clone)]
pub struct Found {
    pub site: SiteId,
    /// The releases in the text that free what this acquire takes, in order of the text.
    pub releases: Vec<SiteId>,
    pub finding: Finding,
}

/// The function could not be judged; the sentence says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJudged(pub &'static str);

/// What is known of a body before it is judged.
pub struct Judged<'a> {
    pub body: &'a Body,
    pub file: &'a File<'a>,
    /// Lock names (with mode) that some function of the file releases.
    pub released_in_file: &'a [String],
    /// What functions of the file free without having taken it.
    pub freed_elsewhere: &'a [Freed],
}

/// A lock that a function frees without having taken it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freed {
    pub lock: String,
    /// The function that frees it.
    pub function: String,
    /// The function around that function, if there is one.
    pub scope: Option<Span>,
}

/// Everything that is wrong with the locks of a body.
///
/// # Errors
/// [`NotJudged`] when its control flow is not understood or it is too large.
pub fn judge(at: &Judged<'_>) -> Result<Vec<Found>, NotJudged> {
    if let Some(reason) = at.body.opaque {
        return Err(NotJudged(reason));
    }
    let graph = Graph::new(at.body).map_err(|_| NotJudged("its control flow is not understood"))?;
    let paths =
        explore(at.body, &graph).map_err(|_| NotJudged("it has too many paths to follow"))?;
    let mut found = Vec::new();
    for (site, acquired) in at.body.sites.iter().enumerate() {
        let Some(acquire) = acquired.acquire() else {
            continue;
        };
        if acquire.implied || at.body.handed_over.contains(&acquired.key) {
            continue;
        }
        if let Some((rule, leaks)) = at.rule_of(site, &paths) {
            let releases = at.written_releases(site, &paths);
            found.push(Found {
                site,
                finding: at.finding(site, rule, leaks, &releases),
                releases,
            });
        }
    }
    found.sort_by_key(|found| found.finding.acquire);
    Ok(found)
}

impl Judged<'_> {
    /// What is wrong with the lock that is taken at `site`, if anything.
    fn rule_of(&self, site: SiteId, paths: &Paths) -> Option<(Rule, Vec<(Span, LeakKind)>)> {
        let key = self.body.sites[site].key;
        let entry = &self.file.catalog.entries[self.body.keys[key].entry];
        if returns_it(&self.body.root.stmts, &self.body.keys[key].text)
            || self.freed_by_sibling(key)
            || self.freed_by_callee(key)
            || self.is_handed_out(site, paths)
        {
            return None;
        }
        if self.was_held_before(site, paths) || drains(self.body, site) {
            return None;
        }
        if !self.is_released(site) {
            return self
                .never_released(site)
                .then(|| (Rule::NeverReleased, Vec::new()));
        }
        let kept_on_request = self.releases_on_request(site, paths);
        let leaks: Vec<(Span, LeakKind)> = paths
            .leaks
            .get(&site)
            .into_iter()
            .flatten()
            .map(|(span, kind)| (*span, *kind))
            .filter(|(span, kind)| match kind {
                LeakKind::Exception => !self.in_releasing_finally(*span, key),
                LeakKind::Return | LeakKind::EndOfBody => !kept_on_request,
                _ => true,
            })
            .collect();
        let explicit: Vec<(Span, LeakKind)> = leaks
            .iter()
            .copied()
            .filter(|(_, kind)| *kind != LeakKind::Exception)
            .collect();
        let on_purpose = (!paths.released.contains(&key) || self.is_permit(key))
            && leaks
                .iter()
                .any(|(_, kind)| matches!(kind, LeakKind::Return | LeakKind::EndOfBody));
        if !leaks.is_empty() && !on_purpose && !intent::returns_locked(self.body) {
            return Some(if explicit.is_empty() {
                (Rule::LeakOnException, leaks)
            } else {
                (Rule::LeakOnExit, explicit)
            });
        }
        if paths.unheld.contains_key(&key) && acquired_in_own_try(self.body, site) {
            return Some((Rule::AcquireInsideTry, Vec::new()));
        }
        let Some(again) = paths.again.get(&key) else {
            let by_hand = leaks.is_empty()
                && paths.released.contains(&key)
                && NEATER.iter().any(|form| entry.form_code(*form).is_some());
            return by_hand.then(|| (Rule::ManualRelease, Vec::new()));
        };
        let harmful = again.iter().any(|release| {
            let by_ticket = matches!(
                self.body.sites[*release].what,
                SiteKind::Release {
                    ticket: Some(_),
                    ..
                }
            );
            entry.again_harmful(by_ticket)
        });
        (harmful && leaks.is_empty()).then(|| {
            let places = again
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
        paths.unheld.get(&acquired.key).is_some_and(|releases| {
            releases
                .iter()
                .any(|release| self.body.sites[*release].span.end <= acquired.span.start)
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
        let only_release = |stmt: &Stmt| {
            let StmtKind::If {
                cond:
                    Cond::Test {
                        test: Test::Var(var),
                        ..
                    },
                then,
                otherwise: None,
            } = &stmt.kind
            else {
                return false;
            };
            then.stmts.len() == 1
                && !asked_of_acquire(var)
                && !self.assigned(var)
                && releases.iter().any(|site| then.stmts[0].holds_site(*site))
        };
        releases.len() == 1 && self.body.root.stmts.iter().any(only_release)
    }

    /// Whether the body ever gives the variable a value.
    fn assigned(&self, name: &str) -> bool {
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
        let variable = !lock.starts_with("this.") && !lock.starts_with("self.");
        variable
            && self.freed_elsewhere.iter().any(|freed| {
                freed.lock == *lock
                    && freed.scope.is_some_and(|scope| {
                        (scope.start + 1..scope.end).contains(&self.body.span.start)
                    })
            })
    }

    /// Whether a function of the file that frees the lock is called: it may be what releases here.
    fn freed_by_callee(&self, key: KeyId) -> bool {
        let lock = &self.body.keys[key].text;
        self.freed_elsewhere
            .iter()
            .filter(|freed| {
                freed.function != self.body.name && intent::same_lock(&freed.lock, lock)
            })
            .any(|freed| {
                let mut events = self.body.root.stmts.iter().flat_map(Stmt::all_events);
                events.any(|event| match &event.kind {
                    EventKind::Call { label } | EventKind::Effect { label } => label
                        .strip_prefix(freed.function.as_str())
                        .is_some_and(|rest| rest.starts_with('(')),
                    _ => false,
                })
            })
    }

    /// Whether the function comes back with the lock on its straight way, and lets go of it only in
    /// branches aside.
    fn is_handed_out(&self, site: SiteId, paths: &Paths) -> bool {
        if !self.file.grammar.hands_out_locks() {
            return false;
        }
        let key = &self.body.keys[self.body.sites[site].key];
        let mut freed = self.freed_elsewhere.iter();
        if freed.any(|freed| intent::same_lock(&freed.lock, &key.text))
            || handed_out::in_turn(self.body, site)
            || handed_out::with_what_was_found(self.body, site, paths)
        {
            return true;
        }
        let stmts = &self.body.root.stmts;
        let at = |span: Span| stmts.iter().position(|stmt| stmt.span.contains(span));
        let main_path = paths
            .leaks
            .get(&site)
            .into_iter()
            .flatten()
            .filter_map(|(span, kind)| match kind {
                LeakKind::EndOfBody => Some(stmts.len()),
                LeakKind::Return => at(*span).filter(|index| stmts[*index].span == *span),
                _ => None,
            })
            .min();
        let Some(main_path) = main_path else {
            return false;
        };
        let releases = self.written_releases(site, paths);
        releases.iter().all(|release| {
            let span = self.body.sites[*release].span;
            at(span).is_some_and(|index| {
                index > main_path
                    || handed_out::leaves_after(&self.body.root, *release)
                    || handed_out::is_optional(
                        &self.body.root,
                        *release,
                        self.body.sites[site].span,
                    )
            })
        })
    }

    /// Whether it is a permit that another function gives back.
    fn is_permit(&self, key: KeyId) -> bool {
        let key = &self.body.keys[key];
        self.file.catalog.entries[key.entry].lock.signal
            && self
                .freed_elsewhere
                .iter()
                .any(|freed| intent::same_lock(&freed.lock, &key.text))
    }

    /// Whether the place is in a `finally` that releases: that construct is the guarantee, and
    /// what it does first (a log line, as a rule) is not worth a warning.
    fn in_releasing_finally(&self, place: Span, key: KeyId) -> bool {
        fn search(body: &Body, stmts: &[Stmt], place: Span, key: KeyId) -> bool {
            stmts.iter().any(|stmt| {
                if let StmtKind::Try {
                    finally: Some(finally),
                    ..
                } = &stmt.kind
                    && finally.span.contains(place)
                    && frees(body, &finally.stmts, key)
                {
                    return true;
                }
                stmt.span.contains(place)
                    && stmt
                        .blocks()
                        .iter()
                        .any(|block| search(body, &block.stmts, place, key))
            })
        }
        search(self.body, &self.body.root.stmts, place, key)
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
    /// path is listed as well, unless another acquire owns it.
    fn written_releases(&self, site: SiteId, paths: &Paths) -> Vec<SiteId> {
        let key = self.body.sites[site].key;
        let alone = self
            .body
            .sites
            .iter()
            .filter(|other| other.key == key && other.acquire().is_some())
            .count()
            == 1;
        let mut releases: Vec<SiteId> = (0..self.body.sites.len())
            .filter(|id| self.body.sites[*id].is_written_release())
            .filter(|id| match paths.frees.get(id) {
                Some(freed) => freed.contains(&site),
                None => alone && self.body.sites[*id].key == key,
            })
            .collect();
        releases.sort_by_key(|id| self.body.sites[*id].span);
        releases
    }

    fn never_released(&self, site: SiteId) -> bool {
        let acquired = &self.body.sites[site];
        let key = &self.body.keys[acquired.key];
        let entry = &self.file.catalog.entries[key.entry];
        // Who has no ticket cannot release by one.
        let named_elsewhere = !entry.released_by_ticket_only()
            && self
                .released_in_file
                .iter()
                .any(|released| intent::same_lock(released, &key.text));
        // By name alone this would be a guess; a signal is released by somebody else.
        !entry.lock.by_name
            && !entry.lock.signal
            && !named_elsewhere
            && !intent::returns_locked(self.body)
            && acquired.acquire().is_some_and(|acquire| {
                !acquire.at_entry && (acquire.bound.is_none() || acquire.ticket.is_some())
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
        let leaks: Vec<Leak> = leaks
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
        Finding {
            rule,
            severity: rule.severity(),
            function: self.body.name.clone(),
            lock: key.shown.clone(),
            message: words::message(rule, &key.shown, &leaks),
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

/// Whether the acquire is asked over and over until it fails: `while sem.acquire(False): pass`.
fn drains(body: &Body, site: SiteId) -> bool {
    fn search(body: &Body, stmts: &[Stmt], site: SiteId) -> bool {
        stmts.iter().any(|stmt| {
            let own = stmt
                .own_events()
                .iter()
                .any(|event| matches!(event.kind, EventKind::Acquire(id) if id == site));
            if let StmtKind::Loop(l) = &stmt.kind
                && own
            {
                let positive = matches!(
                    l.cond,
                    Some(Cond::Test {
                        test: Test::Taken(_),
                        ..
                    })
                );
                return positive && !frees(body, &l.body.stmts, body.sites[site].key);
            }
            stmt.blocks()
                .iter()
                .any(|block| search(body, &block.stmts, site))
        })
    }
    search(body, &body.root.stmts, site)
}

/// Whether the lock itself is what the function returns: its caller gets it locked.
fn returns_it(stmts: &[Stmt], lock: &str) -> bool {
    stmts.iter().any(|stmt| {
        matches!(&stmt.kind, StmtKind::Return { operand, .. } if gives(operand, lock))
            || stmt
                .blocks()
                .iter()
                .any(|block| returns_it(&block.stmts, lock))
    })
}

/// Whether the operand is the lock, or a tuple, list or object that holds it.
fn gives(operand: &str, lock: &str) -> bool {
    operand
        .trim_matches(['(', ')', '[', ']', '{', '}'])
        .split(',')
        .any(|part| {
            part == lock
                || part
                    .rsplit_once(':')
                    .is_some_and(|(_, value)| value == lock)
        })
}

/// Whether the acquire stands in the body of a `try` whose `finally` releases its key.
fn acquired_in_own_try(body: &Body, site: SiteId) -> bool {
    fn search(body: &Body, stmts: &[Stmt], site: SiteId) -> bool {
        stmts.iter().any(|stmt| {
            if let StmtKind::Try {
                body: tried,
                finally: Some(finally),
                ..
            } = &stmt.kind
                && tried.stmts.iter().any(|stmt| stmt.holds_site(site))
                && releases_at_once(body, &finally.stmts, body.sites[site].key)
            {
                return true;
            }
            stmt.blocks()
                .iter()
                .any(|block| search(body, &block.stmts, site))
        })
    }
    search(body, &body.root.stmts, site)
}

/// Whether one of the statements releases the key, and asks nothing before.
fn releases_at_once(body: &Body, stmts: &[Stmt], key: KeyId) -> bool {
    stmts.iter().any(|stmt| {
        matches!(stmt.kind, StmtKind::Plain(_)) && frees(body, std::slice::from_ref(stmt), key)
    })
}

/// Whether some statement releases the key.
pub fn frees(body: &Body, stmts: &[Stmt], key: KeyId) -> bool {
    body.sites.iter().enumerate().any(|(id, site)| {
        site.key == key
            && matches!(site.what, SiteKind::Release { .. })
            && stmts.iter().any(|stmt| stmt.holds_site(id))
    })
}
