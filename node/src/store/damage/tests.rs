// SPDX-License-Identifier: EUPL-1.2
//! A small store cut at every length, and bytes flipped in it: it opens, or says what is lost; no wrong act is
//! believed; and one good peer brings back all that it holds.

pub(super) mod stopped;
pub(in crate::store) mod village;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crdt_calendar::clerk::Clerk;
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{FolioId, Incarnation, Writer};
use crdt_calendar::retention::{Erasure, Floor, Floors, Term};
use crdt_calendar::time::IsoWeek;
use rand_core::Rng as _;

use super::*;
use crate::store::TallyKind;
use village::{CPAM, Dice, LOT, PUY, Village, converse, id, key, now, writer};

/// Flips looked at; each from a seed of its own.
const FLIPS: u64 = 2_000;
/// Of how many damaged stores one is put beside a good peer.
const HEALED_EVERY: u64 = 20;
/// SQLite's pages.
const PAGE: usize = 4096;

/// How far the box has erased.
fn floors() -> Floors {
    let floor = |week, day| Floor { week: IsoWeek(week), day };
    Floors { others: floor(2_970, 20_700), sealed: floor(2_950, 20_701), rows: floor(2_880, 20_702) }
}

/// What it counted of weeks that went.
fn clerk_counts(clerk: &Clerk) -> Vec<crdt_calendar::fold::Appointment> {
    clerk.weeks().values().flat_map(|week| week.appointments().take(3).cloned()).collect()
}

/// The files of a box's database, and what is true in it.
struct Original {
    village: Village,
    own: Writer,
    files: BTreeMap<String, Vec<u8>>,
    folios: BTreeMap<FolioId, Folio>,
    secrets: Vec<IsoWeek>,
}

impl Original {
    /// The database of a box, folded into one file, or with all of it still in the log.
    fn of(seed: u8, in_log: bool) -> Self {
        let mut village = Village::new();
        let own = writer(seed);
        let folder = memory_folder();
        let path = folder.path().join("hameau.db");
        let mut store = Store::open(&path).expect("a database");
        let clerk = village.at(seed);
        let folios: BTreeMap<FolioId, Folio> = clerk.shelf().folios().map(|it| (it.id(), it.clone())).collect();
        let secrets: Vec<IsoWeek> =
            clerk.weeks().keys().copied().filter(|week| clerk.secret(*week).is_some()).collect();
        let bytes: Vec<_> = secrets.iter().map(|week| (week.0, *clerk.secret(*week).expect("there").bytes())).collect();
        store.keep_statement(&village.successor()).expect("kept");
        let counted = clerk_counts(village.at(seed));
        let floors = floors();
        let erasure = Erasure { term: Term::Others, week: IsoWeek(2_900), folios: Vec::new(), counted, floors };
        let period = |_| crate::clock::Period { month: "2026-03".to_owned(), week: None };
        store.erase(&erasure, period).expect("erased");
        // One transaction each, as they are written.
        for folio in folios.values() {
            store.keep([(folio, 0)], &bytes, Some(("f00d", &b"act"[..], 1))).expect("kept");
        }
        store.tally("2027-03", [("cpam", "carte", TallyKind::NoSlot)]).expect("counted");
        if in_log {
            store.leave_alone();
        }
        drop(store);
        mark_begun(&path, own.incarnation).expect("noted");
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(folder.path()).expect("a folder") {
            let entry = entry.expect("a file");
            let name = entry.file_name().into_string().expect("UTF-8");
            if !name.ends_with("-shm") {
                files.insert(name, std::fs::read(entry.path()).expect("a file"));
            }
        }
        assert_eq!(files.contains_key("hameau.db-wal"), in_log);
        Self { village, own, files, folios, secrets }
    }

    fn lay_out(&self, folder: &Path) -> PathBuf {
        for (name, bytes) in &self.files {
            std::fs::write(folder.join(name), bytes).expect("written");
        }
        folder.join("hameau.db")
    }

    /// Opens what was damaged, and checks the promise. Returns what was found, unless the box does not start.
    fn check(&self, path: &Path, case: &str, may_be_set_back: bool) -> Option<Found> {
        let found = match Store::recover(path, self.village.genesis.territory(), self.own) {
            Ok(found) => found,
            // Its header says that a later version wrote it: nothing is touched, and the sentence says so.
            Err(StoreError::TooNew(_)) => return None,
            Err(error) => panic!("{case}: {error}"),
        };
        for folio in &found.folios {
            let truth = self.folios.get(&folio.id()).unwrap_or_else(|| panic!("{case}: a register of nobody"));
            assert_eq!(
                truth.hash_at(folio.seq()),
                folio.hash_at(folio.seq()),
                "{case}: a wrong act in {:?}",
                folio.id()
            );
        }
        self.check_the_rest(&found.store, case);
        let held: BTreeMap<FolioId, u32> = found.folios.iter().map(|it| (it.id(), it.seq())).collect();
        let own = self.folios.values().filter(|it| it.id().writer == self.own);
        let has_all = own.clone().all(|it| held.get(&it.id()) == Some(&it.seq()));
        assert!(found.is_over || may_be_set_back || has_all, "{case}: it would write a second history");
        if !found.is_over && !may_be_set_back {
            let secrets = found.store.secrets().expect("readable");
            assert!(self.secrets.iter().all(|week| secrets.contains_key(week)), "{case}: a secret is gone unsaid");
        }
        Some(found)
    }

