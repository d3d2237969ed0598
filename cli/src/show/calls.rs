// SPDX-License-Identifier: EUPL-1.2
//! What calls were like, for people: a line each, the newest first.

use hameau_node::control::CallRecordView;
use hameau_node::lang::{counted, either};
use hameau_node::record::Ended;

use super::print;

/// Calls that are shown; `--json` has them all.
const SHOWN_MAX: usize = 50;

pub(super) fn calls(views: &[CallRecordView]) -> anyhow::Result<()> {
    if views.is_empty() {
        return print(either("aucun appel encore", "no call yet"));
    }
    for view in views.iter().take(SHOWN_MAX) {
        print(&line(view))?;
    }
    match views.len().saturating_sub(SHOWN_MAX) {
        0 => Ok(()),
        more => print(&either(
            format!("… et {more} plus anciens : « hameau calls --json » les donne tous"),
            format!("… and {more} older ones: “hameau calls --json” gives them all"),
        )),
    }
}

fn line(view: &CallRecordView) -> String {
    let when = view.ended_at.get(..16).unwrap_or(&view.ended_at).replace('T', " ");
    let mut said = vec![counted(minutes(view.talked_s), ["minute", "minutes"], ["minute", "minutes"])];
    for (rung, french, english) in RUNGS {
        let seconds = view.rung_s.get(rung).copied().unwrap_or(0);
        if seconds > 0 {
            said.push(format!("{} % {}", seconds * 100 / view.talked_s.max(1), either(french, english)));
        }
    }
    if view.relayed_s > 0 {
        said.push(either("par le relais", "by way of the relay").to_owned());
    }
    if view.cuts > 0 {
        let cuts = counted(view.cuts, ["coupure", "coupures"], ["cut", "cuts"]);
        said.push(format!("{cuts} ({} s)", view.cut_s));
    }
    if let Some(missing) = view.missing_per_myriad {
        let percent = format!("{},{:02} %", missing / 100, missing % 100);
        said.push(either(format!("son manquant {percent}"), format!("sound missing {}", percent.replace(',', "."))));
    }
    let sent = view.documents.iter().filter(|it| it.sent).count();
    for (count, french, english) in [
        (sent, ["document envoyé", "documents envoyés"], ["document sent", "documents sent"]),
        (
            view.documents.len() - sent,
            ["document reçu", "documents reçus"],
            ["document received", "documents received"],
        ),
    ] {
        if count > 0 {
            said.push(counted(u32::try_from(count).unwrap_or(u32::MAX), french, english));
        }
    }
    said.push(ended(view.ended).to_owned());
    format!("{when}  {:<22} {:<22} {}", view.peer, view.service, said.join(", "))
}

const RUNGS: [(&str, &str, &str); 5] = [
    ("p480", "grande image", "large picture"),
    ("p360", "image moyenne", "medium picture"),
    ("p180", "petite image", "small picture"),
    ("still", "image fixe", "still picture"),
    ("sound", "son seul", "sound alone"),
];

fn minutes(seconds: u64) -> u32 {
    u32::try_from(seconds.div_ceil(60)).unwrap_or(u32::MAX)
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::HungUp => either("raccroché", "hung up"),
        Ended::WindowClosed => either("fin de l'heure", "time over"),
        Ended::Interrupted => either("interrompu", "interrupted"),
        Ended::Refused => either("rendez-vous annulé", "appointment cancelled"),
    }
}
