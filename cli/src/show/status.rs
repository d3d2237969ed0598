// SPDX-License-Identifier: EUPL-1.2
//! `hameau status` for people.

use hameau_node::control::{KnockView, StatusView};
use hameau_node::lang::{counted, either};

use super::{member, print};

pub(super) fn status(view: &StatusView) -> anyhow::Result<()> {
    let name = view.name.as_deref().unwrap_or(either("pas encore membre", "not a member yet"));
    print(&format!("{name} — {}", view.territory))?;
    print(&format!("{:<16} {}", either("pages", "pages"), view.portal))?;
    if let Some(office) = &view.office {
        crate::certificate::office(office)?;
    }
    print(&format!("{:<16} {}", either("heure", "time"), view.now))?;
    print(&format!(
        "{:<16} {} / {}",
        either("membres joints", "members reached"),
        view.reached,
        view.members.saturating_sub(1)
    ))?;
    if let Some(standing) = &view.relay {
        print(&format!("{:<16} {}", either("relais d'appels", "relay for calls"), relay(standing)))?;
    }
    if view.frozen {
        print(either(
            "deux ordinateurs ont recommencé au nom de ce membre (dossier copié) : rien de ce qu'ils notent ne compte plus. \
             Éteignez l'autre, préparez une boîte neuve par « hameau init » dans un dossier neuf, que la coordination enrôle \
             avec --replaces (une coordination : « hameau succeed ») ; puis chaque organisme tape « hameau settle »",
            "two computers have begun anew in this member's name (a copied folder): nothing that they note counts any \
             more. Turn the other off, prepare a new node with “hameau init” in a new folder, which the coordination enrols \
             with --replaces (a coordination: “hameau succeed”); then each agency types “hameau settle”",
        ))?;
    } else if view.retired {
        print(either(
            "cette boîte ne parle plus pour ce membre (remplacée, révoquée, ou une copie de son dossier a pris la suite) : \
             éteignez-la et travaillez sur l'autre",
            "this node no longer speaks for this member (replaced, revoked, or a copy of its folder has gone on): turn it \
             off and work on the other",
        ))?;
    } else if view.reached == 0 && view.members > 1 && !view.offline {
        print(either(
            "personne n'est joint : vérifiez le réseau. Une boîte neuve, hors du réseau local des autres, apprend leurs \
             adresses de ses papiers : la coordination tourne, refait « hameau enrol », et la boîte refait « hameau join »",
            "nobody is reached: check the network. A new node outside the others' local network learns their addresses from \
             its papers: the coordination runs, does “hameau enrol” again, and the node “hameau join” again",
        ))?;
    }
    print(&format!("{:<16} {}", either("rendez-vous", "appointments"), view.appointments))?;
    if view.only_here > 0 {
        print(&format!("{:<16} {}", either("gardés ici seul", "kept here only"), view.only_here))?;
    }
    print(&format!("{:<16} {}", either("à rappeler", "to call back"), view.call_backs))?;
    if view.suspended > 0 {
        print(&format!("{:<16} {}", either("en suspens", "on hold"), view.suspended))?;
    }
    for it in view.list.iter().filter(|it| it.reach != "self") {
        member(it)?;
        it.addresses.iter().try_for_each(|address| print(&format!("    {address}")))?;
    }
    let erased = [
        (either("noms effacés", "names erased"), &view.names_erased_before),
        (either("tout effacé", "all erased"), &view.all_erased_before),
    ];
    for (what, day) in erased {
        if let Some(day) = day {
            print(&format!("{what:<16} {} {day}", either("avant le", "before")))?;
        }
    }
    troubles(view)
}

/// How it stands with the relays, and what to do about it.
fn relay(standing: &str) -> &'static str {
    match standing {
        "connected" => either("joint", "reached"),
        "refused" => either(
            "il ne connaît pas cette boîte : qui le tient lui donne une nouvelle liste (« hameau members --keys »)",
            "it does not know this node: whoever runs it gives it a new list (“hameau members --keys”)",
        ),
        _ => either(
            "injoignable : vérifiez relays et relay_certificates dans node.toml ; les appels directs passent sans lui",
            "out of reach: check relays and relay_certificates in node.toml; direct calls pass without it",
        ),
    }
}

/// What somebody must look after.
fn troubles(view: &StatusView) -> anyhow::Result<()> {
    if view.disk_is_full {
        print(either(
            "le disque est plein : libérez de la place, la boîte reprend d'elle-même",
            "the disk is full: make room, the node goes on by itself",
        ))?;
    } else if view.disk_refuses {
        print(either(
            "le disque ne garde plus rien : vérifiez la place libre et le disque, puis relancez la boîte",
            "the disk keeps nothing any more: check free space and the disk, then start the node again",
        ))?;
    }
    if view.disk_is_slow {
        print(either(
            "le disque est lent : il s'use peut-être ; faites une sauvegarde, puis vérifiez-le ou remplacez-le",
            "the disk is slow: it may be wearing out; make a backup, then check or replace it",
        ))?;
    }
    if view.damaged {
        print(&damaged(&view.set_aside))?;
    }
    if view.awaited > 0 {
        print(&format!(
            "{:<16} {}",
            either("redemandés", "asked again"),
            counted(
                view.awaited,
                ["registre d'un autre membre, abîmé sur ce disque", "registres d'autres membres, abîmés sur ce disque"],
                [
                    "register of another member, damaged on this disk",
                    "registers of other members, damaged on this disk"
                ],
            )
        ))?;
    }
    match view.restored.as_deref() {
        Some("waits") => print(either(
            "restaurée d'une sauvegarde : elle n'écrit rien avant d'avoir entendu un autre membre",
            "restored from a backup: it writes nothing before it has heard another member",
        ))?,
        Some(_) => print(either(
            "restaurée d'une sauvegarde : vérifiez la liste papier ; la page de l'animateur ou du conseiller dit quoi faire",
            "restored from a backup: check the paper list; the animateur's or advisor's page says what to do",
        ))?,
        None => {}
    }
    if let Some(since) = view.copied.as_ref().filter(|_| !view.retired) {
        print(&copied(since))?;
    }
    unsettled(view)?;
    view.knocks.iter().try_for_each(|it| print(&knock(it)))?;
    if view.offline {
        print(either("coupée du réseau à la main : « hameau offline off »", "cut off by hand: “hameau offline off”"))?;
    }
    Ok(())
}

