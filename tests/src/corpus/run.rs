//! Cases of the corpus, each on a copy of a journal with months of history, and what they count to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

use crate::corpus::bulk::{self, Bulk};
use crate::corpus::damage::{Damage, Damaged, damaged};
use crate::corpus::jail::{Jail, PROFILE, Size, Status};
use crate::corpus::pipeline::{Pipeline, Told};
use crate::corpus::series::Decay;
use crate::dice::Dice;

/// Days of history before a case.
const HISTORY: usize = 100;

/// For how many days a feed decays at most.
const DECAY_DAYS: usize = 28;

/// Exports that are kept, to come again.
const EARLIER: usize = 9;

/// What cases count to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases.
    pub cases: u64,
    /// Cases of which nothing was taken.
    pub refused: u64,
    /// Cases of which something waited for a person.
    pub held: u64,
    /// Cases of which something was told that was not so, and nothing held or refused.
    pub missed: u64,
    /// Releases told of people who were not let go, where no word of the file said so of them.
    pub false_releases: u64,
    /// The most releases told in one case because the file's own words were wrong.
    pub wrong_codes_max: u64,
    /// People told to be listed no longer who were still there.
    pub untrue_absences: u64,
    /// True releases that were told to nobody, neither at once nor when a person let them pass.
    pub lost: u64,
    /// True releases of the damaged day that waited for a person, or for the next good export.
    pub late: u64,
}

impl Counts {
    /// Adds other cases.
    pub fn add(&mut self, other: &Self) {
        self.cases += other.cases;
        self.refused += other.refused;
        self.held += other.held;
        self.missed += other.missed;
        self.false_releases += other.false_releases;
        self.wrong_codes_max = self.wrong_codes_max.max(other.wrong_codes_max);
        self.untrue_absences += other.untrue_absences;
        self.lost += other.lost;
        self.late += other.late;
    }
}

/// What is so: each booking on the list and what the jail says of it.
type Truth = BTreeMap<String, Status>;

fn truth(jail: &Jail) -> Truth {
    let pair =
        |inmate: &crate::corpus::jail::Inmate| (format!("B{:06}", inmate.booking), inmate.status);
    jail.listed.iter().map(pair).collect()
}

fn has_ended(truth: &Truth, number: &str) -> bool {
    truth.get(number).is_some_and(|status| status.has_ended())
}

/// A jail with history, from which cases begin.
#[derive(Debug)]
pub struct Base {
    folder: TempDir,
    jail: Jail,
    other: Jail,
    earlier: Vec<String>,
}

impl Base {
    /// Lets months pass at a jail.
    ///
    /// # Errors
    /// Returns what the pipeline returns.
    pub fn new(size: Size, says_releases: bool, seed: u64) -> anyhow::Result<Self> {
        let folder = scratch()?;
        let mut jail = Jail::new(size, says_releases, seed);
        let mut pipeline = Pipeline::open(&folder.path().join("journal.sqlite"), PROFILE)?;
        let mut earlier = Vec::new();
        for _ in 0..HISTORY {
            jail.next_day();
            let export = jail.export()?;
            let told = pipeline.take(export.as_bytes(), jail.day, 0)?;
            if told.held > 0 {
                pipeline.release(jail.day)?;
            }
            earlier.push(export);
        }
        // The last of them is yesterday's: to get it again is no damage.
        earlier.pop();
        let earlier = earlier.split_off(HISTORY - 1 - EARLIER);
        let mut other = Jail::with_people(size, says_releases, seed.wrapping_add(501), 50_021);
        for _ in 0..HISTORY {
            other.next_day();
        }
        Ok(Self {
            folder,
            jail,
            other,
            earlier,
        })
    }

    fn said_before(&self) -> BTreeSet<String> {
        let lines = self.earlier.iter().flat_map(|export| export.lines());
        let ended = lines.filter(|line| line.contains(",REL,"));
        ended
            .filter_map(|line| Some(line.split_once(',')?.0.to_owned()))
            .collect()
    }

