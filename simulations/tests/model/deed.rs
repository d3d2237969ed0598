// SPDX-License-Identifier: EUPL-1.2
//! Deeds: the acts of this small world, each of which stands for one real act at its place in a folio.
//!
//! They hold no rule. Positions and tenure numbers follow from the chain that a deed lies in.

use std::hash::{Hash, Hasher};

/// Most deeds of one chain; a run that needs more panics.
const CHAIN_MAX: usize = 16;

/// One act. The agency's are kept by slot, so that they need not name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Deed {
    /// Agency: a tenure that is over for everybody (see `reduce`): granted to nobody here, and taken.
    Past,
    /// Agency: the next tenure, in advance.
    Grant { to: u8 },
    /// Agency: the next tenure, for the one ask of this point.
    Answer { to: u8 },
    /// Agency: no, and whether the other slot was offered instead.
    Refuse { of: u8, alternative: bool },
    /// Agency: the last tenure ends, and comes home.
    Take,
    /// Agency: nothing of the last tenure counts.
    Void,
    /// Agency: the slot exists no more.
    Close,
    /// Point: a booking in its tenure.
    Book { slot: u8, tenure: u8 },
    /// Point: a request.
    Ask { slot: u8 },
    /// Point: the entry at this place is cancelled.
    Cancel { at: u8 },
    /// Point: the ask at this place is dropped.
    Drop { at: u8 },
    /// Point: gives a tenure back.
    Release { slot: u8, tenure: u8 },
}

/// Deeds in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Chain {
    deeds: [Deed; CHAIN_MAX],
    length: u8,
}

impl Chain {
    pub(crate) const EMPTY: Self = Self { deeds: [Deed::Past; CHAIN_MAX], length: 0 };

    pub(crate) fn push(&mut self, deed: Deed) {
        self.deeds[usize::from(self.length)] = deed;
        self.length += 1;
    }

    pub(crate) fn len(&self) -> u8 {
        self.length
    }

    pub(crate) fn deeds(&self) -> &[Deed] {
        &self.deeds[..usize::from(self.length)]
    }

    /// The deeds with their places.
    pub(crate) fn places(&self) -> impl Iterator<Item = (u8, Deed)> + '_ {
        (0..).zip(self.deeds().iter().copied())
    }

    /// The first `length` deeds.
    pub(crate) fn prefix(&self, length: u8) -> Self {
        self.deeds()[..usize::from(length)].iter().copied().collect()
    }

    /// Where the point's ask lies.
    pub(crate) fn ask(&self) -> Option<(u8, u8)> {
        self.places().find_map(|(at, deed)| if let Deed::Ask { slot } = deed { Some((at, slot)) } else { None })
    }

    /// Whether the entry at this place was ended.
    pub(crate) fn is_ended(&self, entry: u8) -> bool {
        self.deeds().iter().any(|deed| matches!(deed, Deed::Cancel { at } | Deed::Drop { at } if *at == entry))
    }

    /// Of a slot's chain: how many tenures there were.
    pub(crate) fn tenures(&self) -> u8 {
        let count = self.deeds().iter().filter(|deed| deed.begins()).count();
        u8::try_from(count).unwrap_or(u8::MAX)
    }

    /// Of a slot's chain: whose business each deed is.
    pub(crate) fn concerns(&self) -> impl Iterator<Item = Option<u8>> + '_ {
        self.deeds().iter().scan(None, |holder, deed| {
            Some(match deed {
                Deed::Grant { to } | Deed::Answer { to } => {
                    *holder = Some(*to);
                    *holder
                }
                Deed::Refuse { of, .. } => Some(*of),
                Deed::Void | Deed::Take => *holder,
                _ => None,
            })
        })
    }
}

impl Deed {
    /// Whether it begins a tenure.
    pub(crate) fn begins(self) -> bool {
        matches!(self, Self::Past | Self::Grant { .. } | Self::Answer { .. })
    }
}

impl FromIterator<Deed> for Chain {
    fn from_iter<T: IntoIterator<Item = Deed>>(deeds: T) -> Self {
        let mut chain = Self::EMPTY;
        deeds.into_iter().for_each(|deed| chain.push(deed));
        chain
    }
}

impl Hash for Chain {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.deeds().hash(state);
    }
}

impl core::fmt::Debug for Chain {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.deeds()).finish()
    }
}
