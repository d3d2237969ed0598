// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bytes of an act: `kind`, then what it touches, then a body that belongs to the kind.
//!
//! A later version may add kinds, never change one: a body of a known kind that does not decode to
//! its last byte is an act of an unknown kind.

mod member;

use serde::{Deserialize, Serialize};

use crate::act::{Act, AskLeg, Bar, Copy, Fate, Leg, Reason, Run, Touches, Upto};
use crate::ids::{ActRef, BoothId, DeskId, FolioId, MemberId, ServiceId, SlotId, Writer};
use crate::limits::{
    ACT_BYTES_MAX, ALTERNATIVES_MAX, ENVELOPE_BYTES_MAX, LEGS_MAX, PROGRAM_BYTES_MAX, RUN_SLOTS_MAX, SERVICES_MAX,
};
use crate::time::{Span, UtcMinute};

/// The number of each kind. Never reused, never renumbered.
mod kind {
    pub(super) const BEGIN: u8 = 1;
    pub(super) const DESCRIBE: u8 = 2;
    pub(super) const REACHABLE: u8 = 3;
    pub(super) const TERMS: u8 = 4;
    pub(super) const RUNS: u8 = 9;
    pub(super) const ENROL: u8 = 10;
    pub(super) const REPLACE: u8 = 11;
    pub(super) const REVOKE: u8 = 12;
    pub(super) const OPEN: u8 = 15;
    pub(super) const GRANT: u8 = 16;
    pub(super) const TAKE: u8 = 17;
    pub(super) const VOID: u8 = 18;
    pub(super) const CLOSE: u8 = 19;
    pub(super) const ADOPT: u8 = 20;
    pub(super) const TICKET: u8 = 21;
    pub(super) const REFUSE: u8 = 22;
    pub(super) const CALLED: u8 = 23;
    pub(super) const BOOK: u8 = 24;
    pub(super) const ASK: u8 = 25;
    pub(super) const CANCEL: u8 = 26;
    pub(super) const DROP: u8 = 27;
    pub(super) const RELEASE: u8 = 28;
    pub(super) const AMEND: u8 = 29;
    pub(super) const ARRIVED: u8 = 30;
    pub(super) const KEEP: u8 = 31;
    pub(super) const WITHDRAW: u8 = 32;
    pub(super) const OUTCOME: u8 = 33;
    pub(super) const EXPLAIN: u8 = 34;
    pub(super) const MOVED: u8 = 35;
    pub(super) const REFER: u8 = 36;
}

/// Why bytes are no act at all. Such bytes are never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActBytesError {
    /// Longer than [`ACT_BYTES_MAX`].
    #[error("an act of {0} bytes: the limit is {ACT_BYTES_MAX}")]
    TooLong(usize),
    /// The common part does not decode.
    #[error("the first part of the act does not decode")]
    Head,
    /// It names more slots than an act may.
    #[error("an act on more than {RUN_SLOTS_MAX} slots")]
    Slots,
}

#[derive(Serialize, Deserialize)]
struct WireRun {
    open: ActRef,
    tenures: Vec<(u16, u16)>,
}

#[derive(Serialize, Deserialize)]
struct WireAct<'a> {
    kind: u8,
    slots: Vec<WireRun>,
    booth: Option<BoothId>,
    minutes: Option<Span>,
    #[serde(borrow)]
    body: &'a [u8],
}

#[derive(Serialize, Deserialize)]
enum WireLeg {
    Slots,
    Pool(MemberId),
}

/// Writes an act. Cost: one allocation of its size, and small ones for its body.
///
/// # Panics
/// Never: writing into memory of these types cannot fail.
#[must_use]
pub fn encode(act: &Act) -> Vec<u8> {
    let (kind, touches, body) = parts(act);
    let slots = touches.slots.into_iter().map(|run| WireRun { open: run.open, tenures: run.tenures }).collect();
    bytes_of(&WireAct { kind, slots, booth: touches.booth, minutes: touches.minutes, body: &body })
}

/// Reads an act. Idempotent with [`encode`]; a kind or body of a later version becomes [`Act::Unknown`].
///
/// # Errors
/// [`ActBytesError`] when even the part that all versions read does not decode, or is over a limit.
pub fn decode(bytes: &[u8]) -> Result<Act, ActBytesError> {
    if bytes.len() > ACT_BYTES_MAX {
        return Err(ActBytesError::TooLong(bytes.len()));
    }
    let (wire, rest) = postcard::take_from_bytes::<WireAct<'_>>(bytes).map_err(|_| ActBytesError::Head)?;
    if !rest.is_empty() {
        return Err(ActBytesError::Head);
    }
    let slots: Vec<Run> = wire.slots.into_iter().map(|run| Run { open: run.open, tenures: run.tenures }).collect();
    if slots.iter().map(|run| run.tenures.len()).sum::<usize>() > RUN_SLOTS_MAX {
        return Err(ActBytesError::Slots);
    }
    let touches = Touches { slots, booth: wire.booth, minutes: wire.minutes };
    let unknown = || Act::Unknown { kind: wire.kind, touches: touches.clone(), body: wire.body.to_vec() };
    Ok(act_of(wire.kind, &touches, wire.body).unwrap_or_else(unknown))
}

