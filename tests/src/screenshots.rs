// SPDX-License-Identifier: EUPL-1.2
//! Where pictures of the pages go: `$HAMEAU_SCREENSHOTS`, else `target/screenshots`.

use std::path::PathBuf;

/// Keeps a picture under a name such as `booking-form`.
///
/// # Panics
/// When the folder cannot be written.
pub fn keep(name: &str, png: &[u8]) {
    write(&format!("{name}.png"), png);
}

/// Keeps a page as it was printed, under a name such as `slip`.
///
/// # Panics
/// When the folder cannot be written.
pub fn keep_paper(name: &str, pdf: &[u8]) {
    write(&format!("{name}.pdf"), pdf);
}

fn write(name: &str, bytes: &[u8]) {
    let folder = folder();
    std::fs::create_dir_all(&folder).expect("the folder of screenshots can be made");
    std::fs::write(folder.join(name), bytes).expect("a screenshot can be written");
}

fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
    std::env::var_os("HAMEAU_SCREENSHOTS").map_or_else(beside, PathBuf::from)
}
