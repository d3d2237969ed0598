// SPDX-License-Identifier: EUPL-1.2
//! The doors of a demonstration: which address to open for whom.

use anyhow::Context as _;
use hameau_node::lang::either;
use hameau_node::papers::RoleName;
use serde::Serialize;

use super::nodes::{Node, Nodes};
use super::stage;
use crate::show;

/// One member's doors.
#[derive(Debug, Serialize)]
struct Doors<'a> {
    member: &'a str,
    role: RoleName,
    home: String,
    pid: u32,
    portal: &'a str,
    animateur: Option<String>,
    booth: Option<String>,
    advisor: Option<String>,
    coordination: Option<String>,
    /// Invented accounts, one a role, and the password of all.
    accounts: Vec<&'static str>,
    password: &'static str,
}

impl<'a> Doors<'a> {
    fn of(node: &'a Node) -> Self {
        let role = node.actor.role;
        let door = |of: RoleName, path: &str| (role == of).then(|| format!("{}{path}", node.portal));
        Self {
            member: &node.actor.member,
            role,
            home: node.actor.home.display().to_string(),
            pid: node.pid,
            portal: &node.portal,
            animateur: door(RoleName::Point, "animateur"),
            booth: door(RoleName::Point, "cabine"),
            advisor: door(RoleName::Agency, "conseiller"),
            coordination: door(RoleName::Coordination, "coordination"),
            accounts: stage::staff(role).map(|(name, _)| name).to_vec(),
            password: stage::PASSWORD,
        }
    }
}

/// Prints the doors: one object a line, or a table.
pub(crate) fn print(nodes: &Nodes, json: bool) -> anyhow::Result<()> {
    for node in &nodes.nodes {
        let doors = Doors::of(node);
        if json {
            show::json(&doors)?;
            continue;
        }
        let named = [
            (either("animateur", "host"), &doors.animateur),
            (either("cabine", "booth"), &doors.booth),
            (either("conseiller", "advisor"), &doors.advisor),
            ("coordination", &doors.coordination),
        ];
        let accounts = Some(doors.accounts.join(", "));
        let portal = Some(doors.portal.to_owned());
        let own = named.into_iter().filter(|(_, url)| url.is_some());
        let said = [(either("comptes", "accounts"), &accounts)];
        for (number, (name, url)) in
            [(either("portail", "portal"), &portal)].into_iter().chain(own).chain(said).enumerate()
        {
            let member = if number == 0 { doors.member } else { "" };
            show::print(&format!("{member:<22} {name:<13} {}", url.as_deref().unwrap_or_default()))?;
        }
    }
    if json {
        return Ok(());
    }
    show::print(&format!(
        "{:<22} {} ({})",
        either("mot de passe", "password"),
        stage::PASSWORD,
        either("démonstration : le même pour tous les comptes", "demonstration: the same for all accounts")
    ))
}

/// Opens a browser on the first animateur's page, else on the first page.
pub(crate) fn open(nodes: &Nodes) -> anyhow::Result<()> {
    let doors: Vec<Doors<'_>> = nodes.nodes.iter().map(Doors::of).collect();
    let page =
        doors.iter().find_map(|it| it.animateur.clone()).or_else(|| doors.first().map(|it| it.portal.to_owned()));
    let Some(page) = page else { return Ok(()) };
    std::process::Command::new("xdg-open").arg(page).spawn().map(drop).context(either(
        "aucun navigateur ne s'ouvre (xdg-open) : recopiez l'adresse",
        "no browser opens (xdg-open): copy the address",
    ))
}
