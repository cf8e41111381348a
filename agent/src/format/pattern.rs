//! Names with `*` and `?`, whatever their case.

/// Says whether a name fits a pattern, in time that grows with the product of their lengths at most.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(found) = name.get(here) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == found => {
                at += 1;
                here += 1;
            }
            Some(_) | None => {
                // The last star takes one more.
                let Some((star_at, taken)) = star else {
                    return false;
                };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                here = taken + 1;
            }
        }
    }
    pattern
        .get(at..)
        .is_some_and(|rest| rest.iter().all(|c| *c == '*'))
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn fits_stars_and_question_marks() {
        assert!(fits("*", ""));
        assert!(fits("ROSTER*.csv", "roster_1.CSV"));
        assert!(fits("r?ster.csv", "roster.csv"));
        assert!(fits("*a*b*", "xxaxxbxx"));
        assert!(!fits("roster.csv", "rosters.csv"));
        assert!(!fits("*.csv", "roster.csv.zip"));
        assert!(!fits("a?", "a"));
    }

    #[test]
    fn stays_fast_with_many_stars() {
        let pattern = "*a".repeat(40);
        assert!(!fits(&pattern, &"b".repeat(5_000)));
    }
}