fn bytes_of<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain values always encode into memory")
}

/// Decodes to the last byte, or not at all.
fn exactly<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Some(value),
        _ => None,
    }
}

fn on(run: &Run) -> Touches {
    Touches { slots: vec![run.clone()], booth: None, minutes: None }
}

fn parts(act: &Act) -> (u8, Touches, Vec<u8>) {
    let none = Touches::default;
    match act {
        Act::Begin { previous } => (kind::BEGIN, none(), bytes_of(previous)),
        Act::Describe(it) => (kind::DESCRIBE, none(), member::description_bytes(it)),
        Act::Terms(it) => (kind::TERMS, none(), member::terms_bytes(it)),
        Act::Reachable { mesh, link } => (kind::REACHABLE, none(), bytes_of(&(mesh, link))),
        Act::Runs { program } => (kind::RUNS, none(), bytes_of(program)),
        Act::Enrol(it) => (kind::ENROL, none(), member::enrolment_bytes(it)),
        Act::Replace { member, key } => (kind::REPLACE, none(), bytes_of(&(member, key))),
        Act::Revoke { key } => (kind::REVOKE, none(), bytes_of(key)),
        Act::Open { desk, minutes, step_min, services, week_key } => {
            (kind::OPEN, Touches { minutes: Some(*minutes), ..none() }, bytes_of(&(desk, step_min, services, week_key)))
        }
        Act::Grant { run, to, ask } => (kind::GRANT, on(run), bytes_of(&(to, ask.map(|leg| (leg.ask, leg.leg))))),
        Act::Take { run, upto, keeps } => (kind::TAKE, on(run), bytes_of(&(upto.folio, upto.seq, upto.hash, keeps))),
        Act::Keep { run, upto, copy } => keep_parts(run, upto, copy),
        Act::Adopt { upto } => (kind::ADOPT, none(), bytes_of(&(upto.folio, upto.seq, upto.hash))),
        Act::Ticket { leg, window } => (kind::TICKET, none(), bytes_of(&((leg.ask, leg.leg), window))),
        Act::Called { leg } => (kind::CALLED, none(), bytes_of(&(leg.ask, leg.leg))),
        Act::Void { run, reason } => (kind::VOID, on(run), bytes_of(&reason_number(*reason))),
        Act::Close { run } => (kind::CLOSE, on(run), Vec::new()),
        Act::Refuse { leg, alternatives } => (kind::REFUSE, none(), bytes_of(&((leg.ask, leg.leg), alternatives))),
        Act::Explain { leg, bar } => {
            (kind::EXPLAIN, none(), bytes_of(&((leg.ask, leg.leg), number_in(&Bar::ALL, bar))))
        }
        Act::Book { run, minutes, booth, service, envelope } => (
            kind::BOOK,
            Touches { slots: vec![run.clone()], booth: Some(*booth), minutes: Some(*minutes) },
            bytes_of(&(service, envelope)),
        ),
        Act::Ask { legs, minutes, booth, service, envelope } => ask_parts(legs, *minutes, *booth, service, envelope),
        Act::Cancel { target, reason } => (kind::CANCEL, none(), bytes_of(&(target, reason_number(*reason)))),
        Act::Refer { target, to, service } => (kind::REFER, none(), bytes_of(&(target, to, service))),
        Act::Moved { target } => (kind::MOVED, none(), bytes_of(target)),
        Act::Drop { ask } => (kind::DROP, none(), bytes_of(ask)),
        Act::Withdraw { target, reason } => (kind::WITHDRAW, none(), bytes_of(&(target, reason_number(*reason)))),
        Act::Release { run } => (kind::RELEASE, on(run), Vec::new()),
        Act::Amend { target, booth, minutes, envelope } => {
            let touches = Touches { slots: Vec::new(), booth: *booth, minutes: *minutes };
            (kind::AMEND, touches, bytes_of(&(target, envelope)))
        }
        Act::Arrived { target, at } => (kind::ARRIVED, none(), bytes_of(&(target, at))),
        Act::Outcome { target, fate, minutes } => {
            (kind::OUTCOME, none(), bytes_of(&(target, fate_number(*fate), minutes)))
        }
        Act::Unknown { kind, touches, body } => (*kind, touches.clone(), body.clone()),
    }
}