    /// What is read once the database is open is read whatever its bytes are, and a floor is true or none.
    fn check_the_rest(&self, store: &Store, case: &str) {
        let counted = store.counted().unwrap_or_else(|error| panic!("{case}: counts: {error}"));
        assert!(counted.len() <= 3, "{case}: {counted:?}");
        let statements = store.statements().unwrap_or_else(|error| panic!("{case}: statements: {error}"));
        let mut signed = statements.into_iter().filter(|it| it.verify(&self.village.genesis));
        assert!(signed.all(|it| it == self.village.successor()), "{case}: a statement that nobody made");
        let read = store.floors().unwrap_or_else(|error| panic!("{case}: floors: {error}"));
        for term in Term::ALL {
            let is_true = read.of(term) == floors().of(term) || read.of(term) == Floor::default();
            assert!(is_true, "{case}: {term:?} erases up to {:?}", read.of(term));
        }
    }

    /// One good peer brings back all that is shared.
    fn heals(&self, found: Found, case: &str) {
        let mut shelf = self.village.shelf();
        found.folios.into_iter().for_each(|folio| shelf.restore(folio));
        let life = if found.is_over { Incarnation([77; 8]) } else { self.own.incarnation };
        let own_key = [LOT, PUY, CPAM].into_iter().map(key).find(|it| it.verifying_key().to_bytes() == self.own.key.0);
        let mut clerk = Clerk::new(own_key.expect("ours"), life, shelf, found.store.secrets().expect("readable"));
        clerk.begin(now(), found.is_over.then_some(self.own)).expect("begun");
        let peer = if self.own == writer(PUY) { CPAM } else { PUY };
        let mut full = self.village.shelf();
        self.folios.values().for_each(|folio| full.restore(folio.clone()));
        let good = Clerk::new(key(peer), writer(peer).incarnation, full, BTreeMap::new());
        let mut two = BTreeMap::from([(self.own.key, clerk), (writer(peer).key, good)]);
        converse(&mut two);
        let healed = &two[&self.own.key];
        for (id, folio) in &self.folios {
            let held = healed.shelf().folio(id).map(Folio::seq);
            assert_eq!(held, Some(folio.seq()), "{case}: {id:?} came back");
        }
        assert_eq!(
            healed.roster().current(&id(if peer == CPAM { "puy" } else { "cpam" })),
            Some(healed.writer()),
            "{case}"
        );
    }
}

/// In memory where the system has such a folder: thousands of databases are made and thrown away.
fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// Runs a case in an empty folder with the original's files.
fn each(original: &Original, case: &str, spoil: impl FnOnce(&Path), may_be_set_back: bool, heal: bool) -> bool {
    let folder = memory_folder();
    let path = original.lay_out(folder.path());
    spoil(folder.path());
    let Some(found) = original.check(&path, case, may_be_set_back) else { return false };
    let is_over = found.is_over;
    if heal && !may_be_set_back {
        original.heals(found, case);
    }
    if is_over {
        // Killed before its new life was durable: the old one is over all the same.
        let again = original.check(&path, case, may_be_set_back).expect("it was opened");
        assert!(again.is_over, "{case}: found a second time, it would go on in its old life");
    }
    is_over
}

#[test]
fn a_store_cut_at_any_length_opens_or_says_what_is_lost() {
    let original = Original::of(PUY, false);
    let length = original.files["hameau.db"].len();
    // Every length; in short runs each around the end of a page, for SQLite looks at whole pages, and one in 97.
    let every = std::env::var_os("HAMEAU_EVERY_LENGTH").is_some();
    let mut cuts = 0;
    for at in (0..length).filter(|at| every || at % PAGE < 2 || at % PAGE == PAGE - 1 || at.is_multiple_of(97)) {
        let spoil = |folder: &Path| {
            let bytes = &original.files["hameau.db"][..at];
            std::fs::write(folder.join("hameau.db"), bytes).expect("written");
        };
        let is_over = each(
            &original,
            &format!("cut at {at} of {length}"),
            spoil,
            false,
            (at as u64).is_multiple_of(HEALED_EVERY),
        );
        // Of the last page what is cut off may be blank, and none of it truth: that was checked.
        assert!(is_over || at > length - PAGE, "cut at {at} of {length}: part of it is gone, and nobody said so");
        cuts += 1;
    }
    println!("{cuts} lengths of {length}");
}

