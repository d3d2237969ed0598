// SPDX-License-Identifier: EUPL-1.2
//! What the keeper knows, read for pages and terminals: snapshots, members, details, procedures.
//!
//! Changes no folio. Invariant: details are opened for whoever asks, and kept nowhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use crdt_calendar::ids::{ActRef, FolioId, Leaf, MemberId, PublicKey};
use crdt_calendar::profile::Profile;
use crdt_calendar::roster::{Keeper as RosterKeeper, roster_folio};
use crdt_calendar::time::IsoWeek;

use super::Keeper;
use super::room::Disk;
use crate::replica::agenda::Names;
use crate::replica::command::{Refusal, TerritoryHeld};
use crate::replica::details::Details;
use crate::replica::snapshot::{Damage, Snapshot};
use crate::store::{ProcedureHit, ProcedureRow};

impl Keeper {
    /// Reads profiles anew, and the index of procedures that rests on them.
    pub(super) fn read_profiles(&mut self) {
        let shelf = self.clerk.shelf();
        let roster = shelf.roster();
        let current = |id: &MemberId| Some((id.clone(), shelf.profile(roster.current(id)?)?));
        let profiles: BTreeMap<MemberId, Profile> = roster.members().filter_map(|(id, _)| current(id)).collect();
        if profiles == *self.profiles {
            return;
        }
        let rows = procedure_rows(&profiles);
        if let Err(error) = self.store.index_procedures(&rows) {
            tracing::warn!(%error, "the index of procedures is not up to date");
            self.break_off_unless_full(&error);
        }
        self.profiles = Arc::new(profiles);
    }

    /// What papers hold, as far as it is here.
    pub(super) fn territory(&self) -> Result<TerritoryHeld, Refusal> {
        let shelf = self.clerk.shelf();
        let roster = |keeper: RosterKeeper| shelf.folio(&roster_folio(keeper.writer))?.after(0);
        let rosters: Vec<_> = shelf.statements().keepers().into_iter().filter_map(roster).collect();
        if rosters.is_empty() {
            return Err(Refusal::Stopping);
        }
        let statements = shelf.statements().all().cloned().collect();
        Ok(TerritoryHeld { genesis: shelf.genesis().clone(), statements, rosters })
    }

    pub(super) fn details(&self, ids: Vec<ActRef>) -> BTreeMap<ActRef, Details> {
        let open = |id: ActRef| {
            let opened = self.clerk.open_details(&id).ok().and_then(|bytes| Details::from_bytes(&bytes).ok());
            Some((id, opened.or_else(|| self.seeker_details(&id))?))
        };
        ids.into_iter().filter_map(open).collect()
    }

    pub(super) fn search(&self, words: &str) -> Vec<ProcedureHit> {
        self.store.search_procedures(words).unwrap_or_else(|error| {
            tracing::warn!(%error, "the index of procedures does not answer");
            Vec::new()
        })
    }

    pub(in crate::replica) fn snapshot(&self) -> Snapshot {
        let shelf = self.clerk.shelf();
        Snapshot {
            territory_name: shelf.genesis().name.clone(),
            territory: shelf.territory(),
            writer: self.clerk.writer(),
            member: self.clerk.member().cloned(),
            coordination: shelf.roster_id().map(|id| id.writer),
            roster: Arc::clone(self.clerk.roster()),
            profiles: Arc::clone(&self.profiles),
            weeks: self.clerk.weeks().clone(),
            days: Arc::clone(&self.days),
            closed: Arc::clone(&self.openings.closed),
            kept_at: self.kept_at(),
            floors: self.clerk.floors(),
            counted: Arc::clone(&self.counted),
            disk_refuses: self.disk != Disk::Keeps,
            disk_is_full: self.disk == Disk::Full,
            disk_is_slow: self.pace.is_slow(),
            damage: self.damage(),
            anew: self.anew,
            accounts: Arc::clone(&self.accounts),
            intents: Arc::clone(&self.intents),
            noted: Arc::clone(&self.noted),
            wishes: Arc::clone(&self.wishes),
            seekers: Arc::clone(&self.seekers),
            colleagues: Arc::clone(&self.colleagues),
            names: Names::default().of(self.clerk.weeks()),
        }
    }

    fn damage(&self) -> Damage {
        let shelf = self.clerk.shelf();
        let (first, last) = shelf.window();
        let is_passed_on = |leaf: Leaf| !matches!(leaf, Leaf::Week(week) if !(first..=last).contains(&week));
        let is_awaited = |id: &&FolioId| is_passed_on(id.leaf) && shelf.folio(id).is_none();
        Damage {
            aside: self.aside.clone(),
            began_anew: self.began_anew,
            awaited: self.dropped.iter().filter(is_awaited).count(),
        }
    }

    fn kept_at(&self) -> BTreeMap<IsoWeek, BTreeMap<PublicKey, u32>> {
        let own = |week: IsoWeek| FolioId { writer: self.clerk.writer(), leaf: Leaf::Week(week) };
        let replicator = self.clerk.replicator();
        // A box that was replaced or revoked may lie broken in a drawer.
        let is_current = |(key, _): &(PublicKey, u32)| !self.clerk.roster().is_retired(key);
        let weeks = self.clerk.weeks().keys();
        weeks.map(|week| (*week, replicator.kept_at(own(*week)).filter(is_current).collect())).collect()
    }
}

fn procedure_rows(profiles: &BTreeMap<MemberId, Profile>) -> Vec<ProcedureRow> {
    let mut rows = Vec::new();
    for (member, profile) in profiles {
        for procedure in &profile.description.procedures {
            // Addresses come from another member: only what a browser opens safely is shown.
            let url = procedure.url.clone().filter(|url| url.starts_with("https://"));
            rows.push(ProcedureRow {
                keywords: procedure.keywords.join(" "),
                hit: ProcedureHit {
                    member: member.to_string(),
                    title: procedure.title.clone(),
                    summary: procedure.summary.clone(),
                    url,
                    service: procedure.service.as_ref().map(ToString::to_string),
                },
            });
        }
    }
    rows
}