fn keep_parts(run: &Run, upto: &Upto, copy: &Copy) -> (u8, Touches, Vec<u8>) {
    let touches = Touches { slots: vec![run.clone()], booth: Some(copy.booth), minutes: Some(copy.minutes) };
    let read = (upto.folio, upto.seq, upto.hash);
    let kept = (copy.target, &copy.service, copy.legs, &copy.slots, &copy.envelope);
    (kind::KEEP, touches, bytes_of(&(read, kept)))
}

fn ask_parts(
    legs: &[Leg],
    minutes: Span,
    booth: BoothId,
    service: &ServiceId,
    envelope: &[u8],
) -> (u8, Touches, Vec<u8>) {
    let mut slots = Vec::new();
    let mut wire_legs = Vec::new();
    for leg in legs {
        match leg {
            Leg::Slots(run) => {
                slots.push(run.clone());
                wire_legs.push(WireLeg::Slots);
            }
            Leg::Pool { home } => wire_legs.push(WireLeg::Pool(home.clone())),
        }
    }
    let touches = Touches { slots, booth: Some(booth), minutes: Some(minutes) };
    (kind::ASK, touches, bytes_of(&(wire_legs, service, envelope)))
}

fn act_of(number: u8, touches: &Touches, body: &[u8]) -> Option<Act> {
    match number {
        kind::BEGIN => Some(Act::Begin { previous: exactly(body)? }),
        kind::DESCRIBE => member::description(body),
        kind::TERMS => member::terms(body),
        kind::REACHABLE => {
            let (mesh, link) = exactly(body)?;
            Some(Act::Reachable { mesh, link })
        }
        kind::RUNS => {
            let program: String = exactly(body)?;
            (program.len() <= PROGRAM_BYTES_MAX).then_some(Act::Runs { program })
        }
        kind::ENROL => member::enrolment(body),
        kind::REPLACE => {
            let (member, key) = exactly(body)?;
            Some(Act::Replace { member, key })
        }
        kind::REVOKE => Some(Act::Revoke { key: exactly(body)? }),
        kind::KEEP => keep(touches, body),
        kind::EXPLAIN => {
            let ((ask, leg), number): ((ActRef, u8), u8) = exactly(body)?;
            Some(Act::Explain { leg: AskLeg { ask, leg }, bar: *Bar::ALL.get(usize::from(number))? })
        }
        kind::REFER => {
            let (target, to, service) = exactly(body)?;
            Some(Act::Refer { target, to, service })
        }
        kind::MOVED => Some(Act::Moved { target: exactly(body)? }),
        kind::OPEN..=kind::CALLED => home_act(number, touches, body),
        kind::BOOK..=kind::OUTCOME => holder_act(number, touches, body),
        _ => None,
    }
}

fn home_act(number: u8, touches: &Touches, body: &[u8]) -> Option<Act> {
    let run = || <[Run; 1]>::try_from(touches.slots.clone()).ok().map(|[run]| run);
    Some(match number {
        kind::OPEN => {
            let (desk, step_min, services, week_key): (DeskId, u16, Vec<(ServiceId, u16)>, [u8; 32]) = exactly(body)?;
            if services.len() > SERVICES_MAX {
                return None;
            }
            Act::Open { desk, minutes: touches.minutes?, step_min, services, week_key }
        }
        kind::GRANT => {
            let (to, ask): (Writer, Option<(ActRef, u8)>) = exactly(body)?;
            Act::Grant { run: run()?, to, ask: ask.map(|(ask, leg)| AskLeg { ask, leg }) }
        }
        kind::TAKE => {
            let (folio, seq, hash, keeps): (FolioId, u32, [u8; 32], Option<ActRef>) = exactly(body)?;
            Act::Take { run: run()?, upto: Upto { folio, seq, hash }, keeps }
        }
        kind::VOID => Act::Void { run: run()?, reason: reason(exactly(body)?)? },
        kind::CLOSE if body.is_empty() => Act::Close { run: run()? },
        kind::ADOPT => {
            let (folio, seq, hash): (FolioId, u32, [u8; 32]) = exactly(body)?;
            Act::Adopt { upto: Upto { folio, seq, hash } }
        }
        kind::TICKET => {
            let ((ask, leg), window): ((ActRef, u8), ActRef) = exactly(body)?;
            Act::Ticket { leg: AskLeg { ask, leg }, window }
        }
        kind::CALLED => {
            let (ask, leg): (ActRef, u8) = exactly(body)?;
            Act::Called { leg: AskLeg { ask, leg } }
        }
        kind::REFUSE => {
            let ((ask, leg), alternatives): ((ActRef, u8), Vec<SlotId>) = exactly(body)?;
            if alternatives.len() > ALTERNATIVES_MAX {
                return None;
            }
            Act::Refuse { leg: AskLeg { ask, leg }, alternatives }
        }
        _ => return None,
    })
}

