// SPDX-License-Identifier: EUPL-1.2
//! An account of this box: who may open the staff doors, in which role, and what proves it.
//!
//! Pure but for [`Account::new`]'s randomness. Never holds or shows a password longer than it is hashed. Invariant: a
//! role fits the member whose box it is ([`AccountRole::fits`]).

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, Version};
use crdt_calendar::act::Role;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::lang::either;

/// Accounts of one box. More: refused.
pub const ACCOUNTS_MAX: usize = 200;
/// After so many passwords a minute that were wrong, an account or an address waits.
pub const ATTEMPTS_MAX: usize = 5;
/// How long an attempt counts.
pub const ATTEMPTS_WINDOW: Duration = Duration::from_secs(60);

/// Shortest and longest name, in characters.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=40;
/// Shortest password, in characters.
const PASSWORD_CHARS_MIN: usize = 12;
/// Longest password, in characters: beyond, hashing it would cost more than the memory-hard part.
const PASSWORD_CHARS_MAX: usize = 256;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Argon2id as OWASP's Password Storage Cheat Sheet has it: 19 MiB, two passes; one lane, for one core.
const COST: Cost = Cost { memory_kib: 19 * 1024, passes: 2 };
/// A hash of an earlier or later version costs no more than this to check.
const MEMORY_KIB_MAX: u32 = 256 * 1024;
const PASSES_MAX: u32 = 16;

/// What a person may do with a box's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountRole {
    /// Receives people at a point.
    Animateur,
    /// Sees citizens by video.
    Advisor,
    /// Answers for a member's box: opens its door and reads the access journal.
    Manager,
    /// Works for the coordination.
    Coordination,
}

/// An account's name: letters, digits, `.`, `-`, `_`, in small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName(String);

/// A password that may become one. Never logged or shown.
pub struct Password(Zeroizing<String>);

/// What Argon2id costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

/// An account as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// Its role.
    pub role: AccountRole,
    /// What it was hashed with.
    pub cost: Cost,
    /// Random, new with each password.
    pub salt: [u8; SALT_BYTES],
    /// Argon2id of the password.
    pub hash: [u8; HASH_BYTES],
}

/// Why an account is not made. The text tells what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// The name.
    #[error(
        "{}",
        either(
            "un nom de compte a de 2 à 40 lettres ou chiffres, avec « . », « - » ou « _ » : par exemple claire.martin",
            "an account's name has from 2 to 40 letters or digits, with “.”, “-” or “_”: for instance claire.martin"
        )
    )]
    Name,
    /// The role.
    #[error(
        "{}",
        either(
            "ce rôle n'existe pas : animateur, advisor (conseiller), manager (responsable) ou coordination",
            "there is no such role: animateur, advisor, manager or coordination"
        )
    )]
    Role,
    /// A role of another kind of member.
    #[error("{}", match .0 {
        Role::Point => either(
            "cette boîte est celle d'un point : le rôle y est animateur ou manager",
            "this node is a point's: the role there is animateur or manager"),
        Role::Agency => either(
            "cette boîte est celle d'un organisme : le rôle y est advisor ou manager",
            "this node is an agency's: the role there is advisor or manager"),
        Role::Coordination => either(
            "cette boîte est celle de la coordination : le rôle y est coordination ou manager",
            "this node is the coordination's: the role there is coordination or manager"),
    })]
    Elsewhere(Role),
    /// A password that is guessed too soon.
    #[error("{}", either(
        format!("ce mot de passe est trop court : {PASSWORD_CHARS_MIN} caractères au moins, par exemple quatre mots"),
        format!("this password is too short: {PASSWORD_CHARS_MIN} characters at least, for instance four words")))]
    Short,
    /// A password that is no password.
    #[error("{}", either(
        format!("ce mot de passe est trop long : {PASSWORD_CHARS_MAX} caractères au plus"),
        format!("this password is too long: {PASSWORD_CHARS_MAX} characters at most")))]
    Long,
    /// A password that everybody guesses.
    #[error(
        "{}",
        either(
            "ce mot de passe se devine : ne répétez ni le nom du compte ni un seul caractère",
            "this password can be guessed: repeat neither the account's name nor a single character"
        )
    )]
    Guessable,
    /// No randomness, or no memory.
    #[error(
        "{}",
        either(
            "le système ne donne pas ce qu'il faut pour chiffrer : libérez de la mémoire et recommencez",
            "the system does not give what encryption needs: free some memory and try again"
        )
    )]
    System,
}

