// SPDX-License-Identifier: EUPL-1.2
//! `hameau status` for people.

use hameau_node::control::StatusView;
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
    if view.retired {
        print(either(
            "cette boîte ne parle plus pour ce membre (remplacée ou révoquée) : éteignez-la et travaillez sur l'autre",
            "this node no longer speaks for this member (replaced or revoked): turn it off and work on the other",
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
    if view.offline {
        print(either("coupée du réseau à la main : « hameau offline off »", "cut off by hand: “hameau offline off”"))?;
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
