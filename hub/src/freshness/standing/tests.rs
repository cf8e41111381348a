//! Each grade, each reason, and what the hub's own absence must not become.

use jiff::{SignedDuration, Timestamp};

use super::{Blocked, Grade, Measure, News, Signs, Standing, Why, usual_pause};

fn at(minutes: i64) -> Timestamp {
    let begin: Timestamp = "2020-12-01T00:00:00Z".parse().unwrap();
    begin
        .checked_add(SignedDuration::from_mins(minutes))
        .unwrap()
}

/// A facility that is looked at every minute.
struct Watched {
    standing: Standing,
    usual: Option<SignedDuration>,
    now: i64,
}

/// When it was heard last.
#[derive(Clone, Copy)]
enum Heard {
    Always,
    At(i64),
}

impl Watched {
    fn with_usual(hours: i64) -> Self {
        let usual = Some(SignedDuration::from_hours(hours));
        let signs = Signs {
            heard_at: at(0),
            blocked: None,
            as_of: Some(at(0)),
        };
        let mut watched = Self {
            standing: Standing::step(None, &signs, &measure(0, usual)),
            usual,
            now: 0,
        };
        // It has been listened to for a while.
        watched.standing.listening_since = at(-1_000);
        watched
    }

    /// Looks at each minute up to one.
    fn until(
        &mut self,
        now: i64,
        heard: Heard,
        as_of: i64,
        blocked: Option<Blocked>,
    ) -> (Grade, Why) {
        while self.now < now {
            self.now += 1;
            self.look(heard, as_of, blocked);
        }
        (self.standing.grade, self.standing.why)
    }

    fn look(&mut self, heard: Heard, as_of: i64, blocked: Option<Blocked>) {
        let heard = match heard {
            Heard::Always => self.now,
            Heard::At(heard) => heard,
        };
        let signs = Signs {
            heard_at: at(heard),
            blocked,
            as_of: Some(at(as_of)),
        };
        self.standing =
            Standing::step(Some(&self.standing), &signs, &measure(self.now, self.usual));
    }

    fn news(&self, is_told: bool) -> Option<News> {
        self.standing.news(is_told, at(self.now))
    }
}

fn measure(now: i64, usual: Option<SignedDuration>) -> Measure {
    Measure {
        now: at(now),
        dark_after: SignedDuration::from_hours(12),
        usual,
    }
}

fn whole(why: Why) -> Option<Blocked> {
    Some(Blocked {
        why,
        is_whole: true,
    })
}

#[test]
fn grades_silence_by_minutes_and_tells_after_the_policys_time() {
    let mut jail = Watched::with_usual(24);
    let gone = Heard::At(0);
    assert_eq!(jail.until(2, gone, 0, None), (Grade::Fresh, Why::Heard));
    assert_eq!(jail.until(3, gone, 0, None), (Grade::Late, Why::Silent));
    assert_eq!(jail.until(9, gone, 0, None).0, Grade::Late);
    assert_eq!(jail.until(10, gone, 0, None), (Grade::Stale, Why::Silent));
    assert_eq!(jail.news(false), None, "never for a short outage");
    assert_eq!(jail.until(719, gone, 0, None).0, Grade::Stale);
    assert_eq!(jail.until(720, gone, 0, None), (Grade::Dark, Why::Silent));
    assert_eq!(jail.news(false), Some(News::Dark(at(0))));
    assert_eq!(jail.news(true), None, "once");
    // A heartbeat, and silence again: it is not back.
    assert_eq!(jail.until(721, Heard::Always, 0, None).0, Grade::Fresh);
    assert_eq!(jail.until(731, Heard::At(721), 0, None).0, Grade::Stale);
    assert_eq!(jail.news(true), None);
    assert_eq!(jail.until(741, Heard::Always, 0, None).0, Grade::Fresh);
    assert_eq!(jail.news(true), None);
    jail.until(742, Heard::Always, 0, None);
    assert_eq!(jail.news(true), Some(News::Back(at(732))));
}

