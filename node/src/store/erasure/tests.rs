// SPDX-License-Identifier: EUPL-1.2
//! What went is nowhere in the files, was counted once, and a kill at any moment leaves it whole or gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crdt_calendar::act::{Act, Run};
use crdt_calendar::fold::appointment::{Appointment, Sealed, State};
use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{ActRef, BoothId, FolioId, Incarnation, Leaf, PublicKey, TerritoryId, Writer};
use crdt_calendar::time::Span;
use ed25519_dalek::SigningKey;

use super::*;
use crate::store::schema::tests::at_version;

const TERRITORY: TerritoryId = TerritoryId([5; 32]);
/// The week that goes, and the one that stays.
const OLD: IsoWeek = IsoWeek(2_900);
const NEW: IsoWeek = IsoWeek(2_983);
/// Bookings in each week: more than fill some pages.
const BOOKINGS: u16 = 60;

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

fn writer() -> Writer {
    Writer { key: PublicKey(key().verifying_key().to_bytes()), incarnation: Incarnation([1; 8]) }
}

/// Bytes that stand nowhere else: a week's secret, or an envelope.
fn marked(week: IsoWeek, number: u16) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (place, byte) in (0_u16..).zip(&mut bytes) {
        let seed = u32::from(week.0) * 7_919 + u32::from(number) * 104_729 + u32::from(place) * 1_299_709;
        *byte = seed.wrapping_mul(2_654_435_761).to_be_bytes()[0];
    }
    bytes
}

fn folio(week: IsoWeek) -> Folio {
    let mut folio = Folio::new(TERRITORY, FolioId { writer: writer(), leaf: Leaf::Week(week) });
    let open = ActRef { folio: folio.id(), act: 1 };
    for number in 1..=BOOKINGS {
        let minutes = Span { from: week.start().plus_min(30 * u32::from(number)), length_min: 30 };
        let run = Run { open, tenures: vec![(number, 1)] };
        let envelope = marked(week, number).repeat(12);
        let act = Act::Book { run, minutes, booth: BoothId(1), service: name_of("carte"), envelope };
        folio.append(&act, &key()).expect("there is room");
    }
    folio
}

fn name_of(name: &str) -> MemberId {
    MemberId::new(name).expect("a name")
}

fn appointment(number: u32) -> Appointment {
    let id = ActRef { folio: folio(OLD).id(), act: number };
    Appointment {
        id,
        holder: writer(),
        point: name_of("bourg"),
        home: Some(name_of("caisse")),
        others: Vec::new(),
        desk: None,
        minutes: Span { from: OLD.start().plus_min(30 * number), length_min: 30 },
        booth: BoothId(1),
        service: name_of("carte"),
        runs: Vec::new(),
        slots: Vec::new(),
        state: State::CancelledByPoint(Reason::Closed),
        bar: None,
        envelope: Sealed { carried_by: id, bytes: Vec::new().into() },
        arrived: Some(OLD.start()),
        outcome: None,
        kept: false,
        referral: None,
        moved: false,
        ended: true,
        settled: false,
    }
}

fn erasure(term: Term) -> Erasure {
    let floor = Floor { week: IsoWeek(OLD.0 + 1), day: 20_000 };
    let (folios, counted) = match term {
        Term::Rows => (vec![folio(OLD).id()], (1..=3).map(appointment).collect()),
        Term::Others | Term::Sealed => (Vec::new(), Vec::new()),
    };
    Erasure { term, week: OLD, folios, counted, floors: Floors::default().moved(term, floor) }
}

/// A store that holds two weeks, their secrets, and a form's nonce of each.
fn filled(path: &Path) -> Store {
    let mut store = Store::open(path).expect("a database");
    for week in [OLD, NEW] {
        let folio = folio(week);
        let act = postcard::to_stdvec(&ActRef { folio: folio.id(), act: 1 }).expect("plain");
        let nonce = format!("form of {}", week.0);
        store
            .keep([(&folio, 0)], &[(week.0, marked(week, 0))], Some((nonce.as_str(), act.as_slice(), 7)))
            .expect("kept");
    }
    store
}

/// Everything that lies in the database's files.
fn files(path: &Path) -> Vec<u8> {
    let folder = path.parent().expect("in a folder");
    let files = std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("a file").path());
    files.flat_map(|it| std::fs::read(it).expect("read")).collect()
}

fn holds(files: &[u8], bytes: &[u8; 32]) -> bool {
    files.windows(bytes.len()).any(|window| window == bytes)
}

fn period(minute: UtcMinute) -> Period {
    Period { month: format!("2025-{:02}", minute.week().0 % 12 + 1), week: Some(minute.week()) }
}

