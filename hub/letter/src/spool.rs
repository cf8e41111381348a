//! Where letters wait for whoever prints them: a folder a batch, whole or not there, with a file a
//! letter and a list by which each file can be checked.
//!
//! Where they are printed by hand, one more file has all of them.
//! The list names letters by their numbers: no name and no address is outside of the pages.

pub mod printer;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};

use crate::page::{PageError, Sheet, Sides, Typesetter, pdf};

/// The file with all letters of a batch that is printed by hand.
pub const ALL: &str = "all.pdf";

/// The list of a batch.
pub const MANIFEST: &str = "manifest.csv";

/// The first line of the list; another version would have another.
const HEADER: &str = "number,file,sha256,sides";

/// Letters of one batch.
pub const LETTERS_MAX: usize = 5000;

/// Characters of a number or a name.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 4..=64;

/// Why a batch is not written, or not read.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// A number or a name that is no plain word.
    #[error("a batch and its letters are named by 4 to 64 letters, digits and dashes")]
    Name,
    /// None, too many, or two with one number.
    #[error("a batch has 1 to {LETTERS_MAX} letters, each with its own number")]
    Count,
    /// Another batch of that name.
    #[error("there is another batch of that name in {0}")]
    Other(PathBuf),
    /// A list that this program did not write.
    #[error("{0} is no list of a batch")]
    Manifest(PathBuf),
    /// A file that is not the one that was written.
    #[error("{0} is not the file that was written: make the batch again, and do not print it")]
    Changed(PathBuf),
    /// A page that cannot be made.
    #[error("a page cannot be made")]
    Page(#[from] PageError),
    /// The system refuses.
    #[error("{path} cannot be written or read")]
    File {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// How a batch is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// Letter by letter, each a job of its own: each is drawn once.
    ByJob,
    /// By hand, from one further file with all of them.
    ByHand,
}

/// A letter on its way into a batch.
#[derive(Debug)]
pub struct Numbered {
    /// Its number: what is scanned when it is printed, mailed or comes back.
    pub number: String,
    /// Its page.
    pub sheet: Sheet,
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The number of the letter; `all` for the file with all of them.
    pub number: String,
    /// The file, from the folder of the batch.
    pub file: String,
    /// The SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// How many sides are printed.
    pub sides: usize,
}

/// A batch that lies in the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Its folder.
    pub folder: PathBuf,
    /// Its letters, in the order in which they are printed.
    pub letters: Vec<Listed>,
    /// The file with all of them, if it is printed by hand.
    pub all: Option<Listed>,
}

/// Writes a batch, durable before this returns. Writing the same batch again changes nothing.
///
/// # Errors
/// Returns [`SpoolError`] where it cannot be written whole; then nothing of it is in the spool.
pub fn write(
    spool: &Path,
    name: &str,
    letters: Vec<Numbered>,
    typesetter: &Typesetter,
    (sides, printed): (Sides, Printed),
) -> Result<Batch, SpoolError> {
    let folder = spool.join(checked(name)?);
    let mut numbers: Vec<&str> = letters
        .iter()
        .map(|letter| letter.number.as_str())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    if !(1..=LETTERS_MAX).contains(&letters.len()) || numbers.len() != letters.len() {
        return Err(SpoolError::Count);
    }
    let partial = spool.join(format!(".{name}.partial"));
    let refused = |source| SpoolError::File {
        path: folder.clone(),
        source,
    };
    begin(&partial).map_err(refused)?;
    let mut lines = Vec::with_capacity(letters.len() + 1);
    let mut keep = |number: &str, file: String, sheets: &[Sheet]| -> Result<(), SpoolError> {
        let bytes = pdf(typesetter, sheets, sides)?;
        save(&partial.join(&file), &bytes).map_err(refused)?;
        let printed = sheets.iter().map(Sheet::sides).sum();
        lines.push(listed(number, file, &bytes, printed));
        Ok(())
    };
    let mut sheets = Vec::with_capacity(letters.len());
    for Numbered { number, sheet } in letters {
        let file = format!("letters/{}.pdf", checked(&number)?);
        keep(&number, file, std::slice::from_ref(&sheet))?;
        sheets.push(sheet);
    }
    if printed == Printed::ByHand {
        keep("all", ALL.to_owned(), &sheets)?;
    }
    let manifest = manifest(&lines);
    if folder.exists() {
        let path = folder.join(MANIFEST);
        let known =
            fs::read_to_string(&path).map_err(|source| SpoolError::File { path, source })?;
        fs::remove_dir_all(&partial).map_err(refused)?;
        if known != manifest {
            return Err(SpoolError::Other(spool.to_owned()));
        }
        return open(spool, name);
    }
    settle(&partial, &lines, &manifest)
        .and_then(|()| fs::rename(&partial, &folder))
        .and_then(|()| sync(spool))
        .map_err(refused)?;
    open(spool, name)
}

