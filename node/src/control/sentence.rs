// SPDX-License-Identifier: EUPL-1.2
//! Refusals in words for a terminal: what happened and what to do next, French or English.

use crdt_calendar::act::Bar;
use crdt_calendar::clerk::{BookError, ChangeError};

use crate::replica::Refusal;

/// The sentence of a refusal.
#[must_use]
pub fn sentence(refusal: &Refusal, english: bool) -> &'static str {
    let (french, english_words) = match refusal {
        Refusal::Book(error) => book(*error),
        Refusal::Change(error) => change(*error),
        Refusal::Details(error) => error.words(),
        Refusal::Double(_) => (
            "cette personne a déjà un rendez-vous : dites qu'il en faut un autre",
            "this person has an appointment already: say that another is wanted",
        ),
        Refusal::Intended => (
            "ce rendez-vous est déjà en train d'être déplacé ou annulé",
            "this appointment is being moved or cancelled already",
        ),
        Refusal::ListFull => ("la liste d'attente de ce point est pleine", "this point's waiting list is full"),
        Refusal::QueueMoved => {
            ("la file a avancé : regardez-la de nouveau", "the queue has moved on: look at it again")
        }
        Refusal::Told => {
            ("rien de plus n'est proposé à cette personne aujourd'hui", "nothing more is proposed to this person today")
        }
        Refusal::Disk => (
            "le disque n'enregistre plus : rien n'a été fait. Arrêtez la boîte et faites vérifier le disque",
            "the disk no longer keeps anything: nothing was done. Stop the node and have the disk checked",
        ),
        Refusal::Full => (
            "le disque est plein : rien n'a été fait. Libérez de la place, la boîte reprend d'elle-même",
            "the disk is full: nothing was done. Make room, the node goes on by itself",
        ),
        Refusal::Anew => (
            "la boîte vient de commencer une nouvelle vie : ce qui était demandé ne vaut pas, recommencez",
            "the node has just begun a new life: what was asked for does not stand, do it again",
        ),
        Refusal::Stopping => ("la boîte s'arrête : réessayez quand elle tourne", "the node is stopping: try again"),
    };
    if english { english_words } else { french }
}

fn book(error: BookError) -> (&'static str, &'static str) {
    match error {
        BookError::NoSlot => (
            "cette heure n'est pas publiée : choisissez-en une dans « hameau slots »",
            "this time is not published: choose one from “hameau slots”",
        ),
        BookError::Taken => (
            "cette heure vient d'être prise : choisissez-en une autre",
            "this time has just been taken: choose another",
        ),
        BookError::Past => {
            ("cette heure est passée : choisissez-en une autre", "this time is past: choose a later one")
        }
        BookError::Service => (
            "l'organisme ne reçoit pas pour ce motif à cette heure : changez d'heure ou de motif",
            "the agency does not take this subject at that time: change the time or the subject",
        ),
        BookError::Barred(bar) => barred(bar),
        BookError::Booth => (
            "aucune cabine n'est libre à cette heure : choisissez une autre heure",
            "no booth is free at that time: choose another time",
        ),
        BookError::NotMember => (
            "cette boîte ne parle pas pour un membre du territoire : si elle est neuve, enrôlez-la ; si une autre l'a \
             remplacée ou si elle a été révoquée, éteignez-la et travaillez sur l'autre",
            "this node does not speak for a member of the territory: if it is new, enrol it; if another has replaced it \
             or it was revoked, turn it off and work on the other",
        ),
        BookError::Details(_) => {
            ("les renseignements sont trop longs : raccourcissez-les", "the details are too long: shorten them")
        }
        _ => (
            "le registre de la semaine est plein ou en doute : appelez la coordination",
            "this week's register is full or in doubt: call the coordination",
        ),
    }
}

fn barred(bar: Bar) -> (&'static str, &'static str) {
    match bar {
        Bar::TooSoon => (
            "cette heure est trop proche pour ce motif : l'organisme demande plus de délai, choisissez-en une plus tardive",
            "this time is too near for this subject: the agency wants more notice, choose a later one",
        ),
        Bar::TooFar => (
            "cette heure est trop lointaine pour ce motif : choisissez-en une plus proche",
            "this time is too far ahead for this subject: choose a nearer one",
        ),
        Bar::Quota => (
            "ce point a déjà tous les rendez-vous que l'organisme lui donne cette semaine-là : choisissez une autre semaine",
            "this point has all the appointments that the agency gives it in that week: choose another week",
        ),
        Bar::DayFull => (
            "ce guichet a tous ses rendez-vous ce jour-là : choisissez un autre jour",
            "this desk has all its appointments on that day: choose another day",
        ),
        Bar::TooClose => (
            "cette heure est trop près d'un autre rendez-vous du guichet : choisissez-en une autre",
            "this time is too near another appointment of the desk: choose another",
        ),
    }
}

fn change(error: ChangeError) -> (&'static str, &'static str) {
    match error {
        ChangeError::Unknown => (
            "ce rendez-vous n'est pas connu ici : cherchez-le dans « hameau agenda »",
            "this appointment is not known here: look for it in “hameau agenda”",
        ),
        ChangeError::NotOurs => (
            "ce rendez-vous est celui d'un autre point ou d'un autre organisme",
            "this appointment belongs to another point or another agency",
        ),
        ChangeError::Over => {
            ("ce rendez-vous est déjà annulé ou terminé", "this appointment is already cancelled or over")
        }
        ChangeError::Booth => (
            "cette cabine est prise à cette heure : choisissez-en une autre",
            "this booth is taken at that time: choose another",
        ),
        _ => (
            "le registre de la semaine est plein ou en doute : appelez la coordination",
            "this week's register is full or in doubt: call the coordination",
        ),
    }
}