#[test]
fn a_flipped_byte_is_never_believed() {
    // Goal: one bit anywhere in the database. Own registers are whole or the life is over; nothing wrong is read; and
    // a good peer brings the rest back.
    for (seed, name) in [(PUY, "point"), (CPAM, "agency")] {
        let original = Original::of(seed, false);
        let file = &original.files["hameau.db"];
        let mut over = 0;
        for flip in 0..FLIPS / 2 {
            let mut dice = Dice(flip);
            let (place, bit) = ((dice.next_u64() % file.len() as u64) as usize, dice.next_u32() % 8);
            let spoil = |folder: &Path| {
                let mut bytes = file.clone();
                bytes[place] ^= 1 << bit;
                std::fs::write(folder.join("hameau.db"), bytes).expect("written");
            };
            let case = format!("{name}, flip {flip}: bit {bit} of byte {place}");
            over += usize::from(each(&original, &case, spoil, false, flip.is_multiple_of(HEALED_EVERY)));
        }
        println!("{name}: {over} of {} flips ended its life", FLIPS / 2);
        assert!(over > 0);
    }
}

#[test]
fn no_bit_of_floors_counts_and_statements_keeps_the_box_from_starting() {
    // Goal: these are few bytes, and a flip drawn anywhere hardly meets one: each of their bits, one after the other.
    let original = Original::of(PUY, false);
    let file = &original.files["hameau.db"];
    let folder = memory_folder();
    let store = Store::open(&original.lay_out(folder.path())).expect("whole");
    let mut bits = 0;
    for table in ["floor", "counted", "statement"] {
        let root: u16 = store
            .connection
            .query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0))
            .expect("a table");
        let page = usize::from(root - 1) * PAGE;
        let cells = usize::from(u16::from_be_bytes([file[page + 5], file[page + 6]]));
        for place in page + cells..page + PAGE {
            for bit in 0..8 {
                let spoil = |folder: &Path| {
                    let mut bytes = file.clone();
                    bytes[place] ^= 1 << bit;
                    std::fs::write(folder.join("hameau.db"), bytes).expect("written");
                };
                each(&original, &format!("{table}: bit {bit} of byte {place}"), spoil, false, false);
                bits += 1;
            }
        }
    }
    println!("{bits} bits");
    assert!(bits > 1_500);
}

#[test]
fn a_log_that_is_cut_or_changed_sets_nothing_back_unsaid() {
    // Goal: cut at any length it is what a power cut leaves: the box is set back, or has lost all and says so, and
    // peers will tell it. Changed in the middle, it is told from a power cut.
    let original = Original::of(PUY, true);
    let log = &original.files["hameau.db-wal"];
    let every = std::env::var_os("HAMEAU_EVERY_LENGTH").is_some();
    let frame = PAGE + 24;
    let lengths = (0..log.len()).filter(|at| every || *at < 40 || (at - 32) % frame < 3 || at.is_multiple_of(97));
    for at in lengths {
        let spoil = |folder: &Path| std::fs::write(folder.join("hameau.db-wal"), &log[..at]).expect("written");
        each(&original, &format!("log cut at {at}"), spoil, true, false);
    }
    // Not the header, nor the last transaction: these cannot be told from a power cut.
    let first_frame = 32;
    let last_commits = log.len() - 12 * frame;
    for flip in 0..FLIPS / 4 {
        let mut dice = Dice(flip);
        let place = first_frame + (dice.next_u64() % (last_commits - first_frame) as u64) as usize;
        let spoil = |folder: &Path| {
            let mut bytes = log.clone();
            bytes[place] ^= 1 << (dice.next_u32() % 8);
            std::fs::write(folder.join("hameau.db-wal"), bytes).expect("written");
        };
        let case = format!("log, flip {flip} at byte {place}");
        assert!(each(&original, &case, spoil, false, false), "{case}: taken for a power cut");
    }
}

#[test]
fn a_row_or_a_page_that_goes_is_missed() {
    // Goal: what single bits rarely do. The last row of each page is gone without a trace; or a page is blank, or
    // another page lies in its place.
    let original = Original::of(PUY, false);
    let file = &original.files["hameau.db"];
    let pages = file.len() / PAGE;
    let blank = vec![0; PAGE];
    for page in 1..pages {
        let at = page * PAGE..(page + 1) * PAGE;
        let other = page % (pages - 1) + 1;
        let mut short = file[at.clone()].to_vec();
        let rows = u16::from_be_bytes([short[3], short[4]]).saturating_sub(1);
        short[3..5].copy_from_slice(&rows.to_be_bytes());
        for (what, put) in [("short", &short), ("blank", &blank), ("another", &file[other * PAGE..][..PAGE].to_vec())] {
            let spoil = |folder: &Path| {
                let mut bytes = file.clone();
                bytes[at.clone()].copy_from_slice(put);
                std::fs::write(folder.join("hameau.db"), bytes).expect("written");
            };
            each(&original, &format!("page {page} is {what}"), spoil, false, true);
        }
    }
}