/// Reads a batch and makes sure that each of its files is the one that was written.
///
/// # Errors
/// Returns [`SpoolError`] where a file is missing or changed.
pub fn open(spool: &Path, name: &str) -> Result<Batch, SpoolError> {
    let folder = spool.join(checked(name)?);
    let path = folder.join(MANIFEST);
    let read = |path: &Path| {
        fs::read(path).map_err(|source| SpoolError::File {
            path: path.to_owned(),
            source,
        })
    };
    let text = String::from_utf8(read(&path)?).unwrap_or_default();
    let mut letters = parsed(&text).ok_or_else(|| SpoolError::Manifest(path.clone()))?;
    for line in &letters {
        let path = folder.join(&line.file);
        if sha256(&read(&path)?) != line.sha256 {
            return Err(SpoolError::Changed(path));
        }
    }
    let all = letters.pop_if(|last| last.number == "all");
    if letters.is_empty() {
        return Err(SpoolError::Manifest(path));
    }
    Ok(Batch {
        folder,
        letters,
        all,
    })
}

/// Takes a name that can be no path.
fn checked(name: &str) -> Result<&str, SpoolError> {
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_plain && NAME_CHARS.contains(&name.len()) && !name.starts_with('-') {
        Ok(name)
    } else {
        Err(SpoolError::Name)
    }
}

fn listed(number: &str, file: String, bytes: &[u8], sides: usize) -> Listed {
    Listed {
        number: number.to_owned(),
        file,
        sha256: sha256(bytes),
        sides,
    }
}

fn sha256(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    digest.as_ref().iter().fold(String::new(), |mut hex, byte| {
        // A string takes everything.
        let written = write!(hex, "{byte:02x}");
        debug_assert!(written.is_ok(), "a string takes everything");
        hex
    })
}

fn manifest(lines: &[Listed]) -> String {
    let mut text = format!("{HEADER}\n");
    for line in lines {
        let sides = line.sides.to_string();
        let fields = [&line.number, &line.file, &line.sha256, &sides].map(String::as_str);
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text
}

/// Reads what [`manifest`] wrote.
fn parsed(text: &str) -> Option<Vec<Listed>> {
    let mut lines = text.lines();
    lines.next().filter(|header| *header == HEADER)?;
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let [number, file, sha256, sides] = fields.as_slice() else {
                return None;
            };
            let expected = format!("letters/{number}.pdf");
            if *file != expected && *file != ALL {
                return None;
            }
            Some(Listed {
                number: (*number).to_owned(),
                file: (*file).to_owned(),
                sha256: (*sha256).to_owned(),
                sides: sides.parse().ok()?,
            })
        })
        .collect()
}

/// Makes the folder in which a batch is made; what was left there by a stop goes.
fn begin(partial: &Path) -> io::Result<()> {
    if partial.exists() {
        fs::remove_dir_all(partial)?;
    }
    create(&partial.join("letters"))
}

/// Writes the list, and makes every file durable: all together, after they were written, which costs a disk
/// less than one after the other.
fn settle(partial: &Path, lines: &[Listed], manifest: &str) -> io::Result<()> {
    let list = partial.join(MANIFEST);
    save(&list, manifest.as_bytes())?;
    for line in lines {
        File::open(partial.join(&line.file))?.sync_all()?;
    }
    File::open(list)?.sync_all()?;
    sync(&partial.join("letters"))?;
    sync(partial)
}

/// Adds a line to a file of a batch, durable before this returns.
///
/// # Errors
/// Returns [`SpoolError::File`] where the system refuses.
pub fn append(path: &Path, line: &str) -> Result<(), SpoolError> {
    let add = || {
        let mut file = private().append(true).open(path)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    };
    add().map_err(|source| SpoolError::File {
        path: path.to_owned(),
        source,
    })
}

/// Makes a folder that only its owner may enter, and those above it.
fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes a file that only its owner may read.
fn save(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private().write(true).truncate(true).open(path)?;
    file.write_all(bytes)
}

