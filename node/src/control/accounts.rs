// SPDX-License-Identifier: EUPL-1.2
//! Accounts from the terminal: who owns the folder decides who works at its pages.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroize as _;

use super::answer::{Said, Words, json};
use super::view::AccountView;
use crate::account::{ACCOUNTS_MAX, Account, AccountName, AccountRole, Password};
use crate::replica::Replica;

const NOT_MEMBER: Words = (
    "cette boîte n'est pas encore dans le registre : attendez les papiers de la coordination",
    "this node is not in the roster yet: wait for the coordination's papers",
);
const TAKEN: Words = (
    "ce compte existe déjà : « hameau account password » change son mot de passe",
    "there is such an account already: “hameau account password” changes its password",
);
const UNKNOWN: Words =
    ("ce compte n'existe pas : voyez « hameau account list »", "there is no such account: see “hameau account list”");
const FULL: Words = (
    "cette boîte a déjà 200 comptes : retirez d'abord ceux qui ne servent plus",
    "this node has 200 accounts already: remove first those that serve no more",
);

/// A password on its way from the terminal. Never shown, wiped when it has arrived.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// What was typed.
    #[must_use]
    pub fn new(typed: &str) -> Self {
        Self(typed.to_owned())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// Makes an account.
pub(super) async fn add(replica: &Replica, name: &str, role: &str, password: &Secret) -> Result<Value, Said> {
    let role: AccountRole = role.parse()?;
    let snapshot = replica.snapshot();
    role.fits(snapshot.role().ok_or(NOT_MEMBER)?)?;
    if snapshot.accounts.len() >= ACCOUNTS_MAX {
        return Err(FULL.into());
    }
    let account = hashed(AccountName::new(name)?, role, password).await?;
    let view = AccountView::of(&account);
    if replica.add_account(account).await? { json(&view) } else { Err(TAKEN.into()) }
}

/// All accounts, by name.
pub(super) fn list(replica: &Replica) -> Result<Value, Said> {
    json(&replica.snapshot().accounts.values().map(AccountView::of).collect::<Vec<_>>())
}

/// Gives an account another password; its sessions are over.
pub(super) async fn password(replica: &Replica, name: &str, password: &Secret) -> Result<Value, Said> {
    let name = AccountName::new(name)?;
    let role = replica.snapshot().accounts.get(&name).ok_or(UNKNOWN)?.role;
    let account = hashed(name, role, password).await?;
    let view = AccountView::of(&account);
    if replica.change_account(account).await? { json(&view) } else { Err(UNKNOWN.into()) }
}

/// Takes an account out; its sessions are over.
pub(super) async fn remove(replica: &Replica, name: &str) -> Result<Value, Said> {
    let name = AccountName::new(name)?;
    let account = replica.snapshot().accounts.get(&name).cloned().ok_or(UNKNOWN)?;
    if replica.remove_account(name).await? { json(&AccountView::of(&account)) } else { Err(UNKNOWN.into()) }
}

async fn hashed(name: AccountName, role: AccountRole, password: &Secret) -> Result<Account, Said> {
    let password = Password::chosen(&password.0, &name)?;
    let made = tokio::task::spawn_blocking(move || Account::new(name, role, &password)).await;
    Ok(made.map_err(|_| Said::Refusal(crate::replica::Refusal::Stopping))??)
}
