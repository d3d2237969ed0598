// SPDX-License-Identifier: EUPL-1.2
//! Who is signed in, in memory alone: a restart signs everybody out, but who is in a call (`underway`).
//!
//! Pure but for the lock around it: time and what is known of accounts and calls come in. Invariants: an id is 32
//! random bytes and never given to a session that began before it; a session whose account is gone, or has another
//! password or role, is over with the next look; on the listener where it did not begin it is nobody's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crdt_calendar::ids::ActRef;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::entrance::Entrance;
use super::guard::random;
use crate::account::{Account, AccountName, AccountRole};
use crate::call::CallId;
use crate::store::Seat;

/// A session ends so long after it began, whatever happens in it.
const LENGTH_MS: u64 = 12 * 3_600_000;
/// An ended session is remembered so long, for what is typed in its pages.
const REMEMBERED_MS: u64 = 24 * 3_600_000;
/// Sessions at once. Beyond, the one that was used least recently ends.
const SESSIONS_MAX: usize = 512;
/// Details that a session has opened and that are remembered of it. Beyond, it is written anew.
const OPENED_MAX: usize = 4096;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Signed {
    pub account: AccountName,
    pub role: AccountRole,
    /// The session.
    pub id: String,
}

/// What a browser's cookie is worth now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody's.
    Nobody,
    /// A session that is open.
    Open(Signed),
    /// One that waits for its password.
    Locked(AccountName),
    /// One that is over.
    Ended(AccountName),
}

struct Session {
    entrance: Entrance,
    account: AccountName,
    role: AccountRole,
    salt: [u8; 16],
    ends_ms: u64,
    hand_ms: u64,
    is_locked: bool,
    is_over: bool,
    call: Option<CallId>,
    /// Which subject was compared last.
    subject: String,
    opened: BTreeSet<(&'static str, ActRef)>,
}

/// All sessions of this node.
pub(super) struct Sessions {
    lock_after_ms: u64,
    /// By the hash of their ids.
    all: Mutex<HashMap<[u8; 32], Session>>,
}

/// What a look needs to know.
pub(super) struct Known<'a> {
    /// Where who asks came in: a cookie that another program of this machine saw opens nothing on the network.
    pub entrance: Entrance,
    pub now_ms: u64,
    pub accounts: &'a BTreeMap<AccountName, Account>,
    /// Whether a call goes on with a browser on this side.
    pub in_call: &'a dyn Fn(CallId) -> bool,
}

