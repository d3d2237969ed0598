// SPDX-License-Identifier: EUPL-1.2
//! What is this box's own and goes nowhere, by way of the replica: counts, calls, accounts, notes, the access journal.

use std::collections::BTreeMap;

use crdt_calendar::ids::{ActRef, MemberId, ServiceId};
use tokio::sync::oneshot;

use super::command::{Command, Refusal};
use super::details::Details;
use super::handle::Replica;
use super::note::Note;
use super::short::short_act;
use crate::access::{Chain, Line, Opening};
use crate::account::{Account, AccountName};
use crate::record::CallRecord;
use crate::store::{AccessAsked, Tally, TallyKind, Underway};

impl Replica {
    /// Counts one more of this for an agency and a service.
    pub async fn tally(&self, agency: MemberId, service: ServiceId, kind: TallyKind) {
        self.tell(Command::Tally(agency, service, kind)).await;
    }

    /// What this node counted itself.
    pub async fn tallies(&self) -> Vec<Tally> {
        self.read(Command::Tallies).await
    }

    /// Keeps a call under way, by the 16 bytes of its name, for a restart; `None` lets it go.
    pub async fn keep_underway(&self, call: [u8; 16], underway: Option<Underway>) {
        self.tell(Command::KeepUnderway(call, underway.map(Box::new))).await;
    }

    /// The calls that were under way when this node last stopped, or began since.
    pub async fn underway(&self) -> BTreeMap<[u8; 16], Underway> {
        self.read(Command::Underway).await
    }

    /// Keeps what a call was like, by the 16 bytes of its name.
    pub async fn keep_record(&self, call: [u8; 16], record: CallRecord) {
        self.tell(Command::KeepRecord(call, Box::new(record))).await;
    }

    /// What this node's last calls were like, the newest first.
    pub async fn records(&self) -> Vec<CallRecord> {
        self.read(Command::Records).await
    }

    /// Keeps a new account; `false` when there is one of that name, or no room for more.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn add_account(&self, account: Account) -> Result<bool, Refusal> {
        self.ask(|reply| Command::AddAccount(Box::new(account), reply)).await
    }

    /// Puts an account in the place of the one of its name; `false` when there is none.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn change_account(&self, account: Account) -> Result<bool, Refusal> {
        self.ask(|reply| Command::ChangeAccount(Box::new(account), reply)).await
    }

    /// Takes an account out; `false` when there is none.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn remove_account(&self, name: AccountName) -> Result<bool, Refusal> {
        self.ask(|reply| Command::RemoveAccount(name, reply)).await
    }

    /// The details of those of these appointments that open here, once it is on the disk who opens them. Those of
    /// `seen` were opened by the same session in the same place, and need no line any more.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is opened then.
    pub async fn open_details(
        &self,
        who: &str,
        page: &'static str,
        ids: Vec<ActRef>,
        seen: impl Fn(&ActRef) -> bool,
    ) -> Result<BTreeMap<ActRef, Details>, Refusal> {
        let details = self.details(ids).await;
        let new: Vec<String> = details.keys().filter(|id| !seen(id)).map(|id| short_act(id).to_string()).collect();
        if !new.is_empty() {
            let opening = Opening { who: who.to_owned(), page, appointments: new };
            self.ask(|reply| Command::Opening(opening, reply)).await?;
        }
        Ok(details)
    }

    /// Keeps what this agency notes on an appointment, in place of what was; an empty note lets it go.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn keep_note(&self, id: ActRef, note: Note) -> Result<(), Refusal> {
        self.ask(|reply| Command::Note(id, note, reply)).await
    }

    /// The note on an appointment, if there is one; a line of the access journal is kept first.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is opened then.
    pub async fn open_note(&self, who: &str, id: ActRef) -> Result<Option<Note>, Refusal> {
        if !self.snapshot().noted.contains(&id) {
            return Ok(None);
        }
        let opening = Opening { who: who.to_owned(), page: "note", appointments: vec![short_act(&id).to_string()] };
        self.ask(|reply| Command::Opening(opening, reply)).await?;
        let (reply, note) = oneshot::channel();
        if self.commands.send(Command::OpenNote(id, reply)).await.is_err() {
            return Err(Refusal::Stopping);
        }
        note.await.map_err(|_| Refusal::Stopping)
    }

    /// The access journal's chain, and the lines asked for.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn access(&self, asked: AccessAsked) -> Result<(Chain, Vec<Line>), Refusal> {
        self.ask(|reply| Command::Access(asked, reply)).await
    }

    /// What is never refused; empty once the replica has stopped.
    async fn read<T: Default>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> T {
        let (reply, answer) = oneshot::channel();
        self.tell(command(reply)).await;
        answer.await.unwrap_or_default()
    }
}
