// SPDX-License-Identifier: EUPL-1.2
//! An export file: what one box holds of the calendar, carried on a USB key to a box without network.
//!
//! | bytes | what |
//! |---|---|
//! | 14 + 1 | `hameau-export\n`, version 1 |
//! | 32 + 32 | the territory; the key of the box that wrote the file |
//! | 4 + n | again and again: length, big-endian, and one frame of the wire: root statements first, then whole folios |
//! | 4 | length 0: the end |
//! | 64 | Ed25519 of that box over `hameau/export/1` and the SHA-256 of everything before |
//!
//! Read as a stream, one frame in memory. Every word of it is verified before it is handed on: statements against
//! the root, folios against their signed heads, the whole against the last signature. It decides nothing: what is
//! stored is for the shelf's gate to say.

use std::io::{self, Read, Write};

use crdt_calendar::folio::{Folio, GateError};
use crdt_calendar::ids::PublicKey;
use crdt_calendar::limits::{FOLIOS_MAX, FRAME_BYTES_MAX, STATEMENTS_MAX};
use crdt_calendar::roster::Genesis;
use crdt_calendar::wire::frame::{self, Frame, FrameError};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::lang::{either, system_words};

const MAGIC: &[u8; 14] = b"hameau-export\n";
const VERSION: u8 = 1;
const DOMAIN: &[u8] = b"hameau/export/1";

/// A folio travels whole; of one with two histories, both. More: refused.
const FRAMES_MAX: usize = 2 * FOLIOS_MAX + STATEMENTS_MAX;
/// All frames together. A territory of 100,000 bookings is some 50 MB; what is beyond has another purpose.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Why a file is refused. Nothing of it was taken then.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The system does not read or write it.
    #[error("{}", either(
        format!("ce fichier ne se lit pas jusqu'au bout : {}", system_words(.0)),
        format!("this file cannot be read to its end: {}", system_words(.0))))]
    Io(#[from] io::Error),
    /// Another kind of file.
    #[error(
        "{}",
        either(
            "ce n'est pas un fichier de « hameau export » : vérifiez lequel est sur la clé",
            "this is no file of “hameau export”: check which one is on the key"
        )
    )]
    Foreign,
    /// Another version wrote it.
    #[error("{}", either(
        format!("ce fichier est dans une version que cette boîte ne connaît pas ({}) : mettez hameau à jour des deux côtés", .0),
        format!("this file is of a version that this node does not know ({}): update hameau on both sides", .0)))]
    Version(u8),
    /// Another territory's.
    #[error(
        "{}",
        either(
            "ce fichier vient d'un autre territoire : rien n'en est repris",
            "this file comes from another territory: nothing of it is taken"
        )
    )]
    Elsewhere,
    /// It ends too early.
    #[error(
        "{}",
        either(
            "ce fichier est coupé, rien n'en est repris : recopiez-le, ou refaites l'export",
            "this file is cut short, nothing of it is taken: copy it again, or export again"
        )
    )]
    Truncated,
    /// It is not as it was written.
    #[error(
        "{}",
        either(
            "ce fichier est abîmé ou a été modifié, rien n'en est repris : recopiez-le, ou refaites l'export",
            "this file is damaged or was changed, nothing of it is taken: copy it again, or export again"
        )
    )]
    Damaged,
    /// A signature in it is wrong.
    #[error(
        "{}",
        either(
            "une signature de ce fichier est fausse, rien n'en est repris : refaites l'export",
            "a signature in this file is wrong, nothing of it is taken: export again"
        )
    )]
    Signature,
    /// Over a limit.
    #[error(
        "{}",
        either(
            "ce fichier dépasse ce qu'un territoire peut contenir : rien n'en est repris",
            "this file exceeds what a territory can hold: nothing of it is taken"
        )
    )]
    Limit,
}

/// Writes an export file.
pub struct ExportWriter<'a, W> {
    output: W,
    hash: Sha256,
    key: &'a SigningKey,
}

impl<'a, W: Write> ExportWriter<'a, W> {
    /// Begins a file of the box with this key.
    ///
    /// # Errors
    /// What the system says.
    pub fn begin(output: W, genesis: &Genesis, key: &'a SigningKey) -> io::Result<Self> {
        let mut writer = Self { output, hash: Sha256::new(), key };
        writer.put(MAGIC)?;
        writer.put(&[VERSION])?;
        writer.put(&genesis.territory().0)?;
        writer.put(key.verifying_key().as_bytes())?;
        Ok(writer)
    }

