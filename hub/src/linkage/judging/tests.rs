//! What is joined, what goes to a person, and what never does.

use jiff::civil::{Date, date};

use super::{Choice, Judged, Verdict, Why, choose, judge};
use crate::linkage::comparing::compare;
use crate::linkage::face::{Face, Identity};
use crate::linkage::frequency::Frequencies;
use crate::linkage::name::Name;
use crate::linkage::weights::{Comparison, Level, Weights};
use crate::matching::{Identifier, IdentifierKind};

const BORN: Date = date(1985, 3, 12);

fn person(names: [&str; 3], birth: Option<Date>) -> Identity {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    let [surname, given, middle] = names;
    let name = Name {
        surname: words(surname),
        given: words(given),
        middle: words(middle),
        suffix: None,
    };
    let face = Face {
        names: vec![name],
        birth,
        ..Face::default()
    };
    Identity {
        faces: vec![face],
        identifiers: Vec::new(),
    }
}

fn with(mut identity: Identity, kind: IdentifierKind, scope: &str, value: &str) -> Identity {
    identity.identifiers.push(Identifier {
        kind,
        scope: scope.to_owned(),
        value: value.to_owned(),
    });
    identity
}

fn judged(one: &Identity, other: &Identity) -> Judged {
    let weights = Weights::shipped().unwrap();
    let compared = compare(one, other, &weights, &Frequencies::default());
    judge(compared, &weights, 1_000_000)
}

fn verdict(one: &Identity, other: &Identity) -> Verdict {
    let (forth, back) = (judged(one, other).verdict, judged(other, one).verdict);
    assert_eq!(forth, back, "it depends on the order");
    forth
}

fn sid(identity: Identity, value: &str) -> Identity {
    with(identity, IdentifierKind::StateId, "", value)
}

#[test]
fn joins_a_rare_name_with_its_birth_date_and_asks_about_a_common_one() {
    let rare = person(["muestra", "avery", ""], Some(BORN));
    assert_eq!(verdict(&rare, &rare), Verdict::Join);
    let common = person(["smith", "james", ""], Some(BORN));
    assert_eq!(verdict(&common, &common), Verdict::Review(Why::Likely));
    let middle = person(["smith", "james", "quillon"], Some(BORN));
    assert_eq!(verdict(&middle, &middle), Verdict::Join);
}

#[test]
fn never_joins_by_a_name_alone() {
    let rare = person(["muestra prueba", "quillon", "thaddeus"], None);
    assert_eq!(verdict(&rare, &rare), Verdict::Review(Why::NameAlone));
    let born = person(["muestra prueba", "quillon", "thaddeus"], Some(BORN));
    assert_eq!(verdict(&rare, &born), Verdict::Review(Why::NameAlone));
    let common = person(["smith", "james", ""], None);
    assert_eq!(verdict(&common, &common), Verdict::Apart);
    let other = person(
        ["muestra prueba", "quillon", "thaddeus"],
        Some(date(1960, 7, 1)),
    );
    assert_ne!(verdict(&born, &other), Verdict::Join);
}

#[test]
fn follows_a_number_through_nicknames_slips_and_marriages() {
    let one = sid(person(["muestra", "william", ""], Some(BORN)), "MS123456");
    for other in [
        person(["muestra", "bill", ""], Some(date(1985, 12, 3))),
        person(["prueba", "william", ""], Some(BORN)),
        person(["muestra", "wiliam", ""], Some(date(1958, 3, 12))),
        Identity::default(),
    ] {
        assert_eq!(verdict(&one, &sid(other, "MS123456")), Verdict::Join);
    }
    let jacket = |identity| with(identity, IdentifierKind::PersonNumber, "MS0250000", "77");
    let [a, b] = [
        person(["smith", "james", ""], None),
        person(["smith", "jim", ""], None),
    ];
    assert_eq!(verdict(&jacket(a), &jacket(b)), Verdict::Join);
}

#[test]
fn asks_where_a_number_agrees_and_the_person_does_not() {
    let one = sid(person(["muestra", "avery", ""], Some(BORN)), "MS123456");
    let other = sid(
        person(["prueba", "robert", ""], Some(date(1960, 7, 1))),
        "MS123456",
    );
    assert_eq!(verdict(&one, &other), Verdict::Review(Why::OtherPerson));
}

