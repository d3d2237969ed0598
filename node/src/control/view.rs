// SPDX-License-Identifier: EUPL-1.2
//! What the terminal is told: plain values that `--json` prints as they are. Times are local, with offset.

use serde::{Deserialize, Serialize};

use super::certificate::OfficeView;
use crate::account::{Account, AccountName, AccountRole};
use crate::replica::Imported;

/// Lines of the access journal, and where its chain begins and ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    /// Number of the first line that is kept.
    pub first: u32,
    /// The hash before it, hexadecimal.
    pub anchor: String,
    /// Number of the last line.
    pub last: u32,
    /// Its hash, hexadecimal.
    pub head: String,
    /// The lines asked for.
    pub lines: Vec<AccessLineView>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLineView {
    /// Its number.
    pub number: u32,
    /// Seconds since 1970 UTC.
    pub at: i64,
    /// The same, local.
    pub time: String,
    /// The account, or `terminal`.
    pub who: String,
    /// Where.
    pub page: String,
    /// Short names of the appointments, a space between them.
    pub appointments: String,
    /// Its hash, hexadecimal.
    pub hash: String,
}

/// An account of this node, without what opens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Its name.
    pub name: AccountName,
    /// Its role.
    pub role: AccountRole,
}

impl AccountView {
    pub(super) fn of(account: &Account) -> Self {
        Self { name: account.name.clone(), role: account.role }
    }
}

/// The node in a few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusView {
    /// The territory's name.
    pub territory: String,
    /// This member's short name.
    pub member: Option<String>,
    /// Its name for people.
    pub name: Option<String>,
    /// `point`, `agency` or `coordination`.
    pub role: Option<String>,
    /// The process.
    pub pid: u32,
    /// Where the pages are.
    pub portal: String,
    /// And on the office network, where they open there.
    pub office: Option<OfficeView>,
    /// The calendar's clock.
    pub now: String,
    /// Whether that clock is moved.
    pub shifted: bool,
    /// Whether the node is cut off by hand.
    pub offline: bool,
    /// How it stands with the relays for calls: `connected`, `refused` by one, or `silent`; absent where there are none.
    pub relay: Option<String>,
    /// Members reached now.
    pub reached: usize,
    /// Members in the roster, this one included.
    pub members: usize,
    /// Appointments known, of everyone, that take place or may: what was refused or cancelled is none.
    pub appointments: usize,
    /// This node spoke for its member and does no more: another has replaced it, or it was revoked.
    pub retired: bool,
    /// People to call back.
    pub call_backs: usize,
    /// Names, telephones and subjects of appointments before this day are erased here; `None` while none are.
    pub names_erased_before: Option<String>,
    /// And all else of appointments before this day.
    pub all_erased_before: Option<String>,
    /// The disk refuses: nothing more is booked.
    pub disk_refuses: bool,
    /// It refuses for want of room: the node goes on by itself when there is some.
    pub disk_is_full: bool,
    /// It takes long to keep what it is given.
    pub disk_is_slow: bool,
    /// This node's own register was damaged: it began a new life.
    pub damaged: bool,
    /// Damaged databases that were set aside, while they are there.
    pub set_aside: Vec<String>,
    /// Registers of others that were damaged here, and have not come back yet.
    pub awaited: usize,
    /// This node was restored from a backup: `waits` for a member, or `lives` again and nobody has seen what to do.
    pub restored: Option<String>,
    /// Since when this node lives anew because another computer wrote in its name; until somebody has seen what to do.
    pub copied: Option<String>,
    /// Two computers have begun anew under this node's key: neither counts.
    pub frozen: bool,
    /// Hours that wait for `hameau settle`.
    pub unsettled: Vec<UnsettledView>,
    /// Weeks of this agency's earlier node that this one has not taken up.
    pub to_take_up: usize,
    /// Coming appointments of this member that are in doubt.
    pub suspended: usize,
    /// Nodes that were not let in within the last day.
    pub knocks: Vec<KnockView>,
    /// Coming appointments that this node wrote and nobody else has said to keep.
    pub only_here: usize,
    /// Each member.
    pub list: Vec<MemberView>,
}

/// Hours of an agency that an earlier node of a member holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsettledView {
    /// The agency.
    pub agency: String,
    /// The member.
    pub member: String,
    /// How many.
    pub slots: usize,
}

