// SPDX-License-Identifier: EUPL-1.2
//! `hameau backup` and `hameau restore`: a box in a sealed file, and back into a new folder.
//!
//! The passphrase is typed without echo, or is the first line of standard input; it stands on no command line.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::anyhow;
use crdt_calendar::limits::TERM_SEALED_WEEKS;
use crdt_calendar::time::UtcMinute;
use hameau_node::backup::{BACKUP_BYTES_MAX, BackupError, Content, Passphrase};
use hameau_node::home::Home;
use hameau_node::lang::{either, system_words};
use jiff::{Timestamp, ToSpan as _};

use crate::arguments::{Backup, Restore};
use crate::secret::{self, Words};
use crate::show;
use crate::whole::Whole;

const PASSPHRASE: Words = Words {
    label: ("Phrase secrète de la sauvegarde : ", "Passphrase of the backup: "),
    differ: ("les deux phrases diffèrent : recommencez", "the two passphrases differ: start again"),
    unread: ("la phrase ne se lit pas : donnez-la en UTF-8", "the passphrase cannot be read: give it as UTF-8"),
};

/// Seals a box's folder into a file. Its node may be running.
pub(crate) fn backup(path: &Path, options: &Backup) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let file = Whole::begin(&options.file)?;
    let passphrase = Passphrase::new(&secret::chosen(&PASSPHRASE, |typed| Ok(Passphrase::new(typed).map(drop)?))?)?;
    let content = Content::of(&home, now())?;
    let sealed = content.seal(&passphrase)?;
    file.file().write_all(&sealed).map_err(|error| file.refused(&error))?;
    file.keep()?;
    let until = day(content.written(), i64::from(TERM_SEALED_WEEKS));
    if options.json {
        return show::json(&serde_json::json!({ "file": options.file, "bytes": sealed.len(), "until": until }));
    }
    show::print(&format!(
        "{} {} {until}.\n{}",
        options.file.display(),
        either("est écrite et servira jusqu'au", "is written and serves until"),
        either(
            "Gardez-la sur un autre disque, et la phrase ailleurs : sans elle, personne ne l'ouvrira. Refaites-la chaque \
             semaine, et effacez les anciennes.",
            "Keep it on another disk, and the passphrase elsewhere: nobody opens it without. Make a new one every week, \
             and delete the old ones."
        )
    ))
}

/// Puts a box back, into a folder that holds none.
pub(crate) fn restore(path: &Path, options: &Restore) -> anyhow::Result<()> {
    let sealed = read(&options.file)?;
    let passphrase = Passphrase::new(&secret::known(&PASSPHRASE)?).map_err(|_| BackupError::Passphrase)?;
    let content = Content::open(&sealed, &passphrase)?;
    let home = content.restore(path, now())?;
    let written = day(content.written(), 0);
    if options.json {
        return show::json(&serde_json::json!({ "home": home.path(), "written": written }));
    }
    show::print(&format!(
        "{} {written}. {}",
        either("La boîte est là, telle qu'elle était le", "The node is there, as it was on"),
        either(
            "Lancez-la par « hameau run », et plus jamais l'ancienne.\n\
             Elle n'écrit rien avant d'avoir entendu un autre membre. Ensuite elle recommence sans les heures qui lui \
             étaient gardées : vérifiez la liste papier ; chaque organisme reprend par « hameau settle » ceux qui \
             étaient réservés, et en réserve d'autres sur les semaines qu'il publie ensuite.",
            "Start it with “hameau run”, and the old one never again.\n\
             It writes nothing before it has heard another member. Then it begins anew without the times that it held: \
             check the paper list; each agency takes the reserved ones back with “hameau settle”, and reserves others in the weeks that it publishes \
             afterwards."
        )
    ))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let unread = |error: std::io::Error| {
        anyhow!("« {} » {} : {}", path.display(), either("ne se lit pas", "cannot be read"), system_words(&error))
    };
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(BACKUP_BYTES_MAX + 1).read_to_end(&mut bytes)).map_err(unread)?;
    if bytes.len() as u64 > BACKUP_BYTES_MAX {
        return Err(BackupError::Limit.into());
    }
    Ok(bytes)
}

fn now() -> UtcMinute {
    UtcMinute(u32::try_from(Timestamp::now().as_second().max(0) / 60).unwrap_or(u32::MAX))
}

/// The day of a minute, so many weeks on, in UTC.
fn day(minute: UtcMinute, weeks: i64) -> String {
    let date =
        Timestamp::from_second(i64::from(minute.0) * 60).map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date());
    let date = date.and_then(|date| date.checked_add(weeks.weeks()));
    date.map_or_else(|_| "?".to_owned(), |date| date.to_string())
}
