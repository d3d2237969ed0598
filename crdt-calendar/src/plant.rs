// SPDX-License-Identifier: MIT OR Apache-2.0
//! Bugs that a simulator plants, to show that it would see them.
//!
//! Only a build with the feature `plants` has them; in every other build [`active`] is constant false
//! and each bug is compiled away. The node is never built with that feature. What is planted is told
//! for the running thread, for a world is one thread.

/// One planted bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    /// A booking counts in a tenure that another holds.
    BookWithoutTenure,
    /// A slot is free although a tenure of it is open.
    GrantTwice,
    /// Of two acts with one number the one that came last is kept.
    AcceptEqualSequence,
    /// A home takes back all that a holder has of an opening once it has released one slot of it.
    TakeWithoutRelease,
    /// A home answers an ask that it has refused once more.
    AnswerAskTwice,
    /// Acts are shown whose signature was not checked.
    ShowBeforeVerify,
    /// Acts need not lead to the signed head.
    SkipChain,
    /// Booths are not judged.
    ForgetBooth,
    /// Openings of one desk may overlap.
    OverlapOpenings,
    /// A ledger that is not here says no.
    MissingReadAsVoid,
    /// A new life of a box goes on in the tenures of the one before.
    InheritAfterRestore,
    /// What an earlier box of the line wrote counts beyond what was adopted of it.
    IgnoreUpto,
    /// Coming bookings stay sealed to the box of a home that is gone.
    SealToThePast,
    /// Weeks go as soon as the own clock says so.
    EraseByTheClock,
}

#[cfg(feature = "plants")]
mod planted {
    use super::Plant;
    use core::cell::Cell;

    std::thread_local! {
        static PLANTED: Cell<Option<Plant>> = const { Cell::new(None) };
    }

    impl Plant {
        /// All of them.
        pub const ALL: [Self; 14] = [
            Self::BookWithoutTenure,
            Self::GrantTwice,
            Self::AcceptEqualSequence,
            Self::TakeWithoutRelease,
            Self::AnswerAskTwice,
            Self::ShowBeforeVerify,
            Self::SkipChain,
            Self::ForgetBooth,
            Self::OverlapOpenings,
            Self::MissingReadAsVoid,
            Self::InheritAfterRestore,
            Self::IgnoreUpto,
            Self::SealToThePast,
            Self::EraseByTheClock,
        ];

        /// The name for a command line.
        #[must_use]
        pub fn name(self) -> &'static str {
            match self {
                Self::BookWithoutTenure => "book-without-tenure",
                Self::GrantTwice => "grant-twice",
                Self::AcceptEqualSequence => "accept-equal-sequence",
                Self::TakeWithoutRelease => "take-without-release",
                Self::AnswerAskTwice => "answer-ask-twice",
                Self::ShowBeforeVerify => "show-before-verify",
                Self::SkipChain => "skip-chain",
                Self::ForgetBooth => "forget-booth",
                Self::OverlapOpenings => "overlap-openings",
                Self::MissingReadAsVoid => "missing-read-as-void",
                Self::InheritAfterRestore => "inherit-after-restore",
                Self::IgnoreUpto => "ignore-upto",
                Self::SealToThePast => "seal-to-the-past",
                Self::EraseByTheClock => "erase-by-the-clock",
            }
        }

        /// What it does, in one line.
        #[must_use]
        pub fn about(self) -> &'static str {
            match self {
                Self::BookWithoutTenure => "a booking counts in a tenure that another holds",
                Self::GrantTwice => "a slot is free although a tenure of it is open",
                Self::AcceptEqualSequence => "of two acts with one number the last that came is kept",
                Self::TakeWithoutRelease => {
                    "a home takes back all that a holder has of an opening once it releases one slot"
                }
                Self::AnswerAskTwice => "a home answers once more what it has refused",
                Self::ShowBeforeVerify => "acts are shown whose signature was not checked",
                Self::SkipChain => "acts need not lead to the signed head",
                Self::ForgetBooth => "booths are not judged",
                Self::OverlapOpenings => "openings of one desk may overlap",
                Self::MissingReadAsVoid => "a ledger that is not here says no",
                Self::InheritAfterRestore => "a new life of a box goes on in the tenures of the one before",
                Self::IgnoreUpto => "what an earlier box wrote counts beyond what was adopted of it",
                Self::SealToThePast => "coming bookings stay sealed to the box of a home that is gone",
                Self::EraseByTheClock => "weeks go as soon as the own clock says so, without witnesses",
            }
        }
    }

    /// Plants a bug for this thread, or takes it out.
    pub fn set(plant: Option<Plant>) {
        PLANTED.set(plant);
    }

    /// Whether a bug is planted.
    pub(crate) fn active(plant: Plant) -> bool {
        PLANTED.get() == Some(plant)
    }
}

#[cfg(feature = "plants")]
pub(crate) use planted::active;
#[cfg(feature = "plants")]
pub use planted::set;

/// Whether a bug is planted: never, in this build.
#[cfg(not(feature = "plants"))]
pub(crate) const fn active(_: Plant) -> bool {
    false
}
