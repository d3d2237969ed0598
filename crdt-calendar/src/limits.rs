// SPDX-License-Identifier: MIT OR Apache-2.0
//! A limit on everything that grows: the figure, its reason, and what happens there.

/// A member's, desk's or service's short name. Longer: refused when written and when read.
pub const NAME_BYTES_MAX: usize = 32;

/// One act as it is written. The longest is a member's list of procedures. Longer: not written;
/// received: the whole batch is refused and the sender charged.
pub const ACT_BYTES_MAX: usize = 16 * 1024;

/// All acts of one folio, summed. A week of a busy agency (300 bookings of some 400 bytes) takes an
/// eighth of it. Full: a writer goes on in a new incarnation; received: refused.
pub const FOLIO_BYTES_MAX: usize = 1024 * 1024;

/// What stays free in a folio for the acts that give back or take away (ledger, 1): a point whose
/// folio is full of bookings can still cancel them.
pub const FOLIO_BYTES_RESERVED: usize = FOLIO_BYTES_MAX / 8;

/// Acts of one folio. At some 60 bytes the smallest useful act, the bytes run out first.
pub const FOLIO_ACTS_MAX: usize = 16_384;

/// Slots cut by one `open`: a day of five-minute slots. More: the act is void.
pub const OPEN_SLOTS_MAX: usize = 288;

/// Slots named by one act. A grant of a week's reserved slots of one opening fits.
pub const RUN_SLOTS_MAX: usize = 288;

/// Legs of one ask: the advisor, an interpreter, and room for two more. More: the act is void.
pub const LEGS_MAX: usize = 4;

/// Alternatives offered with a refusal. More: the act is void.
pub const ALTERNATIVES_MAX: usize = 4;

/// Services that one opening takes. More: the act is void.
pub const SERVICES_MAX: usize = 32;

/// Members of one territory. A région has some hundreds of points. More: later enrolments are void.
pub const MEMBERS_MAX: usize = 1_000;

/// Boxes that follow each other in one member's line: a new life after each incident, for years. More:
/// not in the line; and no more folios of one leaf are held of one key.
pub const LINE_WRITERS_MAX: usize = 64;

/// Root statements: each is a coordination lost or stolen. More are refused.
pub const STATEMENTS_MAX: usize = 64;

/// Tickets of one walk-in window: a long morning of five-minute visits. More: refused.
pub const TICKETS_MAX: usize = 100;

/// A sealed envelope: content padded to at most 2,048 bytes, and two wrapped keys.
pub const ENVELOPE_BYTES_MAX: usize = 4_096;

/// What a sealed envelope may hold before padding. Longer: refused at the form, with a sentence.
pub const DETAILS_BYTES_MAX: usize = 2_000;

/// One frame between two nodes: a whole folio compressed, and room for its head.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024 + 64 * 1024;

/// A frame that carries no acts: 2,000 heads of 21 bytes at most, and room. Longer: refused before it is read, for what
/// it holds takes more room read than written.
pub const TALK_BYTES_MAX: usize = 64 * 1024;

/// What a compressed batch may grow to. More: refused before it is inflated further.
pub const INFLATED_BYTES_MAX: usize = FOLIO_BYTES_MAX + 128 * 1024;

/// Bytes of acts that wait on the way to one peer while it catches up, the last frame not counted. Beyond: the next
/// follow when these have left.
pub const WINDOW_BYTES_MAX: usize = 1024 * 1024;

/// Folio heads in one frame: 18 bytes each; the next frame goes on.
pub const HEADS_PER_FRAME_MAX: usize = 2_000;

/// Leaves named in one frame: the roster, the profiles and the 16 weeks that are held, with room for a window of
/// another version. More: refused.
pub const LEAVES_MAX: usize = 64;

/// Folios wanted of one neighbour at a time. A neighbour that wants twice as many of us is charged.
pub const WANTS_MAX: usize = 256;

/// Acts lacking in them together, the last folio not counted: some 100 kB, which fill a line of 1 Mbit/s and 600 ms.
/// What others hold too is left for them to send.
pub const WANTED_ACTS_MAX: u32 = 512;

/// Time without acts from a neighbour of whom folios are wanted, after which they are wanted of another: the longest
/// frame takes 140 s on a line of 64 kbit/s.
pub const WANT_PATIENCE_MS: u64 = 180_000;

/// Folios a node holds of the weeks around today. 1,000 members of 16 weeks and a profile fit. More: refused.
/// What it still holds of older weeks came in under the same limit, and goes at its term.
pub const FOLIOS_MAX: usize = 20_000;

/// Weeks held before the current one.
pub const WEEKS_PAST: u16 = 2;

/// Weeks held after the current one.
pub const WEEKS_AHEAD: u16 = 13;

/// Weeks after which what others did among themselves goes: it is passed on no more (design, 7).
pub const TERM_OTHERS_WEEKS: u16 = WEEKS_PAST + 1;

/// Weeks after which the secret of a week goes, and with it every name sealed in it: half a year.
pub const TERM_SEALED_WEEKS: u16 = 26;

/// Weeks after which the bare rows go: two years.
pub const TERM_ROWS_WEEKS: u16 = 104;

/// What an agency lays down: entries of one kind. Each offer is held against all of them.
pub const TERMS_MAX: usize = 64;

/// Longest name of a program's version.
pub const PROGRAM_BYTES_MAX: usize = 32;

/// Other members whose signatures must tell of a time before anything goes. One may be wrong, or lie.
pub const WITNESSES: usize = 2;

/// Folios of writers that the roster does not know (yet). They wait, unshown; more are refused.
pub const UNENROLLED_FOLIOS_MAX: usize = 64;

/// Bad frames from one peer before its connection is cut. A version's bug costs some; a flood is cut.
pub const CHARGES_MAX: u32 = 16;

/// Comparisons that a peer may begin, and times that it may ask for what it was sent of one folio, between
/// two comparisons of ours. An honest one begins two. More: charged and unanswered.
pub const QUESTIONS_MAX: u32 = 8;

/// Folios of one peer of which the beginning was asked for, between two comparisons. A node that was
/// away gets them in order, so there are few. More: charged.
pub const GAPS_MAX: usize = 32;

/// Time after a comparison until the next: what was lost or refused cannot stay so for long.
pub const COMPARE_AGAIN_MS: u64 = 10 * 60 * 1000;
