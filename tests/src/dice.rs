//! A small seeded generator (xorshift64*), so that a seed replays on every machine.

/// The generator.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Begins at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Returns a number below `end`; 0 where there is none.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D);
        let end = end.max(1) as u64;
        usize::try_from(rolled % end).unwrap_or(0)
    }

    /// Returns true once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Returns one of a list.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// Returns one of a list that is not this one; this one where there is no other.
    pub fn other<T: Copy + PartialEq>(&mut self, list: &[T], this: T) -> T {
        let others: Vec<T> = list.iter().copied().filter(|one| *one != this).collect();
        self.pick(&others).copied().unwrap_or(this)
    }
}
