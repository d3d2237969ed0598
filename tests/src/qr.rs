// SPDX-License-Identifier: EUPL-1.2
//! A scanner: reads QR codes off paper.

use std::process::Stdio;

use rqrr::PreparedImage;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// What an ordinary office printer puts on paper.
const DOTS_PER_INCH: &str = "200";

/// The texts of all codes on printed pages, from top to bottom.
///
/// # Panics
/// When they cannot be drawn (apt install poppler-utils), or a code on them cannot be read.
pub async fn read(pdf: &[u8]) -> Vec<String> {
    let folder = TempDir::new().expect("a temporary folder");
    let mut drawing = Command::new("pdftoppm")
        .args(["-gray", "-r", DOTS_PER_INCH, "-"])
        .arg(folder.path().join("page"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("pdftoppm is installed (apt install poppler-utils)");
    let mut input = drawing.stdin.take().expect("piped");
    input.write_all(pdf).await.expect("it reads");
    drop(input);
    assert!(drawing.wait().await.expect("it ends").success());
    let mut pages: Vec<_> =
        std::fs::read_dir(&folder).expect("its folder").map(|it| it.expect("a page").path()).collect();
    pages.sort();
    pages.iter().flat_map(|page| codes(&std::fs::read(page).expect("a page"))).collect()
}

/// The codes on a grey picture (PGM: a line each with `P5`, width and height, 255; then a byte a pixel).
fn codes(picture: &[u8]) -> Vec<String> {
    let mut lines = picture.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().expect("a header");
    assert_eq!(line(), b"P5");
    let size = core::str::from_utf8(line()).expect("two numbers");
    let (width, height) = size.split_once(' ').expect("two numbers");
    assert_eq!(line(), b"255");
    let (grey, width) = (line(), width.parse().expect("a width"));
    let height = height.parse().expect("a height");
    let mut image = PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    let mut grids = image.detect_grids();
    grids.sort_by_key(|grid| (grid.bounds[0].y, grid.bounds[0].x));
    grids.iter().map(|grid| grid.decode().expect("a code that can be read").1).collect()
}