/// A node that is not let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnockView {
    /// The key of its box, 64 hexadecimal digits.
    pub key: String,
    /// The member whose key it is; absent of a stranger.
    pub member: Option<String>,
    /// Where it came from last; absent where that is not known.
    pub address: Option<String>,
    /// When it came first.
    pub since: String,
    /// When it came last.
    pub last: String,
    /// `stranger`: no member here; of a member that was cut off: `territory`, of another one; `version`, of another
    /// protocol; `faults`, it sends what it must not.
    pub why: String,
}

/// One member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Its short name.
    pub member: String,
    /// Its name for people.
    pub name: String,
    /// `point`, `agency` or `coordination`.
    pub role: String,
    /// `self`, `lan`, `direct`, `relayed`, `through` a neighbour, `unheard`, or `revoked` where no box speaks for it.
    pub reach: String,
    /// When it was last heard; absent if it never was.
    pub heard: Option<String>,
    /// The key of its box, 64 hexadecimal digits; absent where no box speaks for it.
    pub key: Option<String>,
    /// Where it says that it listens.
    pub addresses: Vec<String>,
    /// INSEE code.
    pub insee: Option<String>,
    /// Version of the program that its box runs; absent where it never said.
    pub version: Option<String>,
}

/// One time that can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotView {
    /// Its short name, for `hameau book`.
    pub slot: String,
    /// The agency.
    pub agency: String,
    /// The service.
    pub service: String,
    /// From.
    pub from: String,
    /// Minutes.
    pub minutes: u16,
    /// `held`: confirmed at once; `asked`: to be confirmed by the agency.
    pub way: String,
}

/// One appointment of this member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppointmentView {
    /// Its short name, for `hameau cancel`.
    pub appointment: String,
    /// The point.
    pub point: String,
    /// The agency.
    pub agency: Option<String>,
    /// The service.
    pub service: String,
    /// From.
    pub from: String,
    /// Minutes.
    pub minutes: u16,
    /// `asked`, `confirmed`, `queued`, `called`, `refused`, `cancelled-by-point`, `cancelled-by-agency`, `suspended`,
    /// `waiting` or `void`; or what became of it: `kept`, `no-show`, `interrupted`.
    pub state: String,
    /// In a walk-in queue: how many people are before; absent elsewhere.
    #[serde(default)]
    pub ahead: Option<u16>,
    /// How many other boxes have said that they keep what this node wrote of it: 0 is kept here alone. Absent where
    /// another box wrote it.
    pub kept_at: Option<usize>,
    /// Whether the person must be called back.
    pub call_back: bool,
    /// What could be had instead.
    pub alternatives: Vec<String>,
    /// The person's details, for the two members concerned.
    pub details: Option<DetailsView>,
}

/// A person's details in clear: only ever printed for the two members concerned.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailsView {
    /// Name.
    pub name: String,
    /// Telephone.
    pub telephone: String,
    /// Subject.
    pub subject: String,
}

/// Whether the node is cut off by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineView {
    /// Cut off.
    pub offline: bool,
}

impl core::fmt::Debug for DetailsView {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DetailsView(…)")
    }
}

/// What a settlement did.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SettledView {
    /// The member whose box was settled.
    pub member: String,
    /// Slots that came home.
    pub returned: usize,
    /// Appointments that live on in a copy.
    pub kept: usize,
    /// Weeks of this agency's own earlier boxes that were taken up.
    pub adopted: usize,
}

/// A piece of an export file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExportView {
    /// Frames of the wire, in base64.
    pub frames: Vec<String>,
    /// What to ask for next; absent after the last piece.
    pub after: Option<String>,
}

/// What an import did, counted in registers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportView {
    /// Nothing of them was here.
    pub new: usize,
    /// They continue what was here.
    pub grown: usize,
    /// All of them was here.
    pub known: usize,
    /// They show another history of what was here.
    pub doubled: usize,
    /// Words of the root key that were new.
    pub statements: usize,
    /// Refused: of weeks that are not held here.
    pub outside: usize,
    /// Refused: there is no room for more.
    pub no_room: usize,
    /// Refused for another reason.
    pub refused: usize,
}

impl From<Imported> for ImportView {
    fn from(it: Imported) -> Self {
        Self {
            new: it.new,
            grown: it.grown,
            known: it.known,
            doubled: it.doubled,
            statements: it.statements,
            outside: it.outside,
            no_room: it.no_room,
            refused: it.refused,
        }
    }
}

impl core::ops::AddAssign for ImportView {
    fn add_assign(&mut self, it: Self) {
        self.new += it.new;
        self.grown += it.grown;
        self.known += it.known;
        self.doubled += it.doubled;
        self.statements += it.statements;
        self.outside += it.outside;
        self.no_room += it.no_room;
        self.refused += it.refused;
    }
}
