//! What the calls of a body call, by their labels.

use crate::lower::split_member;

/// The last name of what is called: `finish` of `this.store.finish(true)`.
pub fn name(label: &str) -> Option<&str> {
    // What tells variables of one name apart stands behind the text.
    let call = label.split(" #").next()?.strip_suffix(')')?;
    let mut depth = 1usize;
    let open = call.bytes().rposition(|byte| {
        match byte {
            b')' => depth += 1,
            b'(' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let function = call[..open].trim_end_matches('?').trim_end_matches('.');
    let name = split_member(function).map_or(function, |(_, name)| name);
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn the_name_is_the_last_one_before_the_arguments() {
        for (label, expected) in [
            ("finish()", Some("finish")),
            ("this.store.finish(a(1), (b))", Some("finish")),
            ("$this->finish($a)", Some("finish")),
            ("Store::finish(a) #1 #2", Some("finish")),
            ("a.b(1).finish()", Some("finish")),
            ("a?.finish?.()", Some("finish")),
            ("a.field", None),
            ("(f)(1)", Some("(f)")),
            ("broken)", None),
        ] {
            assert_eq!(name(label), expected, "{label}");
        }
    }
}
