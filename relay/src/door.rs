// SPDX-License-Identifier: EUPL-1.2
//! The door: only members' nodes come in, by the key that they have proven, each over two connections at most.
//!
//! Knows keys, and nothing of what passes. Invariant: whoever is struck off the list is out within one look at it
//! ([`Door::shut_out`]).

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, OnceLock};

use iroh_base::EndpointId;
use iroh_relay::server::clients::Clients;
use iroh_relay::server::{Access, AccessControl, ClientRequest, ConnectionId};

/// What a node that is refused is told. It goes over the wire, and is read in its journal.
pub(crate) const NOT_A_MEMBER: &str = "not a member";

/// Connections of one node: the one that it has, and the one that takes its place when it has lost the first without a
/// word. Beyond, the oldest is closed. The quota is for each.
const CONNECTIONS_MAX: usize = 2;

/// Who may come in, and who is in.
#[derive(Debug)]
pub(crate) struct Door {
    state: Mutex<State>,
    /// The library's connections, once it has begun.
    clients: OnceLock<Clients>,
}

#[derive(Debug)]
struct State {
    members: HashSet<EndpointId>,
    /// The oldest first.
    open: HashMap<EndpointId, Vec<ConnectionId>>,
}

impl Door {
    pub(crate) fn new(members: HashSet<EndpointId>) -> Self {
        Self { state: Mutex::new(State { members, open: HashMap::new() }), clients: OnceLock::new() }
    }

    /// From now on connections can be closed.
    pub(crate) fn watch(&self, clients: Clients) {
        self.clients.get_or_init(|| clients);
    }

    /// Another list of members is in force.
    pub(crate) fn admit(&self, members: HashSet<EndpointId>) {
        self.state().members = members;
    }

    /// Closes the connections of those who are not on the list, and of members what they have too many. To be asked
    /// again: a connection may have been let in by the list before, or just now, and not yet be there to be closed.
    pub(crate) fn shut_out(&self) {
        let state = self.state();
        let strangers: Vec<_> = state.open.keys().filter(|id| !state.members.contains(*id)).copied().collect();
        let beyond = |(id, open): (&EndpointId, &Vec<ConnectionId>)| {
            let many = open.len().saturating_sub(CONNECTIONS_MAX);
            open[..many].iter().map(|it| (*id, *it)).collect::<Vec<_>>()
        };
        let too_many: Vec<_> = state.open.iter().flat_map(beyond).collect();
        drop(state);
        for id in strangers {
            self.close(id, None);
        }
        for (id, connection) in too_many {
            self.close(id, Some(connection));
        }
    }

    /// Lets a connection in, if its key is a member's. The one that has to leave for it.
    fn enter(&self, id: EndpointId, connection: ConnectionId) -> Result<Option<ConnectionId>, ()> {
        let mut state = self.state();
        if !state.members.contains(&id) {
            return Err(());
        }
        let open = state.open.entry(id).or_default();
        open.push(connection);
        Ok((open.len() > CONNECTIONS_MAX).then(|| open[0]))
    }

    fn leave(&self, id: EndpointId, connection: ConnectionId) {
        let mut state = self.state();
        if let Some(open) = state.open.get_mut(&id) {
            open.retain(|it| *it != connection);
            if open.is_empty() {
                state.open.remove(&id);
            }
        }
    }

    fn close(&self, id: EndpointId, connection: Option<ConnectionId>) {
        if let Some(clients) = self.clients.get() {
            clients.disconnect(id, connection);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic under this lock")
    }
}

impl AccessControl for Door {
    async fn on_connect(&self, request: &ClientRequest) -> Access {
        let id = request.endpoint_id();
        match self.enter(id, request.connection_id()) {
            Ok(oldest) => {
                if oldest.is_some() {
                    self.close(id, oldest);
                }
                Access::Allow
            }
            Err(()) => {
                tracing::debug!(key = %id, "not a member");
                Access::Deny { reason: Some(NOT_A_MEMBER.to_owned()) }
            }
        }
    }

    fn on_disconnect(&self, id: EndpointId, connection: ConnectionId) {
        self.leave(id, connection);
    }
}