#[test]
fn nothing_of_what_went_is_in_the_files() {
    // Goal: the secret goes at its term and the rows at theirs; no byte of either is left in the file or in its log, the
    // file is smaller, and the other week is as it was, when the database is opened again too.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hameau.db");
    let mut store = filled(&path);
    let size = || std::fs::metadata(&path).expect("there").len();
    shrink(&store.connection).expect("all in the file");
    let before = size();
    let secret = marked(OLD, 0);
    let all = files(&path);
    assert!(holds(&all, &secret) && (1..=BOOKINGS).all(|number| holds(&all, &marked(OLD, number))), "it was there");

    store.erase(&erasure(Term::Sealed), period).expect("erased");
    assert!(!holds(&files(&path), &secret), "the secret is gone");
    assert!(holds(&files(&path), &marked(OLD, 1)), "the envelopes stay, closed");
    assert_eq!(store.secrets().expect("read").keys().copied().collect::<Vec<_>>(), [NEW]);

    store.erase(&erasure(Term::Rows), period).expect("erased");
    let all = files(&path);
    assert_eq!((1..=BOOKINGS).find(|number| holds(&all, &marked(OLD, *number))), None, "no envelope is left");
    assert!(size() + 32 * 1024 <= before, "{} of {before} bytes", size());
    for again in [false, true] {
        if again {
            drop(store);
            store = Store::open(&path).expect("opened again");
        }
        let read = store.folios(TERRITORY, writer()).expect("read");
        let damaged = read.dropped.len();
        let kept: Vec<_> = read.folios.iter().map(|it| (it.id(), it.seq(), it.head().copied())).collect();
        let stays = folio(NEW);
        assert_eq!((kept, damaged), (vec![(stays.id(), stays.seq(), stays.head().copied())], 0));
        assert_eq!(store.floors().expect("read"), erasure(Term::Rows).floors);
        let nonces = [OLD, NEW].map(|week| store.nonce(&format!("form of {}", week.0)).expect("read").is_some());
        assert_eq!(nonces, [false, true]);
        assert!(holds(&files(&path), &marked(NEW, 0)) && holds(&files(&path), &marked(NEW, BOOKINGS)));
    }
}

#[test]
fn what_a_reader_kept_in_the_log_goes_when_it_has_gone() {
    // Goal: while another process reads (a backup), the log cannot be cut. The erasure does not wait for it, and the
    // bytes go at the next try after it, without another erasure.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hameau.db");
    let mut store = filled(&path);
    let reader = Connection::open(&path).expect("opens");
    reader.execute_batch("BEGIN; SELECT count(*) FROM folio").expect("reads");
    store.erase(&erasure(Term::Rows), period).expect("erased");
    assert!(holds(&files(&path), &marked(OLD, 0)), "the reader still sees it");
    store.cut_log().expect("tried");
    assert!(holds(&files(&path), &marked(OLD, 0)), "and goes on");
    reader.execute_batch("COMMIT").expect("has read");
    store.cut_log().expect("cut");
    assert!(!holds(&files(&path), &marked(OLD, 0)), "nothing is left of it");
}

#[test]
fn a_floor_of_an_earlier_version_is_read_and_a_wrong_one_is_not() {
    // Goal: that version wrote no check. A floor that says more than was erased would refuse all there is, for ever.
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(&folder.path().join("hameau.db"));
    store.erase(&erasure(Term::Rows), period).expect("erased");
    let written = erasure(Term::Rows).floors;
    for (change, expected) in [
        ("UPDATE floor SET week = 60000 WHERE term = 'others'", Floors { others: Floor::default(), ..written }),
        ("UPDATE floor SET day = day + 1 WHERE term = 'sealed'", Floors { sealed: Floor::default(), ..written }),
        ("UPDATE floor SET week = -1 WHERE term = 'rows'", Floors { rows: Floor::default(), ..written }),
        ("UPDATE floor SET day = 1 << 40 WHERE term = 'rows'", Floors { rows: Floor::default(), ..written }),
        ("DELETE FROM floor WHERE term LIKE '%-check'", written),
    ] {
        store.connection.execute_batch(&format!("SAVEPOINT before; {change}")).expect("changed");
        assert_eq!(store.floors().expect("read"), expected, "{change}");
        store.connection.execute_batch("ROLLBACK TO before; RELEASE before").expect("as it was");
    }
    store.connection.execute("UPDATE counted SET count = -1 WHERE figure = 'arrived'", []).expect("changed");
    let counted = store.counted().expect("read");
    assert!(counted.values().all(|it| it.arrived == 0) && !counted.is_empty(), "the others are still good");
}

