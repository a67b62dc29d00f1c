//! One share of the files, for several machines.

use std::str::FromStr;

/// The `index`-th of `count` shares, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// Whether the file of this number, from 0, is in this share: every `count`-th is, so that
    /// neighbours, which tend to be alike, are spread.
    pub fn has(self, number: usize) -> bool {
        number % self.count == self.index
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    /// `2/8`: the second of eight.
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "give I/N, where I is from 1 to N, such as 2/8";
        let (index, count) = s.split_once('/').ok_or(WRONG)?;
        let index: usize = index.parse().map_err(|_| WRONG)?;
        let count: usize = count.parse().map_err(|_| WRONG)?;
        if index == 0 || index > count {
            return Err(WRONG);
        }
        Ok(Shard {
            index: index - 1,
            count,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_disjoint_and_complete() {
        let all: Vec<usize> = (0..11).collect();
        let mut together: Vec<usize> = (1..=3)
            .flat_map(|index| {
                let shard: Shard = format!("{index}/3").parse().expect("a share");
                all.iter().copied().filter(move |number| shard.has(*number))
            })
            .collect();
        together.sort_unstable();
        assert_eq!(together, all);
        for wrong in ["0/3", "4/3", "3", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
