// SPDX-License-Identifier: EUPL-1.2
//! Saving from a damaged database is stopped at each of its steps, as by a kill, a power cut or a full disk: the next
//! start saves as much as one that nothing stopped.

use std::cell::RefCell;

use super::*;
use crate::store::damage::salvage::salvage;

thread_local! {
    /// The folders as they lay at each step, while a test wants them.
    static LOOKS: RefCell<Option<Vec<tempfile::TempDir>>> = const { RefCell::new(None) };
}

/// Takes the folder around a file as it lies now. SQLite makes the log's index anew.
pub(in crate::store::damage) fn look(path: &Path) {
    LOOKS.with_borrow_mut(|looks| {
        let Some(looks) = looks else { return };
        let image = memory_folder();
        copy(path.parent().expect("in a folder"), image.path());
        looks.push(image);
    });
}

fn copy(from: &Path, into: &Path) {
    for file in std::fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        let name = file.file_name().into_string().expect("UTF-8");
        if !name.ends_with("-shm") {
            std::fs::copy(file.path(), into.join(name)).expect("copied");
        }
    }
}

/// What a database holds: registers, weeks of secrets, statements, counts, floors, whether the form is known.
#[derive(Debug, PartialEq, Eq)]
struct Content {
    folios: BTreeMap<FolioId, (u32, Option<[u8; 32]>)>,
    secrets: Vec<IsoWeek>,
    statements: usize,
    tallies: usize,
    counted: usize,
    floors: crdt_calendar::retention::Floors,
    form: Option<Vec<u8>>,
}

impl Content {
    fn of(store: &mut Store, original: &Original) -> Self {
        let folios = store.folios(original.village.genesis.territory(), original.own).expect("whole").folios;
        Self {
            folios: folios.iter().map(|it| (it.id(), (it.seq(), it.hash_at(it.seq())))).collect(),
            secrets: store.secrets().expect("whole").into_keys().collect(),
            statements: store.statements().expect("readable").len(),
            tallies: store.tallies().expect("readable").len(),
            counted: store.counted().expect("readable").len(),
            floors: store.floors().expect("readable"),
            form: store.nonce("f00d").expect("readable"),
        }
    }
}

/// Starts as the keeper does: what is over is over, then its last words are kept.
fn start(original: &Original, folder: &Path, own: Writer) -> (Content, bool) {
    let path = folder.join("hameau.db");
    let territory = original.village.genesis.territory();
    let Found { mut store, folios, is_over, .. } = Store::recover(&path, territory, own).expect("starts");
    look(&path);
    if is_over {
        store.keep_last_words(&path, &folios, own).expect("kept");
    }
    let content = Content::of(&mut store, original);
    let aside = set_aside_files(&path);
    assert_eq!(aside, ["hameau.db.damaged-1"], "it was set aside once");
    assert!(!folder.join("hameau.db.salvage").exists(), "all is saved");
    (content, is_over)
}

/// Spoils, starts, and starts again from each step: always as much as the first time. Returns the steps.
fn stopped_anywhere(original: &Original, case: &str, spoil: &dyn Fn(&Path)) -> usize {
    let folder = memory_folder();
    original.lay_out(folder.path());
    spoil(folder.path());
    LOOKS.set(Some(Vec::new()));
    let (truth, was_over) = start(original, folder.path(), original.own);
    let looks = LOOKS.take().expect("looked");
    assert!(truth.folios.len() > 2 && truth.form.is_some(), "{case}: much is saved: {truth:?}");
    for (step, image) in looks.iter().enumerate() {
        let next = Writer { incarnation: Incarnation([99; 8]), ..original.own };
        // The last two: the database is saved from, and the new life may be durable already.
        let may_live_on = was_over && step + 2 >= looks.len();
        for own in [original.own].into_iter().chain(may_live_on.then_some(next)) {
            let again = memory_folder();
            copy(image.path(), again.path());
            let (content, is_over) = start(original, again.path(), own);
            let case = format!("{case}, step {step}, in the life of {:?}", own.incarnation);
            assert_eq!(content, truth, "{case}");
            // With the profile on the disk the old life would go on: only its new one may find it there.
            assert!(own == next || is_over == was_over || step + 1 == looks.len(), "{case}");
        }
    }
    looks.len()
}

#[test]
fn a_salvage_that_is_stopped_is_done_again() {
    for in_log in [false, true] {
        let original = Original::of(PUY, in_log);
        let name = if in_log { "hameau.db-wal" } else { "hameau.db" };
        let file = &original.files[name];
        let mut ended = 0;
        for flip in 0..200 {
            let mut dice = Dice(flip);
            let from = if in_log { file.len() / 2 } else { 0 };
            let till = if in_log { file.len() - 12 * (PAGE + 24) } else { file.len() };
            let place = from + (dice.next_u64() % (till - from) as u64) as usize;
            let spoil = |folder: &Path| {
                let mut bytes = file.clone();
                bytes[place] ^= 1 << 3;
                std::fs::write(folder.join(name), bytes).expect("written");
            };
            if !saves_much(&original, &spoil) {
                continue;
            }
            ended += 1;
            let steps = stopped_anywhere(&original, &format!("{name}, byte {place}"), &spoil);
            assert!(steps >= 8, "{steps}");
            // Of a life that is over already: another has begun in the folder.
            let another = |folder: &Path| {
                spoil(folder);
                std::fs::write(folder.join("hameau.begun"), "0909090909090909").expect("written");
            };
            stopped_anywhere(&original, &format!("{name}, byte {place}, another life"), &another);
            if ended == 6 {
                break;
            }
        }
        assert_eq!(ended, 6, "{name}: too few flips were worth it");
    }
}

/// Whether this damage is set aside, and leaves enough to be lost.
fn saves_much(original: &Original, spoil: &dyn Fn(&Path)) -> bool {
    let folder = memory_folder();
    let path = original.lay_out(folder.path());
    spoil(folder.path());
    let found = Store::recover(&path, original.village.genesis.territory(), original.own);
    let form = |store: &Store| store.nonce("f00d").is_ok_and(|form| form.is_some());
    let is_much = found.is_ok_and(|found| found.folios.len() > 3 && form(&found.store));
    is_much && !set_aside_files(&path).is_empty()
}

#[test]
fn what_finds_no_room_is_not_left_behind() {
    // Goal: with room for so many pages, all is saved or the salvage says that the disk is full.
    let original = Original::of(PUY, false);
    let folder = memory_folder();
    let aside = original.lay_out(folder.path());
    let forms: Vec<String> = (0..600).map(|number| format!("{number:032}")).collect();
    let mut store = Store::open(&aside).expect("opens");
    store.keep([], &[], forms.iter().map(|form| (form.as_str(), &b"act"[..], 1))).expect("kept");
    drop(store);
    let (mut whole, mut full) = (0, 0);
    for pages in 20..90 {
        let new = memory_folder();
        let mut store = Store::open(&new.path().join("hameau.db")).expect("opens");
        store.connection.pragma_update(None, "max_page_count", pages).expect("set");
        match salvage(&aside, &mut store, original.village.genesis.territory(), None) {
            Ok(folios) => {
                let missing = forms.iter().filter(|form| store.nonce(form).expect("read").is_none()).count();
                assert_eq!((folios.len(), missing), (original.folios.len(), 0), "{pages} pages");
                whole += 1;
            }
            Err(error) => {
                assert!(error.is_full(), "{pages} pages: {error}");
                full += 1;
            }
        }
    }
    assert!(whole > 5 && full > 5, "{whole} whole, {full} full");
}