fn holder_act(number: u8, touches: &Touches, body: &[u8]) -> Option<Act> {
    let run = || <[Run; 1]>::try_from(touches.slots.clone()).ok().map(|[run]| run);
    Some(match number {
        kind::BOOK => {
            let (service, envelope): (ServiceId, Vec<u8>) = exactly(body)?;
            if envelope.len() > ENVELOPE_BYTES_MAX {
                return None;
            }
            Act::Book { run: run()?, minutes: touches.minutes?, booth: touches.booth?, service, envelope }
        }
        kind::ASK => return ask(touches, body),
        kind::CANCEL => {
            let (target, number): (u32, u8) = exactly(body)?;
            Act::Cancel { target, reason: reason(number)? }
        }
        kind::DROP => Act::Drop { ask: exactly(body)? },
        kind::WITHDRAW => {
            let (target, number): (ActRef, u8) = exactly(body)?;
            Act::Withdraw { target, reason: reason(number)? }
        }
        kind::RELEASE if body.is_empty() => Act::Release { run: run()? },
        kind::AMEND => {
            let (target, envelope): (ActRef, Option<Vec<u8>>) = exactly(body)?;
            if envelope.as_ref().is_some_and(|sealed| sealed.len() > ENVELOPE_BYTES_MAX) {
                return None;
            }
            Act::Amend { target, booth: touches.booth, minutes: touches.minutes, envelope }
        }
        kind::ARRIVED => {
            let (target, at): (ActRef, UtcMinute) = exactly(body)?;
            Act::Arrived { target, at }
        }
        kind::OUTCOME => {
            let (target, number, minutes): (ActRef, u8, u16) = exactly(body)?;
            Act::Outcome { target, fate: fate(number)?, minutes }
        }
        _ => return None,
    })
}

fn keep(touches: &Touches, body: &[u8]) -> Option<Act> {
    type Read = (FolioId, u32, [u8; 32]);
    type Kept = (ActRef, ServiceId, u8, Vec<SlotId>, (u32, Vec<u8>));
    let ((folio, seq, hash), (target, service, legs, slots, envelope)): (Read, Kept) = exactly(body)?;
    let [run] = <[Run; 1]>::try_from(touches.slots.clone()).ok()?;
    let over = envelope.1.len() > ENVELOPE_BYTES_MAX || slots.len() > RUN_SLOTS_MAX;
    if over || !(1..=LEGS_MAX).contains(&usize::from(legs)) {
        return None;
    }
    let copy = Copy { target, minutes: touches.minutes?, booth: touches.booth?, service, legs, slots, envelope };
    Some(Act::Keep { run, upto: Upto { folio, seq, hash }, copy })
}

fn ask(touches: &Touches, body: &[u8]) -> Option<Act> {
    let (wire, service, envelope): (Vec<WireLeg>, ServiceId, Vec<u8>) = exactly(body)?;
    if wire.is_empty() || wire.len() > LEGS_MAX || envelope.len() > ENVELOPE_BYTES_MAX {
        return None;
    }
    let mut runs = touches.slots.iter();
    let mut legs = Vec::with_capacity(wire.len());
    for leg in wire {
        legs.push(match leg {
            WireLeg::Slots => Leg::Slots(runs.next()?.clone()),
            WireLeg::Pool(home) => Leg::Pool { home },
        });
    }
    if runs.next().is_some() {
        return None;
    }
    Some(Act::Ask { legs, minutes: touches.minutes?, booth: touches.booth?, service, envelope })
}

const FATES: [Fate; 3] = [Fate::Kept, Fate::NoShow, Fate::Interrupted];

fn number_in<T: PartialEq>(table: &[T], value: &T) -> u8 {
    table.iter().position(|it| it == value).and_then(|place| u8::try_from(place).ok()).expect("the table is whole")
}

fn reason_number(reason: Reason) -> u8 {
    number_in(&Reason::ALL, &reason)
}

fn reason(number: u8) -> Option<Reason> {
    Reason::ALL.get(usize::from(number)).copied()
}

fn fate_number(fate: Fate) -> u8 {
    number_in(&FATES, &fate)
}

fn fate(number: u8) -> Option<Fate> {
    FATES.get(usize::from(number)).copied()
}
