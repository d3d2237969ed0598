// SPDX-License-Identifier: EUPL-1.2
//! The root names another coordination: its box was lost or stolen, and the key on paper speaks.
//!
//! The new box signs nothing but its own roster; the root key is used once and kept nowhere.
//! Invariant: what comes of it passes the same check as any papers ([`Papers::shelf`]).

use std::io::BufRead;
use std::path::Path;

use crdt_calendar::act::Act;
use crdt_calendar::folio::{AppendError, Folio};
use crdt_calendar::ids::{MemberId, PublicKey, Writer};
use crdt_calendar::roster::{RootStatement, roster_folio};
use crdt_calendar::shelf::Shelf;
use data_encoding::HEXUPPER;
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::found::{self, FoundError};
use crate::home::{Home, HomeError};
use crate::lang::{counted, either};
use crate::papers::{Papers, PapersError, PapersFile, RequestFile, RoleName};

/// A root key in groups is read up to this size, in bytes.
const KEY_BYTES_MAX: u64 = 256;

/// A territory's root key, while it is used.
pub struct RootKey(SigningKey);

/// A coordination that is to follow another.
#[derive(Debug)]
pub struct Succession {
    member: MemberId,
    writer: Writer,
    papers: Papers,
    shelf: Shelf,
    old: Folio,
}

/// Why the root does not name this box.
#[derive(Debug, thiserror::Error)]
pub enum SuccessionError {
    /// The folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The territory's papers, or this box's request.
    #[error(transparent)]
    Papers(#[from] PapersError),
    /// The new papers.
    #[error(transparent)]
    Found(#[from] FoundError),
    /// The box was prepared as something else.
    #[error("{}", either(
        format!("cette boîte n'a pas été préparée pour la coordination : « hameau init --role coordination --member {} »", .0),
        format!("this node was not prepared for the coordination: “hameau init --role coordination --member {}”", .0)))]
    NotCoordination(MemberId),
    /// The root has named this box before.
    #[error(
        "{}",
        either(
            "la clé racine a déjà nommé cette boîte : donnez ses papiers à un membre, ou préparez-en une autre",
            "the root key has named this node already: give its papers to a member, or prepare another node"
        )
    )]
    Already,
    /// The papers do not say what the old coordination wrote.
    #[error(
        "{}",
        either(
            "le registre de l'ancienne coordination manque dans ce fichier : demandez « hameau papers » à un autre membre",
            "the old coordination's roster is missing in this file: ask another member for “hameau papers”"
        )
    )]
    NoRoster,
    /// Not the root key.
    #[error(
        "{}",
        either(
            "ce n'est pas la clé racine de ce territoire : recopiez les seize groupes de quatre signes du papier",
            "this is not the root key of this territory: copy the sixteen groups of four characters from the paper"
        )
    )]
    NotRoot,
    /// There are not so many acts.
    #[error("{}", either(
        format!("l'ancien registre a {} : --upto va de 1 à {}", acts(.0), .0),
        format!("the old roster has {}: --upto goes from 1 to {}", acts(.0), .0)))]
    Upto(u32),
    /// The new roster.
    #[error("{}", either(
        format!("le nouveau registre ne s'écrit pas : {} ; signalez-le", .0),
        format!("the new roster cannot be written: {}; report it", .0)))]
    Roster(#[from] AppendError),
}

fn acts(count: &u32) -> String {
    counted(*count, ["acte", "actes"], ["act", "acts"])
}

impl Succession {
    /// Of the box in this folder, prepared by `init`, and a territory's papers, as new as can be had.
    ///
    /// # Errors
    /// [`SuccessionError`].
    pub fn new(home: &Home, file: &Path) -> Result<Self, SuccessionError> {
        let papers = found::newer(home, PapersFile::read_any(file)?)?;
        let shelf = papers.shelf()?;
        let old = shelf.roster_id().and_then(|id| shelf.folio(&id)).ok_or(SuccessionError::NoRoster)?.clone();
        let coordination = shelf.roster().member_of(&old.id().writer.key).ok_or(SuccessionError::NoRoster)?;
        let request = RequestFile::read(&home.file("request.json"))?;
        if request.role != RoleName::Coordination || request.member != coordination.as_str() {
            return Err(SuccessionError::NotCoordination(coordination.clone()));
        }
        let writer = Writer { key: home.public_key()?, incarnation: home.incarnation()? };
        // Its roster would begin a second time: two histories, and neither would count.
        if papers.statements().any(|it| it.coordination == writer) {
            return Err(SuccessionError::Already);
        }
        Ok(Self { member: coordination.clone(), writer, papers, old, shelf })
    }

    /// The coordination's short name.
    #[must_use]
    pub fn member(&self) -> &MemberId {
        &self.member
    }

