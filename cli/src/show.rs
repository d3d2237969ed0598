// SPDX-License-Identifier: EUPL-1.2
//! Answers on a terminal: JSON for programs, plain lines for people.

mod calls;
mod status;

use std::collections::BTreeMap;
use std::io::Write as _;

use hameau_node::control::{
    AppointmentView, CallRecordView, CountsView, ImportView, MemberView, OfflineView, Request, SLOTS_MAX, SettledView,
    SlotView,
};
use hameau_node::lang::{counted, either};
use serde::de::DeserializeOwned;

/// Which answer it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What {
    Status,
    Members,
    Keys,
    Slots,
    One,
    Many,
    Offline,
    Revoked,
    Settled,
    Counts,
    Calls,
}

impl What {
    /// What a request is answered with.
    pub(crate) fn of(request: &Request) -> Self {
        match request {
            Request::Status => Self::Status,
            Request::Members
            | Request::Enrol { .. }
            | Request::Papers
            | Request::Export { .. }
            | Request::Import { .. }
            | Request::AccountAdd { .. }
            | Request::AccountList
            | Request::AccountPassword { .. }
            | Request::AccountRemove { .. }
            | Request::Journal { .. }
            | Request::Certificate
            | Request::CertificateReload
            | Request::Communes
            | Request::Addresses => Self::Members,
            Request::Slots { .. } => Self::Slots,
            Request::Book { .. } | Request::Cancel { .. } => Self::One,
            Request::Agenda { .. } => Self::Many,
            Request::Offline { .. } => Self::Offline,
            Request::Revoke { .. } => Self::Revoked,
            Request::Settle { .. } => Self::Settled,
            Request::Counts { .. } => Self::Counts,
            Request::Calls => Self::Calls,
        }
    }
}

/// Prints a value as one line of JSON.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> anyhow::Result<()> {
    print(&serde_json::to_string(value)?)
}