#[test]
fn calls_a_person_for_what_an_agent_holds_and_for_what_it_cannot_read() {
    let mut jail = Watched::with_usual(24);
    let unreadable = whole(Why::NotReadable);
    let always = Heard::Always;
    assert_eq!(
        jail.until(1, always, 0, unreadable),
        (Grade::Late, Why::NotReadable)
    );
    assert_eq!(jail.until(10, always, 0, unreadable).0, Grade::Late);
    assert_eq!(jail.until(11, always, 0, unreadable).0, Grade::Stale);
    assert_eq!(jail.until(12, always, 0, None), (Grade::Fresh, Why::Heard));
    assert_eq!(
        jail.until(13, always, 0, whole(Why::Held)),
        (Grade::Stale, Why::Held)
    );
    assert_eq!(
        jail.until(733, always, 0, whole(Why::Held)),
        (Grade::Dark, Why::Held)
    );
    assert_eq!(jail.news(false), Some(News::Dark(at(13))));
    // One of two feeds is refused: explicit releases still come by the other.
    let mut other = Watched::with_usual(24);
    let partly = Some(Blocked {
        why: Why::Refused,
        is_whole: false,
    });
    assert_eq!(
        other.until(1_000, always, 0, partly),
        (Grade::Stale, Why::Refused)
    );
}

#[test]
fn grades_the_age_of_a_list_by_its_own_cadence() {
    let mut daily = Watched::with_usual(24);
    let hours = |hours: i64| hours * 60;
    let always = Heard::Always;
    assert_eq!(daily.until(hours(26), always, 0, None).0, Grade::Fresh);
    assert_eq!(
        daily.until(hours(27), always, 0, None),
        (Grade::Late, Why::Old)
    );
    assert_eq!(
        daily.until(hours(31), always, 0, None),
        (Grade::Stale, Why::Old)
    );
    assert_eq!(daily.until(hours(71), always, 0, None).0, Grade::Stale);
    assert_eq!(daily.until(hours(72), always, 0, None).0, Grade::Dark);
    assert_eq!(daily.news(false), Some(News::Dark(at(0))));
    let mut hourly = Watched::with_usual(1);
    assert_eq!(hourly.until(85, always, 0, None), (Grade::Stale, Why::Old));
    // Nothing is known of this one's cadence: victims are not told for days.
    let mut new = Watched::with_usual(0);
    new.usual = None;
    assert_eq!(new.until(hours(100), always, 0, None).0, Grade::Stale);
    assert_eq!(new.until(hours(168), always, 0, None).0, Grade::Dark);
}

#[test]
fn takes_its_own_absence_for_nobodys_silence() {
    let gone = Heard::At(0);
    let mut jail = Watched::with_usual(1);
    jail.until(2, gone, 0, None);
    // The hub was away for three days.
    jail.now = 4_320;
    jail.look(gone, 0, None);
    assert_eq!(jail.standing.grade, Grade::Fresh);
    assert_eq!(jail.until(4_329, gone, 0, None).0, Grade::Fresh);
    assert_eq!(
        jail.until(4_330, gone, 0, None),
        (Grade::Stale, Why::Silent)
    );
    assert_eq!(
        jail.until(4_330 + 700, gone, 0, None).0,
        Grade::Stale,
        "not dark for that"
    );
    // One that was dark before stays so until it is heard.
    let mut dark = Watched::with_usual(24);
    assert_eq!(dark.until(800, gone, 0, None).0, Grade::Dark);
    dark.now = 3_000;
    dark.look(gone, 0, None);
    assert_eq!(dark.standing.grade, Grade::Dark);
    assert_eq!(
        dark.until(3_001, Heard::Always, 3_001, None).0,
        Grade::Fresh
    );
}

#[test]
fn learns_pauses_that_are_habits_and_no_outages() {
    let hours = |hours: &[i64]| {
        hours
            .iter()
            .copied()
            .map(SignedDuration::from_hours)
            .collect::<Vec<_>>()
    };
    assert_eq!(usual_pause(&hours(&[24, 24])), None);
    let outage = hours(&[24, 25, 500, 24]);
    assert_eq!(usual_pause(&outage), Some(SignedDuration::from_hours(25)));
    let weekends = hours(&[24, 72, 24, 72]);
    assert_eq!(usual_pause(&weekends), Some(SignedDuration::from_hours(72)));
    let mut jail = Watched::with_usual(24);
    jail.until(89, Heard::Always, 0, None);
    let before = jail.standing;
    assert_eq!(jail.standing.pause(&before), None);
    jail.until(90, Heard::Always, 60, None);
    assert_eq!(
        jail.standing.pause(&before),
        Some(SignedDuration::from_mins(90))
    );
    let silent = Standing {
        silent_since: Some(at(3)),
        ..before
    };
    assert_eq!(jail.standing.pause(&silent), None);
}

#[test]
fn reads_every_word_back() {
    for grade in Grade::ALL {
        assert_eq!(Grade::parse(grade.as_str()), Some(grade));
    }
    for why in Why::ALL {
        assert_eq!(Why::parse(why.as_str()), Some(why));
    }
}