    /// Adds one frame.
    ///
    /// # Errors
    /// What the system says; a frame over its limit is a bug of ours, and refused.
    pub fn frame(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).ok().filter(|_| !bytes.is_empty() && bytes.len() <= FRAME_BYTES_MAX);
        let length = length.ok_or_else(|| io::Error::other("a frame over its limit"))?;
        self.put(&length.to_be_bytes())?;
        self.put(bytes)
    }

    /// Ends the file, and gives back what it was written to.
    ///
    /// # Errors
    /// What the system says.
    pub fn end(mut self) -> io::Result<W> {
        self.put(&[0; 4])?;
        let signature = self.key.sign(&message(self.hash));
        self.output.write_all(&signature.to_bytes())?;
        self.output.flush()?;
        Ok(self.output)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.output.write_all(bytes)
    }
}

/// Reads an export file, frame by frame.
pub struct ExportReader<'a, R> {
    input: R,
    hash: Sha256,
    genesis: &'a Genesis,
    by: PublicKey,
    frames: usize,
    bytes: u64,
    is_over: bool,
}

impl<'a, R: Read> ExportReader<'a, R> {
    /// Reads the beginning, of a box of this territory.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn begin(input: R, genesis: &'a Genesis) -> Result<Self, ExportError> {
        let by = PublicKey([0; 32]);
        let mut reader = Self { input, hash: Sha256::new(), genesis, by, frames: 0, bytes: 0, is_over: false };
        let magic: [u8; 14] = reader.take().map_err(|error| match error {
            ExportError::Truncated => ExportError::Foreign,
            other => other,
        })?;
        if magic != *MAGIC {
            return Err(ExportError::Foreign);
        }
        let [version] = reader.take()?;
        if version != VERSION {
            return Err(ExportError::Version(version));
        }
        if reader.take()? != genesis.territory().0 {
            return Err(ExportError::Elsewhere);
        }
        reader.by = PublicKey(reader.take()?);
        Ok(reader)
    }

    /// The box that wrote the file, once it was read to its end.
    #[must_use]
    pub fn by(&self) -> PublicKey {
        self.by
    }

    /// The next frame, verified; `None` at the end, when the whole is.
    ///
    /// # Errors
    /// [`ExportError`].
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        if self.is_over {
            return Ok(None);
        }
        let length = u32::from_be_bytes(self.take()?);
        if length == 0 {
            self.end()?;
            self.is_over = true;
            return Ok(None);
        }
        self.frames += 1;
        self.bytes += u64::from(length);
        let length = usize::try_from(length).map_err(|_| ExportError::Limit)?;
        // Before anything is allocated.
        if length > FRAME_BYTES_MAX || self.frames > FRAMES_MAX || self.bytes > FILE_BYTES_MAX {
            return Err(ExportError::Limit);
        }
        let mut bytes = vec![0; length];
        self.fill(&mut bytes)?;
        self.verify(&bytes)?;
        Ok(Some(bytes))
    }

    /// Every folio travels from its beginning, so it stands by itself.
    fn verify(&self, bytes: &[u8]) -> Result<(), ExportError> {
        match frame::decode(bytes).map_err(ExportError::from)? {
            Frame::Statement(statement) if statement.verify(self.genesis) => Ok(()),
            Frame::Statement(_) => Err(ExportError::Signature),
            Frame::Acts(batch) if batch.first == 1 => {
                let mut folio = Folio::new(self.genesis.territory(), batch.folio);
                folio.accept(&batch).map(|_| ()).map_err(ExportError::from)
            }
            _ => Err(ExportError::Damaged),
        }
    }

    fn end(&mut self) -> Result<(), ExportError> {
        let message = message(self.hash.clone());
        let mut signature = [0; 64];
        self.fill(&mut signature)?;
        let key = VerifyingKey::from_bytes(&self.by.0).map_err(|_| ExportError::Damaged)?;
        key.verify_strict(&message, &Signature::from_bytes(&signature)).map_err(|_| ExportError::Damaged)?;
        // Nothing comes after the end.
        match self.input.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(ExportError::Damaged),
            Err(error) => Err(ExportError::Io(error)),
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], ExportError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), ExportError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => ExportError::Truncated,
            _ => ExportError::Io(error),
        })?;
        self.hash.update(&*bytes);
        Ok(())
    }
}

impl From<FrameError> for ExportError {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Version(version) => Self::Version(version),
            FrameError::Limit => Self::Limit,
            FrameError::Form => Self::Damaged,
        }
    }
}

impl From<GateError> for ExportError {
    fn from(error: GateError) -> Self {
        match error {
            GateError::Signature => Self::Signature,
            GateError::Limit => Self::Limit,
            _ => Self::Damaged,
        }
    }
}

fn message(hash: Sha256) -> Vec<u8> {
    [DOMAIN, &hash.finalize()].concat()
}