impl Sessions {
    pub(super) fn new(lock_after_ms: u64) -> Self {
        Self { lock_after_ms, all: Mutex::default() }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        // Nothing that holds it can panic half-way.
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session for who has proved the password; the browser's earlier one is forgotten. The new id.
    pub(super) fn begin(&self, account: &Account, entrance: Entrance, earlier: Option<&str>, now_ms: u64) -> Signed {
        let mut all = self.all();
        let earlier = earlier.and_then(|id| all.remove(&hash(id))).filter(|it| it.account == account.name);
        all.retain(|_, it| !it.is_over || now_ms < it.hand_ms.saturating_add(REMEMBERED_MS));
        if all.len() >= SESSIONS_MAX
            && let Some(oldest) = all.iter().min_by_key(|(_, it)| it.hand_ms).map(|(hash, _)| *hash)
        {
            all.remove(&oldest);
        }
        let id = HEXLOWER.encode(&random());
        let session = Session {
            entrance,
            account: account.name.clone(),
            role: account.role,
            salt: account.salt,
            ends_ms: now_ms.saturating_add(LENGTH_MS),
            hand_ms: now_ms,
            is_locked: false,
            is_over: false,
            call: earlier.and_then(|it| it.call),
            subject: String::new(),
            opened: BTreeSet::new(),
        };
        all.insert(hash(&id), session);
        Signed { account: account.name.clone(), role: account.role, id }
    }

    /// What this id is worth.
    pub(super) fn look(&self, id: &str, known: &Known<'_>) -> Standing {
        let mut all = self.all();
        let Some(session) = all.get_mut(&hash(id)).filter(|it| it.entrance == known.entrance) else {
            return Standing::Nobody;
        };
        session.settle(known, self.lock_after_ms);
        let account = session.account.clone();
        if session.is_over {
            Standing::Ended(account)
        } else if session.is_locked {
            Standing::Locked(account)
        } else {
            Standing::Open(Signed { account, role: session.role, id: id.to_owned() })
        }
    }

    /// Whether this id is unknown, or of a session that began at this way in.
    pub(super) fn may_come_by(&self, id: &str, entrance: Entrance) -> bool {
        self.all().get(&hash(id)).is_none_or(|it| it.entrance == entrance)
    }

    /// A person's hand is there.
    pub(super) fn touch(&self, id: &str, now_ms: u64) {
        self.change(id, |it| it.hand_ms = it.hand_ms.max(now_ms));
    }

    /// Milliseconds until it locks by itself.
    pub(super) fn left_ms(&self, id: &str, now_ms: u64) -> u64 {
        let all = self.all();
        let hand = all.get(&hash(id)).map_or(0, |it| it.hand_ms);
        hand.saturating_add(self.lock_after_ms).saturating_sub(now_ms)
    }

    /// Locks it at once.
    pub(super) fn lock(&self, id: &str) {
        self.change(id, |it| it.is_locked = true);
    }

    /// Forgets it: who sat there has left.
    pub(super) fn forget(&self, id: &str) {
        self.all().remove(&hash(id));
    }

    /// Ends all sessions of an account; what is typed in their pages waits for its password.
    pub(super) fn end_all(&self, account: &AccountName) {
        self.all().values_mut().filter(|it| it.account == *account).for_each(|it| it.is_over = true);
    }

    /// Its browser is in this call, and no other session's is any more; or in none.
    pub(super) fn set_call(&self, id: &str, call: Option<CallId>) {
        self.all().values_mut().filter(|it| call.is_some() && it.call == call).for_each(|it| it.call = None);
        self.change(id, |it| it.call = call);
    }

    /// A subject is compared in it.
    pub(super) fn set_subject(&self, id: &str, subject: String) {
        self.change(id, |it| it.subject = subject);
    }

    /// The subject that was compared last; empty before.
    pub(super) fn subject(&self, id: &str) -> String {
        self.all().get(&hash(id)).map_or_else(String::new, |it| it.subject.clone())
    }

    /// The session that is in a call, as it outlasts a restart; `None` when nobody's is.
    pub(super) fn seat(&self, call: CallId, now_ms: u64, unix_ms: u64) -> Option<Seat> {
        let all = self.all();
        let mut open = all.iter().filter(|(_, it)| it.call == Some(call) && !it.is_locked && !it.is_over);
        open.next().map(|(hash, it)| Seat {
            hash: *hash,
            account: it.account.to_string(),
            salt: it.salt,
            is_office: it.entrance == Entrance::Office,
            ends_ms: unix_ms.saturating_add(it.ends_ms.saturating_sub(now_ms)),
        })
    }

    /// Brings such a session back, as if a hand had just been there; not where the account has another password.
    pub(super) fn restore(&self, call: CallId, seat: &Seat, account: &Account, now_ms: u64, unix_ms: u64) {
        let left_ms = seat.ends_ms.saturating_sub(unix_ms).min(LENGTH_MS);
        if seat.salt != account.salt || left_ms == 0 {
            return;
        }
        let session = Session {
            entrance: if seat.is_office { Entrance::Office } else { Entrance::Loopback },
            account: account.name.clone(),
            role: account.role,
            salt: account.salt,
            ends_ms: now_ms.saturating_add(left_ms),
            hand_ms: now_ms,
            is_locked: false,
            is_over: false,
            call: Some(call),
            subject: String::new(),
            opened: BTreeSet::new(),
        };
        self.all().insert(seat.hash, session);
    }

    /// Whether it has opened these details there before.
    pub(super) fn has_opened(&self, id: &str, page: &'static str, appointment: &ActRef) -> bool {
        self.all().get(&hash(id)).is_some_and(|it| it.opened.contains(&(page, *appointment)))
    }

    /// It has opened these details there.
    pub(super) fn note_opened<'a>(&self, id: &str, page: &'static str, appointments: impl Iterator<Item = &'a ActRef>) {
        self.change(id, |it| {
            if it.opened.len() >= OPENED_MAX {
                it.opened.clear();
            }
            it.opened.extend(appointments.map(|appointment| (page, *appointment)));
        });
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.all().get_mut(&hash(id)) {
            change(session);
        }
    }
}

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id).into()
}

