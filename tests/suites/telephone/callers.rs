//! Whoever calls the toll-free number or takes its calls otherwise than was meant: hanging up, pressing nonsense, saying
//! that the number is wrong, wanting an operator where none is, and typing through a relay.

use std::time::Duration;

use anyhow::ensure;
use savin_telephone::media::session::Order;
use savin_tests::toll_free::transcript::{LEAVES_A_NUMBER, play};

use crate::line::{FIND, HERS, Line, OTHER, over};

/// How long whoever types through a relay takes for an answer: longer than the 8 s that others are given.
const TYPING: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_presses_nonsense_or_says_that_the_number_is_wrong_hears_and_changes_nothing()
-> anyhow::Result<()> {
    let mut line = Line::begin().await?;
    // Up to the first PIN, and gone.
    let keys = [&FIND[..], &["3", HERS.0, "1", "4821#"]].concat();
    let gone = line.call(&keys, "Enter the same PIN once more").await?;
    gone.hang_up();
    let nonsense = ["#", "66", "**", "4", "123#", "99999999999", "0"];
    let nonsense = line
        .call(&nonsense, "Nobody is free to talk with you")
        .await?;
    nonsense.hang_up();
    ensure!(line.notices()?.is_empty(), "somebody was called");
    let tasks = line
        .stage
        .hub
        .cli(&["tasks", "--kind", "other", "--json"])?;
    ensure!(tasks.contains("wanted an operator"), "{tasks}");
    // At a number that was hers somebody else takes the call.
    let ways = ["--by", "telephone", "--by", "telephone", "--pin"];
    let register = [&["register", "--person", "Tansy Quillfeather"][..], &ways].concat();
    line.stage
        .hub
        .cli_with(&register, "6015550123\n6015550199\n4821\n")?;
    line.stage.county.release("A-1001", "BOND")?;
    let stranger = line.rung(HERS.1).await?;
    line.press(&stranger, &["7"], "If nobody here asked us for a call")
        .await?;
    line.press(&stranger, &["7"], "A person looks into it")
        .await?;
    over(stranger).await?;
    // She is told so at her other number, and a person asks her.
    let hers = line.rung(OTHER.1).await?;
    line.press(&hers, &["1"], "Now we call it only if we must")
        .await?;
    hers.hang_up();
    ensure!(
        !line.stage.said.text().contains("Released"),
        "a stranger was told"
    );
    let work = line
        .stage
        .hub
        .cli(&["tasks", "--kind", "by-hand", "--json"])?;
    ensure!(work.contains("said that it is the wrong number"), "{work}");
    line.end(&["4821"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_whom_no_operator_takes_leaves_a_number_and_is_somebodys_work()
-> anyhow::Result<()> {
    let mut line = Line::begin().await?;
    // Beside it somebody speaks through a relay (711), who takes longer for each answer than others are given.
    let relay = line.call(&["8"], "We wait while you type").await?;
    let typing = async {
        for keys in ["1", "3"] {
            tokio::time::sleep(TYPING).await;
            relay.order(Order::Press(keys.to_owned())).await;
        }
    };
    let (played, ()) = tokio::join!(play(LEAVES_A_NUMBER, &mut line), typing);
    played?;
    line.press(&relay, &["784553328437#", "#"], "In custody at")
        .await?;
    let said = line.stage.said.text();
    ensure!(!said.contains("Let us try once more"), "she was hurried");
    ensure!(
        !said.contains("Una persona le llamará"),
        "a promise before there is a number"
    );
    relay.hang_up();
    line.end(&[]).await
}
