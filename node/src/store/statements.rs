// SPDX-License-Identifier: EUPL-1.2
//! Statements of the territory's root that came after this box's papers, as the frames they came in.

use crdt_calendar::roster::RootStatement;
use crdt_calendar::wire::frame::{self, Frame};
use rusqlite::params;

use super::{Store, StoreError};

impl Store {
    /// Makes a statement durable.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn keep_statement(&mut self, statement: &RootStatement) -> Result<(), StoreError> {
        let bytes = frame::encode(&Frame::Statement(statement.clone()));
        self.connection.execute("INSERT OR IGNORE INTO statement (frame) VALUES (?1)", params![bytes])?;
        Ok(())
    }

    /// The statements that were kept. Bytes that are none are passed over: any peer has them.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn statements(&self) -> Result<Vec<RootStatement>, StoreError> {
        let mut statement = self.connection.prepare("SELECT frame FROM statement")?;
        let rows = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<Vec<u8>>, rusqlite::Error>>()?;
        let read = |bytes: &Vec<u8>| match frame::decode(bytes) {
            Ok(Frame::Statement(statement)) => Some(statement),
            _ => None,
        };
        Ok(rows.iter().filter_map(read).collect())
    }
}