impl AccountRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Animateur, Self::Advisor, Self::Manager, Self::Coordination];

    /// Its word, for files and the terminal.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Animateur => "animateur",
            Self::Advisor => "advisor",
            Self::Manager => "manager",
            Self::Coordination => "coordination",
        }
    }

    /// Whether it can be had at a member of this kind.
    ///
    /// # Errors
    /// [`AccountError::Elsewhere`], which names those that can.
    pub fn fits(self, member: Role) -> Result<(), AccountError> {
        let fits = match self {
            Self::Manager => true,
            Self::Animateur => member == Role::Point,
            Self::Advisor => member == Role::Agency,
            Self::Coordination => member == Role::Coordination,
        };
        if fits { Ok(()) } else { Err(AccountError::Elsewhere(member)) }
    }
}

impl FromStr for AccountRole {
    type Err = AccountError;

    fn from_str(word: &str) -> Result<Self, AccountError> {
        Self::ALL.into_iter().find(|role| role.word() == word).ok_or(AccountError::Role)
    }
}

impl AccountName {
    /// The name that was typed; capitals become small letters.
    ///
    /// # Errors
    /// [`AccountError::Name`].
    pub fn new(typed: &str) -> Result<Self, AccountError> {
        let name = typed.trim().to_lowercase();
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        if NAME_CHARS.contains(&name.chars().count()) && name.chars().all(fits) {
            Ok(Self(name))
        } else {
            Err(AccountError::Name)
        }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AccountName {
    type Error = AccountError;

    fn try_from(text: String) -> Result<Self, AccountError> {
        Self::new(&text)
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Password {
    /// What a person chose for an account, without the end of the line.
    ///
    /// # Errors
    /// [`AccountError::Short`], [`AccountError::Long`], [`AccountError::Guessable`].
    pub fn chosen(typed: &str, name: &AccountName) -> Result<Self, AccountError> {
        let password = Self::typed(typed)?;
        let mut chars = password.0.chars();
        if chars.clone().count() < PASSWORD_CHARS_MIN {
            return Err(AccountError::Short);
        }
        let first = chars.next();
        let same = chars.all(|c| Some(c) == first);
        let rest = password.0.to_lowercase().replace(name.as_str(), "");
        if same || rest.trim().is_empty() {
            return Err(AccountError::Guessable);
        }
        Ok(password)
    }

    /// What a person typed to prove who they are.
    ///
    /// # Errors
    /// [`AccountError::Long`].
    pub fn typed(typed: &str) -> Result<Self, AccountError> {
        let text = typed.trim_end_matches(['\r', '\n']);
        if text.chars().count() > PASSWORD_CHARS_MAX {
            return Err(AccountError::Long);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl Account {
    /// A new account. Cost: 19 MiB, and some hundredths of a second.
    ///
    /// # Errors
    /// [`AccountError::System`].
    pub fn new(name: AccountName, role: AccountRole, password: &Password) -> Result<Self, AccountError> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|_| AccountError::System)?;
        let hash = *hashed(password, &salt, COST)?;
        Ok(Self { name, role, cost: COST, salt, hash })
    }

    /// Whether this is its password; of an account that does not exist, no, after the same time.
    ///
    /// # Errors
    /// [`AccountError::System`].
    pub fn is_opened_by(account: Option<&Self>, password: &Password) -> Result<bool, AccountError> {
        let nobody = ([0; SALT_BYTES], [0; HASH_BYTES], COST);
        let (salt, hash, cost) = account.map_or(nobody, |it| (it.salt, it.hash, it.cost));
        let typed = hashed(password, &salt, cost)?;
        Ok(is_same(typed.as_slice(), &hash) && account.is_some())
    }
}

/// Compares in constant time: as two messages under a key that nobody knows.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mac = |message: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(other).expect("a key of any length will do");
        mac.update(message);
        mac
    };
    mac(one).verify_slice(&mac(other).finalize().into_bytes()).is_ok()
}

fn hashed(password: &Password, salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; HASH_BYTES]>, AccountError> {
    if cost.memory_kib > MEMORY_KIB_MAX || cost.passes > PASSES_MAX {
        return Err(AccountError::System);
    }
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(HASH_BYTES)).map_err(|_| AccountError::System)?;
    let mut hash = Zeroizing::new([0; HASH_BYTES]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.0.as_bytes(), salt, hash.as_mut_slice())
        .map_err(|_| AccountError::System)?;
    Ok(hash)
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("role", &self.role).finish_non_exhaustive()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> AccountName {
        AccountName::new(text).expect("a name")
    }

    #[test]
    fn names_roles_and_passwords_are_checked() {
        // Goal: what is refused says why; what is taken is always written alike.
        for (typed, kept) in [("Claire.Martin", Some("claire.martin")), (" élodie ", Some("élodie")), ("a", None)] {
            assert_eq!(AccountName::new(typed).ok().as_ref().map(AccountName::as_str), kept, "{typed}");
        }
        for bad in ["", "a b", "a/b", "<b>", "a\u{202E}b", &"a".repeat(41)] {
            assert_eq!(AccountName::new(bad), Err(AccountError::Name), "{bad}");
        }
        for (password, error) in [
            ("onze lettre", AccountError::Short),
            ("aaaaaaaaaaaaaaaa", AccountError::Guessable),
            ("EssaiESSAIessai", AccountError::Guessable),
            (&"a b".repeat(100), AccountError::Long),
        ] {
            assert_eq!(Password::chosen(password, &name("essai")).err(), Some(error), "{password}");
        }
        assert!(Password::chosen("quatre mots à retenir", &name("essai")).is_ok());
        for (role, at) in [
            (AccountRole::Animateur, Role::Point),
            (AccountRole::Advisor, Role::Agency),
            (AccountRole::Coordination, Role::Coordination),
        ] {
            for member in [Role::Point, Role::Agency, Role::Coordination] {
                assert_eq!(role.fits(member).is_ok(), member == at, "{role:?} at {member:?}");
                assert!(AccountRole::Manager.fits(member).is_ok());
            }
            assert_eq!(role.word().parse(), Ok(role));
        }
    }

    #[test]
    fn only_its_password_opens_an_account() {
        // Goal: the one that was chosen; not another, not a part of it, not one of another account; nobody is nobody.
        let password = |text: &str| Password::typed(text).expect("short enough");
        let account =
            Account::new(name("essai"), AccountRole::Manager, &password("quatre mots à retenir")).expect("made");
        for (typed, opens) in [("quatre mots à retenir\n", true), ("quatre mots à reteni", false), ("", false)] {
            assert_eq!(Account::is_opened_by(Some(&account), &password(typed)), Ok(opens), "{typed}");
        }
        assert_eq!(Account::is_opened_by(None, &password("quatre mots à retenir")), Ok(false));
        let again =
            Account::new(name("essai"), AccountRole::Manager, &password("quatre mots à retenir")).expect("made");
        assert!(again.salt != account.salt && again.hash != account.hash);
        let costly = Account { cost: Cost { memory_kib: u32::MAX, passes: 1 }, ..account };
        assert_eq!(Account::is_opened_by(Some(&costly), &password("x")), Err(AccountError::System));
        assert!(!format!("{costly:?}").contains("hash"));
    }
}
