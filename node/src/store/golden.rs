// SPDX-License-Identifier: EUPL-1.2
//! Databases as earlier schemas left them, opened by today's code for ever: `node/tests/golden/schema-N.db`.
//!
//! Each holds a point's registers (roster, profiles, one booked week), a week secret, a form's nonce, and from schema
//! 2 on a statement of the root, from 3 on a count, from 5 on
//! an account and three lines of the access journal, from 7 on a note, from 9 on somebody who waits for an earlier time,
//! from 10 on a move under way and what a peer keeps, from 11 on that they wait for a first time, and are seen by a
//! colleague, from 12 on a call under way. A new schema adds a file and a line; no file is ever made anew:
//! `HAMEAU_GOLDEN=5 cargo test -p hameau-node golden` writes the one of that schema where none is.

use std::path::{Path, PathBuf};

use crdt_calendar::folio::Folio;
use crdt_calendar::ids::{ActRef, BoothId, FolioId, Leaf, MemberId, PublicKey, TerritoryId};
use crdt_calendar::replicator::Receipts;
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::time::IsoWeek;
use ed25519_dalek::SigningKey;
use rusqlite::params;
use sha2::{Digest as _, Sha256};

use super::damage::tests::village::{PUY, Village, WEEK, writer};
use super::schema::tests::at_version;
use super::{AccessAsked, Answer, Found, Intent, Proposal, Seat, Seeker, Store, TallyKind, Underway, Wish};
use crate::access::Opening;
use crate::account::{Account, AccountName, AccountRole, Cost, Password};
use crate::record::Record;

/// Schema; registers in it; acts in all of them; the hash over their heads, in order of their ids.
const GOLDEN: [(u32, usize, u32, &str); 12] = [
    (1, 6, 105, HEADS),
    (2, 6, 105, HEADS),
    (3, 6, 105, HEADS),
    (4, 6, 105, HEADS),
    (5, 6, 105, HEADS),
    (6, 6, 105, HEADS),
    (7, 6, 105, HEADS),
    (8, 6, 105, HEADS),
    (9, 6, 105, HEADS),
    (10, 6, 105, HEADS),
    (11, 6, 105, HEADS),
    (12, 6, 105, HEADS),
];

/// The hash of the registers that these hold.
const HEADS: &str = "2e7c218cd33dcd77ca6266a2dbd437cdbef59b2650cc916fb4d9b9f6cfaa1ae9";

fn golden(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/schema-{schema}.db"))
}

fn root() -> SigningKey {
    SigningKey::from_bytes(&[200; 32])
}

fn territory() -> TerritoryId {
    genesis().territory()
}

fn genesis() -> Genesis {
    Genesis { name: "Lot".to_owned(), root: PublicKey(root().verifying_key().to_bytes()) }
}

/// An account whose password is `quatre mots à retenir`, under another cost than today's may be; the
/// hash is argon2-cffi's (25.1), for these inputs.
fn account() -> Account {
    let hash = "7a904508b495a7742b38efa09a1a99a8243b2403befe2a63ff95dbb433d0fc05";
    Account {
        name: AccountName::new("essai").expect("a name"),
        role: AccountRole::Animateur,
        cost: Cost { memory_kib: 1024, passes: 1 },
        salt: [7; 16],
        hash: data_encoding::HEXLOWER.decode(hash.as_bytes()).expect("hexadecimal").try_into().expect("32 bytes"),
    }
}

/// The appointment that has a note, and of whoever waits for an earlier time.
fn of_the_week() -> ActRef {
    ActRef { folio: FolioId { writer: writer(PUY), leaf: Leaf::Week(WEEK) }, act: 1 }
}

/// What was proposed to them.
fn proposed() -> Proposal {
    Proposal { time: WEEK.start().plus_min(600), at: WEEK.start(), answer: Answer::Declined }
}

/// What is going to become of the appointment: another one is asked for.
fn moving() -> Intent {
    Intent::Move(ActRef { act: 2, ..of_the_week() })
}

