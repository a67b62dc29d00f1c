//! Text from files and file names, made safe to print.

use std::fmt::Write;

/// The text with control characters, and those that turn the direction of writing, spelt out.
/// Tabs stay.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for next in text.chars() {
        match next {
            '\t' => out.push(next),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            _ if next.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\x{:02x}", next as u32);
            }
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' => {
                let _ = write!(out, "\\u{{{:x}}}", next as u32);
            }
            _ => out.push(next),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_are_spelt_out() {
        assert_eq!(printable("a\x1b[31mb\u{9b}\tc\n"), "a\\x1b[31mb\\x9b\tc\\n");
        assert_eq!(printable("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(printable("é 漢"), "é 漢");
    }
}