/// What to do about a box in whose name another wrote.
fn copied(since: &str) -> String {
    either(
        format!(
            "un autre ordinateur a écrit au nom de celui-ci, ou un ancien état de son dossier a été remis ({since}) : gardez \
             celui-ci, éteignez l'autre et n'y touchez plus. Il a recommencé sans les créneaux gardés : vérifiez la liste \
             papier ; la page de l'animateur ou du conseiller dit quoi faire"
        ),
        format!(
            "another computer wrote in this one's name, or an older state of its folder was put back ({since}): keep this \
             one, turn the other off and leave it off. It has begun anew without reserved slots: check the paper list; the \
             animateur's or advisor's page says what to do"
        ),
    )
}

/// Who is not let in, and what to do about it.
fn knock(it: &KnockView) -> String {
    let who = it.member.as_deref().unwrap_or(either("une boîte inconnue", "an unknown node"));
    let from = it.address.as_deref().unwrap_or("?");
    let (key, since, last) = (&it.key, &it.since, &it.last);
    let what = match it.why.as_str() {
        "territory" => either(
            "elle parle pour un autre territoire : comparez son « papers.json » avec celui d'ici, et refaites « hameau \
             join » du côté qui se trompe",
            "it speaks for another territory: compare its “papers.json” with the one here, and do “hameau join” again on \
             the side that is wrong",
        ),
        "version" => either(
            "elle parle une version du protocole qui est inconnue ici : mettez à jour la plus ancienne des deux",
            "it speaks a version of the protocol that is unknown here: update the older of the two",
        ),
        "faults" => either(
            "elle envoie ce qu'elle ne doit pas : mettez-la à jour ; si cela continue, la coordination la remplace ou la \
             révoque",
            "it sends what it must not: update it; if that goes on, the coordination replaces or revokes it",
        ),
        _ => either(
            "sa clé n'est pas d'ici, elle est peut-être d'un autre territoire : si elle est des vôtres, la coordination \
             l'enrôle et elle refait « hameau join » ; sinon corrigez l'adresse chez elle, ou ignorez-la",
            "its key is not of here, it may be of another territory: if it is one of yours, the coordination enrols it and \
             it does “hameau join” again; else correct the address there, or leave it alone",
        ),
    };
    either(
        format!("refusée à la porte : {who}, {from}, clé {key}, de {since} à {last} ; {what}"),
        format!("refused at the door: {who}, {from}, key {key}, from {since} to {last}; {what}"),
    )
}

/// What waits for `hameau settle`, here or at an agency.
fn unsettled(view: &StatusView) -> anyhow::Result<()> {
    for it in &view.unsettled {
        let (agency, member) = (&it.agency, &it.member);
        let slots = counted(it.slots, ["créneau", "créneaux"], ["slot", "slots"]);
        print(&if view.member.as_ref() == Some(agency) {
            either(
                format!("à régler : une ancienne boîte de {member} tient encore {slots} : « hameau settle {member} »"),
                format!("to settle: an earlier node of {member} still holds {slots}: “hameau settle {member}”"),
            )
        } else {
            either(
                format!(
                    "à régler : une ancienne boîte de {member} tient encore {slots} de {agency}, qui doit taper \
                     « hameau settle {member} » : appelez cet organisme"
                ),
                format!(
                    "to settle: an earlier node of {member} still holds {slots} of {agency}, which has to type “hameau \
                     settle {member}”: call this agency"
                ),
            )
        })?;
    }
    if let Some(member) = view.member.as_ref().filter(|_| view.to_take_up > 0) {
        let weeks = counted(view.to_take_up, ["semaine", "semaines"], ["week", "weeks"]);
        print(&either(
            format!(
                "{weeks} d'une ancienne boîte de cet organisme : elle les reprend quand tous les membres sont entendus ; si \
                 l'un d'eux ne répond plus, « hameau settle {member} »"
            ),
            format!(
                "{weeks} of an earlier node of this agency: this one takes them up once all members are heard; if one of \
                 them no longer answers, “hameau settle {member}”"
            ),
        ))?;
    }
    Ok(())
}

/// What to do about a box whose own register was damaged.
fn damaged(set_aside: &[String]) -> String {
    let files = set_aside.join(", ");
    let (french, english) = if files.is_empty() {
        (String::new(), String::new())
    } else {
        (format!(" (mis de côté : {files})"), format!(" (set aside: {files})"))
    };
    either(
        format!(
            "le registre de cette boîte était abîmé{french} : elle a commencé une nouvelle vie sans créneaux gardés. \
             Vérifiez le disque et la liste sur papier ; chaque organisme tape « hameau settle », une coordination \
             « hameau succeed » ; puis rangez ailleurs ce qui a été mis de côté"
        ),
        format!(
            "this node's register was damaged{english}: it began a new life without reserved slots. Check the disk and \
             the list on paper; each agency types “hameau settle”, a coordination “hameau succeed”; then move what was \
             set aside elsewhere"
        ),
    )
}
