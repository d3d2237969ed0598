// SPDX-License-Identifier: EUPL-1.2
//! Sets the stage: a folder for each member, the territory founded, everyone enrolled.
//!
//! A folder that was used before is used again as it is: keys, bookings and ports stay.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use crdt_calendar::ids::{MemberId, PublicKey};
use hameau_node::account::{Account, AccountName, AccountRole, Password};
use hameau_node::clock::Clock;
use hameau_node::config::{MemberFile, NodeFile, TerritoryFile};
use hameau_node::found::{self, NewMember};
use hameau_node::home::Home;
use hameau_node::lang::either;
use hameau_node::papers::{Papers, PapersFile, RoleName};
use hameau_node::replica::Replica;
use hameau_node::run;
use hameau_node::store::Store;

use crate::usage::WrongUse;

/// The password of every account of a demonstration. Printed with its doors: it protects nothing.
pub(crate) const PASSWORD: &str = "une porte pour la démonstration";

/// A member that plays.
#[derive(Debug, Clone)]
pub(crate) struct Actor {
    /// Its short name.
    pub member: String,
    /// What it is.
    pub role: RoleName,
    /// Its folder.
    pub home: PathBuf,
}

/// The members to run: those named, or all.
pub(crate) fn chosen(territory: &TerritoryFile, named: &[String]) -> anyhow::Result<Vec<String>> {
    let all: Vec<String> = everyone(territory).into_iter().map(|new| new.member.to_string()).collect();
    if named.is_empty() {
        return Ok(all);
    }
    for name in named {
        if !all.contains(name) {
            let words = either("ce membre n'existe pas ; il y a", "no such member; there are");
            return Err(WrongUse(format!("« {name} » : {words} {}", all.join(", "))).into());
        }
    }
    Ok(all.into_iter().filter(|name| named.contains(name)).collect())
}

/// Sets up what is missing, and returns the members that run.
pub(crate) fn set(folder: &Path, territory: &TerritoryFile, members: &[String]) -> anyhow::Result<Vec<Actor>> {
    let new = everyone(territory);
    // Papers are written last, in this order: where the last member has its own, everyone has.
    let is_whole = new.last().is_some_and(|it| folder.join(it.member.as_str()).join("papers.json").exists());
    if !is_whole {
        if let Some(begun) = new.iter().find(|it| folder.join(it.member.as_str()).exists()) {
            let begun = folder.join(begun.member.as_str());
            bail!(
                "« {} » : {} {}",
                begun.display(),
                either(
                    "cette démonstration a été interrompue pendant sa préparation, ou vient d'un autre territoire ; \
                     donnez un autre dossier, ou supprimez celui-ci s'il ne contient rien d'autre :",
                    "this demonstration was cut off while it was set up, or is of another territory; give another \
                     folder, or delete this one if it holds nothing else:"
                ),
                folder.display()
            );
        }
        found_all(folder, territory, &new)?;
    }
    let actors = new.iter().filter(|it| members.contains(&it.member.to_string())).map(|it| Actor {
        member: it.member.to_string(),
        role: it.role,
        home: folder.join(it.member.as_str()),
    });
    let actors: Vec<Actor> = actors.collect();
    actors.iter().try_for_each(staffed)?;
    Ok(actors)
}

