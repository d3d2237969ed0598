// SPDX-License-Identifier: EUPL-1.2
//! What a document is, by what it holds: its name says nothing.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use imagesize::ImageType;

pub use crate::record::Kind;

/// The largest document, bytes.
pub const DOCUMENT_BYTES_MAX: u32 = 30_000_000;
/// The most points of a picture: a sheet of A4 at 600 to the inch has 35 million. A browser takes four bytes for each.
const PIXELS_MAX: usize = 64_000_000;

/// Why a file is none that may be exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotExchanged {
    /// Nothing is in it.
    #[error("an empty file")]
    Empty,
    /// It is beyond [`DOCUMENT_BYTES_MAX`].
    #[error("a file of more than {DOCUMENT_BYTES_MAX} bytes")]
    TooLong,
    /// It is neither PDF nor JPEG nor PNG.
    #[error("a file of another kind")]
    Kind,
    /// Its picture would take more memory than a computer should give.
    #[error("a picture of too many points")]
    TooManyPixels,
    /// As many as a call may have are there.
    #[error("too many documents in this call")]
    TooMany,
    /// The call is over meanwhile.
    #[error("the call is over")]
    Over,
    /// It stopped in the middle.
    #[error("a file that stops in the middle")]
    Cut,
    /// The disk does not take it.
    #[error("the disk does not take it")]
    Disk,
}

impl Kind {
    /// Its media type (RFC 8118, RFC 2046, RFC 2083).
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// A document's name with the ending of its kind: a program of the system goes by that.
    #[must_use]
    pub fn named(self, name: &str) -> String {
        let endings: &[&str] = match self {
            Self::Pdf => &[".pdf"],
            Self::Jpeg => &[".jpg", ".jpeg"],
            Self::Png => &[".png"],
        };
        let lower = name.to_lowercase();
        if endings.iter().any(|ending| lower.ends_with(ending)) {
            name.to_owned()
        } else {
            format!("{name}{}", endings[0])
        }
    }

    /// The kind of a file, by its first bytes and its picture's size; nothing is decoded. Blocks for a read or two.
    ///
    /// # Errors
    /// [`NotExchanged`].
    pub fn of(path: &Path) -> Result<Self, NotExchanged> {
        let disk = |_| NotExchanged::Disk;
        let mut file = File::open(path).map_err(disk)?;
        match file.metadata().map_err(disk)?.len() {
            0 => return Err(NotExchanged::Empty),
            bytes if bytes > u64::from(DOCUMENT_BYTES_MAX) => return Err(NotExchanged::TooLong),
            _ => {}
        }
        let mut head = Vec::with_capacity(16);
        file.by_ref().take(16).read_to_end(&mut head).map_err(disk)?;
        if head.starts_with(b"%PDF-") {
            return Ok(Self::Pdf);
        }
        let kind = match imagesize::image_type(&head) {
            Ok(ImageType::Jpeg) => Self::Jpeg,
            Ok(ImageType::Png) => Self::Png,
            _ => return Err(NotExchanged::Kind),
        };
        let picture = BufReader::new(File::open(path).map_err(disk)?);
        let size = imagesize::reader_size(picture).map_err(|_| NotExchanged::Kind)?;
        match size.width.saturating_mul(size.height) {
            0 => Err(NotExchanged::Kind),
            pixels if pixels > PIXELS_MAX => Err(NotExchanged::TooManyPixels),
            _ => Ok(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The head of a PNG (RFC 2083) of this size.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        png.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
        png.extend([8, 6, 0, 0, 0, 0, 0, 0, 0]);
        png
    }

    /// The head of a JPEG (ITU-T T.81, B.2.2) of this size, an application's segment before it.
    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let mut jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08".to_vec();
        jpeg.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
        jpeg.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        jpeg
    }

    #[test]
    fn what_is_saved_ends_as_what_it_is() {
        for (kind, name, expect) in [
            (Kind::Pdf, "avis.cmd", "avis.cmd.pdf"),
            (Kind::Pdf, "Avis.PDF", "Avis.PDF"),
            (Kind::Jpeg, "photo.jpeg", "photo.jpeg"),
            (Kind::Jpeg, "photo", "photo.jpg"),
            (Kind::Png, "page.html", "page.html.png"),
        ] {
            assert_eq!(kind.named(name), expect);
        }
    }

    #[test]
    fn what_a_file_holds_says_what_it_is() {
        // Goal: papers pass, whatever their name; programs, pages, archives and pictures that would fill the memory do not.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("facture.pdf");
        for (case, bytes, expect) in [
            ("a PDF", b"%PDF-1.7\n".to_vec(), Ok(Kind::Pdf)),
            ("a scan", png(2480, 3508), Ok(Kind::Png)),
            ("a photograph", jpeg(4000, 3000), Ok(Kind::Jpeg)),
            ("nothing", vec![], Err(NotExchanged::Empty)),
            ("a program", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec(), Err(NotExchanged::Kind)),
            ("a program of Windows", b"MZ\x90\0\x03\0\0\0\x04\0\0\0".to_vec(), Err(NotExchanged::Kind)),
            ("an archive", b"PK\x03\x04\x14\0\0\0\x08\0\0\0".to_vec(), Err(NotExchanged::Kind)),
            ("a page with a script", b"<svg onload=alert(1)>".to_vec(), Err(NotExchanged::Kind)),
            ("a picture that moves", b"GIF89a\x01\0\x01\0\0\0\0\0\0\0".to_vec(), Err(NotExchanged::Kind)),
            ("a bomb", png(60_000, 60_000), Err(NotExchanged::TooManyPixels)),
            ("the widest bomb", png(u32::MAX, u32::MAX), Err(NotExchanged::TooManyPixels)),
            ("a photograph that is a bomb", jpeg(65_535, 65_535), Err(NotExchanged::TooManyPixels)),
            ("no picture", png(0, 10), Err(NotExchanged::Kind)),
            ("a head alone", b"\x89PNG\r\n\x1a\n".to_vec(), Err(NotExchanged::Kind)),
        ] {
            std::fs::write(&path, bytes).expect("written");
            assert_eq!(Kind::of(&path), expect, "{case}");
        }
        let file = File::create(&path).expect("made");
        file.set_len(u64::from(DOCUMENT_BYTES_MAX) + 1).expect("long");
        assert_eq!(Kind::of(&path), Err(NotExchanged::TooLong));
        assert_eq!(Kind::of(&folder.path().join("absent")), Err(NotExchanged::Disk));
    }
}
