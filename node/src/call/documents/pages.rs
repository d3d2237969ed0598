// SPDX-License-Identifier: EUPL-1.2
//! A document's pages as pictures that any browser shows: a picture is its own one page, a PDF is drawn by Poppler.
//!
//! A PDF comes from outside, and drawing one is much code: it is done by another process, which has bounds of memory, time
//! and what it may give (`prlimit` of util-linux, `pdftoppm` and `pdfinfo` of poppler-utils). No page of it reaches a browser but as
//! a picture.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::Semaphore;

use super::kind::Kind;
use crate::program::{self, ProgramError};

/// The longer side of a drawn page, points: a sheet of A4 is readable at it, and as large as a screen.
const SIDE_PIXELS: &str = "1600";
/// Bounds of the process that draws: its memory, its processor time in seconds, the time that anybody waits for it.
const MEMORY_BYTES: &str = "--as=1000000000";
const PROCESSOR_S: &str = "--cpu=10";
const WAIT: Duration = Duration::from_secs(15);
/// The largest picture of a page, bytes.
const PAGE_BYTES_MAX: u64 = 16_000_000;
/// Pages that are drawn at once, of all calls of this node. Beyond: they wait.
static DRAWING: Semaphore = Semaphore::const_new(2);

/// A page to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// A picture of this media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Pages of the document.
    pub count: u16,
}

/// Why a page cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PagesError {
    /// Nothing on this computer draws PDF.
    #[error("neither pdftoppm nor pdfinfo is installed")]
    NoPoppler,
    /// It has no such page, or none that can be drawn within the bounds.
    #[error("a page that cannot be drawn")]
    NoPage,
    /// The file is gone.
    #[error("a document that is gone")]
    Gone,
}

/// A page of a document, from 1. A PDF's takes a tenth of a second or two on an old PC.
///
/// # Errors
/// [`PagesError`].
pub async fn page(file: &Path, kind: Kind, number: u16) -> Result<Page, PagesError> {
    if kind != Kind::Pdf {
        let bytes = tokio::fs::read(file).await.map_err(|_| PagesError::Gone)?;
        return if number == 1 {
            Ok(Page { media_type: kind.media_type(), bytes, count: 1 })
        } else {
            Err(PagesError::NoPage)
        };
    }
    let _drawing = DRAWING.acquire().await.map_err(|_| PagesError::NoPage)?;
    let count = count(file).await?;
    if !(1..=count).contains(&number) {
        return Err(PagesError::NoPage);
    }
    let number = number.to_string();
    let options = ["-png", "-singlefile", "-scale-to", SIDE_PIXELS, "-f", &number, "-l", &number];
    let bytes = run("pdftoppm", &options, file).await?;
    Ok(Page { media_type: "image/png", bytes, count })
}

async fn count(file: &Path) -> Result<u16, PagesError> {
    let told = run("pdfinfo", &[], file).await?;
    let told = String::from_utf8_lossy(&told);
    let pages = told.lines().find_map(|line| line.strip_prefix("Pages:"));
    pages.and_then(|it| it.trim().parse().ok()).ok_or(PagesError::NoPage)
}

/// What a program of Poppler gives for a file, within the bounds.
async fn run(program: &str, options: &[&str], file: &Path) -> Result<Vec<u8>, PagesError> {
    let mut command = Command::new("prlimit");
    command.args([MEMORY_BYTES, PROCESSOR_S, "--core=0", "--fsize=0", "--", program]).args(options).arg(file);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8");
    program::output(command, PAGE_BYTES_MAX, WAIT).await.map_err(|error| match error {
        // These codes are prlimit's, where there is no such program.
        ProgramError::Absent | ProgramError::Failed(Some(126 | 127)) => PagesError::NoPoppler,
        ProgramError::Failed(_) => PagesError::NoPage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PDF (ISO 32000-1) of so many pages of this width and height, in points; readers mend what its table lacks.
    fn pdf(pages: usize, side: u64) -> Vec<u8> {
        let kids: Vec<_> = (0..pages).map(|page| format!("{} 0 R", page + 3)).collect();
        let mut pdf = format!(
            "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[{}]/Count {pages}>>endobj\n",
            kids.join(" ")
        );
        for page in 0..pages {
            pdf += &format!("{} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 {side} {side}]>>endobj\n", page + 3);
        }
        (pdf + "trailer<</Root 1 0 R>>\n").into_bytes()
    }

    #[tokio::test]
    async fn a_pdf_is_shown_page_by_page() {
        // Goal: pages of a PDF are pictures; a page that is not there, a sheet of a kilometre and a file that only begins like
        // a PDF are an error or a picture of the usual size, and never more.
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x");
        std::fs::write(&file, pdf(3, 600)).expect("written");
        let drawn = page(&file, Kind::Pdf, 2).await.expect("drawn");
        assert!(drawn.bytes.starts_with(b"\x89PNG") && drawn.count == 3, "{} pages", drawn.count);
        assert_eq!(page(&file, Kind::Pdf, 4).await, Err(PagesError::NoPage));
        assert_eq!(page(&file, Kind::Pdf, 0).await, Err(PagesError::NoPage));
        std::fs::write(&file, pdf(1, 14_000)).expect("written");
        let large = page(&file, Kind::Pdf, 1).await.expect("drawn");
        assert_eq!(imagesize::blob_size(&large.bytes).map(|it| it.width.max(it.height)).ok(), Some(1600));
        std::fs::write(&file, b"%PDF-1.4 and nothing more").expect("written");
        assert_eq!(page(&file, Kind::Pdf, 1).await, Err(PagesError::NoPage));
        std::fs::write(&file, b"a picture").expect("written");
        let own = page(&file, Kind::Png, 1).await.expect("as it is");
        assert_eq!((own.bytes.as_slice(), own.count), (&b"a picture"[..], 1));
        assert_eq!(page(&file, Kind::Png, 2).await, Err(PagesError::NoPage));
        assert_eq!(page(&folder.path().join("absent"), Kind::Png, 1).await, Err(PagesError::Gone));
    }
}
