//! The interactive mode: every fix is shown, asked about, and written at once when accepted.

mod ahead;
mod file;
mod prompt;
mod resume;

pub use resume::left_before;

use super::Run;
use super::stderr::Stderr;
use super::survey::Stop;
use super::totals::Totals;
use crate::apply::Writer;
use ahead::Ahead;
use console::Term;
use file::{FileReview, Next, Rest, Session};
use std::io::{self, IsTerminal};
use std::time::Duration;

/// Whether questions can be asked.
///
/// # Errors
/// When stdin or stdout is no terminal, as a sentence for people.
pub fn check_terminal() -> Result<(), String> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        Ok(())
    } else {
        Err("asking about each fix needs a terminal; use --dry-run or --yes".to_owned())
    }
}

/// Where the review stands, for the "3" and the "2" of "3 of 17, file 2 of 5".
#[derive(Debug, Clone, Copy)]
struct Position {
    question: usize,
    file: usize,
}

/// The look ahead gets this long to come to its end before the first question, so that what is
/// small is counted in full; nobody notices.
const NOTICED: Duration = Duration::from_millis(200);

/// The same when the user quits, for the last line.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reviews every file, while others are still looked for.
///
/// # Errors
/// When the terminal fails, a configuration cannot be used, or no thread can be started.
pub fn run(run: &Run, totals: &mut Totals, stderr: &mut Stderr) -> Result<(), Stop> {
    let ahead = Ahead::default();
    let writer = run.writer();
    let term = Term::stdout();
    let mut reviews = Vec::new();
    let (quit, looked) = std::thread::scope(|scope| {
        let looking = scope.spawn(|| ahead.look(run));
        let quit = ask(run, &ahead, (&writer, &term), &mut reviews, totals, stderr);
        ahead.stop();
        let looked = looking.join();
        (quit, looked)
    });
    let quit = quit?;
    for review in &reviews {
        if review.accepted() > 0 {
            totals.changed(review.path(), review.accepted());
        }
        totals.remaining += review.remaining();
    }
    totals.afterword = afterword(run, &reviews, totals.fixed > 0);
    super::tell_about_writing(&writer, stderr);
    if let Err(message) = resume::note(&run.args, &run.directory, &reviews, quit) {
        stderr.warning(message);
    }
    match looked {
        Ok(Ok(())) if quit && !ahead.known().complete => {
            stderr.note("there may be more: not all files were looked at");
            Ok(())
        }
        Ok(looked) => looked,
        Err(_) => Err(io::Error::other("the look ahead failed").into()),
    }
}

/// What remains and why, and what can be done next.
fn afterword(run: &Run, reviews: &[FileReview<'_>], wrote: bool) -> Vec<String> {
    let rests = reviews.iter().map(FileReview::rest);
    let all = rests.fold(Rest::default(), |all, rest| Rest {
        hopeless: all.hopeless + rest.hopeless,
        left: all.left + rest.left,
        open: all.open + rest.open,
    });
    let was = |count| if count == 1 { "was" } else { "were" };
    let has = if all.hopeless == 1 { "has" } else { "have" };
    let parts = [
        (all.left, format!("{} {} left", all.left, was(all.left))),
        (all.hopeless, format!("{} {has} no fix", all.hopeless)),
        (
            all.open,
            format!("{} {} not asked about", all.open, was(all.open)),
        ),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> = parts.map(|(_, part)| part).collect();
    let resume = "`lockfix --resume` asks about the rest".to_owned();
    let undo = "`lockfix undo` takes back what was written".to_owned();
    let next = [
        (all.open > 0).then_some(resume),
        (wrote && !run.args.no_journal).then_some(undo),
    ];
    let next: Vec<String> = next.into_iter().flatten().collect();
    let lines = [
        (!parts.is_empty()).then(|| format!("of those that remain, {}", parts.join(", "))),
        (!next.is_empty()).then(|| next.join("; ")),
    ];
    lines.into_iter().flatten().collect()
}

/// Asks about one file after the other as they become known. Returns whether the user quit.
fn ask<'a>(
    run: &'a Run,
    ahead: &Ahead,
    (writer, term): (&'a Writer, &'a Term),
    reviews: &mut Vec<FileReview<'a>>,
    totals: &mut Totals,
    stderr: &mut Stderr,
) -> io::Result<bool> {
    let mut session = Session::default();
    let mut at = 0;
    loop {
        let news = if at < reviews.len() {
            ahead.news()
        } else {
            wait(ahead, at == 0, stderr)
        };
        totals.add(news.totals);
        totals.tell(stderr);
        let pending = news.pending.into_iter();
        reviews.extend(pending.map(|pending| FileReview::new(run, pending, writer, term)));
        if at == reviews.len() {
            if news.complete {
                return Ok(false);
            }
            continue;
        }
        let before = reviews[..at].iter().map(|file| file.questions);
        let position = Position {
            question: before.clone().sum::<usize>() + 1,
            file: before.filter(|questions| *questions > 0).count() + 1,
        };
        match reviews[at].run(position, ahead, &mut session, totals, stderr)? {
            Next::Ask => at += 1,
            Next::AcceptAll => {
                session.accept_all = true;
                at += 1;
            }
            Next::Back => match reviews[..at].iter().rposition(FileReview::has_asked) {
                Some(last) => {
                    reviews[last].go_back(&mut session)?;
                    at = last;
                }
                None => term.write_line("This is the first question.")?,
            },
            Next::Quit => {
                ahead.wait_for_the_end(PATIENCE);
                let news = ahead.news();
                totals.add(news.totals);
                totals.tell(stderr);
                let pending = news.pending.into_iter();
                reviews.extend(pending.map(|pending| FileReview::new(run, pending, writer, term)));
                return Ok(true);
            }
        }
    }
}

/// Waits for the next file with something to ask or to tell, and shows how far the search is.
fn wait(ahead: &Ahead, first: bool, stderr: &mut Stderr) -> ahead::News {
    stderr.start_progress();
    while !ahead.wait_for_news(Duration::from_millis(100)) {
        stderr.reached(ahead.looked_at());
    }
    stderr.end_progress();
    if first && ahead.known().files > 0 {
        ahead.wait_for_the_end(NOTICED);
    }
    ahead.news()
}