    fn pipeline(&self, name: &str) -> anyhow::Result<(PathBuf, Pipeline)> {
        let path = self.folder.path().join(name);
        let from = self.folder.path().join("journal.sqlite");
        std::fs::copy(from, &path).context("failed to copy a journal")?;
        let pipeline = Pipeline::open(&path, PROFILE)?;
        Ok((path, pipeline))
    }

    fn jail(&self, seed: u64) -> Jail {
        let mut jail = self.jail.clone();
        jail.dice = Dice::new(seed.wrapping_mul(31).wrapping_add(17));
        jail.next_day();
        jail
    }

    /// Takes a damaged export, the good one of the day after, and a person's word on what is held then.
    ///
    /// # Errors
    /// Returns what the pipeline returns.
    pub fn damage(&self, damage: Damage, seed: u64) -> anyhow::Result<Counts> {
        let mut jail = self.jail(seed);
        let mut dice = Dice::new(seed);
        let Damaged { bytes, days_old } =
            damaged(damage, &mut dice, &jail, &self.other, &self.earlier)?;
        let (path, mut pipeline) = self.pipeline("damage.sqlite")?;
        let bad = pipeline.take(&bytes, jail.day, days_old)?;
        let today = truth(&jail);
        jail.next_day();
        let (good, held) = settle(&mut pipeline, &jail)?;
        drop(pipeline);
        remove(&path)?;
        let days = Days {
            yesterday: truth(&self.jail),
            today,
            tomorrow: truth(&jail),
            said_before: self.said_before(),
        };
        Ok(days.score(damage, &bad, &[good, held]))
    }

    /// Takes the exports of a true bulk day and of the day after, and a person's word on what is held.
    ///
    /// # Errors
    /// Returns what the pipeline returns.
    pub fn bulk(&self, bulk: Bulk, seed: u64) -> anyhow::Result<Counts> {
        let mut jail = self.jail(seed);
        bulk::happen(bulk, &mut jail);
        let (path, mut pipeline) = self.pipeline("bulk.sqlite")?;
        let today = truth(&jail);
        let (first, looked) = settle(&mut pipeline, &jail)?;
        bulk::end(bulk, &mut jail);
        jail.next_day();
        let (next, rest) = settle(&mut pipeline, &jail)?;
        drop(pipeline);
        remove(&path)?;
        let after = truth(&jail);
        let all = [first, looked, next, rest];
        let untrue = |told: &Told| {
            let wrong = |number: &&String| !has_ended(&today, number) && !has_ended(&after, number);
            told.ended.iter().filter(wrong).count() as u64
        };
        let was_told = |number: &String| all.iter().any(|told| told.ended.contains(number));
        let ended = today.keys().filter(|number| has_ended(&today, number));
        let told_before = |number: &String| has_ended(&truth(&self.jail), number);
        let lost = ended.filter(|number| !was_told(number) && !told_before(number));
        Ok(Counts {
            cases: 1,
            held: u64::from(all.first().is_some_and(|told| told.held > 0)),
            false_releases: all.iter().map(untrue).sum(),
            lost: lost.count() as u64,
            late: all.get(1).map_or(0, |told| told.ended.len() as u64),
            ..Counts::default()
        })
    }
}

/// Takes today's good export, and lets a person look at what is held.
fn settle(pipeline: &mut Pipeline, jail: &Jail) -> anyhow::Result<(Told, Told)> {
    let told = pipeline.take(jail.export()?.as_bytes(), jail.day, 0)?;
    let looked = if told.held > 0 {
        pipeline.release(jail.day)?
    } else {
        Told::default()
    };
    Ok((told, looked))
}

/// What is so before, on and after the day of the damage.
struct Days {
    yesterday: Truth,
    today: Truth,
    tomorrow: Truth,
    /// Whose release an earlier export has said: an old word of it is true, and no news at the hub.
    said_before: BTreeSet<String>,
}