fn seeking() -> Seeker {
    let name = |text: &str| MemberId::new(text).expect("a name");
    Seeker { home: name("cpam"), service: name("carte") }
}

fn kept_by_a_peer() -> Receipts {
    [(PublicKey([9; 32]), [(of_the_week().folio, 2)].into())].into()
}

/// Writes the file of one schema, as the program of that time did.
fn write(schema: u32) {
    let path = golden(schema);
    assert!(!path.exists(), "a golden file is never made anew");
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let mut village = Village::new();
    let clerk = village.at(PUY);
    let mut store = at_version(&path, schema);
    let next = IsoWeek(WEEK.0 + 1);
    let kept = |folio: &&Folio| !matches!(folio.id().leaf, Leaf::Week(week) if week == next);
    let folios: Vec<Folio> = clerk.shelf().folios().filter(kept).cloned().collect();
    let nonce = Some(("0123456789abcdef0123456789abcdef", &b"act"[..], 1_800_000_000));
    store.keep(folios.iter().map(|folio| (folio, 0)), &[], nonce).expect("kept");
    // Before secrets had a check.
    let secret = clerk.secret(WEEK).expect("drawn").bytes().to_vec();
    store.connection.execute("INSERT INTO week_secret VALUES (?1, ?2)", params![WEEK.0, secret]).expect("kept");
    if schema >= 2 {
        let statement = RootStatement::sign(territory(), 2, writer(PUY), None, &root());
        store.keep_statement(&statement).expect("kept");
    }
    if schema >= 3 {
        store.tally("2027-03", [("cpam", "carte", TallyKind::WaitDays(3))]).expect("counted");
    }
    if schema >= 5 {
        store.keep_account(&account()).expect("kept");
        for at in 0..3 {
            let opening = Opening { who: "essai".to_owned(), page: "agenda", appointments: vec!["0a".to_owned()] };
            store.keep_access(&opening, 1_800_000_000 + at).expect("kept");
        }
    }
    if schema >= 7 {
        store.keep_note(&of_the_week(), Some(b"sealed")).expect("kept");
    }
    if schema >= 9 {
        let (id, told) = (of_the_week(), proposed());
        store.keep_wish(&id, &Wish { since: 1_800_000_000, waits: true, ..Wish::default() }).expect("kept");
        store.keep_proposal(&id, &told).expect("kept");
    }
    if schema >= 10 {
        store.keep_intent(&of_the_week(), &moving()).expect("kept");
        store.keep_receipts(&Receipts::new(), &kept_by_a_peer()).expect("kept");
    }
    if schema >= 11 {
        store.keep_seeker(&of_the_week(), &seeking(), b"sealed").expect("kept");
        store.keep_colleague(&of_the_week(), Some(2)).expect("kept");
    }
    if schema >= 12 {
        store.keep_underway([1; 16], Some(&underway())).expect("kept");
    }
    store.connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(())).expect("one file");
}

fn underway() -> Underway {
    let seat = Seat { hash: [2; 32], account: "essai".to_owned(), salt: [3; 16], is_office: true, ends_ms: 4 };
    let booth = Some((BoothId(1), 5));
    Underway {
        appointment: of_the_week(),
        booth,
        since_ms: 6,
        record: Record { cuts: 7, ..Record::default() },
        apart_ms: 8,
        seat: Some(seat),
    }
}

#[test]
fn a_golden_file_is_written_where_it_is_asked_for() {
    if let Some(schema) = std::env::var("HAMEAU_GOLDEN").ok().and_then(|it| it.parse().ok()) {
        write(schema);
    }
}

