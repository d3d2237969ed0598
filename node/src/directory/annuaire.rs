// SPDX-License-Identifier: EUPL-1.2
//! The annuaire's JSON file, read as it comes: `{"service": […]}`, or the list alone as the API exports it.
//!
//! One record is in memory at a time. A file, and each record in it, may be so large and no larger: what goes on for ever
//! ends with an error. A record is handed over as JSON, whatever it holds; what it means is [`super::branch`]'s.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::lang::{either, system_words};

/// Largest file, in bytes: all of France has some 200 MB.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Largest record, in bytes: one that serves every commune of France has some 300 kB.
const RECORD_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Why a file is not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Broken {
    /// The system does not give it.
    Unread(io::ErrorKind),
    /// It is not UTF-8.
    Encoding,
    /// It, or one of its records, is larger than any that is meant.
    TooLarge,
    /// It ends within a record.
    CutOff,
    /// It is not JSON, or not of this form; at this line.
    Form(usize),
}

/// What is wrong with the file, and what to do.
impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Unread(kind) => {
                let words = either("ne se lit pas jusqu'au bout", "cannot be read to its end");
                return write!(f, "{words} : {}", system_words(&io::Error::from(*kind)));
            }
            Self::Form(line) => {
                let words = either("n'a pas la forme de l'annuaire (ligne", "has not the annuaire's form (line");
                let to_do = either(
                    "donnez le fichier JSON décompressé, par exemple data.gouv_local.json",
                    "give the unpacked JSON file, for instance data.gouv_local.json",
                );
                return write!(f, "{words} {line}) : {to_do}");
            }
            Self::Encoding => either(
                "n'est pas en UTF-8 : reprenez le fichier tel qu'il a été téléchargé, sans l'ouvrir dans un tableur",
                "is not UTF-8: take the file as it was downloaded, without opening it in a spreadsheet",
            ),
            Self::TooLarge => either(
                "est plus grand que tout fichier de l'annuaire : ce n'est sans doute pas lui",
                "is larger than any file of the annuaire: it is probably another one",
            ),
            Self::CutOff => either(
                "s'arrête au milieu : le téléchargement n'était pas fini, refaites-le",
                "ends in the middle: the download was not finished, do it again",
            ),
        };
        f.write_str(words)
    }
}

/// Reads all records, in their order. What was handed over before an error is void: who takes it undoes it.
pub(super) fn records(file: impl Read, mut take: impl FnMut(Value) -> Result<(), Broken>) -> Result<(), Broken> {
    let seen = Seen::default();
    let mut stopped = None;
    let mut reader = serde_json::Deserializer::from_reader(Counted { inner: file, seen: &seen });
    let mut each = |value: Value| {
        seen.of_record.set(0);
        take(value).map_err(|broken| stopped = Some(broken)).is_ok()
    };
    let read = Top(&mut each).deserialize(&mut reader).and_then(|()| reader.end());
    let Err(error) = read else { return Ok(()) };
    Err(match (stopped, seen.failed.get()) {
        (Some(broken), _) => broken,
        _ if seen.is_over.get() => Broken::TooLarge,
        (_, Some(kind)) => Broken::Unread(kind),
        _ if error.is_eof() => Broken::CutOff,
        _ if error.to_string().starts_with("invalid unicode") => Broken::Encoding,
        _ => Broken::Form(error.line()),
    })
}

/// What was read so far.
#[derive(Default)]
struct Seen {
    of_file: Cell<u64>,
    of_record: Cell<u64>,
    is_over: Cell<bool>,
    failed: Cell<Option<io::ErrorKind>>,
}

/// Counts what is read, and ends where it is too much.
struct Counted<'a, R> {
    inner: R,
    seen: &'a Seen,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer).inspect_err(|error| self.seen.failed.set(Some(error.kind())))?;
        for count in [&self.seen.of_file, &self.seen.of_record] {
            count.set(count.get() + length as u64);
        }
        if self.seen.of_record.get() > RECORD_BYTES_MAX || self.seen.of_file.get() > FILE_BYTES_MAX {
            self.seen.is_over.set(true);
            return Err(io::Error::other("too large"));
        }
        Ok(length)
    }
}

type Take<'a> = &'a mut dyn FnMut(Value) -> bool;

/// The file: the list, or an object that has it.
struct Top<'a>(Take<'a>);

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<(), A::Error> {
        Records(self.0).visit_seq(sequence)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut is_there = false;
        while let Some(name) = map.next_key::<String>()? {
            if name == "service" || name == "results" {
                map.next_value_seed(Records(&mut *self.0))?;
                is_there = true;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if is_there { Ok(()) } else { Err(A::Error::custom("no list of records")) }
    }
}

struct Records<'a>(Take<'a>);

impl<'de> DeserializeSeed<'de> for Records<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Records<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<(), A::Error> {
        while let Some(record) = sequence.next_element::<Value>()? {
            if !(self.0)(record) {
                return Err(A::Error::custom("not taken"));
            }
        }
        Ok(())
    }
}
