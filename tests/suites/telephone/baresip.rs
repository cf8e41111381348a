//! baresip as an operator's telephone: it takes every call, speaks from a file, and records what it
//! hears.
//!
//! It names the machine's outer address for its sound and sends from loopback, as a telephone behind a
//! translator of addresses does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;
use savin_telephone::audio::wav;
use savin_tests::clock::{monotonic, pause};

use crate::place::{LOOK, PATIENCE};

/// A running baresip.
#[derive(Debug)]
pub(crate) struct Baresip {
    child: Child,
    folder: PathBuf,
}

impl Baresip {
    /// Starts a telephone that speaks this, and then is silent.
    pub(crate) fn start(folder: &Path, port: u16, speaks: &[i16]) -> anyhow::Result<Self> {
        Self::start_by(folder, port, speaks, None)
    }

    /// Starts one that is called by TLS at the port after its own, with this key and certificate, and
    /// takes no call whose sound is not protected.
    pub(crate) fn start_by(
        folder: &Path,
        port: u16,
        speaks: &[i16],
        identity: Option<&str>,
    ) -> anyhow::Result<Self> {
        let folder = folder.join(format!("baresip-{port}"));
        fs::create_dir_all(&folder)?;
        let speech = folder.join("speech.wav");
        fs::write(&speech, wav::write(&[speaks, &[0; 8_000 * 60]].concat()))?;
        let modules = Path::new("/usr/lib/baresip/modules");
        let (at, speech, own) = (modules.display(), speech.display(), folder.display());
        let (first, last) = (port + 1_000, port + 1_020);
        let config = format!(
            "sip_listen 127.0.0.1:{port}\nrtp_ports {first}-{last}\naudio_player aubridge,nil\n\
            audio_alert aubridge,nil\naudio_source aufile,{speech}\nausrc_srate 8000\nauplay_srate 8000\n\
            ausrc_channels 1\nauplay_channels 1\nsnd_path {own}\nmodule_path {at}\nmodule g711.so\n\
            module aufile.so\nmodule aubridge.so\nmodule sndfile.so\nmodule srtp.so\n\
            module_app account.so\nmodule_app menu.so\n"
        );
        let tls = identity.map(|pem| {
            let file = folder.join("identity.pem");
            fs::write(&file, pem).map(|()| format!("sip_certificate {}\n", file.display()))
        });
        let tls = tls.transpose()?;
        let secrecy = tls.as_ref().map_or("", |_| ";mediaenc=srtp-mand");
        fs::write(
            folder.join("config"),
            config + tls.as_deref().unwrap_or_default(),
        )?;
        let account = format!(
            "<sip:6015550123@127.0.0.1:{port}>;regint=0;answermode=auto;audio_codecs=pcmu/8000/1{secrecy}\n"
        );
        fs::write(folder.join("accounts"), account)?;
        let said = File::create(folder.join("said"))?;
        let child = Command::new("baresip")
            .arg("-f")
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()
            .context("baresip does not start: is baresip-core installed?")?;
        let phone = Self { child, folder };
        let deadline = monotonic() + PATIENCE;
        while !phone.said().contains("baresip is ready") {
            anyhow::ensure!(monotonic() < deadline, "{}", phone.said());
            pause(LOOK);
        }
        Ok(phone)
    }

    fn said(&self) -> String {
        fs::read_to_string(self.folder.join("said")).unwrap_or_default()
    }

    /// Hangs up by ending, and returns what it heard.
    pub(crate) fn heard(mut self) -> anyhow::Result<Vec<i16>> {
        let mut interrupt = Command::new("kill");
        interrupt.arg("-INT").arg(self.child.id().to_string());
        savin_tests::program::run(interrupt)?;
        self.child.wait()?;
        let mut heard = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if name.starts_with("dump-") && name.ends_with("-dec.wav") {
                heard.extend(wav::read(&fs::read(&path)?)?);
            }
        }
        anyhow::ensure!(!heard.is_empty(), "it recorded nothing: {}", self.said());
        Ok(heard)
    }
}

impl Drop for Baresip {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
