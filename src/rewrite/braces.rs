//! Where a file puts its braces.

use std::iter::Peekable;

/// How blocks that follow each other are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Braces {
    /// `} finally {`
    Together,
    /// `}`, and `finally {` on the next line.
    Below,
    /// Each brace on a line of its own.
    Alone,
}

/// How many lines tell the style.
const LINES: usize = 5_000;

impl Braces {
    /// The style of most statements in the text.
    pub fn of(text: &[u8]) -> Self {
        let mut votes = Votes::default();
        let mut lines = text
            .split(|byte| *byte == b'\n')
            .take(LINES)
            .map(<[u8]>::trim_ascii)
            .peekable();
        while let Some(line) = lines.next() {
            votes.count(line, &mut lines);
        }
        if votes.own > votes.same {
            Braces::Alone
        } else if votes.below > votes.behind {
            Braces::Below
        } else {
            Braces::Together
        }
    }

    /// Lines such as `try {` and `} finally {` in this style.
    pub fn lay_out(self, lines: &[String]) -> Vec<String> {
        let mut out = Vec::new();
        for line in lines {
            let mut rest = line.as_str();
            if self == Braces::Together {
                out.push(rest.to_owned());
                continue;
            }
            if let Some(behind) = rest.strip_prefix("} ") {
                out.push("}".to_owned());
                rest = behind;
            }
            // A function that begins on the line keeps its brace there.
            let head = rest
                .strip_suffix(" {")
                .filter(|head| self == Braces::Alone && !head.ends_with("=>"));
            match head {
                Some(head) => out.extend([head.to_owned(), "{".to_owned()]),
                None => out.push(rest.to_owned()),
            }
        }
        out
    }
}

/// What the lines of a text have.
#[derive(Default)]
struct Votes {
    /// A head with its brace, and one whose brace follows on a line of its own.
    same: usize,
    own: usize,
    /// A clause behind the brace that ends the one before, and one on the line below it.
    behind: usize,
    below: usize,
}

impl Votes {
    fn count<'t>(&mut self, line: &[u8], next: &mut Peekable<impl Iterator<Item = &'t [u8]>>) {
        let follows = next.peek().copied().unwrap_or_default();
        let clause = line.strip_prefix(b"}").map(<[u8]>::trim_ascii_start);
        match clause {
            Some([]) if is_clause(follows) => self.below += 1,
            Some(rest) if is_clause(rest) => self.behind += 1,
            _ => {}
        }
        if is_head(clause.unwrap_or(line)) {
            if line.ends_with(b"{") {
                self.same += 1;
            } else if follows == b"{" {
                self.own += 1;
            }
        }
    }
}

/// Whether the text goes on with what another block began.
fn is_clause(text: &[u8]) -> bool {
    begins(text, &["else", "elseif", "catch", "finally"])
}

/// Whether the text is the head of a block.
fn is_head(text: &[u8]) -> bool {
    is_clause(text)
        || begins(
            text,
            &["if", "for", "foreach", "while", "switch", "try", "do"],
        )
}

/// Whether one of the words begins the text.
fn begins(text: &[u8], words: &[&str]) -> bool {
    words.iter().any(|word| {
        text.strip_prefix(word.as_bytes())
            .is_some_and(|rest| rest.first().is_none_or(|byte| b" ({".contains(byte)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_is_that_of_the_file() {
        let of = |text: &str| Braces::of(text.as_bytes());
        assert_eq!(of(""), Braces::Together);
        assert_eq!(of("if (a) {\n} else {\n}\n"), Braces::Together);
        assert_eq!(of("if (a) {\n}\nelse {\n}\n"), Braces::Below);
        assert_eq!(
            of("try\r\n{\r\n}\r\ncatch (E e)\r\n{\r\n}\r\n"),
            Braces::Alone
        );
        // Functions have their own style.
        assert_eq!(
            of("function f()\n{\n    if (a) {\n    }\n}\n"),
            Braces::Together
        );
    }

    #[test]
    fn lines_follow_the_style() {
        let lines = ["try {", "} finally {", "}", "run(() => {"].map(str::to_owned);
        let laid = |braces: Braces| braces.lay_out(&lines).join("|");
        assert_eq!(laid(Braces::Together), "try {|} finally {|}|run(() => {");
        assert_eq!(laid(Braces::Below), "try {|}|finally {|}|run(() => {");
        assert_eq!(laid(Braces::Alone), "try|{|}|finally|{|}|run(() => {");
    }
}
