//! From the row of a release to the call, the PIN and the notice that is confirmed.

use anyhow::ensure;
use savin_tests::called::Called;
use savin_tests::program::Programs;

use crate::hub::{LINES, phrase, trunks};
use crate::place::port;
use crate::sipp::{Sipp, Step};

#[test]
fn a_release_is_told_by_telephone_and_confirmed_by_the_pin() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
    let at = port();
    let voice = phrase(folder.path())?;
    let steps = [
        Step::Ring,
        Step::Answer(""),
        Step::Wait(1_000),
        Step::Press("2580#"),
        Step::HungUp,
    ];
    let peer = Sipp::start(folder.path(), at, &steps)?;
    let called = Called::set(folder.path(), &programs, |_| {
        trunks(folder.path(), &[("first", at)], LINES, &voice).map(drop)
    })?;
    called.release()?;
    let notice = called.until("confirmed", |notice| notice["state"] == "confirmed")?;
    ensure!(peer.received("INVITE") > 0, "{notice}");
    ensure!(
        peer.messages()
            .contains("INVITE sip:+16015550123@127.0.0.1")
    );
    called.keeps_quiet(&[])?;
    called.stop()?;
    ensure!(peer.received("INVITE") == 1, "she was called again");
    Ok(())
}
