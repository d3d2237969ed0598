// SPDX-License-Identifier: EUPL-1.2
//! What the box's own certificates say and forbid, when they are made anew, and which files of the administration are
//! taken.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use rustls::pki_types::CertificateDer;

use super::authority::{Authority, DAY, FIRST_DAY, OFFICE_DAYS, RENEWED_DAYS, believed};
use super::own::{AUTHORITY, OFFICE, is_taken, own, pair};
use super::{Certificates, Served, given};
use crate::clock::Clock;
use crate::config::{GivenFiles, OfficeName, OfficeSettings};
use crate::home::Home;

/// 2026-12-01.
const NOW: i64 = 1_796_083_200;

fn folder() -> (TempDir, Home) {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::create(&folder.path().join("box")).expect("a box");
    (folder, home)
}

fn names(written: &[&str]) -> Vec<OfficeName> {
    written.iter().map(|it| it.parse().map_or_else(|_| OfficeName::Dns((*it).to_owned()), OfficeName::Ip)).collect()
}

fn settings(written: &[&str], given: bool) -> OfficeSettings {
    let file = |name: &str| Path::new(name).to_owned();
    OfficeSettings {
        listen: SocketAddr::from(([192, 168, 1, 10], 4649)),
        names: names(written),
        given: given.then(|| GivenFiles { certificate: file("given.pem"), key: file("given.key") }),
    }
}

fn clock() -> Clock {
    Clock::new(3_600_000, "Europe/Paris").expect("a zone")
}

fn served(home: &Home, written: &[&str], now: i64) -> Served {
    own(home, &names(written), now).expect("made")
}

fn authority_of(it: &Served) -> &CertificateDer<'static> {
    &it.authority.as_ref().expect("its own").0
}

fn is_for(it: &Served, written: &str, at: i64) -> bool {
    is_taken(&it.pair, authority_of(it), &names(&[written]), at)
}

