//! Many rows in one statement: a server takes sixty-four rows of one insertion for a fraction of what as many
//! insertions cost it.

use std::fmt::Write as _;

/// How many rows go together, the most first; what is left goes row by row. Each is a statement of its own to the
/// server, so there are few.
const TOGETHER: [usize; 2] = [64, 8];

/// An insertion of one row that can as well insert several: nothing of what it does to a row depends on the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Insertion {
    /// Up to the values of the row.
    before: &'static str,
    /// The values, in their brackets.
    row: &'static str,
    /// What follows them.
    after: &'static str,
}

impl Insertion {
    /// Reads a statement; `None` where it is no insertion of one row of values, or has more to do than to insert:
    /// what is changed where a key is taken already can be changed once by one statement, and lists may name it twice.
    pub(super) fn read(sql: &'static str) -> Option<Self> {
        const VALUES: &str = "VALUES ";
        if !sql.starts_with("INSERT INTO ") {
            return None;
        }
        let (head, rest) = sql.split_once(VALUES)?;
        let before = sql.get(..head.len() + VALUES.len())?;
        let row = rest.get(..=closing(rest)?)?;
        let after = rest.get(row.len()..)?;
        let is_plain = !after.contains('$') && !after.contains("DO UPDATE") && !row.contains('\'');
        (row.starts_with('(') && is_plain).then_some(Self { before, row, after })
    }

    /// Writes it for so many rows of so many values each.
    pub(super) fn of(&self, rows: usize, values: usize) -> String {
        let mut sql = String::with_capacity(self.before.len() + rows * (self.row.len() + 8));
        sql.push_str(self.before);
        for row in 0..rows {
            if row > 0 {
                sql.push_str(", ");
            }
            self.write_row(&mut sql, row * values);
        }
        sql.push_str(self.after);
        sql
    }

    /// Writes the row with each of its values so many places further.
    fn write_row(&self, sql: &mut String, further: usize) {
        let mut rest = self.row;
        while let Some((text, value)) = rest.split_once('$') {
            let end = value.find(|c: char| !c.is_ascii_digit());
            let (number, left) = value.split_at(end.unwrap_or(value.len()));
            let number = number.parse::<usize>().unwrap_or(0);
            // Writing into a text does not fail.
            let _written = write!(sql, "{text}${}", number + further);
            rest = left;
        }
        sql.push_str(rest);
    }
}

/// Cuts lists into those that go together.
pub(super) fn together<T>(lists: &[T]) -> Vec<&[T]> {
    let (mut parts, mut rest) = (Vec::new(), lists);
    while let [_, ..] = rest {
        let fits = |many: &usize| *many <= rest.len();
        let many = TOGETHER.into_iter().find(fits).unwrap_or(1);
        let (part, left) = rest.split_at(many);
        parts.push(part);
        rest = left;
    }
    parts
}

/// Finds the bracket that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (place, c) in text.char_indices() {
        match c {
            '(' => open += 1,
            ')' => open = open.checked_sub(1)?,
            _ => {}
        }
        if open == 0 {
            return (c == ')').then_some(place);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Insertion, together};

    #[test]
    fn numbers_the_values_of_every_row() {
        let sql = "INSERT INTO thing (id, name, at) VALUES ($1, coalesce($2, $1), 'x')";
        assert_eq!(Insertion::read(sql), None, "a text may hold anything");
        let sql = "INSERT INTO thing (id, name) VALUES ($1, lower($2)) ON CONFLICT DO NOTHING";
        let insertion = Insertion::read(sql).unwrap();
        assert_eq!(insertion.of(1, 2), sql);
        assert_eq!(
            insertion.of(3, 2),
            "INSERT INTO thing (id, name) VALUES ($1, lower($2)), ($3, lower($4)), ($5, lower($6)) \
             ON CONFLICT DO NOTHING"
        );
    }

    #[test]
    fn leaves_statements_that_do_more() {
        for sql in [
            "UPDATE thing SET name = $2 WHERE id = $1",
            "DELETE FROM thing WHERE id = $1",
            "INSERT INTO thing (id) SELECT $1 FROM thing",
            "INSERT INTO thing (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = $2",
            "INSERT INTO thing (id, name) VALUES ($1, $2)
             ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        ] {
            assert_eq!(Insertion::read(sql), None, "{sql}");
        }
    }

    #[test]
    fn cuts_lists_without_losing_one() {
        for many in [0, 1, 7, 8, 9, 63, 64, 65, 64 * 3 + 17] {
            let lists: Vec<usize> = (0..many).collect();
            let parts = together(&lists);
            assert_eq!(parts.concat(), lists);
            let sizes: Vec<usize> = parts.iter().map(|part| part.len()).collect();
            assert!(
                sizes.iter().all(|size| [64, 8, 1].contains(size)),
                "{sizes:?}"
            );
            assert!(sizes.iter().filter(|size| **size == 1).count() < 8);
        }
    }
}
