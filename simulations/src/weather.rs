// SPDX-License-Identifier: EUPL-1.2
//! How rough a world is: which faults are on, and how hard.
//!
//! Swarm testing (Groce et al. 2012): each seed switches most faults off and draws how hard the others
//! blow. Seeds then differ in kind, not only in luck, and one fault does not hide another.

use core::fmt;
use std::collections::BTreeMap;

use crate::dice::Dice;

macro_rules! faults {
    ($($variant:ident $name:literal $what:literal),+ $(,)?) => {
        /// One thing that can go wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Fault { $(#[doc = $what] $variant),+ }

        impl Fault {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name for the command line.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// What happens, in one line.
            pub(crate) fn about(self) -> &'static str {
                match self { $(Self::$variant => $what),+ }
            }
        }
    };
}

faults! {
    Loss "loss" "2, 10 or 30 % of packets are lost: frames come late, connections end",
    Burst "burst" "a line loses nearly everything for some seconds",
    Delay "delay" "lines take up to 3 s one way, with jitter",
    Duplicate "duplicate" "frames come twice",
    Replay "replay" "frames come again later, on whichever connection stands then",
    Reorder "reorder" "frames overtake each other on one connection, against the contract",
    Damage "damage" "a damaged copy of a frame comes beside the true one",
    Clog "clog" "a direction delivers nothing for a while, then everything at once",
    Split "split" "the mesh falls in two parts",
    OneWay "one-way" "a part hears the other and is not heard",
    Crash "crash" "a box loses power at any instant",
    Torn "torn" "what was being written at a power cut is half on the disk",
    Pause "pause" "a box does nothing for 1 to 600 s",
    Clone "clone" "a disk is copied into a second box, and both run",
    Restore "restore" "a box comes back from an old backup",
    Upgrade "upgrade" "some boxes write acts of a later version",
    Lost "lost" "a box is lost for ever: another takes its place, homes settle",
    Theft "theft" "a box is stolen and used, then revoked and replaced",
    Coup "coup" "the coordination is stolen: the root names another",
    Forced "forced" "people take slots back from a point that has not released them",
    Skew "skew" "calendar clocks are wrong by up to ten hours",
    Drift "drift" "calendar clocks run up to 5 % fast or slow",
    Jump "jump" "a calendar clock jumps to 1970 or 2106",
    Strobe "strobe" "a calendar clock flickers between two times",
    Crowd "crowd" "many people come at nine o'clock and want the same times",
    DoubleClick "double-click" "people click twice",
    Doubt "doubt" "people change their minds, or correct what they said",
    NoShow "no-show" "people do not come",
    Illness "illness" "an advisor is ill: a desk's whole day is voided",
    WalkIn "walk-in" "people come without appointment and want one the same day",
    Age "age" "the territory is years old: weeks are past their terms",
    Forge "forge" "a member forges others' acts and signatures",
    Equivocate "equivocate" "a member writes two histories under one key",
    Grab "grab" "a member books, releases and cancels what is not its own",
    Regrant "regrant" "an agency grants twice, grants overlapping minutes, takes without release",
    Misplace "misplace" "a member copies folios and envelopes to where they do not belong",
    Bomb "bomb" "a member sends frames that inflate, nest or never end",
    Flood "flood" "a member sends thousands of frames and folios",
}

/// How hard a fault blows: 1, 2 or 3.
pub(crate) type Hardness = u8;

/// How rough one world is.
#[derive(Debug, Clone)]
pub(crate) struct Weather {
    /// Points.
    pub(crate) points: usize,
    /// Agencies.
    pub(crate) agencies: usize,
    /// What people do in a day, over all nodes.
    pub(crate) deeds_a_day: u64,
    /// Slowest line without the fault `delay`, one way, in milliseconds.
    pub(crate) delay_ms: u64,
    /// Whether each node hears only the next and the one before.
    pub(crate) is_chain: bool,
    /// The faults that are on.
    pub(crate) faults: BTreeMap<Fault, Hardness>,
}

impl Fault {
    /// The fault of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|fault| fault.name() == name)
    }

    /// Whether an enrolled member's own malice is needed for it.
    pub(crate) fn is_villainy(self) -> bool {
        self >= Self::Forge
    }
}

impl Weather {
    /// The weather of a seed: of all faults about a third.
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let mut weather = Self {
            points: usize::try_from(dice.between(2, 5)).unwrap_or(2),
            agencies: usize::try_from(dice.between(1, 2)).unwrap_or(1),
            deeds_a_day: dice.between(60, 140),
            delay_ms: dice.one_of([30, 300]),
            is_chain: false,
            faults: BTreeMap::new(),
        };
        // The newest last: what a seed drew before it came, it still draws.
        for fault in Fault::ALL.iter().filter(|it| **it != Fault::Age).chain([&Fault::Age]) {
            let (is_on, hardness) = (dice.chance(350), dice.one_of([1, 2, 3]));
            if is_on {
                weather.faults.insert(*fault, hardness);
            }
        }
        weather
    }

    /// A world in which nothing breaks.
    pub(crate) fn calm(points: usize, agencies: usize) -> Self {
        Self { points, agencies, deeds_a_day: 100, delay_ms: 30, is_chain: false, faults: BTreeMap::new() }
    }

    /// Whether a fault is on.
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.faults.contains_key(&fault)
    }

    /// What a fault does at its hardness: `off` when it is off.
    pub(crate) fn of<T: Copy>(&self, fault: Fault, off: T, on: [T; 3]) -> T {
        match self.faults.get(&fault) {
            None => off,
            Some(hardness) => on[usize::from(hardness.saturating_sub(1)).min(2)],
        }
    }

    /// Whether a member means harm.
    pub(crate) fn has_villains(&self) -> bool {
        self.faults.keys().any(|fault| fault.is_villainy())
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { points, agencies, deeds_a_day, delay_ms, is_chain: _, faults } = self;
        write!(f, "{points} points, {agencies} agencies, {deeds_a_day} deeds a day, lines up to {delay_ms} ms; ")?;
        if faults.is_empty() {
            return write!(f, "nothing breaks");
        }
        let words: Vec<String> =
            faults.iter().map(|(fault, hardness)| format!("{} {hardness}", fault.name())).collect();
        write!(f, "{}", words.join(", "))
    }
}
