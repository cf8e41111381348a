//! Zipped files, read within a bound: one that would grow out of measure is refused before it does.

use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::read::ZipFile;

use super::error::FormatError;
use super::pattern::fits;

/// Bytes of the largest content that is unpacked.
pub(super) const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How many times larger content may be than it is packed. Lists shrink to a twentieth, seldom to a
/// hundredth.
const RATIO_MAX: u64 = 300;

/// Below this size nothing is out of measure.
const SMALL_BYTES: u64 = 1024 * 1024;

/// Bytes of an entry with which it is looked at.
const BEGINNING_BYTES: usize = 16 * 1024;

/// Entries of the largest archive.
const ENTRIES_MAX: usize = 10_000;

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

fn open(bytes: &[u8]) -> Result<Archive<'_>, FormatError> {
    // The directory stands at the end: an archive that was cut has none.
    let archive = ZipArchive::new(Cursor::new(bytes));
    let archive = archive
        .map_err(|_| FormatError::cut("the zip file has no readable directory at its end"))?;
    if archive.len() > ENTRIES_MAX {
        return Err(FormatError::TooLarge {
            what: format!("the zip file has more than {ENTRIES_MAX} entries"),
        });
    }
    Ok(archive)
}

/// Says whether a zip file is an Excel workbook.
pub(super) fn is_workbook(bytes: &[u8]) -> bool {
    open(bytes).is_ok_and(|archive| {
        let mut names = archive.file_names().filter_map(Result::ok);
        names.any(|name| name.eq_ignore_ascii_case("xl/workbook.xml"))
    })
}

/// Returns the content of the only entry, or of the only one whose name fits the pattern.
pub(super) fn unpack(bytes: &[u8], pattern: Option<&str>) -> Result<Vec<u8>, FormatError> {
    let mut archive = open(bytes)?;
    let mut chosen = Vec::new();
    let mut names = Vec::new();
    for (index, name) in archive.file_names().enumerate() {
        let name = name.unwrap_or_default();
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_file = !last.is_empty() && !last.starts_with('.') && !name.starts_with("__MACOSX/");
        if is_file && pattern.is_none_or(|pattern| fits(pattern, last)) {
            chosen.push(index);
        }
        if is_file && names.len() < 10 {
            names.push(last.to_owned());
        }
    }
    let [index] = chosen.as_slice() else {
        let names = names.join(", ");
        let found = chosen.len();
        return Err(FormatError::missing(match pattern {
            None => format!(
                "the zip file holds {found} files ({names}): say which one is the export, as \
                 [zip] entry = \"*.csv\""
            ),
            Some(pattern) => format!(
                "{found} files in the zip file fit {pattern:?}, which [zip] entry names: it holds \
                 {names}"
            ),
        }));
    };
    let mut content = Vec::new();
    let mut left = UNPACKED_BYTES_MAX;
    copy(&mut archive, *index, &mut left, |piece| {
        content.extend_from_slice(piece);
    })?;
    Ok(content)
}

/// Checks that every entry can be unpacked, is what its checksum says, and is not out of measure; and
/// lets each be looked at by its name, its size and how it begins.
pub(super) fn check(
    bytes: &[u8],
    look: impl Fn(&str, u64, &[u8]) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let mut archive = open(bytes)?;
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let name = archive.name_for_index(index).and_then(Result::ok);
        let name = name.unwrap_or_default().into_owned();
        let mut beginning = Vec::new();
        let before = left;
        copy(&mut archive, index, &mut left, |piece| {
            if beginning.len() < BEGINNING_BYTES {
                beginning.extend_from_slice(piece);
            }
        })?;
        look(&name, before - left, &beginning)?;
    }
    Ok(())
}

fn copy(
    archive: &mut Archive<'_>,
    index: usize,
    left: &mut u64,
    mut take: impl FnMut(&[u8]),
) -> Result<(), FormatError> {
    let mut entry = archive.by_index(index).map_err(|error| {
        use zip::result::ZipError::{CompressionMethodNotSupported, UnsupportedArchive};
        if matches!(
            error,
            UnsupportedArchive(_) | CompressionMethodNotSupported(_)
        ) {
            return FormatError::Unreadable {
                found: "a zip file with a password or with another compression than usual",
                advice: "have it zipped in the usual way, without a password",
            };
        }
        FormatError::cut("an entry of the zip file is not where the directory says")
    })?;
    if is_out_of_measure(&entry, *left) {
        return Err(too_large());
    }
    let size = entry.size();
    let mut piece = vec![0; 64 * 1024];
    let mut unpacked: u64 = 0;
    loop {
        let broken = |_| FormatError::cut("an entry of the zip file is damaged or does not end");
        let count = entry.read(&mut piece).map_err(broken)?;
        if count == 0 {
            break;
        }
        unpacked += count as u64;
        if unpacked > size || unpacked > *left {
            return Err(too_large());
        }
        take(piece.get(..count).unwrap_or_default());
    }
    *left -= unpacked;
    if unpacked < size {
        return Err(FormatError::cut("an entry of the zip file is too short"));
    }
    Ok(())
}

fn is_out_of_measure<R: std::io::Read>(entry: &ZipFile<'_, R>, left: u64) -> bool {
    let size = entry.size();
    let packed = entry.compressed_size().max(1);
    size > left || (size > SMALL_BYTES && size / packed > RATIO_MAX)
}

fn too_large() -> FormatError {
    FormatError::TooLarge {
        what: format!(
            "the zip file unpacks to more than {UNPACKED_BYTES_MAX} bytes, more than {RATIO_MAX} \
             times its size, or more than it says: nothing of it was taken"
        ),
    }
}