/// The accounts of a demonstration's member, one a role: name in French, role.
pub(crate) fn staff(role: RoleName) -> [(&'static str, AccountRole); 2] {
    let own = match role {
        RoleName::Point => ("animateur", AccountRole::Animateur),
        RoleName::Agency => ("conseiller", AccountRole::Advisor),
        RoleName::Coordination => ("coordination", AccountRole::Coordination),
    };
    [own, ("responsable", AccountRole::Manager)]
}

/// Makes the accounts of a member that has none.
fn staffed(actor: &Actor) -> anyhow::Result<()> {
    let mut store = Store::open(&actor.home.join("hameau.db"))?;
    if !store.accounts()?.is_empty() {
        return Ok(());
    }
    for (name, role) in staff(actor.role) {
        let name = AccountName::new(name)?;
        let password = Password::chosen(PASSWORD, &name)?;
        store.keep_account(&Account::new(name, role, &password)?)?;
    }
    Ok(())
}

/// The coordination, then points, then agencies.
fn everyone(territory: &TerritoryFile) -> Vec<NewMember> {
    let new = |id: &str, role, name: &str, place, file: MemberFile| NewMember {
        member: MemberId::new(id).expect("names were checked when the territory was read"),
        role,
        name: name.to_owned(),
        place,
        node: NodeFile { timezone: territory.territory.timezone.clone(), ..NodeFile::default() },
        file,
    };
    let it = &territory.coordination;
    let mut all = vec![new(&it.id, RoleName::Coordination, &it.name, None, MemberFile::default())];
    all.extend(
        territory.point.iter().map(|it| new(&it.id, RoleName::Point, &it.name, Some(it.place()), it.member_file())),
    );
    all.extend(territory.agency.iter().map(|it| new(&it.id, RoleName::Agency, &it.sigle, None, it.member_file())));
    all
}

/// Folders, keys, the territory, and papers for everyone.
fn found_all(folder: &Path, territory: &TerritoryFile, new: &[NewMember]) -> anyhow::Result<()> {
    let ports = free_ports(new.len() * 2)?;
    let mut homes = Vec::new();
    for (number, new) in new.iter().enumerate() {
        let home = Home::create(&folder.join(new.member.as_str()))?;
        let mut new = new.clone();
        new.node = on_loopback(&new.node, ports[2 * number], ports[2 * number + 1]);
        let request = found::member(&home, &new)?;
        homes.push((home, new, request));
    }
    let (coordination, new, _) = &homes[0];
    // The root key of a demonstration is not kept: nobody will ever need it.
    drop(found::territory(coordination, &territory.territory.name, new)?);
    let clock = Clock::new(0, &territory.territory.timezone)?;
    let papers = run::papers(coordination)?;
    let (replica, outgoing, thread) = run::open_replica(coordination, &clock, &papers)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let papers = runtime.block_on(enrol_all(&replica, &homes))?;
    drop((replica, outgoing));
    if thread.join().is_err() {
        bail!("{}", either("le registre s'est arrêté", "the register stopped"));
    }
    for (home, _, _) in &homes {
        home.write("papers.json", &found::json(&PapersFile::new(&papers))?)?;
    }
    Ok(())
}

type Prepared = (Home, NewMember, hameau_node::papers::RequestFile);

async fn enrol_all(replica: &Replica, homes: &[Prepared]) -> anyhow::Result<Papers> {
    let mut neighbours: Vec<(PublicKey, Vec<String>)> = Vec::new();
    for (home, new, request) in homes {
        if new.role != RoleName::Coordination {
            replica.enrol(request.enrolment()?).await?;
        }
        let addresses = new.node.mesh_listen.clone();
        neighbours.push((home.public_key()?, addresses));
    }
    let papers = Papers::of(replica.territory().await?, neighbours);
    papers.ok_or_else(|| anyhow!("{}", either("le registre est vide", "the roster is empty")))
}

fn on_loopback(node: &NodeFile, mesh: u16, call: u16) -> NodeFile {
    let any = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    NodeFile {
        mesh_listen: vec![format!("/ip4/127.0.0.1/udp/{mesh}/quic-v1"), format!("/ip4/127.0.0.1/tcp/{mesh}")],
        call_listen: any(call),
        portal_listen: any(0),
        local_discovery: false,
        ..node.clone()
    }
}

/// Ports that are free for both UDP and TCP at this moment. All are held until the last is found, so
/// that none comes twice.
fn free_ports(count: usize) -> anyhow::Result<Vec<u16>> {
    let mut held = Vec::new();
    while held.len() < count {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .context(either("aucun port n'est libre sur cette machine", "no port is free on this machine"))?;
        let port = tcp.local_addr()?.port();
        if let Ok(udp) = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)) {
            held.push((port, tcp, udp));
        }
    }
    Ok(held.iter().map(|(port, _, _)| *port).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_made_folder_is_named() {
        // Goal: a demonstration whose folder was cut off while it was made says what to delete; a whole one is
        // used again as it is.
        let territory = TerritoryFile::parse(Path::new("territory/lot.toml"), super::super::LOT).expect("our own");
        let folder = tempfile::tempdir().expect("a folder");
        let members = chosen(&territory, &[]).expect("everyone");
        let half = folder.path().join("half");
        Home::create(&half.join(territory.coordination.id.as_str())).expect("the first box");
        let error = set(&half, &territory, &members).expect_err("half made").to_string();
        assert!(error.contains(&half.display().to_string()), "{error}");
        let whole = folder.path().join("whole");
        let actors = set(&whole, &territory, &members).expect("set up");
        let keys = || actors.iter().map(|it| std::fs::read(it.home.join("key")).expect("a key")).collect::<Vec<_>>();
        let before = keys();
        assert_eq!(set(&whole, &territory, &members).expect("used again").len(), members.len());
        assert_eq!(keys(), before);
    }
}
