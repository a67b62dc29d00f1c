//! Names for the variables of a program: now and then that of a variable of a block around it, which then means
//! something else inside.

use crate::programs::{Statement, Value, blocks, visit};
use std::collections::{HashMap, HashSet};

/// The name of every variable, by its number. With `shadows`, every other variable of an inner block takes the name of
/// one outside that its block does not mention.
pub fn names(body: &[Statement], shadows: bool) -> HashMap<usize, String> {
    let mut names = HashMap::new();
    block(body, &[], shadows, &mut names);
    names
}

fn block(
    body: &[Statement],
    outside: &[(usize, String)],
    shadows: bool,
    names: &mut HashMap<usize, String>,
) {
    let mentioned = mentions(body);
    let mut visible = outside.to_vec();
    let mut own = HashSet::new();
    for statement in body {
        if let Statement::Declare(n) = statement {
            let taken = outside
                .iter()
                .find(|(other, name)| !mentioned.contains(other) && !own.contains(name))
                .filter(|_| shadows && n % 2 == 0);
            let name = taken.map_or_else(|| format!("v{n}"), |(_, name)| name.clone());
            visible.retain(|(_, known)| *known != name);
            visible.push((*n, name.clone()));
            own.insert(name.clone());
            names.insert(*n, name);
        }
        if let Statement::Switch(cases) = statement {
            // In some languages the cases are one block.
            block(&cases.concat(), &visible, shadows, names);
            continue;
        }
        for inner in blocks(statement) {
            block(inner, &visible, shadows, names);
        }
    }
}

/// The variables that the statements read.
pub fn mentions(body: &[Statement]) -> HashSet<usize> {
    let mut found = HashSet::new();
    visit(body, &mut |statement| match statement {
        Statement::Use(n) | Statement::Return(Value::Variable(n)) => {
            found.insert(*n);
        }
        _ => {}
    });
    found
}