#[test]
fn golden_databases_are_read_for_ever() {
    for (schema, registers, acts, heads) in GOLDEN {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        std::fs::copy(golden(schema), &path).expect("it is committed");
        for time in ["first", "second"] {
            let case = format!("schema {schema}, opened a {time} time");
            let Found { mut store, folios, dropped, is_over, .. } =
                Store::recover(&path, territory(), writer(PUY)).expect("opened");
            assert!(!is_over && dropped.is_empty(), "{case}");
            let mut hash = Sha256::new();
            let mut ordered: Vec<&Folio> = folios.iter().collect();
            ordered.sort_by_key(|folio| folio.id());
            ordered.iter().for_each(|folio| hash.update(folio.head().expect("signed").hash));
            let hash = data_encoding::HEXLOWER.encode(&hash.finalize());
            let read = (folios.len(), folios.iter().map(Folio::seq).sum::<u32>(), hash.as_str());
            assert_eq!(read, (registers, acts, heads), "{case}");
            assert!(
                ordered.iter().all(|folio| folio.acts().count() == usize::try_from(folio.seq()).expect("small")),
                "{case}"
            );
            let secrets = store.secrets().expect("readable");
            let mut village = Village::new();
            assert_eq!(secrets[&WEEK].bytes(), village.at(PUY).secret(WEEK).expect("drawn").bytes(), "{case}");
            let nonce = store.nonce("0123456789abcdef0123456789abcdef").expect("readable");
            assert_eq!(nonce.as_deref(), Some(&b"act"[..]), "{case}");
            let statements: Vec<u32> = store.statements().expect("readable").iter().map(|it| it.number).collect();
            assert_eq!(statements, if schema >= 2 { vec![2] } else { vec![] }, "{case}");
            let counted: u32 = store.tallies().expect("readable").iter().map(|it| it.count).sum();
            let expected = u32::from(schema >= 3) + u32::from(time == "second");
            assert_eq!(counted, expected, "{case}");
            let accounts = store.accounts().expect("readable");
            assert_eq!(accounts.len(), usize::from(schema >= 5), "{case}");
            if let Some(account) = accounts.values().next() {
                let password = Password::typed("quatre mots à retenir").expect("short enough");
                assert_eq!((account, Account::is_opened_by(Some(account), &password)), (&self::account(), Ok(true)));
            }
            let wishes = store.wishes().expect("readable");
            assert_eq!(wishes.len(), usize::from(schema >= 9), "{case}");
            assert!(wishes.iter().all(|(id, wish)| *id == of_the_week() && wish.told == [proposed()]), "{case}");
            let intents: Vec<_> = store.intents().expect("readable").into_iter().collect();
            assert_eq!(intents, if schema >= 10 { vec![(of_the_week(), moving())] } else { vec![] }, "{case}");
            let receipts = store.receipts().expect("readable");
            assert_eq!(receipts, if schema >= 10 { kept_by_a_peer() } else { Receipts::new() }, "{case}");
            let seekers: Vec<_> = store.seekers().expect("readable").into_iter().collect();
            assert_eq!(seekers, if schema >= 11 { vec![(of_the_week(), seeking())] } else { vec![] }, "{case}");
            let colleagues: Vec<_> = store.colleagues().expect("readable").into_iter().collect();
            assert_eq!(colleagues, if schema >= 11 { vec![(of_the_week(), 2)] } else { vec![] }, "{case}");
            let calls: Vec<_> = store.underway().expect("readable").into_iter().collect();
            assert_eq!(calls, if schema >= 12 { vec![([1; 16], underway())] } else { vec![] }, "{case}");
            let (chain, lines) = store.access(AccessAsked::After(0)).expect("readable");
            let mut walk = chain.walk();
            assert_eq!(lines.iter().try_for_each(|it| walk.step(it)).and_then(|()| walk.end()), Ok(()), "{case}");
            let written = if schema >= 5 { 3 } else { 0 } + usize::from(time == "second");
            assert_eq!(lines.len(), written, "{case}");
            let noted = store.noted().expect("readable").into_iter().collect::<Vec<_>>();
            assert_eq!(noted, if schema >= 7 { vec![of_the_week()] } else { vec![] }, "{case}");
            // It goes on being written.
            let opening = Opening { who: "essai".to_owned(), page: "agenda", appointments: vec!["0a".to_owned()] };
            store.keep_access(&opening, 1_800_000_009).expect("kept");
            store.tally("2027-03", [("cpam", "carte", TallyKind::NoSlot)]).expect("counted");
        }
    }
}