impl Session {
    /// Locks or ends it where it is due.
    fn settle(&mut self, known: &Known<'_>, lock_after_ms: u64) {
        let account = known.accounts.get(&self.account);
        let is_same = account.is_some_and(|it| (it.salt, it.role) == (self.salt, self.role));
        self.is_over |= !is_same || known.now_ms >= self.ends_ms;
        if self.is_locked || self.is_over {
            return;
        }
        if self.call.is_some_and(|call| (known.in_call)(call)) {
            self.hand_ms = self.hand_ms.max(known.now_ms);
        }
        self.is_locked = known.now_ms >= self.hand_ms.saturating_add(lock_after_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Password;

    const LOCK_MS: u64 = 300_000;

    fn account(name: &str) -> Account {
        let password = Password::typed("quatre mots à retenir").expect("short enough");
        Account::new(AccountName::new(name).expect("a name"), AccountRole::Animateur, &password).expect("made")
    }

    fn accounts(all: &[&Account]) -> BTreeMap<AccountName, Account> {
        all.iter().map(|it| (it.name.clone(), (*it).clone())).collect()
    }

    fn known(accounts: &BTreeMap<AccountName, Account>, now_ms: u64) -> Known<'_> {
        Known { entrance: Entrance::Loopback, now_ms, accounts, in_call: &|_| false }
    }

    #[test]
    fn a_session_locks_without_a_hand_and_ends_after_a_day_of_work() {
        // Goal: five minutes without a hand lock it, touched or in a call it stays open; twelve hours end it all the
        // same; a locked one is not opened by a later touch.
        let claire = account("claire");
        let accounts = accounts(&[&claire]);
        let sessions = Sessions::new(LOCK_MS);
        let id = sessions.begin(&claire, Entrance::Loopback, None, 0).id;
        let standing = |now| sessions.look(&id, &known(&accounts, now));
        assert!(matches!(standing(LOCK_MS - 1), Standing::Open(_)));
        sessions.touch(&id, LOCK_MS - 1);
        assert!(matches!(standing(2 * LOCK_MS - 2), Standing::Open(_)));
        assert_eq!(sessions.left_ms(&id, 2 * LOCK_MS - 2), 1);
        sessions.set_call(&id, Some(CallId([7; 16])));
        let talking = Known { in_call: &|call| call == CallId([7; 16]), ..known(&accounts, 10 * LOCK_MS) };
        assert!(matches!(sessions.look(&id, &talking), Standing::Open(_)));
        assert!(matches!(standing(11 * LOCK_MS - 1), Standing::Open(_)), "counted from the call");
        assert_eq!(standing(11 * LOCK_MS), Standing::Locked(claire.name.clone()));
        sessions.touch(&id, 11 * LOCK_MS);
        assert_eq!(standing(11 * LOCK_MS), Standing::Locked(claire.name.clone()));
        assert_eq!(standing(LENGTH_MS), Standing::Ended(claire.name.clone()));
    }

    #[test]
    fn who_is_in_a_call_stays_signed_in_over_a_restart() {
        // Goal: the cookie is worth what it was, until its own end, and where it began; not another's, not one that was
        // locked, not after another password.
        let claire = account("claire");
        let (accounts, call) = (accounts(&[&claire]), CallId([7; 16]));
        let (before, after) = (Sessions::new(LOCK_MS), Sessions::new(LOCK_MS));
        let [id, other] = [(); 2].map(|()| before.begin(&claire, Entrance::Office, None, 0).id);
        before.set_call(&id, Some(call));
        let seat = before.seat(call, 1_000, 50_000).expect("in the call");
        assert_ne!(HEXLOWER.encode(&seat.hash), id, "what is kept opens nothing");
        after.restore(call, &seat, &account("claire"), 0, 60_000);
        let office = |now_ms| Known { entrance: Entrance::Office, ..known(&accounts, now_ms) };
        assert_eq!(after.look(&id, &office(0)), Standing::Nobody, "another password");
        after.restore(call, &seat, &claire, 0, 60_000);
        assert!(matches!(after.look(&id, &office(0)), Standing::Open(_)));
        assert_eq!(after.look(&other, &office(0)), Standing::Nobody);
        assert_eq!(after.look(&id, &known(&accounts, 0)), Standing::Nobody, "on the other listener");
        assert_eq!(after.look(&id, &office(LENGTH_MS - 11_000)), Standing::Ended(claire.name.clone()));
        before.lock(&id);
        assert_eq!(before.seat(call, 1_000, 50_000), None);
    }

    #[test]
    fn what_ends_a_session_ends_it() {
        // Goal: another password, a removed account, "everywhere", the browser's own next session: the old id is worth
        // nothing, and no other session suffers.
        let (claire, paul) = (account("claire"), account("paul"));
        let both = accounts(&[&claire, &paul]);
        let sessions = Sessions::new(LOCK_MS);
        let (one, other) = (
            sessions.begin(&claire, Entrance::Loopback, None, 0).id,
            sessions.begin(&paul, Entrance::Loopback, None, 0).id,
        );
        let look = |id: &str, all: &BTreeMap<AccountName, Account>| sessions.look(id, &known(all, 1));
        let renewed = account("claire");
        assert!(matches!(look(&one, &both), Standing::Open(_)));
        sessions.end_all(&paul.name);
        assert!(matches!(look(&one, &both), Standing::Open(_)));
        assert_eq!(look(&other, &both), Standing::Ended(paul.name.clone()));
        assert_eq!(look(&one, &accounts(&[&renewed, &paul])), Standing::Ended(claire.name.clone()));
        let two = sessions.begin(&claire, Entrance::Loopback, None, 0).id;
        assert_eq!(look(&two, &accounts(&[&paul])), Standing::Ended(claire.name.clone()));
        let three = sessions.begin(&claire, Entrance::Loopback, Some(&two), 0).id;
        assert!(three != two && look(&two, &both) == Standing::Nobody);
        sessions.forget(&three);
        assert_eq!(look(&three, &both), Standing::Nobody);
        assert_eq!(look("", &both), Standing::Nobody);
    }

    #[test]
    fn a_session_is_worth_nothing_where_it_did_not_begin() {
        // Goal: a cookie of loopback, which other programs of the machine see, signs nobody in on the network, nor the
        // other way round.
        let claire = account("claire");
        let accounts = accounts(&[&claire]);
        let sessions = Sessions::new(LOCK_MS);
        for (entrance, other) in [(Entrance::Loopback, Entrance::Office), (Entrance::Office, Entrance::Loopback)] {
            let id = sessions.begin(&claire, entrance, None, 0).id;
            let look = |entrance| sessions.look(&id, &Known { entrance, ..known(&accounts, 1) });
            assert!(matches!(look(entrance), Standing::Open(_)));
            assert_eq!(look(other), Standing::Nobody, "{entrance:?}");
        }
    }
}
