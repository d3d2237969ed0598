// SPDX-License-Identifier: EUPL-1.2
//! Accounts on disk. A row that is no account is passed over: nobody signs in with it.

use std::collections::BTreeMap;

use rusqlite::{Row, params};

use super::{Store, StoreError};
use crate::account::{Account, AccountName, Cost};

/// A role, a cost, a salt and a hash as they lie there.
type Kept = (String, String, u32, u32, Vec<u8>, Vec<u8>);

impl Store {
    /// Keeps an account, in place of the one of that name.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn keep_account(&mut self, account: &Account) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT OR REPLACE INTO account (name, role, memory_kib, passes, salt, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                account.name.as_str(),
                account.role.word(),
                account.cost.memory_kib,
                account.cost.passes,
                account.salt,
                account.hash
            ],
        )?;
        Ok(())
    }

    /// Takes an account out.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn drop_account(&mut self, name: &AccountName) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM account WHERE name = ?1", params![name.as_str()])?;
        Ok(())
    }

    /// All accounts.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn accounts(&self) -> Result<BTreeMap<AccountName, Account>, StoreError> {
        let mut statement =
            self.connection.prepare("SELECT name, role, memory_kib, passes, salt, hash FROM account")?;
        let kept = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?));
        let rows = statement.query_map([], kept)?.collect::<Result<Vec<Kept>, rusqlite::Error>>()?;
        Ok(rows.into_iter().filter_map(read).map(|account| (account.name.clone(), account)).collect())
    }
}

fn read((name, role, memory_kib, passes, salt, hash): Kept) -> Option<Account> {
    Some(Account {
        name: AccountName::new(&name).ok()?,
        role: role.parse().ok()?,
        cost: Cost { memory_kib, passes },
        salt: salt.try_into().ok()?,
        hash: hash.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountRole, Password};

    #[test]
    fn an_account_survives_a_restart_and_goes_when_told() {
        // Goal: what was kept opens with its password after a restart; a new password replaces the old; gone is gone,
        // and its hash with it.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("hameau.db");
        let name = AccountName::new("essai").expect("a name");
        let account = |password: &str| {
            let password = Password::chosen(password, &name).expect("long enough");
            Account::new(name.clone(), AccountRole::Animateur, &password).expect("made")
        };
        let (first, second) = (account("quatre mots à retenir"), account("d'autres mots à retenir"));
        for account in [&first, &second] {
            Store::open(&path).expect("a database").keep_account(account).expect("kept");
            let kept = Store::open(&path).expect("again").accounts().expect("read");
            assert_eq!(kept.values().collect::<Vec<_>>(), [account]);
        }
        Store::open(&path).expect("again").drop_account(&name).expect("gone");
        assert!(Store::open(&path).expect("again").accounts().expect("read").is_empty());
        let bytes = std::fs::read(&path).expect("readable");
        assert!(!bytes.windows(32).any(|it| it == second.hash || it == first.hash), "overwritten");
    }
}
