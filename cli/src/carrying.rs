// SPDX-License-Identifier: EUPL-1.2
//! `hameau export` and `hameau import`: the calendar on a USB key, where no network leads.
//!
//! A file is verified whole before anything of it is handed to the box, a piece at a time; whatever ends an import
//! half-way, it can be done again.

use std::fs::File;
use std::io::{BufReader, BufWriter, Seek as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use anyhow::{anyhow, bail};
use data_encoding::BASE64;
use hameau_node::control::{ExportView, ImportView, Request};
use hameau_node::export::{ExportReader, ExportWriter};
use hameau_node::home::Home;
use hameau_node::lang::{counted, either, system_words};
use hameau_node::run;

use crate::arguments::{Export, Import};
use crate::desk::{self, Desk};
use crate::show;
use crate::whole::Whole;

/// Frames handed to a box at once, in bytes, the last one not counted: well below a line of its socket.
const PIECE_BYTES_MAX: usize = 1024 * 1024;

/// Writes what this box holds.
pub(crate) fn export(path: &Path, options: &Export) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let genesis = run::papers(&home)?.genesis;
    let key = home.key()?;
    let file = Whole::begin(&options.file)?;
    let refused = |error: std::io::Error| file.refused(&error);
    let mut writer = ExportWriter::begin(BufWriter::new(file.file()), &genesis, &key).map_err(refused)?;
    let mut frames = 0;
    desk::with(&home, async |desk| {
        let mut after = None;
        loop {
            let piece: ExportView = desk.ask(Request::Export { since: options.since.clone(), after }).await?;
            for frame in &piece.frames {
                writer.frame(&BASE64.decode(frame.as_bytes())?).map_err(refused)?;
            }
            frames += piece.frames.len();
            after = piece.after;
            if after.is_none() {
                return Ok(());
            }
        }
    })?;
    drop(writer.end().map_err(refused)?);
    let bytes = file.file().metadata().map_err(refused)?.len();
    file.keep()?;
    if options.json {
        return show::json(&serde_json::json!({ "file": options.file, "frames": frames, "bytes": bytes }));
    }
    show::print(&format!(
        "{} {} ({}, {} {})",
        either(
            "Portez ce fichier à l'autre boîte, pour « hameau import » :",
            "Carry this file to the other node, for “hameau import”:"
        ),
        options.file.display(),
        counted(frames, ["registre", "registres"], ["register", "registers"]),
        bytes.div_ceil(1024),
        either("ko", "kB"),
    ))
}

/// Takes in what another box wrote.
pub(crate) fn import(path: &Path, options: &Import) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let genesis = run::papers(&home)?.genesis;
    let name = options.file.display();
    let unread = |error: std::io::Error| {
        anyhow!("« {name} » {} : {}", either("ne se lit pas", "cannot be read"), system_words(&error))
    };
    // A pipe has no beginning to go back to.
    if std::fs::metadata(&options.file).map_err(unread)?.file_type().is_fifo() {
        bail!("« {name} » {}", either("est un tube : donnez un fichier", "is a pipe: give a file"));
    }
    let mut file = File::open(&options.file).map_err(unread)?;
    let mut reader = ExportReader::begin(BufReader::new(&file), &genesis)?;
    while reader.next_frame()?.is_some() {}
    file.rewind().map_err(unread)?;
    let done = desk::with(&home, async |desk| {
        let mut reader = ExportReader::begin(BufReader::new(&file), &genesis).map_err(|_| interrupted())?;
        hand_over(desk, &mut reader).await
    })?;
    if options.json { show::json(&done) } else { show::imported(&done) }
}

async fn hand_over(desk: &Desk<'_>, reader: &mut ExportReader<'_, BufReader<&File>>) -> anyhow::Result<ImportView> {
    let mut done = ImportView::default();
    loop {
        let (mut frames, mut bytes, mut is_whole) = (Vec::new(), 0, false);
        while bytes < PIECE_BYTES_MAX && !is_whole {
            let Some(frame) = reader.next_frame().map_err(|_| interrupted())? else {
                is_whole = true;
                continue;
            };
            bytes += frame.len();
            frames.push(BASE64.encode(&frame));
        }
        let whole_by = is_whole.then(|| reader.by().to_string());
        done += desk.ask::<ImportView>(Request::Import { frames, whole_by }).await?;
        if is_whole {
            return Ok(done);
        }
    }
}

/// The file was whole a moment ago.
fn interrupted() -> anyhow::Error {
    anyhow!(either(
        "le fichier ne se lit plus : la clé a-t-elle été retirée ? Ce qui est déjà repris le reste ; relancez la commande",
        "the file can no longer be read: was the key pulled out? What was taken stays; run the command again"
    ))
}
