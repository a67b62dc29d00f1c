//! The values that one name stands for in a file, told apart by their scopes.

use crate::source::Span;
use std::sync::OnceLock;

/// Numbers of values; whoever numbers them knows their scopes.
#[derive(Debug, Default, Clone)]
pub struct OfName {
    /// By where their scopes begin.
    numbers: Vec<usize>,
    /// For each of them the position of the last one before it whose scope has not ended where this one begins.
    /// Made when it is asked for: one that never goes back over scopes that have ended, however many there are.
    before: OnceLock<Vec<Option<usize>>>,
}

impl OfName {
    /// All of them, by where their scopes begin.
    pub fn numbers(&self) -> impl Iterator<Item = usize> {
        self.numbers.iter().copied()
    }

    /// Adds a value.
    pub fn add(&mut self, number: usize, scope: Span, scope_of: impl Fn(usize) -> Span) {
        let at = self
            .numbers
            .partition_point(|known| scope_of(*known).start <= scope.start);
        self.numbers.insert(at, number);
        self.before = OnceLock::new();
    }

    /// The value that the name stands for at byte `at`: scopes stand in each other, so it is the last that has begun
    /// and not ended. Of several for one scope, the first counts.
    pub fn innermost(&self, at: usize, scope_of: impl Fn(usize) -> Span) -> Option<usize> {
        let scope = |position: usize| scope_of(self.numbers[position]);
        let begun = self
            .numbers
            .partition_point(|number| scope_of(*number).start <= at);
        let before = self.before.get_or_init(|| self.before(&scope));
        let mut position = begun.checked_sub(1)?;
        while scope(position).end <= at {
            position = before[position]?;
        }
        let inner = scope(position);
        let first = self
            .numbers
            .partition_point(|number| scope_of(*number).start < inner.start);
        let mut same = self.numbers[first..].iter();
        same.find(|number| scope_of(**number) == inner).copied()
    }

    fn before(&self, scope: &impl Fn(usize) -> Span) -> Vec<Option<usize>> {
        let mut open: Vec<usize> = Vec::new();
        (0..self.numbers.len())
            .map(|position| {
                let start = scope(position).start;
                while open.last().is_some_and(|last| scope(*last).end <= start) {
                    open.pop();
                }
                let before = open.last().copied();
                open.push(position);
                before
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_scope_counts() {
        // One around all, two in a row in it, one in the second; the last scope has two values.
        let scopes = [(0, 100), (10, 20), (30, 60), (40, 50), (70, 80), (70, 80)];
        let scopes = scopes.map(|(start, end)| Span::new(start, end));
        let mut of_name = OfName::default();
        for number in [3, 0, 4, 2, 1, 5] {
            of_name.add(number, scopes[number], |known| scopes[known]);
        }
        let at = |at| of_name.innermost(at, |known| scopes[known]);
        for (place, number) in [
            (5, 0),
            (15, 1),
            (25, 0),
            (35, 2),
            (45, 3),
            (55, 2),
            (65, 0),
            (75, 4),
        ] {
            assert_eq!(at(place), Some(number), "{place}");
        }
        assert_eq!(at(100), None);
    }
}
