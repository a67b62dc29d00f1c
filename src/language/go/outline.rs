//! What a text of Go declares, line by line.

use crate::language::beside::Declared;
use crate::source::Span;

/// What the lines of a text declare, in which no bodies of functions are left. Braces in strings are not told from
/// others: what is lost by that ends with the next line that is not indented.
pub fn declared(text: &[u8]) -> Vec<Declared> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut depth: usize = 0;
    for line in text.split(|byte| *byte == b'\n') {
        let rest = Words {
            text,
            at,
            end: at + line.len(),
        };
        at = rest.end + 1;
        if line.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            depth = 0;
        }
        if depth == 0 {
            rest.read(&mut found);
        }
        let comment = memchr::memmem::find(line, b"//").unwrap_or(line.len());
        for byte in &line[..comment] {
            match byte {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
    }
    found
}

/// The rest of a line.
#[derive(Clone, Copy)]
struct Words<'a> {
    text: &'a [u8],
    at: usize,
    end: usize,
}

impl Words<'_> {
    fn read(mut self, found: &mut Vec<Declared>) {
        let Some(mut name) = self.word() else {
            return;
        };
        match &self.text[name.start..name.end] {
            b"func" => {
                let owner = self.receiver();
                if let Some(name) = self.word() {
                    found.push(Declared { owner, name });
                }
                return;
            }
            b"type" | b"var" | b"const" => match self.word() {
                Some(declared) => name = declared,
                None => return,
            },
            _ => {}
        }
        found.push(Declared { owner: None, name });
        // `a, b = f()`
        while self.passes(b',')
            && let Some(name) = self.word()
        {
            found.push(Declared { owner: None, name });
        }
    }

    /// The name that comes next.
    fn word(&mut self) -> Option<Span> {
        let rest = &self.text[self.at..self.end];
        let start = self.end - rest.trim_ascii_start().len();
        let rest = self.text[start..self.end].iter();
        let length = rest.take_while(|byte| is_part(**byte)).count();
        self.at = start + length;
        (length > 0).then(|| Span::new(start, start + length))
    }

    /// Whether this comes next. It is passed then.
    fn passes(&mut self, byte: u8) -> bool {
        let rest = self.text[self.at..self.end].trim_ascii_start();
        let comes = rest.first() == Some(&byte);
        if comes {
            self.at = self.end - rest.len() + 1;
        }
        comes
    }

    /// The type in `(s *Server[T])`.
    fn receiver(&mut self) -> Option<Span> {
        if !self.passes(b'(') {
            return None;
        }
        let length = memchr::memchr(b')', &self.text[self.at..self.end])?;
        let inside = &self.text[self.at..self.at + length];
        let plain = memchr::memchr(b'[', inside).map_or(inside, |at| &inside[..at]);
        let plain = plain.trim_ascii_end();
        let end = self.at + plain.len();
        let own = plain
            .iter()
            .rev()
            .take_while(|byte| is_part(**byte))
            .count();
        self.at += length + 1;
        Some(Span::new(end - own, end))
    }
}

/// Whether the byte may be a part of a name.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_declares_what_it_begins_with() {
        let text = "package p\n\
            func plain(a int) T {\n}\n\
            func Generic[T any](a T) {\n}\n\
            func (s *Server) Run() error {\n}\n\
            func (List[T]) Len() int {\n}\n\
            type Größe struct {\n\tinside int\n}\n\
            var a, b = f()\n\
            const (\n\tc = 1\n\td, e int = 1, 2\n)\n\
            type (\n\tF struct {\n\t\tinside int // {\n\t}\n\tG int\n)\n";
        let found = declared(text.as_bytes());
        let word = |span: Span| &text[span.start..span.end];
        let told: Vec<String> = found
            .iter()
            .map(|one| match one.owner {
                Some(owner) => format!("{}.{}", word(owner), word(one.name)),
                None => word(one.name).to_owned(),
            })
            .collect();
        let expected = [
            "package",
            "plain",
            "Generic",
            "Server.Run",
            "List.Len",
            "Größe",
            "a",
            "b",
            "c",
            "d",
            "e",
            "F",
            "G",
        ];
        assert_eq!(told, expected);
    }
}