#[test]
fn what_is_counted_adds_up() {
    // Goal: each figure comes back as it was counted, and what goes later is added to what went before.
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = filled(&folder.path().join("hameau.db"));
    let mut all = Counted::new();
    let states = [
        State::Asked,
        State::Confirmed,
        State::Refused { alternatives: Vec::new() },
        State::CancelledByAgency(Reason::AdvisorAbsent),
        State::CancelledByPoint(Reason::ByThePerson),
        State::Suspended,
        State::Void(crdt_calendar::fold::Why::Taken),
    ];
    for (number, state) in (1..).zip(states.iter().cycle().take(20)) {
        let home = Some(name_of("caisse")).filter(|_| number % 3 > 0);
        let it = Appointment { state: state.clone(), home, ..appointment(number) };
        for (cell, counts) in count([&it], period) {
            all.entry(cell).or_default().merge(&counts);
        }
        store.erase(&Erasure { counted: vec![it], ..erasure(Term::Rows) }, period).expect("erased");
        assert_eq!(store.counted().expect("read"), all, "{state:?}");
    }
}

#[test]
fn a_kill_leaves_the_week_whole_or_gone() {
    // Goal: the files as they lie at any moment of an erasure, as a kill would leave them, open to the week as it was,
    // or to none of it, counted once. Every state in between is looked at, some instructions of SQLite apart.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hameau.db");
    let mut store = filled(&path);
    let images: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
    let taken = Arc::clone(&images);
    let (from, into) = (folder.path().to_owned(), tempfile::tempdir().expect("a folder"));
    let root = into.path().to_owned();
    let take = move || {
        let mut taken = taken.lock().expect("not poisoned");
        let image = root.join(taken.len().to_string());
        std::fs::create_dir(&image).expect("made");
        for name in ["hameau.db", "hameau.db-wal"] {
            // The log is not there before the first write.
            if from.join(name).exists() {
                std::fs::copy(from.join(name), image.join(name)).expect("copied");
            }
        }
        taken.push(image);
        false
    };
    store.connection.progress_handler(20, Some(take)).expect("set");
    store.erase(&erasure(Term::Rows), period).expect("erased");
    store.connection.progress_handler(0, None::<fn() -> bool>).expect("unset");
    let images = images.lock().expect("not poisoned").clone();
    let once = store.counted().expect("read");
    let figure = once.values().map(|it| (it.by_point.clone(), it.arrived)).collect::<Vec<_>>();
    assert_eq!(figure.iter().map(|(_, arrived)| arrived).sum::<u32>(), 3);
    let mut seen = BTreeSet::new();
    for image in &images {
        let path = image.join("hameau.db");
        let mut store = Store::open(&path).expect("opens");
        let weeks: BTreeSet<Leaf> =
            store.folios(TERRITORY, writer()).expect("whole").folios.iter().map(|it| it.id().leaf).collect();
        let is_here = weeks.contains(&Leaf::Week(OLD));
        let secret = store.secrets().expect("read").contains_key(&OLD);
        let counted = store.counted().expect("read");
        let floors = store.floors().expect("read");
        let expected = if is_here {
            (true, Counted::new(), Floors::default())
        } else {
            (false, once.clone(), erasure(Term::Rows).floors)
        };
        assert_eq!((secret, counted, floors), expected, "{}", image.display());
        assert!(weeks.contains(&Leaf::Week(NEW)));
        assert!(
            is_here || !holds(&files(&path), &marked(OLD, 0)),
            "{}: opened again, nothing is left",
            image.display()
        );
        seen.insert(is_here);
    }
    assert!(images.len() > 20 && seen.len() == 2, "{} images, {seen:?}", images.len());
}

#[test]
fn a_database_of_an_earlier_version_shrinks_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hameau.db");
    let mut store = at_version(&path, 3);
    store.keep([(&folio(OLD), 0)], &[(OLD.0, marked(OLD, 0))], None).expect("kept");
    drop(store);
    let mut store = Store::open(&path).expect("brought up to date");
    let before = std::fs::metadata(&path).expect("there").len();
    assert_eq!(store.folios(TERRITORY, writer()).expect("read").folios.len(), 1, "what it kept is there");
    store.erase(&erasure(Term::Rows), period).expect("erased");
    let after = std::fs::metadata(&path).expect("there").len();
    assert!(after < before && !holds(&files(&path), &marked(OLD, 0)), "{after} of {before} bytes");
}

#[test]
fn what_an_earlier_version_counted_keeps_its_month() {
    // Goal: that version kept no week. Its counts stay what they were, and what goes now is counted beside them.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("hameau.db");
    let store = at_version(&path, 6);
    let row = "INSERT INTO counted VALUES ('2025-03', 'caisse', 'carte', 'bourg', 'kept', 4)";
    store.connection.execute(row, []).expect("counted");
    drop(store);
    let mut store = Store::open(&path).expect("brought up to date");
    let period = |week| Period { month: "2025-03".to_owned(), week };
    store
        .erase(&Erasure { counted: vec![appointment(1)], ..erasure(Term::Rows) }, |_| period(Some(IsoWeek(2_900))))
        .expect("erased");
    let counted = store.counted().expect("read");
    let of = |week| counted.iter().filter(|(cell, _)| cell.month == period(week)).map(|(_, it)| it.kept).sum::<u32>();
    assert_eq!((of(None), counted.len()), (4, 2), "{counted:?}");
}
