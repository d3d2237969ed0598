// SPDX-License-Identifier: EUPL-1.2
//! A scanner: reads QR codes off paper.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use rqrr::PreparedImage;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// Who holds a scanner in the hand moves it until it beeps: the same paper, from nearer and from farther, in dots per inch.
/// The reader of these tests misses one code in two at any one of them.
const LOOKS_DPI: [u16; 6] = [200, 150, 190, 242, 275, 300];
/// Codes stand farther apart than this, in inches.
const APART_INCH: f64 = 0.5;

/// Where a code stands, page by page, from top to bottom, in half inches.
type Place = (usize, i64, i64);

/// The texts of all codes on printed pages that are read at one look or another, from top to bottom.
///
/// # Panics
/// When the pages cannot be drawn (apt install poppler-utils).
pub async fn read(pdf: &[u8]) -> Vec<String> {
    let mut found: BTreeMap<Place, String> = BTreeMap::new();
    for dpi in LOOKS_DPI {
        let folder = TempDir::new().expect("a temporary folder");
        for (number, page) in pages(pdf, dpi, folder.path()).await.iter().enumerate() {
            let unit = f64::from(dpi) * APART_INCH;
            let place = |(x, y): (i32, i32)| {
                (number, (f64::from(y) / unit).round() as i64, (f64::from(x) / unit).round() as i64)
            };
            found.extend(codes(page).into_iter().map(|(at, text)| (place(at), text)));
        }
    }
    found.into_values().collect()
}

/// Pages as an office printer and a scanner would show them, grey.
async fn pages(pdf: &[u8], dpi: u16, folder: &Path) -> Vec<Vec<u8>> {
    let mut drawing = Command::new("pdftoppm")
        .args(["-gray", "-r", &dpi.to_string(), "-"])
        .arg(folder.join("page"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("pdftoppm is installed (apt install poppler-utils)");
    let mut input = drawing.stdin.take().expect("piped");
    input.write_all(pdf).await.expect("it reads");
    drop(input);
    assert!(drawing.wait().await.expect("it ends").success());
    let mut pages: Vec<_> =
        std::fs::read_dir(folder).expect("its folder").map(|it| it.expect("a page").path()).collect();
    pages.sort();
    pages.iter().map(|page| std::fs::read(page).expect("a page")).collect()
}

/// The codes on a grey picture that can be read, and where they begin (PGM: a line each with `P5`, width and height, 255;
/// then a byte a pixel).
fn codes(picture: &[u8]) -> Vec<((i32, i32), String)> {
    let mut lines = picture.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().expect("a header");
    assert_eq!(line(), b"P5");
    let size = core::str::from_utf8(line()).expect("two numbers");
    let (width, height) = size.split_once(' ').expect("two numbers");
    assert_eq!(line(), b"255");
    let (grey, width) = (line(), width.parse().expect("a width"));
    let height = height.parse().expect("a height");
    let mut image = PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    let read = |grid: &rqrr::Grid<_>| Some(((grid.bounds[0].x, grid.bounds[0].y), grid.decode().ok()?.1));
    image.detect_grids().iter().filter_map(read).collect()
}
