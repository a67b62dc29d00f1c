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
            '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{61c}' => {
                let _ = write!(out, "\\u{{{:x}}}", next as u32);
            }
            _ => out.push(next),
        }
    }
    out
}

/// The JSON with the characters escaped that command a terminal or turn the direction of writing: they
/// stand in its strings alone, so that it says the same.
pub fn harmless_json(json: String) -> String {
    let harmful = |next: char| {
        matches!(next, '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    if !json.contains(harmful) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for next in json.chars() {
        if harmful(next) {
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", next as u32);
        } else {
            out.push(next);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_without_commands_to_a_terminal() {
        let text = "a\u{9b}31m\u{202e}b\u{7f}\u{61c} é 𝄞";
        let json = harmless_json(serde_json::json!({ text: [text] }).to_string());
        assert!(
            json.contains("a\\u009b31m\\u202eb\\u007f\\u061c é 𝄞"),
            "{json}"
        );
        let read: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read[text][0], text);
    }

    #[test]
    fn terminal_sequences_are_spelt_out() {
        assert_eq!(printable("a\x1b[31mb\u{9b}\tc\n"), "a\\x1b[31mb\\x9b\tc\\n");
        assert_eq!(printable("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(printable("é 漢"), "é 漢");
    }
}
