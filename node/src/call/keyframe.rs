// SPDX-License-Identifier: EUPL-1.2
//! When a whole picture is asked of a browser. One costs 10 to 20 kB, seconds on a thin line; without
//! one, a viewer who has just come sees nothing.
//!
//! Pure. Invariant: at most one request in [`SPACING_MS`]; one asked too early is sent later, never forgotten.

/// Least time between two requests to one browser, ms.
pub(super) const SPACING_MS: u64 = 1500;

/// The requests to one browser.
#[derive(Debug, Default)]
pub(super) struct Keyframes {
    last_ms: Option<u64>,
    wanted: bool,
}

impl Keyframes {
    /// Someone wants a whole picture.
    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    /// Whether to ask the browser now. `now_ms`: any steady clock.
    pub(super) fn due(&mut self, now_ms: u64) -> bool {
        let spaced = self.last_ms.is_none_or(|last| now_ms.saturating_sub(last) >= SPACING_MS);
        if !self.wanted || !spaced {
            return false;
        }
        self.wanted = false;
        self.last_ms = Some(now_ms);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seldom_but_never_forgotten() {
        // Goal: the first request goes at once, a burst makes one more, silence makes none.
        let mut keyframes = Keyframes::default();
        assert!(!keyframes.due(0));
        keyframes.want();
        assert!(keyframes.due(1));
        for now_ms in 2..10 {
            keyframes.want();
            assert!(!keyframes.due(now_ms));
        }
        assert!(keyframes.due(1 + SPACING_MS));
        assert!(!keyframes.due(10 * SPACING_MS));
    }
}
