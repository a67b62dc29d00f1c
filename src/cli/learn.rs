//! Commands that answer questions: what a rule means, which locks are known, which forms there are.

use super::args::Args;
use super::completions;
use super::named;
use super::output::Output;
use crate::catalog::schema::Library;
use crate::catalog::{Catalog, libraries};
use crate::explain::{explain, headline};
use crate::finding::{Form, Rule};
use crate::language::Language;
use clap::{CommandFactory, Subcommand};
use clap_complete::Shell;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// What is asked.
#[derive(Debug, Subcommand)]
pub enum Question {
    /// What a rule means, why it matters, and what its fix looks like in each language
    ///
    /// Example: lockfix explain leak-on-exit --lang go
    Explain {
        /// The rule; without one, all of them in a line each
        #[arg(value_parser = named::RULE, hide_possible_values = true)]
        rule: Option<Rule>,
        /// Examples in these languages only
        #[arg(long, value_name = "LANGUAGE", value_delimiter = ',', value_parser = named::LANGUAGES)]
        lang: Vec<Vec<Language>>,
    },
    /// The locks that are known: how each is taken and freed, and the forms that fit
    ///
    /// Example: lockfix locks --lang python
    Locks {
        /// Of these languages only
        #[arg(long, value_name = "LANGUAGE", value_delimiter = ',', value_parser = named::LANGUAGES)]
        lang: Vec<Vec<Language>>,
        /// Only the words that take a lock, one a line: what a file must hold to be looked into
        #[arg(long)]
        words: bool,
    },
    /// The forms that a fix can have
    Forms,
    /// A completion script for a shell
    ///
    /// Example: lockfix completions bash > ~/.local/share/bash-completion/completions/lockfix
    Completions { shell: Shell },
    /// The manual page
    ///
    /// Example: lockfix man > ~/.local/share/man/man1/lockfix.1
    Man,
}

/// Answers on stdout.
///
/// # Errors
/// When there is no answer, or stdout cannot be written.
pub fn answer(question: &Question) -> io::Result<()> {
    let mut out = Output::new();
    match question {
        Question::Explain { rule, lang } => match rule {
            Some(rule) => {
                let page = explain(*rule, &lang.concat()).map_err(io::Error::other)?;
                out.write_all(page.as_bytes())?;
            }
            None => {
                for rule in Rule::ALL {
                    writeln!(out, "{rule:<20}{}", headline(rule))?;
                }
            }
        },
        Question::Locks { lang, words: true } => words(&mut out, &lang.concat())?,
        Question::Locks { lang, words: false } => locks(&mut out, &lang.concat())?,
        Question::Forms => {
            for form in Form::ALL {
                writeln!(out, "{form:<20}{}", form.meaning().replace('`', ""))?;
            }
        }
        Question::Completions { shell } => {
            out.write_all(completions::script(*shell, &mut Args::command()).as_bytes())?;
        }
        Question::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut page)?;
            out.write_all(&page)?;
        }
    }
    out.flush()
}

/// The languages asked for; all where none is named.
fn wanted(languages: &[Language]) -> impl Iterator<Item = Language> {
    Language::ALL
        .into_iter()
        .filter(|language| languages.is_empty() || languages.contains(language))
}

/// The words of the catalogue that take a lock.
fn words(out: &mut impl Write, languages: &[Language]) -> io::Result<()> {
    let mut words = BTreeSet::new();
    for language in wanted(languages) {
        let catalog = Catalog::load(language, &[], &[]).map_err(io::Error::other)?;
        words.extend(catalog.needs().into_iter().flat_map(|need| need.calls));
    }
    for word in words {
        writeln!(out, "{word}")?;
    }
    Ok(())
}

/// The catalogue, a paragraph a lock.
fn locks(out: &mut impl Write, languages: &[Language]) -> io::Result<()> {
    let mut folders: Vec<&str> = Vec::new();
    for language in wanted(languages) {
        if !folders.contains(&language.folder()) {
            folders.push(language.folder());
        }
    }
    for folder in folders {
        for library in libraries(folder) {
            let (_, library) = library.map_err(io::Error::other)?;
            paragraphs(out, folder, &library)?;
        }
    }
    Ok(())
}

fn paragraphs(out: &mut impl Write, folder: &str, library: &Library) -> io::Result<()> {
    for lock in &library.lock {
        let mode = if lock.mode.is_empty() {
            String::new()
        } else {
            format!(" ({})", lock.mode)
        };
        let family = match library.family {
            Some(family) => format!(" (with --family {})", family.name()),
            None => String::new(),
        };
        writeln!(
            out,
            "{folder}, {}: {}{mode}{family}",
            library.library, lock.name
        )?;
        let tries: Vec<&str> = lock.tries.iter().map(|one| one.code.as_str()).collect();
        let acquires: Vec<&str> = lock.acquire.iter().map(String::as_str).collect();
        let releases: Vec<&str> = lock.release.iter().map(String::as_str).collect();
        let forms: Vec<&str> = lock.forms.iter().map(|entry| entry.form().name()).collect();
        for (what, list) in [
            ("acquire", acquires),
            ("try", tries),
            ("release", releases),
            ("forms", forms),
        ] {
            if !list.is_empty() {
                writeln!(out, "  {what:<8} {}", list.join(", "))?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}
