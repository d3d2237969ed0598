// SPDX-License-Identifier: EUPL-1.2
//! Where pictures of the pages go: `$HAMEAU_SCREENSHOTS`, else `target/screenshots`.

use std::path::PathBuf;

/// Keeps a picture under a name such as `booking-form`.
///
/// # Panics
/// When the folder cannot be written.
pub fn keep(name: &str, png: &[u8]) {
    let folder = folder();
    std::fs::create_dir_all(&folder).expect("the folder of screenshots can be made");
    std::fs::write(folder.join(format!("{name}.png")), png).expect("a screenshot can be written");
}

fn folder() -> PathBuf {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
    std::env::var_os("HAMEAU_SCREENSHOTS").map_or_else(beside, PathBuf::from)
}
