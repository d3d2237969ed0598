// SPDX-License-Identifier: EUPL-1.2
//! Bugs that can be planted, to show that the oracles see: some in the core (built with the feature
//! `plants` for the simulator alone), some in the simulated node and its disk.

use crdt_calendar::act::Act;
use crdt_calendar::folio::Folio;
use crdt_calendar::roster::{Genesis, RootStatement};

use crate::node::Node;

/// Bugs of nodes and disks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct NodePlants {
    /// A booking is acknowledged, and sent, before its fsync.
    pub(crate) skip_fsync: bool,
    /// A box that starts again has forgotten its newest ask.
    pub(crate) lose_ask_on_restart: bool,
}

/// One planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    /// In the node around the core.
    Node(NodePlants),
    /// In the core.
    #[cfg(feature = "plants")]
    Core(crdt_calendar::plant::Plant),
}

const NODE_PLANTS: [(&str, &str, NodePlants); 2] = [
    (
        "skip-fsync",
        "a booking is acknowledged and sent before its fsync",
        NodePlants { skip_fsync: true, lose_ask_on_restart: false },
    ),
    (
        "lose-ask-on-restart",
        "a box that starts again has forgotten its newest ask",
        NodePlants { skip_fsync: false, lose_ask_on_restart: true },
    ),
];

/// All of them: name, what it does, the bug.
pub(crate) fn all() -> Vec<(&'static str, &'static str, Planted)> {
    let of_nodes = NODE_PLANTS.iter().map(|(name, about, plants)| (*name, *about, Planted::Node(*plants)));
    #[cfg(feature = "plants")]
    let of_nodes =
        of_nodes.chain(crdt_calendar::plant::Plant::ALL.iter().map(|it| (it.name(), it.about(), Planted::Core(*it))));
    of_nodes.collect()
}

/// The bug of this name, with the name.
pub(crate) fn named(name: &str) -> Option<(&'static str, Planted)> {
    all().into_iter().find(|(it, ..)| *it == name).map(|(name, _, planted)| (name, planted))
}

/// Plants a bug of the core for what this thread plays next, or takes it out.
pub(crate) fn set(planted: Option<Planted>) -> NodePlants {
    #[cfg(feature = "plants")]
    crdt_calendar::plant::set(match planted {
        Some(Planted::Core(plant)) => Some(plant),
        _ => None,
    });
    match planted {
        Some(Planted::Node(plants)) => plants,
        _ => NodePlants::default(),
    }
}

/// The newest act of an own folio is forgotten, if it is an ask.
pub(crate) fn lose_ask(node: &mut Node, papers: &(Genesis, RootStatement)) {
    let territory = papers.0.territory();
    for id in node.disk.folios_of(node.writer()) {
        let Some(folio) = node.disk.read(territory, &id) else { continue };
        let acts: Vec<Act> = folio.acts().map(|(_, act)| act).collect();
        let Some((Act::Ask { .. }, before)) = acts.split_last() else { continue };
        let mut shorter = Folio::new(territory, id);
        for act in before {
            shorter.append(act, &node.key).expect("it was written before");
        }
        node.disk.overwrite(&shorter);
    }
}
