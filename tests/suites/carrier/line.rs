//! Section 1(f) on the toll-free number of a running hub, by calls that a carrier brings and carries: the transcripts
//! that are played over trunks too.

use std::fs::OpenOptions;
use std::io::Write as _;

use anyhow::Context as _;
use savin_tests::carrier::{Act, Carrier, Hand, write_token};
use savin_tests::demo::county::jails::Azalea;
use savin_tests::home::{HubHome, HubOptions};
use savin_tests::program::Programs;
use savin_tests::toll_free::spoken::Ear;
use savin_tests::toll_free::transcript::{
    CHANGES_AND_STOPS, LEAVES_A_NUMBER, Phones, SIGNS_UP_AND_IS_TOLD, TWO_AT_ONCE, Turn, play,
};
use savin_tests::toll_free::{SHOWN, Stage};

/// A hub with a jail behind it, and a carrier.
struct Line {
    stage: Stage,
    carrier: Carrier,
}

impl Line {
    fn begin() -> anyhow::Result<Self> {
        let programs = Programs::Together(env!("CARGO_BIN_EXE_savin-demo").into());
        let carrier = Carrier::start()?;
        carrier.attend();
        let stage = Stage::begin(&programs, &HubOptions::default(), |folder, voice| {
            let home = folder.join("hub");
            write_token(&home)?;
            let config = OpenOptions::new().append(true).open(home.join("hub.toml"));
            config?.write_all(carrier.settings(voice).as_bytes())?;
            Ok(())
        })?;
        Ok(Self { stage, carrier })
    }

    /// Plays a transcript to its end.
    fn plays(mut self, turns: &[Turn]) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let codes = runtime.block_on(play(turns, &mut self))?;
        let brought = turns.iter().filter(|turn| **turn == Turn::Dials).count();
        let wanted = self.carrier.after(brought, |noted| noted.wanted.len())?;
        self.carrier.after(brought + wanted, |_| ())?;
        let mut secrets = vec!["4821", "7035", "sesame", "/carrier/call/"];
        secrets.extend(codes.iter().map(String::as_str));
        self.stage.end(&secrets)
    }
}

impl Phones for Line {
    type Call = Hand;

    fn hub(&self) -> &HubHome {
        &self.stage.hub
    }

    fn county(&self) -> &Azalea {
        &self.stage.county
    }

    fn said(&self) -> String {
        self.stage.said.text()
    }

    fn log(&self) -> String {
        self.stage.serving.log()
    }

    async fn dial(&mut self) -> anyhow::Result<Hand> {
        let from = format!("+1{SHOWN}");
        Ok(self.carrier.ring_by_hand(self.stage.hub.site(), &from))
    }

    async fn press(&mut self, call: &Hand, keys: &str) -> anyhow::Result<()> {
        self.carrier.act(*call, Act::Press(keys.to_owned().into()));
        Ok(())
    }

    async fn hang_up(&mut self, call: Hand) -> anyhow::Result<()> {
        self.carrier.act(call, Act::HangUp);
        Ok(())
    }

    async fn listen(&mut self, call: Hand) -> anyhow::Result<()> {
        // After the notice, after the question that follows it, and once more: by then it is over.
        for _ in 0..3 {
            self.carrier.act(call, Act::Wait);
        }
        Ok(())
    }

    async fn rung(&mut self) -> anyhow::Result<(String, Hand)> {
        self.carrier.rung()
    }

    async fn code(&mut self, call: Hand) -> anyhow::Result<String> {
        self.carrier.act(call, Act::press("1"));
        let code = self.carrier.heard(call, |heard| {
            let mut ear = Ear::default();
            ear.hear(heard);
            ear.code()
        });
        self.carrier.act(call, Act::HangUp);
        code.context("no code was heard")
    }
}

#[test]
fn clause_1_f_a_caller_registers_by_a_carrier_and_is_told() -> anyhow::Result<()> {
    Line::begin()?.plays(SIGNS_UP_AND_IS_TOLD)
}

#[test]
fn clause_1_f_a_caller_changes_her_number_and_her_pin_and_stops_by_a_carrier() -> anyhow::Result<()>
{
    Line::begin()?.plays(CHANGES_AND_STOPS)
}

#[test]
fn two_calls_at_once_by_a_carrier_lose_nothing() -> anyhow::Result<()> {
    Line::begin()?.plays(TWO_AT_ONCE)
}

#[test]
fn a_caller_by_a_carrier_whom_no_operator_takes_leaves_a_number() -> anyhow::Result<()> {
    Line::begin()?.plays(LEAVES_A_NUMBER)
}
