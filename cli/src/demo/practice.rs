// SPDX-License-Identifier: EUPL-1.2
//! Who plays when people practise, and the invented people of that day.
//!
//! Their names say that they are invented. They are booked as everybody is, through the nodes' own sockets.

use std::path::Path;
use std::time::Duration;

use anyhow::{anyhow, bail};
use hameau_node::config::TerritoryFile;
use hameau_node::control::{self, Request, Response, SlotView};
use hameau_node::lang::either;
use hameau_node::papers::RoleName;
use hameau_node::replica::Details;

use super::stage::Actor;

/// People of the day, at free times of today that have another between them.
const PEOPLE: [&str; 3] = ["Anne Exemple", "Bruno Exemple", "Chantal Exemple"];
/// How long the point may take to hear what the agency offers.
const HEARD_WITHIN: Duration = Duration::from_secs(60);
/// How often it is asked.
const ASKED_EVERY: Duration = Duration::from_millis(200);

/// The first point, and the first agency that sees people without an appointment too; else the first.
pub(super) fn cast(territory: &TerritoryFile) -> Vec<String> {
    let point = territory.point.first().map(|it| it.id.clone());
    let walks_in = |it: &&hameau_node::config::AgencyEntry| it.desk.iter().any(|desk| !desk.walk_in.is_empty());
    let agency = territory.agency.iter().find(walks_in).or(territory.agency.first()).map(|it| it.id.clone());
    point.into_iter().chain(agency).collect()
}

/// Books the day's invented people at the point.
pub(super) async fn fill(cast: &[Actor]) -> anyhow::Result<()> {
    let Some(point) = cast.iter().find(|it| it.role == RoleName::Point) else { return Ok(()) };
    let slots = tokio::time::timeout(HEARD_WITHIN, today(&point.home)).await.map_err(|_| {
        anyhow!("{}", either("le point n'entend pas l'organisme", "the point does not hear the agency"))
    })??;
    for (name, slot) in PEOPLE.into_iter().zip(slots.iter().step_by(2)) {
        let subject = either("personne inventée pour l'entraînement", "person invented for practice");
        let details = Details::new(name, "", subject)?;
        let service = Some(slot.service.clone());
        ask(&point.home, Request::Book { slot: slot.slot.clone(), service, booth: None, details }).await?;
    }
    Ok(())
}

/// The free times of today at the point, once there are some. One service: each time once.
async fn today(home: &Path) -> anyhow::Result<Vec<SlotView>> {
    let status = ask(home, Request::Status).await?;
    let today = status["now"].as_str().and_then(|now| now.get(..10)).unwrap_or_default().to_owned();
    loop {
        let found = ask(home, Request::Slots { agency: None, service: None, day: None }).await?;
        let slots: Vec<SlotView> = serde_json::from_value(found)?;
        let mut of_day: Vec<SlotView> = slots.into_iter().filter(|it| it.from.starts_with(&today)).collect();
        if let Some(service) = of_day.first().map(|it| it.service.clone()) {
            of_day.retain(|it| it.service == service);
            return Ok(of_day);
        }
        tokio::time::sleep(ASKED_EVERY).await;
    }
}

async fn ask(home: &Path, request: Request) -> anyhow::Result<serde_json::Value> {
    match control::ask(home, request).await? {
        Response::Ok(value) => Ok(value),
        Response::Refused(why) => bail!(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_point_and_one_agency_practise() {
        // Goal: both ways to be seen can be practised with whoever plays.
        let territory = TerritoryFile::parse(Path::new("territory/lot.toml"), super::super::LOT).expect("our own");
        let cast = cast(&territory);
        assert_eq!(cast.len(), 2, "{cast:?}");
        let agency = territory.agency.iter().find(|it| it.id == cast[1]).expect("an agency");
        assert!(agency.desk.iter().any(|it| !it.walk_in.is_empty()));
        assert!(agency.desk.iter().any(|it| !it.openings.is_empty()));
    }
}
