// SPDX-License-Identifier: EUPL-1.2
//! What a person chose of picture and sound, whatever the line carries. Plain values.

use serde::{Deserialize, Serialize};

use super::ladder::Rung;

/// The choice of one side. Holds for the call, in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// As the line carries it.
    #[default]
    Full,
    /// Small pictures: a line that costs by the byte, or that others need too.
    Weak,
    /// The same, and none from the other side.
    NoPicture,
}

impl Wish {
    /// The best that this side sends.
    #[must_use]
    pub fn sends(self) -> Rung {
        match self {
            Self::Full => Rung::P480,
            Self::Weak | Self::NoPicture => Rung::P180,
        }
    }

    /// The best that it takes.
    #[must_use]
    pub fn takes(self) -> Rung {
        match self {
            Self::Full => Rung::P480,
            Self::Weak => Rung::P180,
            Self::NoPicture => Rung::Sound,
        }
    }

    /// Its number between nodes.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Full => 0,
            Self::Weak => 1,
            Self::NoPicture => 2,
        }
    }

    /// The choice of this number; of a later version's, small pictures.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        match code {
            0 => Self::Full,
            2 => Self::NoPicture,
            _ => Self::Weak,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for code in 0..=255 {
            assert_eq!(Wish::from_code(code).code() == code, code < 3, "{code}");
        }
    }
}
