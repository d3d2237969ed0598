// SPDX-License-Identifier: EUPL-1.2
//! The bound: 512 bytes and one `fdatasync`, appended as a log grows, or written over as a log that goes round.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Instant;

use super::durable::Times;

const BYTES: usize = 512;

/// One file.
pub(crate) struct Disk {
    file: File,
    is_appended: bool,
}

impl Disk {
    pub(crate) fn open(path: &Path, is_appended: bool) -> std::io::Result<Self> {
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
        file.write_all(&[0; 4096])?;
        file.sync_all()?;
        Ok(Self { file, is_appended })
    }

    /// Writes and syncs, one after the other.
    pub(crate) fn round(&mut self, count: usize) -> std::io::Result<Times> {
        let begun = Instant::now();
        let mut each_ms = Vec::with_capacity(count);
        for number in 0..count {
            let since = Instant::now();
            if !self.is_appended {
                self.file.seek(SeekFrom::Start(0))?;
            }
            self.file.write_all(&[u8::try_from(number % 251).unwrap_or(0); BYTES])?;
            self.file.sync_data()?;
            each_ms.push(since.elapsed().as_secs_f64() * 1000.0);
        }
        Ok(Times { each_ms, all_s: begun.elapsed().as_secs_f64() })
    }
}