impl Days {
    fn score(&self, damage: Damage, bad: &Told, later: &[Told; 2]) -> Counts {
        let (today, tomorrow) = (&self.today, &self.tomorrow);
        let is_old =
            |number: &String| !today.contains_key(number) && self.said_before.contains(number);
        let mut untrue = bad.ended.iter().collect::<Vec<_>>();
        untrue.retain(|number| !has_ended(today, number) && !is_old(number));
        let untrue = untrue.len() as u64;
        let later_untrue = later.iter().flat_map(|told| &told.ended);
        let later_untrue = later_untrue.filter(|number| !has_ended(tomorrow, number));
        let still_there = |number: &&String| today.get(*number).is_some_and(|s| !s.has_ended());
        let untrue_absences = bad.absent.iter().filter(still_there).count() as u64;
        let was_told = |number: &String| {
            let mut all = later.iter().chain([bad]);
            all.any(|told| told.ended.contains(number))
        };
        // Whose release was told before the case began is not told again.
        let is_news = |number: &&String| {
            let ended = [today, tomorrow].map(|truth| has_ended(truth, number));
            ended == [true, true] && !has_ended(&self.yesterday, number)
        };
        let news = today.keys().filter(is_news);
        let is_seen = bad.held > 0 || bad.refused.is_some();
        let is_wrong_code = damage.is_wrong_code();
        Counts {
            cases: 1,
            refused: u64::from(bad.refused.is_some()),
            held: u64::from(bad.held > 0),
            missed: u64::from(untrue + untrue_absences > 0 && !is_seen),
            false_releases: if is_wrong_code { 0 } else { untrue } + later_untrue.count() as u64,
            wrong_codes_max: if is_wrong_code { untrue } else { 0 },
            untrue_absences,
            lost: news.clone().filter(|number| !was_told(number)).count() as u64,
            late: news.filter(|number| !bad.ended.contains(number)).count() as u64,
        }
    }
}

/// Counts on how many days of a year without any damage something is held.
///
/// # Errors
/// Returns what the pipeline returns.
pub fn false_holds(size: Size, says_releases: bool, seed: u64) -> anyhow::Result<Year> {
    let folder = scratch()?;
    let mut jail = Jail::new(size, says_releases, seed);
    let mut pipeline = Pipeline::open(&folder.path().join("journal.sqlite"), PROFILE)?;
    let mut year = Year::default();
    for _ in 0..HISTORY + 365 {
        jail.next_day();
        let (told, _) = settle(&mut pipeline, &jail)?;
        if jail.day > HISTORY && told.held > 0 {
            year.days_held += 1;
            for reason in told.reasons {
                *year.reasons.entry(reason).or_default() += 1;
            }
        }
    }
    Ok(year)
}

/// The holds of a year in which nothing was wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Year {
    /// On how many days.
    pub days_held: u64,
    /// How often for which reason.
    pub reasons: BTreeMap<&'static str, u64>,
}

/// Lets a feed lose a share of its rows each day beside those who leave, as one that decays does, while
/// the jail itself goes on as ever, and returns after how many days something was held, if at all.
///
/// # Errors
/// Returns what the pipeline returns.
pub fn decay(base: &Base, per_mille: usize, seed: u64) -> anyhow::Result<Option<usize>> {
    let mut jail = base.jail(seed);
    let (path, mut pipeline) = base.pipeline("decay.sqlite")?;
    let mut decay = Decay::new(per_mille, seed);
    let mut held_after = None;
    for days in 1..=DECAY_DAYS {
        let shown = decay.shown(&jail);
        let told = pipeline.take(shown.export()?.as_bytes(), jail.day, 0)?;
        if told.held > 0 {
            held_after = Some(days);
            break;
        }
        jail.next_day();
    }
    drop(pipeline);
    remove(&path)?;
    Ok(held_after)
}

/// A folder in memory where there is one: a hundred thousand commits are made in it.
fn scratch() -> anyhow::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new().prefix("savin-corpus").to_owned();
    let folder = if memory.is_dir() {
        builder.tempdir_in(memory)
    } else {
        builder.tempdir()
    };
    folder.context("failed to make a folder")
}

fn remove(path: &Path) -> anyhow::Result<()> {
    std::fs::remove_file(path).context("failed to remove a journal")
}
