// SPDX-License-Identifier: EUPL-1.2
//! Boxes that start again from what is on their disks, at another time, beside the territory that runs on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crdt_calendar::act::Act;
use crdt_calendar::folio::{Batch, Folio};
use crdt_calendar::ids::{FolioId, Leaf};
use crdt_calendar::limits::WEEKS_AHEAD;
use crdt_calendar::roster::{Genesis, RootStatement};
use crdt_calendar::time::IsoWeek;
use tokio::sync::watch;

use super::territory::{LOT, MEMBERS, clock_after, clock_later, config, founded, key, writer};
use super::{Browser, PORT, Stage, portal, staff};
use crate::clock::Clock;
use crate::directory::Directory;
use crate::portal::App;
use crate::portal::entrance::Entrance;
use crate::replica::{Openings, Replica};
use crate::store::Store;

impl Stage {
    /// A member's box as it starts again so many weeks later from what is on its disk now, while the territory has
    /// gone on: the agency and the other point have written of the weeks then. With its portal.
    pub(in crate::portal::tests) async fn later(&self, name: &'static str, weeks: u16) -> (Replica, Browser) {
        let folder = self.copied(name, &format!("{name} after {weeks} weeks"));
        let (genesis, statement, roster) = founded();
        let then = IsoWeek(clock_after(weeks).minute().week().0 + WEEKS_AHEAD);
        let mut store = Store::open(&folder.join(format!("{name}.db"))).expect("a database");
        for (_, _, seed) in MEMBERS.iter().filter(|it| it.0 != LOT) {
            let mut word = Folio::new(genesis.territory(), FolioId { writer: writer(*seed), leaf: Leaf::Week(then) });
            word.append(&Act::Drop { ask: 1 }, &key(*seed)).expect("there is room");
            store.keep([(&word, 0)], &[], None).expect("kept");
        }
        drop(store);
        self.started(&folder, name, (genesis, statement, roster), clock_after(weeks)).await
    }

    /// A member's box as it starts again so many milliseconds later, alone, from what is on its disk now.
    pub(in crate::portal::tests) async fn restarted(&self, name: &'static str, later_ms: i64) -> (Replica, Browser) {
        let folder = self.copied(name, &format!("{name} after {later_ms} ms"));
        self.started(&folder, name, founded(), clock_later(later_ms)).await
    }

    /// A member's disk as it is now, in another folder.
    fn copied(&self, name: &str, into: &str) -> PathBuf {
        let folder = self.folder.path().join(into);
        std::fs::create_dir(&folder).expect("made");
        for end in ["db", "db-wal"] {
            let file = format!("{name}.{end}");
            std::fs::copy(self.folder.path().join(&file), folder.join(&file)).expect("copied");
        }
        folder
    }

    async fn started(
        &self,
        folder: &Path,
        name: &'static str,
        papers: (Genesis, RootStatement, Batch),
        clock: Clock,
    ) -> (Replica, Browser) {
        let (_, role, seed) = MEMBERS.into_iter().find(|it| it.0 == name).expect("a member");
        let mut config = config(folder, (name, role, seed), papers);
        config.clock = clock.clone();
        config.openings = Openings::default();
        let (replica, _, _) = Replica::start(config).expect("a replica");
        let reached = watch::channel(BTreeMap::new()).1;
        let mut portal = portal(&replica, seed, &self.stop, reached).await;
        portal.clock = clock;
        portal.directory = Directory::of(folder);
        let app = Arc::new(App::new(portal, PORT));
        let browser = Browser::at(app, Entrance::Loopback).await.signed_in(staff(role));
        (replica, browser)
    }
}
