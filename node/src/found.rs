// SPDX-License-Identifier: EUPL-1.2
//! Beginnings: a territory with its coordination, a member's box, its joining.

use std::path::Path;

use crdt_calendar::act::{Act, Enrolment, Place, Role};
use crdt_calendar::folio::{AppendError, Folio};
use crdt_calendar::ids::{MemberId, PublicKey, Writer};
use crdt_calendar::roster::{Genesis, RootStatement, Statements, roster_folio};
use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::config::{MemberFile, NodeFile, agency_example};
use crate::home::{Home, HomeError};
use crate::lang::either;
use crate::papers::{Papers, PapersError, PapersFile, RequestFile, RoleName};
use crate::store::{Store, StoreError};

/// A new member's box, before it is enrolled.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// Its short name.
    pub member: MemberId,
    /// What it is.
    pub role: RoleName,
    /// Its name for people.
    pub name: String,
    /// Where it is.
    pub place: Option<Place>,
    /// Where its box listens.
    pub node: NodeFile,
    /// What it says of itself.
    pub file: MemberFile,
}

/// Why a box was not set up.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// The folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The papers.
    #[error(transparent)]
    Papers(#[from] PapersError),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be written as text.
    #[error("{}", either(
        format!("les réglages ne s'écrivent pas : {} ; signalez-le", .0),
        format!("the settings cannot be written: {}; report it", .0)))]
    Text(String),
    /// The first roster.
    #[error(
        "{}",
        either(
            "le premier registre ne s'écrit pas : raccourcissez les noms",
            "the first roster cannot be written: shorten the names"
        )
    )]
    Roster(#[from] AppendError),
    /// No randomness.
    #[error(
        "{}",
        either(
            "le système ne donne pas de hasard : redémarrez la machine",
            "the system has no randomness: restart it"
        )
    )]
    Randomness,
}

/// Sets up a member's box: folder, key, settings, and the request for the coordination.
///
/// # Errors
/// [`FoundError`].
pub fn member(home: &Home, new: &NewMember) -> Result<RequestFile, FoundError> {
    let toml = |text: Result<String, toml::ser::Error>| text.map_err(|error| FoundError::Text(error.to_string()));
    home.write("node.toml", toml(toml::to_string_pretty(&new.node))?.as_bytes())?;
    let mut said = toml(toml::to_string_pretty(&new.file))?;
    if new.role == RoleName::Agency && new.file.desk.is_empty() {
        said.push_str(agency_example());
    }
    home.write("member.toml", said.as_bytes())?;
    let request = RequestFile::new(&new.member, new.role, &new.name, new.place.as_ref(), home.public_key()?);
    home.write("request.json", &json(&request)?)?;
    Ok(request)
}

/// Founds a territory on the coordination's box, which must have been set up by [`member`]. Returns the
/// root key's seed, to be printed once and kept on paper: it is written nowhere.
///
/// # Errors
/// [`FoundError`].
pub fn territory(home: &Home, name: &str, coordination: &NewMember) -> Result<Zeroizing<[u8; 32]>, FoundError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| FoundError::Randomness)?;
    let root = SigningKey::from_bytes(&seed);
    let genesis = Genesis { name: name.to_owned(), root: PublicKey(root.verifying_key().to_bytes()) };
    let writer = Writer { key: home.public_key()?, incarnation: home.incarnation()? };
    let statement = RootStatement::sign(genesis.territory(), 1, writer, None, &root);
    let enrolment = Enrolment {
        member: coordination.member.clone(),
        role: Role::Coordination,
        name: coordination.name.clone(),
        place: coordination.place.clone(),
        key: writer.key,
    };
    let mut roster = Folio::new(genesis.territory(), roster_folio(writer));
    roster.append(&Act::Enrol(enrolment), &home.key()?)?;
    let roster = roster.after(0).ok_or_else(|| FoundError::Text("roster".to_owned()))?;
    let papers = Papers { genesis, statement, earlier: Vec::new(), rosters: vec![roster], neighbours: Vec::new() };
    home.write("papers.json", &json(&PapersFile::new(&papers))?)?;
    Ok(seed)
}

/// Takes papers in: those of a box that joins, or newer ones for a member. The box must not be running.
///
/// # Errors
/// [`FoundError`]; the box knows what it knew then.
pub fn join(home: &Home, path: &Path) -> Result<Papers, FoundError> {
    let papers = newer(home, PapersFile::read(path, home.public_key()?)?)?;
    home.write("papers.json", &json(&PapersFile::new(&papers))?)?;
    Ok(papers)
}

/// These papers, if they are not older than what this box knows, with what it knows besides.
///
/// # Errors
/// [`FoundError`].
pub(crate) fn newer(home: &Home, papers: Papers) -> Result<Papers, FoundError> {
    let path = home.file("papers.json");
    if !path.exists() {
        return Ok(papers);
    }
    let known = PapersFile::read_any(&path)?;
    let statements = known_statements(home, &known)?;
    Ok(papers.after(&known, &statements)?)
}

/// What the root said: in this box's papers, and to the node since.
fn known_statements(home: &Home, papers: &Papers) -> Result<Statements, FoundError> {
    let wrong = |_| PapersError::Signature;
    let mut known = Statements::new(&papers.genesis, papers.statement.clone()).map_err(wrong)?;
    let database = home.file("hameau.db");
    let heard = if database.exists() { Store::open(&database)?.statements()? } else { Vec::new() };
    for statement in papers.earlier.iter().chain(&heard) {
        known.add(&papers.genesis, statement.clone()).map_err(wrong)?;
    }
    Ok(known)
}

/// Pretty JSON with a line end.
///
/// # Errors
/// [`FoundError::Text`].
pub fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, FoundError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| FoundError::Text(error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}
