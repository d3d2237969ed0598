// SPDX-License-Identifier: EUPL-1.2
//! The oracles: what must never be seen, looked for after every step, with means of their own.
//!
//! They read what nodes show and hold, never how it was computed, and change nothing.
//! - P1 what was acknowledged is never lost; nobody holds what its writer may still lose;
//! - P2 no two confirmed appointments on one desk or booth at one time; one open tenure a slot;
//! - P3 nodes that hold the same folios show the same calendar, whatever the order;
//! - P5 the two members concerned open what was sealed, after every crash;
//! - rest: once all is healed, one calendar everywhere, every ask answered, nothing due.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use crdt_calendar::fold::appointment::{Appointment, State};
use crdt_calendar::fold::{Week, duties};
use crdt_calendar::folio::{Folio, Hash};
use crdt_calendar::ids::{ActRef, DeskId, FolioId, Leaf, Writer};
use crdt_calendar::roster::{Keeper, Roster};
use crdt_calendar::time::{IsoWeek, Span, UtcMinute};
use crdt_calendar::wire::frame::{self, Frame};

use crate::node::Node;
use crate::seeds::Dice;

/// What must never be seen was seen.
#[derive(Debug)]
pub(crate) struct Violation {
    /// Which oracle saw it.
    pub(crate) oracle: &'static str,
    /// What it saw.
    pub(crate) text: String,
}

impl Violation {
    /// A violation.
    pub(crate) fn new(oracle: &'static str, text: String) -> Self {
        Self { oracle, text }
    }
}

/// What the oracles remember.
#[derive(Default)]
pub(crate) struct Oracle {
    /// Acknowledged bookings and asks, with the hash of their act.
    promised: BTreeMap<ActRef, Hash>,
    /// What was shown for what was held, over all nodes and all times.
    shown: BTreeMap<u64, (u64, usize)>,
    /// The weeks that were looked at last.
    seen: BTreeMap<(usize, IsoWeek), Arc<Week>>,
    /// Each writer's place.
    places: BTreeMap<Writer, usize>,
    /// Heads whose signature was checked.
    verified: BTreeSet<(FolioId, u32, Vec<u8>)>,
    /// Acts in all own folios when the union was last folded.
    written: u64,
    /// What was looked at, to tell in the end.
    pub(crate) looks: u64,
}

impl Oracle {
    /// A `Keep` was carried out: what people waited for is acknowledged now.
    pub(crate) fn kept(&mut self, node: &mut Node) {
        let disk = &node.disk;
        node.waiting.retain(|id| match disk.hash_at(&id.folio, id.act) {
            Some(hash) => {
                self.promised.insert(*id, hash);
                false
            }
            None => true,
        });
    }

    /// A frame leaves: what it carries must be on this node's own disk by now, whoever wrote it.
    pub(crate) fn sends(node: &Node, bytes: &[u8]) -> Result<(), Violation> {
        let Ok(Frame::Acts(batch)) = frame::decode(bytes) else { return Ok(()) };
        if node.disk.hash_at(&batch.folio, batch.head.seq) == Some(batch.head.hash) {
            return Ok(());
        }
        let text = format!("{} sends act {} of {:?} before it is kept", node.member, batch.head.seq, batch.folio);
        Err(Violation::new("P1", text))
    }

    /// A node came back: all that it had acknowledged must be there.
    pub(crate) fn started(&self, node: &Node) -> Result<(), Violation> {
        self.holds_promises(node, |id| id.folio.writer == node.writer())
    }

    fn holds_promises(&self, node: &Node, of: impl Fn(&ActRef) -> bool) -> Result<(), Violation> {
        let Some(clerk) = &node.clerk else { return Ok(()) };
        for (id, hash) in self.promised.iter().filter(|(id, _)| of(id)) {
            let held = clerk.shelf().folio(&id.folio).and_then(|folio| folio.hash_at(id.act));
            if held != Some(*hash) {
                return Err(Violation::new("P1", format!("{} lost the acknowledged {id:?}", node.member)));
            }
        }
        Ok(())
    }