/// Prints one line; a reader that has gone is not an error of ours.
pub(crate) fn print(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

/// Prints an answer for people.
pub(crate) fn people(what: What, value: serde_json::Value) -> anyhow::Result<()> {
    match what {
        What::Status => status::status(&read(value)?),
        What::Members => members(&read::<Vec<MemberView>>(value)?),
        What::Keys => keys(&read::<Vec<MemberView>>(value)?),
        What::Slots => slots(&read::<Vec<SlotView>>(value)?),
        What::One => appointment(&read(value)?),
        What::Many => agenda(&read::<Vec<AppointmentView>>(value)?),
        What::Revoked => print(either(
            "révoquée : elle ne parle plus au nom de ce membre. Chaque organisme règle ses créneaux par « hameau settle »",
            "revoked: it no longer speaks for this member. Each agency settles its slots with “hameau settle”",
        )),
        What::Settled => settled(&read(value)?),
        What::Counts => counts(&read(value)?),
        What::Calls => calls::calls(&read::<Vec<CallRecordView>>(value)?),
        What::Offline => {
            let view: OfflineView = read(value)?;
            print(if view.offline {
                either("coupée du réseau", "cut off from the network")
            } else {
                either("de retour sur le réseau", "back on the network")
            })
        }
    }
}

fn read<T: DeserializeOwned>(value: serde_json::Value) -> anyhow::Result<T> {
    Ok(serde_json::from_value(value)?)
}

fn settled(view: &SettledView) -> anyhow::Result<()> {
    print(&format!("{:<28} {}", either("créneaux revenus", "slots returned"), view.returned))?;
    print(&format!("{:<28} {}", either("rendez-vous gardés", "appointments kept"), view.kept))?;
    print(&format!("{:<28} {}", either("semaines reprises", "weeks taken up"), view.adopted))?;
    if view.kept > 0 {
        print(either(
            "Les personnes gardées sont à rappeler : leur point doit leur redonner une cabine.",
            "Those kept are to be called back: their point must give them a booth again.",
        ))?;
    }
    Ok(())
}

/// Words for one and for several, in both languages.
type Words = ([&'static str; 2], [&'static str; 2]);

const DOUBLED: Words = (
    ["registre en deux versions", "registres en deux versions"],
    ["register in two versions", "registers in two versions"],
);
const SEARCHES: [&str; 2] = ["search without slot", "searches without slot"];
const KNOWN: Words =
    (["registre déjà connu", "registres déjà connus"], ["register known already", "registers known already"]);

/// What an import did: what is nothing is not said.
pub(crate) fn imported(view: &ImportView) -> anyhow::Result<()> {
    let changed = view.new + view.grown + view.doubled + view.statements;
    if changed == 0 {
        print(either(
            "Rien de neuf : cette boîte connaissait déjà tout ce qu'elle peut reprendre. Rien n'a changé.",
            "Nothing new: this node knew already all that it can take. Nothing has changed.",
        ))?;
    }
    let grown = (["registre complété", "registres complétés"], ["register continued", "registers continued"]);
    let refused = ["refusé", "refusés"];
    let why = |french: &str, english: &str| either(format!(" : {french}"), format!(": {english}"));
    for (count, (french, english), why) in [
        (view.new, (["registre nouveau", "registres nouveaux"], ["new register", "new registers"]), String::new()),
        (view.grown, grown, String::new()),
        (view.doubled, DOUBLED, String::new()),
        (
            view.statements,
            (["mot de la clé racine", "mots de la clé racine"], ["word of the root key", "words of the root key"]),
            String::new(),
        ),
        (view.known, KNOWN, String::new()),
        (
            view.outside,
            (refused, ["refused"; 2]),
            why("d'une semaine qui n'est pas tenue ici", "of a week not held here"),
        ),
        (view.no_room, (refused, ["refused"; 2]), why("plus de place pour ce membre", "no more room for this member")),
        (view.refused, (refused, ["refused"; 2]), why("ils ne se vérifient pas", "they do not verify")),
    ] {
        if count > 0 {
            print(&format!("  {}{why}", counted(count, french, english)))?;
        }
    }
    Ok(())
}

fn counts(view: &CountsView) -> anyhow::Result<()> {
    if view.calendar.is_empty() && view.node.is_empty() {
        return print(either("rien à compter", "nothing to count"));
    }
    for it in &view.calendar {
        let cancelled = it.cancelled_by_point.values().chain(it.cancelled_by_agency.values()).sum::<u32>();
        let agency = it.agency.as_deref().unwrap_or("?");
        let numbers = [
            ((["à confirmer"; 2], "to be confirmed"), it.asked),
            ((["confirmé", "confirmés"], "confirmed"), it.confirmed),
            ((["honoré", "honorés"], "kept"), it.kept),
            ((["absent", "absents"], "no-show"), it.no_show),
            ((["interrompu", "interrompus"], "interrupted"), it.interrupted),
            ((["refusé", "refusés"], "refused"), it.refused),
            ((["déplacé", "déplacés"], "moved"), it.moved),
            ((["annulé", "annulés"], "cancelled"), cancelled),
            ((["repris"; 2], "taken back"), it.taken),
            ((["en suspens"; 2], "suspended"), it.suspended),
        ];
        let said = numbers.iter().filter(|(_, count)| *count > 0);
        let said = said.map(|((french, english), count)| counted(*count, *french, [english, english]));
        let said = said.collect::<Vec<_>>().join(", ");
        print(&format!("{}  {:<22} {agency:<14} {:<22} {said}", it.month, it.point, it.service))?;
    }
    for it in &view.node {
        let of = |waits: &BTreeMap<u16, u32>| waits.values().sum::<u32>();
        let half = either("médiane", "median");
        print(&format!(
            "{}  {:<22} {:<14} {:<22} {}, {} ({half} {}), {} ({half} {} {})",
            it.month,
            either("[cette boîte]", "[this node]"),
            it.agency,
            it.service,
            counted(it.searches_without_slot, ["recherche vaine", "recherches vaines"], SEARCHES),
            counted(of(&it.wait_days), ["prise", "prises"], ["booking", "bookings"]),
            counted(median(&it.wait_days), ["jour", "jours"], ["day", "days"]),
            counted(of(&it.wait_min), ["appel", "appels"], ["call", "calls"]),
            median(&it.wait_min),
            either("min d'attente", "min of waiting"),
        ))?;
    }
    Ok(())
}

/// The value that half of the counted reach; 0 of none.
fn median(waits: &BTreeMap<u16, u32>) -> u16 {
    let half = waits.values().sum::<u32>().div_ceil(2);
    let mut seen = 0;
    let reached = waits.iter().find(|(_, count)| {
        seen += **count;
        seen >= half
    });
    reached.map_or(0, |(value, _)| *value)
}

fn members(views: &[MemberView]) -> anyhow::Result<()> {
    views.iter().try_for_each(member)
}

/// The list of members that a relay reads.
fn keys(views: &[MemberView]) -> anyhow::Result<()> {
    let known = views.iter().filter_map(|it| Some((it.key.as_ref()?, &it.member)));
    known.into_iter().try_for_each(|(key, member)| print(&format!("{key}  {member}")))
}

fn member(it: &MemberView) -> anyhow::Result<()> {
    print(&format!("{:<22} {:<13} {:<34} {}", it.member, role(&it.role), reached(it), it.name))
}

/// How a member is reached; of one who is not, since when.
fn reached(it: &MemberView) -> String {
    let word = reach(&it.reach);
    match &it.heard {
        _ if it.reach != "unheard" => word.to_owned(),
        None => format!("{word} {}", either("(jamais entendu)", "(never heard)")),
        Some(at) => format!("{word} {} {}", either("depuis le", "since"), plain_time(at)),
    }
}

/// A local time without its distance from UTC, as people read it.
fn plain_time(time: &str) -> String {
    time.get(..16).unwrap_or(time).replace('T', " ")
}

fn role(name: &str) -> &str {
    match name {
        "agency" => either("organisme", "agency"),
        // Point and coordination are the same word in both languages.
        other => other,
    }
}

fn reach(name: &str) -> &str {
    let (french, english) = match name {
        "self" => ("cette boîte", "this node"),
        "lan" => ("réseau local", "local network"),
        "relayed" => ("par relais", "through a relay"),
        "through" => ("par un voisin", "through a neighbour"),
        "unheard" => ("injoignable", "out of reach"),
        "revoked" => ("boîte révoquée", "revoked"),
        other => (other, other),
    };
    either(french, english)
}

fn slots(views: &[SlotView]) -> anyhow::Result<()> {
    if views.is_empty() {
        return print(either("aucune heure libre", "no free time"));
    }
    for it in views {
        let way = if it.way == "held" {
            either("confirmé tout de suite", "confirmed at once")
        } else {
            either("à confirmer par l'organisme", "to be confirmed by the agency")
        };
        print(&format!("{}  {}  {:>3} min  {:<10} {:<22} {way}", it.slot, it.from, it.minutes, it.agency, it.service))?;
    }
    let is_cut =
        views.chunk_by(|a, b| (&a.agency, &a.service) == (&b.agency, &b.service)).any(|it| it.len() >= SLOTS_MAX);
    if is_cut {
        print(&either(
            format!("pas plus de {SLOTS_MAX} heures par motif : les suivantes, jour par jour, avec --day AAAA-MM-JJ"),
            format!("no more than {SLOTS_MAX} times of a service: those after them, day by day, with --day YYYY-MM-DD"),
        ))?;
    }
    Ok(())
}

fn agenda(views: &[AppointmentView]) -> anyhow::Result<()> {
    if views.is_empty() {
        return print(either(
            "aucun rendez-vous ce jour-là (sans --day : aujourd'hui ; tous : --all)",
            "no appointment on that day (without --day: today; all: --all)",
        ));
    }
    views.iter().try_for_each(appointment)
}

fn appointment(it: &AppointmentView) -> anyhow::Result<()> {
    let agency = it.agency.as_deref().unwrap_or("?");
    let who = it.details.as_ref().map_or("", |details| details.name.as_str());
    print(&format!(
        "{}  {}  {:>3} min  {} — {agency}  {:<20} {:<22} {:<14} {who}",
        it.appointment,
        it.from,
        it.minutes,
        it.point,
        it.service,
        state(&it.state),
        kept(it.kept_at),
    ))?;
    if let Some(ahead) = it.ahead {
        print(&format!("  {} {ahead}", either("personnes avant dans la file :", "people before in the queue:")))?;
    }
    if it.call_back {
        let times = it.alternatives.join(", ");
        print(&format!(
            "  {} {times}",
            either("personne à rappeler ; autres heures :", "call the person back; other times:")
        ))?;
    }
    Ok(())
}

/// Where what this node wrote is kept.
fn kept(others: Option<usize>) -> String {
    match others {
        None => String::new(),
        Some(0) => either("gardé ici", "kept here").to_owned(),
        Some(count) => format!("{} {count}", either("gardé chez", "kept at")),
    }
}

fn state(name: &str) -> &str {
    let (french, english) = match name {
        "asked" => ("à confirmer", "to be confirmed"),
        "confirmed" => ("confirmé", "confirmed"),
        "refused" => ("refusé par l'organisme", "refused by the agency"),
        "cancelled-by-point" => ("annulé par le point", "cancelled by the point"),
        "cancelled-by-agency" => ("annulé par l'organisme", "cancelled by the agency"),
        "suspended" => ("en suspens", "suspended"),
        "queued" => ("dans la file", "in the queue"),
        "called" => ("appelé", "called in"),
        "waiting" => ("en attente du réseau", "waiting for the network"),
        "kept" => ("honoré", "kept"),
        "no-show" => ("personne absente", "no-show"),
        "interrupted" => ("interrompu", "interrupted"),
        _ => ("sans effet", "void"),
    };
    either(french, english)
}
