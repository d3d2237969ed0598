// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is said in one word: why an appointment was cancelled, by which of its terms an agency refuses, what became
//! of an appointment.

/// Why a confirmed appointment was cancelled. Free text would be a citizen's data in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The person asked for it.
    ByThePerson,
    /// The advisor is absent.
    AdvisorAbsent,
    /// The place is closed.
    Closed,
    /// It was booked by mistake, or twice.
    Mistake,
    /// Another reason, told by telephone.
    Other,
}

impl Reason {
    /// All of them, in the order of their numbers on the wire.
    pub const ALL: [Self; 5] = [Self::ByThePerson, Self::AdvisorAbsent, Self::Closed, Self::Mistake, Self::Other];

    /// Its word in forms, commands and counts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ByThePerson => "person",
            Self::AdvisorAbsent => "absent",
            Self::Closed => "closed",
            Self::Mistake => "mistake",
            Self::Other => "other",
        }
    }

    /// The reason of this word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.word() == word)
    }
}

/// Which of its own terms an agency refuses by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bar {
    /// It begins sooner than the shortest delay allows.
    TooSoon,
    /// It begins later than the longest delay allows.
    TooFar,
    /// The point has as many appointments in that week as it may.
    Quota,
    /// The desk has as many appointments on that day as it takes.
    DayFull,
    /// It is too near another appointment of the desk.
    TooClose,
}

impl Bar {
    /// All of them, in the order of their numbers on the wire.
    pub const ALL: [Self; 5] = [Self::TooSoon, Self::TooFar, Self::Quota, Self::DayFull, Self::TooClose];
}

/// What became of an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It took place.
    Kept,
    /// Nobody came.
    NoShow,
    /// It began and could not be finished.
    Interrupted,
}