    /// Looks at a node after something happened to it.
    pub(crate) fn look(
        &mut self,
        nodes: &[Node],
        place: usize,
        start: UtcMinute,
        dice: &mut Dice,
    ) -> Result<(), Violation> {
        self.places = nodes.iter().enumerate().map(|(place, node)| (node.writer(), place)).collect();
        let node = &nodes[place];
        let Some(clerk) = &node.clerk else { return Ok(()) };
        let mut changed = Vec::new();
        for (week, folded) in clerk.weeks() {
            let known = self.seen.get(&(place, *week)).is_some_and(|seen| Arc::ptr_eq(seen, folded));
            if !known {
                self.seen.insert((place, *week), Arc::clone(folded));
                changed.push(Arc::clone(folded));
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        self.looks += 1;
        self.honest_chains(nodes, place)?;
        for week in &changed {
            no_double(week, &node.member)?;
            self.same_for_same(node, place, week)?;
            if dice.chance(100) {
                order_is_nothing(node, week, dice)?;
            }
        }
        self.no_double_promise(nodes, start)?;
        self.union(nodes, dice)
    }

    /// Whatever a node holds was signed by its writer, and is on its writer's own disk.
    fn honest_chains(&mut self, nodes: &[Node], place: usize) -> Result<(), Violation> {
        let Some(clerk) = &nodes[place].clerk else { return Ok(()) };
        for folio in clerk.shelf().folios() {
            let (id, Some(head)) = (folio.id(), folio.head()) else { continue };
            let author = self.places.get(&id.writer).copied();
            let Some(author) = author else {
                return Err(Violation::new("P4", format!("{} holds {id:?} of nobody", nodes[place].member)));
            };
            if author == place {
                continue;
            }
            let checked = (id, head.seq, [&head.hash[..], &head.signature[..]].concat());
            if !self.verified.contains(&checked) && !head.verify(clerk.shelf().territory(), id) {
                return Err(Violation::new("P4", format!("{} holds an unsigned head of {id:?}", nodes[place].member)));
            }
            self.verified.insert(checked);
            if nodes[author].disk.hash_at(&id, head.seq) != Some(head.hash) {
                let text =
                    format!("{} holds act {} of {id:?}, which its writer may lose", nodes[place].member, head.seq);
                return Err(Violation::new("P1", text));
            }
        }
        Ok(())
    }

    /// Same folios, same calendar: at any two times, at any two nodes.
    fn same_for_same(&mut self, node: &Node, place: usize, week: &Week) -> Result<(), Violation> {
        let Some(clerk) = &node.clerk else { return Ok(()) };
        let mut held = DefaultHasher::new();
        week.week.hash(&mut held);
        for folio in clerk.shelf().folios().filter(|folio| is_read_by(folio, week.week)) {
            (folio.id(), folio.seq(), folio.hash_at(folio.seq())).hash(&mut held);
        }
        let shown = shown(week);
        let (before, at) = *self.shown.entry(held.finish()).or_insert((shown, place));
        if before != shown {
            let text = format!("places {at} and {place} hold the same folios and show {:?} differently", week.week);
            return Err(Violation::new("P3", text));
        }
        Ok(())
    }

    /// What each point shows as its own confirmed appointments, over all points: no desk twice.
    fn no_double_promise(&self, nodes: &[Node], start: UtcMinute) -> Result<(), Violation> {
        let mut desks = Vec::new();
        for node in nodes {
            let Some(clerk) = &node.clerk else { continue };
            for week in clerk.weeks().values().filter(|week| week.week >= start.week()) {
                let own = week.appointments.values().filter(|it| it.holder == node.writer() && it.is_confirmed());
                desks.extend(own.flat_map(|it| desk_times(week, it)));
            }
        }
        once_each("P2", &"over all points", desks)
    }

    /// All folios of all nodes together: no double, and no promise of a point refuted.
    fn union(&mut self, nodes: &[Node], dice: &mut Dice) -> Result<(), Violation> {
        let written: u64 = nodes.iter().map(|node| u64::from(node.acts_written())).sum();
        if written == self.written || !dice.chance(250) {
            return Ok(());
        }
        self.written = written;
        for week in Union::of(nodes).weeks() {
            no_double(&week, &"the union")?;
            for node in nodes {
                let Some(own) = node.clerk.as_ref().and_then(|clerk| clerk.week(week.week)) else { continue };
                keeps_word(node, own, &week)?;
            }
        }
        Ok(())
    }

    /// The world is healed and has come to rest.
    pub(crate) fn at_rest(&self, nodes: &[Node], dice: &mut Dice, now: IsoWeek) -> Result<(), Violation> {
        let first = held(&nodes[0], now);
        for node in nodes {
            if held(node, now) != first {
                let text = format!("{} and {} do not hold the same", nodes[0].member, node.member);
                return Err(Violation::new("rest", text));
            }
            self.holds_promises(node, |_| true)?;
            nothing_due(node)?;
            details_open(node)?;
        }
        for week in Union::of(nodes).weeks() {
            no_double(&week, &"the union")?;
            let expected = format!("{week:?}");
            for node in nodes {
                let Some(own) = node.clerk.as_ref().and_then(|clerk| clerk.week(week.week)) else { continue };
                if format!("{own:?}") != expected {
                    return Err(Violation::new(
                        "P3",
                        format!("{} shows {:?} unlike the union", node.member, week.week),
                    ));
                }
                order_is_nothing(node, own, dice)?;
            }
            answered(&week)?;
        }
        Ok(())
    }
}

/// The longest version of every folio, over all nodes.
struct Union<'a> {
    roster: Roster,
    folios: Vec<&'a Folio>,
}

impl<'a> Union<'a> {
    fn of(nodes: &'a [Node]) -> Self {
        let mut longest: BTreeMap<FolioId, &Folio> = BTreeMap::new();
        for folio in nodes.iter().filter_map(|node| node.clerk.as_ref()).flat_map(|clerk| clerk.shelf().folios()) {
            let known = longest.entry(folio.id()).or_insert(folio);
            if folio.seq() > known.seq() {
                *known = folio;
            }
        }
        let folios: Vec<&Folio> = longest.into_values().collect();
        Self {
            roster: Roster::read(&[Keeper { writer: nodes[0].writer(), ends: None }], folios.iter().copied()),
            folios,
        }
    }

