//! The program as a test types it.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::config::Config;

/// Writes a configuration into a folder and loads it.
pub(super) fn configured(folder: &Path) -> Config {
    let path = folder.join("hub.toml");
    let text = "data = 'data'\n[agents]\nlisten = '127.0.0.1:0'\naddresses = ['a:7443']\n\
                [web]\nlisten = '127.0.0.1:0'\nurl = 'http://x.test'\nphone = '1'\n";
    std::fs::write(&path, text).unwrap();
    Config::load(&path, None).unwrap()
}

/// Runs the program as it is typed; returns whether it succeeded. A word that ends in `.key` is a file
/// in the folder.
pub(super) fn run(folder: &Path, line: &str) -> bool {
    let file = folder.join("hub.toml");
    let mut arguments: Vec<OsString> = vec!["savin-hub".into(), "--config".into(), file.into()];
    arguments.extend(line.split(' ').map(|word| {
        if word.ends_with(".key") {
            folder.join(word).into()
        } else {
            OsString::from(word)
        }
    }));
    crate::cli::main(arguments) == ExitCode::SUCCESS
}
