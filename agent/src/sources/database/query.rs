//! What a declared query may not say: reads that skip or double rows, and anything but a question.

/// First words of a question.
const QUESTIONS: [&str; 7] = [
    "SELECT", "WITH", "TABLE", "VALUES", "EXEC", "EXECUTE", "CALL",
];

/// Words that turn off the isolation of a read, each with the engine's other way to say it.
const DIRTY: [&[&str]; 7] = [
    &["NOLOCK"],
    &["READUNCOMMITTED"],
    &["READPAST"],
    &["READ", "UNCOMMITTED"],
    &["DIRTY", "READ"],
    &["WITH", "UR"],
    &["TABLOCKX"],
];

/// Says why a query is refused, if it is.
#[must_use]
pub fn objection(query: &str) -> Option<String> {
    let words: Vec<String> = query
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .collect();
    for dirty in DIRTY {
        if words.windows(dirty.len()).any(|found| found == dirty) {
            return Some(format!(
                "{}: such a read can skip or double rows while the jail writes, and a skipped row \
                 looks like somebody who is gone; ask without it (READ COMMITTED SNAPSHOT is the \
                 cure for locks)",
                dirty.join(" ")
            ));
        }
    }
    let first = without_comments(query);
    let first: String = first.chars().take_while(|c| c.is_alphabetic()).collect();
    if QUESTIONS.contains(&first.to_uppercase().as_str()) {
        return None;
    }
    Some(format!(
        "a query begins with SELECT or WITH, not with {first:?}: the agent only reads"
    ))
}

/// Returns the query from its first word on.
fn without_comments(query: &str) -> &str {
    let mut rest = query;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == '{');
        let after = if let Some(line) = rest.strip_prefix("--") {
            line.split_once('\n').map_or("", |(_, after)| after)
        } else if let Some(block) = rest.strip_prefix("/*") {
            block.split_once("*/").map_or("", |(_, after)| after)
        } else {
            return rest;
        };
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::objection;

    #[test]
    fn takes_questions() {
        for query in [
            "SELECT no FROM roster",
            "\n  -- the county's view\n with a as (select 1) select * from a",
            "(SELECT 1)",
            "/* x */ EXEC dbo.roster",
            "{CALL roster}",
            "SELECT unlocked, ur, nolock_at FROM roster",
        ] {
            assert_eq!(objection(query), None, "{query}");
        }
    }

    #[test]
    fn refuses_reads_that_skip_rows_and_says_why() {
        for query in [
            "SELECT no FROM roster WITH (NOLOCK)",
            "select no from roster (nolock)",
            "SET TRANSACTION ISOLATION LEVEL read  uncommitted; SELECT 1",
            "SELECT no FROM roster FOR READ ONLY WITH UR",
            "SELECT no FROM roster WITH (READPAST)",
        ] {
            let why = objection(query).unwrap();
            assert!(why.contains("skip or double rows"), "{query}: {why}");
        }
    }

    #[test]
    fn refuses_what_is_no_question() {
        for query in [
            "",
            "DELETE FROM roster",
            "-- SELECT\nUPDATE roster SET a = 1",
        ] {
            assert!(objection(query).unwrap().contains("only reads"), "{query}");
        }
    }
}
