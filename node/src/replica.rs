// SPDX-License-Identifier: EUPL-1.2
//! The replica: sole owner of the folios. One thread holds the clerk and the store; all others send it
//! commands and read its snapshots.
//!
//! Every command is made durable (fsync) before it is answered, and before anything of it is sent.
//! Refuses to know networks: what must be sent leaves by a bounded channel.

mod agenda;
mod anew;
mod closed;
mod colleagues;
mod command;
mod details;
mod handle;
mod keeper;
mod kept;
mod leaving;
mod note;
mod own;
mod publish;
mod randomness;
mod short;
mod snapshot;
mod telephone;
mod thread;
mod unsettled;
mod walk_ins;

pub use anew::{Anew, Why};
pub use closed::{Absence, ClosedDays, ClosedWhy};
pub use command::{BookOrder, Exported, Imported, Outgoing, QueueOrder, Refusal, SeekOrder, TerritoryHeld, WishChange};
pub(crate) use details::is_direction_mark;
pub use details::{Details, DetailsError};
pub use handle::Replica;
pub use kept::Kept;
pub use note::{NOTE_CHARS_MAX, Note};
pub use publish::{Openings, Reserved, Weekday, WeeklyOpening};
pub use short::{ShortId, short_act, short_slot};
pub use snapshot::{Damage, Offered, Snapshot, Used};
pub use telephone::is_telephone;
pub use thread::{KeepLife, NewLife, ReplicaConfig, StartError};
pub use unsettled::Unsettled;
pub use walk_ins::{WalkIn, is_walk_in, waits_in_queue};