#[test]
fn a_browser_that_trusts_the_authority_takes_the_certificate_for_its_names_alone() {
    // Goal: names, addresses and validity as decided; keys for the owner alone; the same again at the next start.
    let (_folder, home) = folder();
    let all = ["caisse.lan", "192.168.1.10", "fd00::5"];
    let made = served(&home, &all, NOW);
    for name in all {
        assert!(is_for(&made, name, NOW), "{name}");
    }
    for name in ["autre.lan", "a.caisse.lan", "192.168.1.11", "fd00::6"] {
        assert!(!is_for(&made, name, NOW), "{name}");
    }
    assert_eq!(made.facts.names, all);
    assert_eq!((made.facts.from, made.facts.until - made.facts.from), (NOW - DAY, OFFICE_DAYS * DAY));
    let vouches = &made.authority.as_ref().expect("its own").1;
    assert!(vouches.from == FIRST_DAY && (3650..3656).contains(&((vouches.until - NOW) / DAY)), "{vouches:?}");
    assert!(vouches.subject.starts_with("Hameau caisse.lan "), "{}", vouches.subject);
    for file in [AUTHORITY, OFFICE] {
        let mode = std::fs::metadata(home.file(file)).expect("kept").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(served(&home, &all, NOW + DAY).pair.cert, made.pair.cert);
}

#[test]
fn a_stolen_authority_vouches_for_nothing_else() {
    // Goal: what it signs for another name or address is refused by whoever trusts it, also of a kind that the box has
    // none of.
    for (own, others) in [
        (vec!["caisse.lan"], ["impots.gouv.fr", "lan", "192.168.1.10", "fd00::5"]),
        (vec!["192.168.1.10"], ["caisse.lan", "192.168.1.11", "10.0.0.1", "fd00::5"]),
        (vec!["fd00::5"], ["caisse.lan", "192.168.1.10", "fd00::6", "::5"]),
        (vec!["caisse.lan", "192.168.1.10"], ["impots.gouv.fr", "caisse.lan.example", "192.168.1.11", "fd00::5"]),
    ] {
        let pem = Authority::make(&names(&own), NOW).expect("made");
        let authority = Authority::read(pem.as_bytes()).expect("one");
        let is_believed = |written: &str| {
            let forged = authority.issue(&names(&[written]), NOW).expect("signed");
            let (forged, _) = pair(forged.as_bytes()).expect("a pair");
            is_taken(&forged, &authority.certificate, &names(&[written]), NOW)
        };
        assert!(own.iter().all(|it| is_believed(it)), "{own:?}");
        for other in others {
            assert!(!is_believed(other), "{own:?} vouches for {other}");
        }
    }
}

#[test]
fn a_certificate_is_made_anew_when_it_is_due_and_trust_stays() {
    // Goal: thirty days before its end, or for fewer names, another of the same authority; a name that the authority may
    // not vouch for makes another authority.
    let (_folder, home) = folder();
    let all = ["caisse.lan", "192.168.1.10"];
    let first = served(&home, &all, NOW);
    let until = first.facts.until;
    let (kept, due) = (until - RENEWED_DAYS * DAY - 1, until - RENEWED_DAYS * DAY + 1);
    assert_eq!(served(&home, &all, kept).pair.cert, first.pair.cert);
    let next = served(&home, &all, due);
    assert!(next.pair.cert != first.pair.cert && next.facts.until - due > 390 * DAY);
    assert_eq!(authority_of(&next), authority_of(&first));
    let fewer = served(&home, &["192.168.1.10"], due);
    assert_eq!(
        (authority_of(&fewer), fewer.facts.names.as_slice()),
        (authority_of(&first), &["192.168.1.10".to_owned()][..])
    );
    let other = served(&home, &["192.168.1.12"], due);
    assert!(authority_of(&other) != authority_of(&first) && is_for(&other, "192.168.1.12", due));

    // Near its own end the authority gives none that outlasts it, and is made anew in time.
    let ends = other.authority.as_ref().expect("its own").1.until;
    let last = served(&home, &["192.168.1.12"], ends - 100 * DAY);
    assert_eq!((authority_of(&last), last.facts.until), (authority_of(&other), ends));
    let after = served(&home, &["192.168.1.12"], ends - 29 * DAY);
    assert!(authority_of(&after) != authority_of(&other));
}

#[test]
fn a_wrong_clock_costs_no_trust() {
    // Goal: a box that thinks it is 1970, or 2106, opens under dates that are put right with its clock, by the authority
    // that was trusted meanwhile.
    for (case, wrong) in [("behind", 0), ("ahead", NOW + 80 * 365 * DAY)] {
        let (_folder, home) = folder();
        let then = served(&home, &["caisse.lan"], wrong);
        assert!(is_for(&then, "caisse.lan", believed(wrong)), "{case}");
        let now = served(&home, &["caisse.lan"], NOW);
        assert_eq!(authority_of(&now), authority_of(&then), "{case}");
        assert!(is_for(&now, "caisse.lan", NOW) && is_for(&now, "caisse.lan", NOW + 29 * DAY), "{case}");
        assert!(now.facts.until <= NOW + OFFICE_DAYS * DAY, "{case}");
    }
}

#[test]
fn a_damaged_file_is_told_or_made_anew() {
    // Goal: trust is never changed in silence; the certificate alone may be.
    let (_folder, home) = folder();
    let first = served(&home, &["caisse.lan"], NOW);
    home.write(OFFICE, b"torn").expect("written");
    let second = served(&home, &["caisse.lan"], NOW);
    assert!(second.pair.cert != first.pair.cert && authority_of(&second) == authority_of(&first));
    let (_folder, stranger) = folder();
    served(&stranger, &["caisse.lan"], NOW);
    std::fs::copy(stranger.file(OFFICE), home.file(OFFICE)).expect("copied");
    assert!(is_for(&served(&home, &["caisse.lan"], NOW), "caisse.lan", NOW), "another authority's");
    home.write(AUTHORITY, b"torn").expect("written");
    let certificates = Certificates::new(&home, settings(&["caisse.lan"], false), clock());
    let said = certificates.refused().expect("a sentence");
    assert!(said.contains("authority.pem » est abîmé") && !certificates.is_there(), "{said}");
    std::fs::remove_file(home.file(AUTHORITY)).expect("removed");
    certificates.reload().expect("another");
    assert!(certificates.is_there() && certificates.refused().is_none());
}

/// A certificate as an administration would give it, and its key.
fn foreign(written: &[&str], now: i64) -> String {
    let all = names(written);
    let pem = Authority::make(&all, now).expect("made");
    Authority::read(pem.as_bytes()).expect("one").issue(&all, now).expect("signed").to_string()
}

#[test]
fn files_of_the_administration_are_checked_whole() {
    // Goal: each way in which two files do not go together has its sentence.
    let good = foreign(&["caisse.lan", "www.caisse.lan"], NOW);
    let other = foreign(&["caisse.lan"], NOW);
    let only_key = good.split_once("-----BEGIN PRIVATE KEY").expect("a key").1;
    let locked = good.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let check = |chain: &str, key: &str, written: &[&str], now: i64| {
        let paths = (Path::new("a.pem"), Path::new("a.key"));
        given::check(paths, (chain.as_bytes(), key.as_bytes()), &names(written), now).map_err(|it| it.to_string())
    };
    let taken = check(&good, &good, &["caisse.lan", "192.168.1.10"], NOW).expect("good");
    assert!(taken.authority.is_none() && taken.facts.names == ["caisse.lan", "www.caisse.lan"]);
    for (chain, key, written, now, said) in [
        ("", good.as_str(), "caisse.lan", NOW, "a.pem » n'est pas un certificat PEM"),
        (only_key, &good, "caisse.lan", NOW, "a.pem » n'est pas un certificat PEM"),
        (
            "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
            &good,
            "caisse.lan",
            NOW,
            "n'est pas un certificat",
        ),
        (&good, "", "caisse.lan", NOW, "a.key » n'est pas une clé PEM"),
        (&good, &locked, "caisse.lan", NOW, "sans mot de passe"),
        (&good, &other, "caisse.lan", NOW, "a.key » n'est pas la clé de ce certificat"),
        (&good, &good, "caisse.lan", NOW + 400 * DAY, "n'est plus valable"),
        (&good, &good, "caisse.lan", NOW - 2 * DAY, "n'est pas encore valable"),
        (&good, &good, "autre.lan", NOW, "ne vaut pas pour « autre.lan »"),
    ] {
        let refused = check(chain, key, &[written], now).err().expect(said);
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn files_that_change_are_read_again_and_bad_ones_leave_the_old() {
    // Goal: within a minute by itself, at once when asked; what is refused is told, and pages go on under what was good.
    let (_folder, home) = folder();
    let now = clock().system_s();
    let give = |text: &str| {
        std::fs::write(home.file("given.pem"), text).expect("written");
        std::fs::write(home.file("given.key"), text).expect("written");
    };
    let certificates = Certificates::new(&home, settings(&["caisse.lan"], true), clock());
    assert!(!certificates.is_there());
    assert!(certificates.refused().expect("a sentence").contains("given.pem » ne se lit pas (il n'existe pas)"));
    give(&foreign(&["caisse.lan"], now));
    certificates.tend();
    let first = certificates.shown().expect("read by itself");
    assert!(certificates.refused().is_none() && first.authority.is_none() && !certificates.is_ending());
    assert!(!home.file(AUTHORITY).exists(), "no authority of its own beside the administration's");

    let pair = |it: &Certificates| it.state().served.as_ref().expect("served").pair.cert.clone();
    let old = pair(&certificates);
    give("torn");
    certificates.tend();
    let refused = certificates.refused().expect("a sentence");
    assert!(refused.contains("n'est pas un certificat PEM") && pair(&certificates) == old, "{refused}");
    assert_eq!(certificates.reload().expect_err("torn").to_string(), refused);
    std::fs::remove_file(home.file("given.key")).expect("removed");
    assert!(certificates.reload().is_err() && pair(&certificates) == old);

    give(&foreign(&["caisse.lan"], now));
    certificates.reload().expect("good");
    assert!(pair(&certificates) != old && certificates.refused().is_none());
}
