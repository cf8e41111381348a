//! An operator whom the carrier calls, who takes the caller by a key, and for how long that call is counted.

use anyhow::{Context as _, ensure};
use savin_telephone::script::ending::Operator;
use savin_tests::carrier::{Act, Person, TALKED_S};

use crate::calls::Place;

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_is_joined_by_the_carrier() -> anyhow::Result<()> {
    let place = Place::open().await?;
    let acts = vec![
        Act::press("0"),
        Act::Operator("no-answer"),
        Act::Operator("completed"),
    ];
    let (carriage, ears) = place.tell(Person::Answers(acts)).await?;
    let ending = carriage.ending.context("it does not end")?;
    ensure!(ending.operator == Operator::Talked, "{ending:?}");
    ensure!(ears.talked() == [TALKED_S], "{:?}", ears.talked());
    let dialled = place.simulator.after(1, |noted| noted.dialled.clone())?;
    ensure!(dialled == ["+16015550188", "+16015550199"], "{dialled:?}");
    let acts = vec![
        Act::press("0"),
        Act::Operator("busy"),
        Act::Operator("no-answer"),
    ];
    let (carriage, ears) = place.tell(Person::Answers(acts)).await?;
    let ending = carriage.ending.context("it does not end")?;
    ensure!(ending.operator == Operator::Missed, "{ending:?}");
    ensure!(ears.talked().is_empty(), "{:?}", ears.talked());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_at_an_operators_telephone_takes_nobody() -> anyhow::Result<()> {
    for keys in ["", "59"] {
        let place = Place::open().await?;
        place.simulator.double();
        let acts = vec![Act::press("0"), Act::Desk(keys), Act::Operator("completed")];
        let (carriage, ears) = place.tell(Person::Answers(acts)).await?;
        let ending = carriage.ending.context("it does not end")?;
        ensure!(ending.operator == Operator::Talked, "{ending:?}");
        let dialled = place.simulator.after(1, |noted| noted.dialled.clone())?;
        ensure!(dialled == ["+16015550188", "+16015550199"], "{dialled:?}");
        ensure!(ears.has_said("DeskOffer"), "nothing was said there");
        // Both calls are on the bill.
        ensure!(ears.talked() == [TALKED_S; 2], "{:?}", ears.talked());
    }
    let place = Place::open().await?;
    let acts = vec![Act::press("0"), Act::Desk(""), Act::Desk("")];
    let (carriage, _ears) = place.tell(Person::Answers(acts)).await?;
    let ending = carriage.ending.context("it does not end")?;
    ensure!(ending.operator == Operator::Missed, "{ending:?}");
    Ok(())
}
