// SPDX-License-Identifier: MIT OR Apache-2.0
//! A limit on everything that grows: the figure, its reason, and what happens there.

/// A member's, desk's or service's short name. Longer: refused when written and when read.
pub const NAME_BYTES_MAX: usize = 32;