#[test]
fn asks_where_one_typed_number_and_half_a_name_is_all_that_agrees() {
    let fbi = |identity| with(identity, IdentifierKind::FbiId, "", "503887XA4");
    let [one, other] = ["muestra", "prueba"].map(|surname| person([surname, "linda", ""], None));
    let [number, second] = [fbi(one.clone()), fbi(other.clone())];
    assert_eq!(verdict(&number, &second), Verdict::Review(Why::OtherPerson));
    // Two numbers are not typed wrongly into the same other person's, and a jail's own is not typed.
    let [both, also] = [number, second].map(|identity| sid(identity, "MS123456"));
    assert_eq!(verdict(&both, &also), Verdict::Join);
    let jacket = |identity| with(identity, IdentifierKind::PersonNumber, "MS0250000", "77");
    assert_eq!(verdict(&jacket(one), &jacket(other)), Verdict::Join);
}

#[test]
fn lets_contradicting_numbers_block() {
    let one = person(["muestra", "avery", ""], Some(BORN));
    let [a, b] = [sid(one.clone(), "MS123456"), sid(one.clone(), "MS998877")];
    assert_ne!(verdict(&a, &b), Verdict::Join);
    // The FBI's number agrees, the state's does not: a person has to look.
    let fbi = |identity| with(identity, IdentifierKind::FbiId, "", "778899AB1");
    let contradictory = verdict(&fbi(a.clone()), &fbi(b));
    assert_eq!(contradictory, Verdict::Review(Why::OtherNumber));
    // Where the person does not speak for it, the number that agrees is another's, and typed wrongly.
    let c = sid(one.clone(), "MS998877");
    for (names, birth) in [
        (["prueba", "robert", ""], Some(date(1960, 7, 1))),
        (["prueba", "robert", ""], None),
        (["smith", "robert", ""], None),
        (["prueba", "avery", ""], None),
        // A twin, and somebody of the other half of the name.
        (["muestra", "robert", ""], Some(BORN)),
    ] {
        let stranger = fbi(sid(person(names, birth), "MS123456"));
        assert_eq!(
            verdict(&fbi(c.clone()), &stranger),
            Verdict::Review(Why::OtherPerson),
            "{names:?}"
        );
    }
    // Of whom nothing else is known, the numbers alone are in doubt.
    let blank = fbi(sid(Identity::default(), "MS123456"));
    assert_eq!(verdict(&fbi(c), &blank), Verdict::Review(Why::OtherNumber));
    // One character is a slip: name and birth date decide.
    let near = judged(&a, &sid(one, "MS123465"));
    assert_eq!(near.compared.level(Comparison::StateId), Level::Near);
    assert_eq!(near.verdict, Verdict::Join);
    // The agency's own number may be given twice to one person.
    let jacket = |value| with(a.clone(), IdentifierKind::PersonNumber, "MS0250000", value);
    assert_eq!(verdict(&jacket("77"), &jacket("78")), Verdict::Join);
}

#[test]
fn never_joins_twins_without_a_number() {
    let one = person(["muestra", "jaden", ""], Some(BORN));
    for twin in ["jayden", "kaden", "robert"] {
        let twin = person(["muestra", twin, ""], Some(BORN));
        assert_ne!(verdict(&one, &twin), Verdict::Join);
    }
    let similar = person(["muestra", "jayden", ""], Some(BORN));
    assert_eq!(verdict(&one, &similar), Verdict::Review(Why::Twin));
    let numbered = verdict(&sid(one.clone(), "MS123456"), &sid(similar, "MS123456"));
    assert_eq!(numbered, Verdict::Join);
    let mut sister = one.clone();
    let mut brother = one;
    sister.faces[0].is_female = Some(true);
    brother.faces[0].is_female = Some(false);
    assert_eq!(verdict(&sister, &brother), Verdict::Review(Why::Twin));
}

#[test]
fn joins_no_twins_who_share_half_a_given_name() {
    let twins = ["ann", "lee"].map(|second| person(["muestra", "mary", second], Some(BORN)));
    assert_eq!(verdict(&twins[0], &twins[1]), Verdict::Review(Why::Twin));
    let whole = person(["muestra", "maryann", ""], Some(BORN));
    assert_eq!(verdict(&twins[0], &whole), Verdict::Join);
    assert_ne!(verdict(&twins[1], &whole), Verdict::Join);
    // Nguyen Van An and Nguyen Thi An.
    let born = |middle| person(["nguyen", "an", middle], Some(BORN));
    assert_ne!(verdict(&born("van"), &born("thi")), Verdict::Join);
    let otherwise = person(["nguyen van", "an", ""], Some(BORN));
    assert_eq!(verdict(&born("van"), &otherwise), Verdict::Join);
    // Twins of consecutive numbers.
    let [elder, younger] = [("jaden", "MS123456"), ("kaden", "MS123457")]
        .map(|(given, number)| sid(person(["muestra", given, ""], Some(BORN)), number));
    assert_ne!(verdict(&elder, &younger), Verdict::Join);
}

