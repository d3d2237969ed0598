// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a box says of its member, and what the coordination says of all: profiles and the roster.

use super::{Clerk, Now};
use crate::act::{Act, Description, Enrolment};
use crate::folio::AppendError;
use crate::ids::{Leaf, MemberId, PublicKey};
use crate::profile::Profile;
use crate::roster::{RootStatement, StatementError};

impl Clerk {
    /// Says what the member is, if that is new.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn describe(&mut self, now: Now, description: Description) -> Result<(), AppendError> {
        let is_said = |it: &Profile| it.description == description;
        self.say(now, &Act::Describe(description.clone()), is_said)
    }

    /// Publishes what the member lays down, if that is new.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn lay_down(&mut self, now: Now) -> Result<(), AppendError> {
        let terms = self.policy.terms.clone();
        let is_said = |it: &Profile| it.terms == terms;
        self.say(now, &Act::Terms(terms.clone()), is_said)
    }

    /// Says where the box listens, if that is new.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn reachable(&mut self, now: Now, mesh: Vec<String>, link: Vec<String>) -> Result<(), AppendError> {
        let is_said = |it: &Profile| (&it.mesh, &it.link) == (&mesh, &link);
        self.say(now, &Act::Reachable { mesh: mesh.clone(), link: link.clone() }, is_said)
    }

    /// Says which version of the program the box runs, if that is new.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn runs(&mut self, now: Now, program: &str) -> Result<(), AppendError> {
        let is_said = |it: &Profile| it.program.as_deref() == Some(program);
        self.say(now, &Act::Runs { program: program.to_owned() }, is_said)
    }

    /// Writes in the profile what it does not say yet.
    fn say(&mut self, now: Now, act: &Act, is_said: impl Fn(&Profile) -> bool) -> Result<(), AppendError> {
        if self.shelf().profile(self.writer).is_some_and(|profile| is_said(&profile)) {
            return Ok(());
        }
        self.write(now, Leaf::Profile, act).map(|_| ())
    }

    /// Enrols a member. Only the coordination's box has a roster to write in.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn enrol(&mut self, now: Now, enrolment: Enrolment) -> Result<(), AppendError> {
        self.write(now, Leaf::Roster, &Act::Enrol(enrolment)).map(|_| ())
    }

    /// Replaces a member's box by one with another key. What the old one held is for homes to settle.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn replace(&mut self, now: Now, member: MemberId, key: PublicKey) -> Result<(), AppendError> {
        self.write(now, Leaf::Roster, &Act::Replace { member, key }).map(|_| ())
    }

    /// Revokes a key: it speaks for nobody any more.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn revoke(&mut self, now: Now, key: PublicKey) -> Result<(), AppendError> {
        self.write(now, Leaf::Roster, &Act::Revoke { key }).map(|_| ())
    }

    /// Takes in a statement of the territory's root that came by hand.
    ///
    /// # Errors
    /// [`StatementError`] when the root did not sign it.
    pub fn state(&mut self, statement: RootStatement) -> Result<(), StatementError> {
        self.replicator.state(statement)?;
        let changed = self.drain();
        self.fold_changed(&changed);
        self.fold_all();
        Ok(())
    }
}