    /// What the old coordination wrote, with the numbers by which it can be ended.
    pub fn acts(&self) -> impl Iterator<Item = (u32, Act)> + '_ {
        self.old.acts()
    }

    /// Whose key this is in the old roster.
    #[must_use]
    pub fn member_of(&self, key: &PublicKey) -> Option<&MemberId> {
        self.shelf.roster().member_of(key)
    }

    /// Names this box with the root key. Of the old roster the first `upto` acts
    /// stand, or all. The papers lie in the box's folder then, and are for every member.
    ///
    /// # Errors
    /// [`SuccessionError`]; nothing was written then.
    pub fn sign(mut self, home: &Home, root: &RootKey, upto: Option<u32>) -> Result<Papers, SuccessionError> {
        let genesis = self.papers.genesis.clone();
        if root.0.verifying_key().to_bytes() != genesis.root.0 {
            return Err(SuccessionError::NotRoot);
        }
        let seq = self.old.seq();
        let upto = upto.unwrap_or(seq);
        let ends = self.old.hash_at(upto).filter(|_| upto > 0).ok_or(SuccessionError::Upto(seq))?;
        let number = self.papers.statements().map(|it| it.number).max().unwrap_or(0).saturating_add(1);
        let statement = RootStatement::sign(genesis.territory(), number, self.writer, Some((upto, ends)), &root.0);
        let mut roster = Folio::new(genesis.territory(), roster_folio(self.writer));
        roster.append(&Act::Replace { member: self.member, key: self.writer.key }, &home.key()?)?;
        self.papers.earlier.push(core::mem::replace(&mut self.papers.statement, statement));
        self.papers.rosters.extend(roster.after(0));
        let gone = self.old.id().writer.key;
        self.papers.neighbours.retain(|(key, _)| *key != gone && *key != self.writer.key);
        self.papers.shelf()?;
        home.write("papers.json", &found::json(&PapersFile::new(&self.papers))?)?;
        Ok(self.papers)
    }
}

impl RootKey {
    /// Reads one line: the key in groups of four, as `init` showed it. Spaces and case do not matter.
    ///
    /// # Errors
    /// [`SuccessionError::NotRoot`] when the line is no key.
    pub fn read(input: impl BufRead) -> Result<Self, SuccessionError> {
        let mut line = Zeroizing::new(String::new());
        let read = input.take(KEY_BYTES_MAX).read_line(&mut line);
        read.ok().and_then(|_| Self::parse(&line)).ok_or(SuccessionError::NotRoot)
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.chars().filter(|it| !it.is_whitespace() && *it != '-').map(|it| it.to_ascii_uppercase());
        let digits: Zeroizing<String> = Zeroizing::new(digits.collect());
        let seed = Zeroizing::new(HEXUPPER.decode(digits.as_bytes()).ok()?);
        Some(Self(SigningKey::from_bytes(&Zeroizing::new(<[u8; 32]>::try_from(seed.as_slice()).ok()?))))
    }
}

impl core::fmt::Debug for RootKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("RootKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use crdt_calendar::act::{Enrolment, Role};
    use crdt_calendar::ids::Incarnation;

    use super::*;
    use crate::config::{MemberFile, NodeFile};
    use crate::found::NewMember;

    #[test]
    fn a_coordination_that_started_over_is_named_again() {
        // Goal: its key is the same, its life is new, so its old roster is closed to it. Named again, what it
        // wrote before stands, and what it writes now counts; in its old life it cannot be named twice.
        let folder = tempfile::tempdir().expect("a folder");
        let home = Home::create(&folder.path().join("centre")).expect("a box");
        let name = |it: &str| MemberId::new(it).expect("a name");
        let new = NewMember {
            member: name("centre"),
            role: RoleName::Coordination,
            name: "Centre".to_owned(),
            place: None,
            node: NodeFile::default(),
            file: MemberFile::default(),
        };
        found::member(&home, &new).expect("set up");
        let seed = found::territory(&home, "Essai", &new).expect("founded");
        let papers = home.file("papers.json");
        assert!(matches!(Succession::new(&home, &papers), Err(SuccessionError::Already)));
        let (life, before) = (Incarnation([7; 8]), home.incarnation().expect("a life"));
        home.start_over(life, before).expect("a new life");

        let succession = Succession::new(&home, &papers).expect("it may be named");
        let typed = HEXUPPER.encode(seed.as_slice()).to_lowercase();
        let root = RootKey::read(typed.as_bytes()).expect("a key");
        let papers = succession.sign(&home, &root, None).expect("named");
        // With its words in another order, the file would have the root say a number twice.
        let mut turned = papers.clone();
        core::mem::swap(&mut turned.statement, &mut turned.earlier[0]);
        let text = |papers: &Papers| String::from_utf8(found::json(&PapersFile::new(papers)).expect("JSON").to_vec());
        let read = |papers: &Papers| PapersFile::parse("a file", &text(papers).expect("UTF-8"));
        assert!(read(&papers).is_ok());
        assert!(matches!(read(&turned), Err(PapersError::Form(_, field)) if field == "number"));
        let mut shelf = papers.shelf().expect("signed");
        let writer = Writer { key: home.public_key().expect("a key"), incarnation: life };
        assert_eq!(shelf.roster_id(), Some(roster_folio(writer)));
        let enrolment = Enrolment {
            member: name("bourg"),
            role: Role::Point,
            name: "Bourg".to_owned(),
            place: None,
            key: PublicKey([9; 32]),
        };
        shelf.own_mut(roster_folio(writer)).append(&Act::Enrol(enrolment), &home.key().expect("a key")).expect("room");
        shelf.read_roster();
        let members: Vec<&str> = shelf.roster().members().map(|(id, _)| id.as_str()).collect();
        assert_eq!(members, ["bourg", "centre"]);
        assert_eq!(shelf.roster().key(&name("centre")), Some(writer.key), "its key goes on");
    }

    #[test]
    fn what_is_no_key_is_not_one() {
        for text in ["", "0123", "zz", &"0".repeat(63), &"0".repeat(66)] {
            assert!(RootKey::read(text.as_bytes()).is_err(), "{text}");
        }
        assert!(RootKey::read("0123 4567-".repeat(8).as_bytes()).is_ok(), "as people write it down");
    }
}
