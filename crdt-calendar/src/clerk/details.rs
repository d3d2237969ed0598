// SPDX-License-Identifier: MIT OR Apache-2.0
//! Opening and correcting a person's sealed details. They never leave in clear.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::booking::ChangeError;
use super::{Clerk, Now};
use crate::act::Act;
use crate::envelope::{self, Binding, EnvelopeError, Opener};
use crate::fold::appointment::Appointment;
use crate::ids::{ActRef, BoothId, FolioId, Leaf, ServiceId};
use crate::time::{Span, UtcMinute};

/// Why details do not open here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The appointment belongs to others, or is not here.
    #[error("these details are for the point and the agency concerned")]
    NotOurs,
    /// The key of that week is gone.
    #[error("the key of that week no longer exists")]
    NoKey,
    /// They were sealed to another key, moved or damaged.
    #[error(transparent)]
    Closed(#[from] EnvelopeError),
}

/// A correction.
#[derive(Debug, Clone, Default)]
pub struct Patch {
    /// Another booth.
    pub booth: Option<BoothId>,
    /// New details, whole.
    pub details: Option<Vec<u8>>,
}

impl Clerk {
    /// Opens the details of an appointment of this box.
    ///
    /// # Errors
    /// [`OpenError`]. Nothing of the content is in the error.
    pub fn open_details(&self, id: &ActRef) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let appointment = self.ours(id).map_err(|_| OpenError::NotOurs)?;
        let carried_by = appointment.envelope.carried_by.folio;
        // Whoever sealed it, in this life or an earlier one, opens the writer's wrap; the other side opens the home's.
        let opener = if carried_by.writer.key == self.writer.key { Opener::Writer } else { Opener::Home };
        let Leaf::Week(week) = carried_by.leaf else { return Err(OpenError::NotOurs) };
        let secret = self.secrets.get(&week).ok_or(OpenError::NoKey)?;
        Ok(envelope::open(&appointment.envelope.bytes, &appointment.binding(), opener, secret)?)
    }

    /// Corrects an appointment at its point: the booth, or the details. The agency has no key of the
    /// point to seal to, so it tells the point by telephone.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was written then.
    pub fn amend(&mut self, now: Now, id: &ActRef, patch: Patch, rng: &mut impl CryptoRng) -> Result<(), ChangeError> {
        let appointment = self.ours(id)?.clone();
        let inherited = self.is_inherited(&appointment);
        if appointment.holder != self.writer && !inherited {
            return Err(ChangeError::NotOurs);
        }
        if appointment.ended {
            return Err(ChangeError::Over);
        }
        self.check_booth(&appointment, patch.booth)?;
        let Leaf::Week(week) = id.folio.leaf else { return Err(ChangeError::Unknown) };
        let envelope = match patch.details {
            Some(details) => Some(self.seal_again(&appointment, week, &details, rng)?),
            None => None,
        };
        // A booth for a booking of an earlier box is held for its minutes in this box's own register.
        let minutes = patch.booth.filter(|_| inherited).map(|_| appointment.minutes);
        let act = Act::Amend { target: *id, booth: patch.booth, minutes, envelope };
        self.write(now, Leaf::Week(week), &act)?;
        Ok(())
    }

    /// Seals what this agency notes on an appointment at its desks, to its own key of the week: what lies on its disk
    /// opens no longer than the person's details do. Nothing is written in any register.
    ///
    /// # Errors
    /// [`ChangeError`].
    pub fn seal_note(&mut self, id: &ActRef, note: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, ChangeError> {
        let binding = self.note_binding(id).ok_or(ChangeError::NotOurs)?;
        let Leaf::Week(week) = id.folio.leaf else { return Err(ChangeError::Unknown) };
        let own = self.week_secret(week, rng)?;
        Ok(envelope::seal(note, &binding, &own.public(), &own, rng)?)
    }

    /// Opens a note.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_note(&self, id: &ActRef, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let binding = self.note_binding(id).ok_or(OpenError::NotOurs)?;
        let Leaf::Week(week) = id.folio.leaf else { return Err(OpenError::NotOurs) };
        let secret = self.secrets.get(&week).ok_or(OpenError::NoKey)?;
        Ok(envelope::open(sealed, &binding, Opener::Home, secret)?)
    }

    /// Seals what this box keeps of a person who has no appointment yet, to its own key of the week: it opens no longer
    /// than the details of that week's appointments do. `id` is no act of any register. Nothing is written in one.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing was sealed then.
    pub fn seal_waiting(
        &mut self,
        id: &ActRef,
        bytes: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, ChangeError> {
        let Leaf::Week(week) = id.folio.leaf else { return Err(ChangeError::Unknown) };
        let own = self.week_secret(week, rng)?;
        Ok(envelope::seal(bytes, &waiting_binding(id), &own.public(), &own, rng)?)
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_waiting(&self, id: &ActRef, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Leaf::Week(week) = id.folio.leaf else { return Err(OpenError::NotOurs) };
        let secret = self.secrets.get(&week).ok_or(OpenError::NoKey)?;
        Ok(envelope::open(sealed, &waiting_binding(id), Opener::Home, secret)?)
    }

    /// What a note is bound to: its appointment. No act carries it, and none has the number 0.
    fn note_binding(&self, id: &ActRef) -> Option<Binding> {
        let appointment = self.ours(id).ok().filter(|it| it.home.as_ref() == self.member())?;
        Some(Binding { folio: id.folio, act: 0, ..appointment.binding() })
    }

    fn check_booth(&self, appointment: &Appointment, booth: Option<BoothId>) -> Result<(), ChangeError> {
        let Some(booth) = booth else { return Ok(()) };
        let profile = self.shelf().profile(self.writer).unwrap_or_default();
        if !profile.description.booths.iter().any(|(known, _)| *known == booth) {
            return Err(ChangeError::Booth);
        }
        let week = self.week(appointment.minutes.from.week());
        let is_free = week
            .and_then(|week| week.holding(self.writer))
            .is_none_or(|it| it.booth_is_free(booth, appointment.minutes, Some(appointment.id)));
        if is_free { Ok(()) } else { Err(ChangeError::Booth) }
    }

    pub(super) fn seal_again(
        &mut self,
        appointment: &Appointment,
        week: crate::time::IsoWeek,
        details: &[u8],
        rng: &mut impl CryptoRng,
    ) -> Result<Vec<u8>, ChangeError> {
        let own = self.week_secret(week, rng)?;
        let folio = FolioId { writer: self.writer, leaf: Leaf::Week(week) };
        let act = self.own_folio(week).map_or(0, crate::folio::Folio::seq) + 1;
        let other = self.home_key(appointment, week).ok_or(EnvelopeError::Key)?;
        let binding = Binding { folio, act, ..appointment.binding() };
        Ok(envelope::seal(details, &binding, &other, &own, rng)?)
    }

    /// The home's public key of the week.
    pub(super) fn home_key(&self, appointment: &Appointment, week: crate::time::IsoWeek) -> Option<[u8; 32]> {
        let slot = appointment.runs.iter().flat_map(crate::act::Run::slots).next();
        let slot = slot.or_else(|| appointment.slots.first().copied())?;
        self.week(week)?.week_key(&slot)
    }
}

/// What is bound where no appointment is: the id alone.
fn waiting_binding(id: &ActRef) -> Binding {
    let minutes = Span { from: UtcMinute(0), length_min: 0 };
    let service = ServiceId::new("waiting").expect("a name");
    Binding { folio: id.folio, act: 0, appointment: *id, minutes, service, slots: Vec::new() }
}