/// Opens files that only their owner may read.
fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes the names in a folder durable; where folders cannot be opened, the system does so itself.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{ALL, Batch, MANIFEST, Numbered, Printed, SpoolError, open, write};
    use crate::page::{Block, Envelope, Letter, Setting, Sides, Typesetter};

    fn letters(typesetter: &mut Typesetter, numbers: &[&str]) -> Vec<Numbered> {
        let setting = Setting {
            envelope: Envelope::NUMBER_10,
            sides: Sides::Two,
        };
        let numbered = numbers.iter().map(|number| {
            let letter = Letter {
                language: "en".to_owned(),
                title: "Letter".to_owned(),
                sender: vec!["PO Box 100".to_owned()],
                recipient: vec!["A. Sample".to_owned(), "Jackson MS 39205".to_owned()],
                bars: None,
                bars_alt: String::new(),
                squares: None,
                squares_alt: String::new(),
                number: (*number).to_owned(),
                continued: "More on the back.".to_owned(),
                blocks: vec![Block::Title("News".to_owned())],
            };
            Numbered {
                number: (*number).to_owned(),
                sheet: typesetter.sheet(letter, &setting).unwrap(),
            }
        });
        numbered.collect()
    }

    fn typesetter() -> Typesetter {
        Typesetter::new().unwrap()
    }

    fn written(spool: &Path, name: &str, numbers: &[&str]) -> Result<Batch, SpoolError> {
        let mut typesetter = typesetter();
        let letters = letters(&mut typesetter, numbers);
        let printed = (Sides::Two, Printed::ByHand);
        write(spool, name, letters, &typesetter, printed)
    }

    #[test]
    fn writes_a_batch_whole_and_again_without_a_change() {
        let spool = tempfile::tempdir().unwrap();
        let spool = spool.path();
        // What a stop left behind is no batch, and is not in the way.
        std::fs::create_dir_all(spool.join(".batch-1.partial/letters")).unwrap();
        std::fs::write(spool.join(".batch-1.partial/letters/half.pdf"), "half").unwrap();
        let batch = written(spool, "batch-1", &["AAAA1", "BBBB2"]).unwrap();
        assert_eq!(batch.letters.len(), 2);
        let files = std::fs::read_dir(batch.folder.join("letters")).unwrap();
        assert_eq!(files.count(), 2);
        assert_eq!(std::fs::read_dir(spool).unwrap().count(), 1);
        let manifest = std::fs::read_to_string(batch.folder.join(MANIFEST)).unwrap();
        assert!(manifest.contains("AAAA1,letters/AAAA1.pdf,"), "{manifest}");
        assert!(!manifest.contains("Sample") && !manifest.contains("Jackson"));
        assert_eq!(
            written(spool, "batch-1", &["AAAA1", "BBBB2"]).unwrap(),
            batch
        );
        assert_eq!(open(spool, "batch-1").unwrap(), batch);
        let other = written(spool, "batch-1", &["AAAA1", "CCCC3"]);
        assert!(matches!(other, Err(SpoolError::Other(_))), "{other:?}");
    }

    #[test]
    fn draws_a_letter_once_for_a_printer() {
        let spool = tempfile::tempdir().unwrap();
        let mut typesetter = typesetter();
        let letters = letters(&mut typesetter, &["AAAA1", "BBBB2"]);
        let printed = (Sides::Two, Printed::ByJob);
        let batch = write(spool.path(), "batch-1", letters, &typesetter, printed).unwrap();
        assert_eq!((batch.letters.len(), &batch.all), (2, &None));
        assert!(!batch.folder.join(ALL).exists());
        assert_eq!(open(spool.path(), "batch-1").unwrap(), batch);
    }

    #[test]
    fn prints_no_file_that_was_changed_or_is_gone() {
        let spool = tempfile::tempdir().unwrap();
        let spool = spool.path();
        let batch = written(spool, "batch-1", &["AAAA1", "BBBB2"]).unwrap();
        let file = batch.folder.join("letters/AAAA1.pdf");
        std::fs::copy(batch.folder.join("letters/BBBB2.pdf"), &file).unwrap();
        let changed = open(spool, "batch-1");
        assert!(matches!(changed, Err(SpoolError::Changed(path)) if path == file));
        std::fs::remove_file(batch.folder.join(ALL)).unwrap();
        std::fs::remove_file(file).unwrap();
        assert!(matches!(
            open(spool, "batch-1"),
            Err(SpoolError::File { .. })
        ));
        std::fs::write(batch.folder.join(MANIFEST), "number,file\n").unwrap();
        assert!(matches!(
            open(spool, "batch-1"),
            Err(SpoolError::Manifest(_))
        ));
    }

    #[cfg(unix)]
    #[test]
    fn lets_nobody_else_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let spool = tempfile::tempdir().unwrap();
        let batch = written(spool.path(), "batch-1", &["AAAA1"]).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&batch.folder), 0o700);
        assert_eq!(mode(&batch.folder.join("letters/AAAA1.pdf")), 0o600);
    }

    #[test]
    fn takes_no_name_that_is_a_path() {
        let spool = tempfile::tempdir().unwrap();
        for name in ["../batch", "a/b", "abc", "", "-batch", "batch 1"] {
            let refused = written(spool.path(), name, &["AAAA1"]);
            assert!(matches!(refused, Err(SpoolError::Name)), "{name}");
        }
        let refused = written(spool.path(), "batch-1", &["../../AAAA1"]);
        assert!(matches!(refused, Err(SpoolError::Name)));
        let twice = written(spool.path(), "batch-1", &["AAAA1", "AAAA1"]);
        assert!(matches!(twice, Err(SpoolError::Count)));
        let none = written(spool.path(), "batch-1", &[]);
        assert!(matches!(none, Err(SpoolError::Count)));
    }
}