    fn weeks(&self) -> impl Iterator<Item = Week> + '_ {
        let mut weeks: Vec<IsoWeek> = self.folios.iter().filter_map(|folio| week_of(folio.id())).collect();
        weeks.dedup();
        weeks.sort_unstable();
        weeks.dedup();
        weeks.into_iter().map(|week| Week::fold(week, &self.roster, self.folios.iter().copied()))
    }
}

fn week_of(id: FolioId) -> Option<IsoWeek> {
    match id.leaf {
        Leaf::Week(week) => Some(week),
        Leaf::Roster | Leaf::Profile => None,
    }
}

fn is_read_by(folio: &Folio, week: IsoWeek) -> bool {
    folio.seq() > 0 && week_of(folio.id()).is_none_or(|it| it == week)
}

/// When each desk is taken by this appointment, read from the slots themselves.
fn desk_times(week: &Week, appointment: &Appointment) -> Vec<(DeskId, Span, ActRef)> {
    let slots = appointment.runs.iter().flat_map(|run| run.slots().collect::<Vec<_>>());
    slots
        .filter_map(|id| week.slot(&id))
        .map(|slot| (slot.opening.desk.clone(), slot.minutes, appointment.id))
        .collect()
}

fn once_each<T: Ord + core::fmt::Debug>(
    oracle: &'static str,
    whose: &dyn core::fmt::Display,
    mut taken: Vec<(T, Span, ActRef)>,
) -> Result<(), Violation> {
    taken.sort();
    for pair in taken.windows(2) {
        let ((a, first, one), (b, second, other)) = (&pair[0], &pair[1]);
        if a == b && first.overlaps(*second) {
            let text = format!("{whose}: {a:?} at {first:?} and {second:?} by {one:?} and {other:?}");
            return Err(Violation::new(oracle, text));
        }
    }
    Ok(())
}

/// No desk and no booth twice at one time; one open tenure a slot; slots of a desk apart.
fn no_double(week: &Week, whose: &dyn core::fmt::Display) -> Result<(), Violation> {
    let confirmed = || week.appointments.values().filter(|it| it.is_confirmed());
    once_each("P2 desk", whose, confirmed().flat_map(|it| desk_times(week, it)).collect())?;
    let booths = confirmed().map(|it| ((it.point.clone(), it.booth), it.minutes, it.id)).collect();
    once_each("P2 booth", whose, booths)?;
    let slots: Vec<_> = week.slots().filter(|(_, slot)| !slot.void && !slot.closed).collect();
    once_each(
        "P2 slots",
        whose,
        slots.iter().map(|(id, slot)| (slot.opening.desk.clone(), slot.minutes, id.open)).collect(),
    )?;
    for (id, slot) in slots {
        let open = slot.tenures.iter().filter(|it| !it.taken).count();
        if open > 1 {
            return Err(Violation::new("P2 tenure", format!("{whose}: {open} open tenures of {id:?}")));
        }
    }
    for it in confirmed() {
        let minutes: u32 = desk_times(week, it).iter().map(|(_, span, _)| u32::from(span.length_min)).sum();
        if minutes != u32::from(it.minutes.length_min) {
            return Err(Violation::new("P2 minutes", format!("{whose}: {:?} is confirmed beside its slots", it.id)));
        }
    }
    Ok(())
}