#[test]
fn asks_where_a_relative_has_the_number() {
    let suffixed = |suffix: &str, birth| {
        let mut identity = sid(person(["muestra", "avery", "lee"], birth), "MS123456");
        identity.faces[0].names[0].suffix = Some(suffix.to_owned());
        identity.faces[0].address = Some("12 sample".to_owned());
        identity
    };
    let father = suffixed("sr", Some(BORN));
    for born in [Some(date(2006, 9, 30)), None] {
        let son = suffixed("jr", born);
        assert_eq!(verdict(&father, &son), Verdict::Review(Why::OtherPerson));
    }
    // Whose suffix was written wrongly.
    assert_eq!(verdict(&father, &suffixed("jr", Some(BORN))), Verdict::Join);
    let [mut brother, mut sister] =
        ["jaden", "robin"].map(|given| sid(person(["muestra", given, ""], Some(BORN)), "MS123456"));
    brother.faces[0].is_female = Some(false);
    sister.faces[0].is_female = Some(true);
    assert_eq!(
        verdict(&brother, &sister),
        Verdict::Review(Why::OtherPerson)
    );
}

#[test]
fn joins_nobody_by_birth_dates_that_stand_for_none() {
    let rare = |birth| person(["muestra", "thaddeus", "quillon"], Some(birth));
    for (one, other) in [
        (date(1985, 1, 1), date(1985, 1, 1)),
        (date(1985, 1, 1), date(1986, 1, 1)),
        (date(1969, 12, 31), date(1969, 12, 31)),
        (date(1911, 11, 11), date(1911, 11, 11)),
    ] {
        assert_ne!(verdict(&rare(one), &rare(other)), Verdict::Join, "{one}");
    }
}

#[test]
fn asks_about_father_and_son() {
    let [mut father, mut son] = [(), ()].map(|()| person(["muestra", "avery", "lee"], Some(BORN)));
    father.faces[0].names[0].suffix = Some("sr".to_owned());
    son.faces[0].names[0].suffix = Some("jr".to_owned());
    assert_eq!(verdict(&father, &son), Verdict::Review(Why::Suffix));
}

#[test]
fn chooses_nobody_where_two_fit() {
    let weights = Weights::shipped().unwrap();
    let rare = person(["muestra", "avery", ""], Some(BORN));
    let candidates = [(1, judged(&rare, &rare)), (2, judged(&rare, &rare))];
    let choice = choose(&candidates, &weights);
    let reviews = vec![(1, Why::Rival), (2, Why::Rival)];
    assert_eq!(
        choice,
        Choice {
            joined: None,
            also: Vec::new(),
            reviews
        }
    );
    let numbered = sid(rare.clone(), "MS123456");
    let candidates = [(1, judged(&rare, &rare)), (2, judged(&numbered, &numbered))];
    let choice = choose(&candidates, &weights);
    assert_eq!(choice.joined, Some(2));
    assert_eq!(choice.reviews, [(1, Why::Rival)]);
}

#[test]
fn explains_every_comparison_with_its_weight() {
    let judged = judged(
        &sid(person(["muestra", "bill", ""], Some(BORN)), "MS1"),
        &person(["muestra", "william", "lee"], Some(BORN)),
    );
    let lines: Vec<_> = judged
        .compared
        .lines
        .iter()
        .map(|line| (line.comparison, line.level))
        .collect();
    assert_eq!(
        lines,
        [
            (Comparison::Surname, Level::Exact),
            (Comparison::Given, Level::Nickname),
            (Comparison::Birth, Level::Exact),
        ]
    );
    let sum: f64 = judged.compared.lines.iter().map(|line| line.bits).sum();
    assert!((judged.bits - (sum - 1_000_000_f64.log2())).abs() < 1e-9);
}

#[test]
fn joins_nobody_whom_one_agency_knows_by_two_numbers_unless_all_else_agrees() {
    let jacket = |surname, agency, number| {
        let identity = person([surname, "QUILLAN", ""], Some(BORN));
        with(identity, IdentifierKind::PersonNumber, agency, number)
    };
    let one = jacket("VANTERPOOL", "HINDS", "1");
    let similar = |agency| jacket("VANTERPOOK", agency, "2");
    assert_eq!(verdict(&one, &similar("RANKIN")), Verdict::Join);
    let here = similar("HINDS");
    assert_eq!(verdict(&one, &here), Verdict::Review(Why::OtherJacket));
    let renumbered = jacket("VANTERPOOL", "HINDS", "2");
    assert_eq!(verdict(&one, &renumbered), Verdict::Join);
}