/// What a point shows as confirmed and its own can only be undone by a word of the agency.
fn keeps_word(node: &Node, own: &Week, union: &Week) -> Result<(), Violation> {
    for it in own.appointments.values().filter(|it| it.holder == node.writer() && it.is_confirmed()) {
        let now = union.appointments.get(&it.id).map(|it| &it.state);
        if !matches!(now, Some(State::Confirmed | State::CancelledByAgency(_))) {
            let text = format!("{} promised {:?}, which is {now:?}", node.member, it.id);
            return Err(Violation::new("P2 promise", text));
        }
    }
    Ok(())
}

/// A week is the same in whatever order its folios are read.
fn order_is_nothing(node: &Node, week: &Week, dice: &mut Dice) -> Result<(), Violation> {
    let Some(clerk) = &node.clerk else { return Ok(()) };
    let mut folios: Vec<&Folio> = clerk.shelf().folios().collect();
    for last in (1..folios.len()).rev() {
        folios.swap(last, usize::try_from(dice.below(last as u64 + 1)).unwrap_or(0));
    }
    let roster = Roster::read(&clerk.shelf().statements().keepers(), folios.iter().copied());
    let again = Week::fold(week.week, &roster, folios.into_iter());
    if shown(&again) != shown(week) {
        return Err(Violation::new("P3", format!("{} shows {:?} by the order of arrival", node.member, week.week)));
    }
    Ok(())
}

/// How many appointments a node shows in each state: a world in which nothing is refused proves little.
pub(crate) fn states(node: &Node) -> BTreeMap<&'static str, u32> {
    let mut counts = BTreeMap::new();
    let weeks = node.clerk.iter().flat_map(|clerk| clerk.weeks().values());
    for it in weeks.flat_map(|week| week.appointments.values()) {
        let state = match it.state {
            State::Confirmed => "confirmed",
            State::Refused { .. } => "refused",
            State::CancelledByPoint(_) => "cancelled by the point",
            State::CancelledByAgency(_) => "cancelled by the agency",
            State::Asked | State::Waiting | State::Suspended => "open",
            State::Void(_) => "void",
            State::Queued { .. } => "queued",
            State::Called => "called",
        };
        *counts.entry(state).or_default() += 1;
    }
    counts
}

/// A short form of what a week shows.
fn shown(week: &Week) -> u64 {
    let mut hash = DefaultHasher::new();
    for it in week.appointments.values() {
        (it.id, it.minutes, it.booth, it.arrived, it.ended, it.settled, it.envelope.carried_by).hash(&mut hash);
        (&it.home, &it.desk, &it.slots).hash(&mut hash);
        format!("{:?}{:?}", it.state, it.outcome).hash(&mut hash);
    }
    for (id, slot) in week.slots() {
        (id, slot.minutes, slot.tenures.len()).hash(&mut hash);
        format!("{:?}", week.state(&id)).hash(&mut hash);
    }
    hash.finish()
}

fn held(node: &Node, now: IsoWeek) -> Vec<(FolioId, u32, Hash)> {
    let Some(clerk) = &node.clerk else { return Vec::new() };
    let near = |id: &FolioId| week_of(*id).is_none_or(|week| week.0.abs_diff(now.0) <= 2);
    let lines = clerk.shelf().folios().filter(|folio| near(&folio.id()));
    lines.filter_map(|folio| folio.head().map(|head| (folio.id(), head.seq, head.hash))).collect()
}

fn nothing_due(node: &Node) -> Result<(), Violation> {
    let Some(clerk) = &node.clerk else { return Ok(()) };
    for week in clerk.weeks().values() {
        let due = week.due(clerk.writer(), |id| clerk.shelf().folio(id).and_then(duties::upto));
        let answer = week.next_answer(clerk.writer(), |_| 0);
        if !due.is_empty() || answer.is_some() {
            return Err(Violation::new("rest", format!("{} still owes {due:?} {answer:?}", node.member)));
        }
    }
    Ok(())
}

/// Whoever is concerned by an appointment reads its details, after all crashes.
fn details_open(node: &Node) -> Result<(), Violation> {
    let Some(clerk) = &node.clerk else { return Ok(()) };
    for it in clerk.weeks().values().flat_map(|week| week.appointments.values()) {
        let concerned = it.holder == node.writer() || it.home.as_ref() == Some(&node.member);
        if let Some(error) = clerk.open_details(&it.id).err().filter(|_| concerned) {
            return Err(Violation::new("P5", format!("{} does not open {:?}: {error}", node.member, it.id)));
        }
    }
    Ok(())
}

fn answered(week: &Week) -> Result<(), Violation> {
    for it in week.appointments.values() {
        if matches!(it.state, State::Asked | State::Waiting | State::Suspended) {
            return Err(Violation::new("rest", format!("{:?} is still {:?}", it.id, it.state)));
        }
    }
    Ok(())
}
