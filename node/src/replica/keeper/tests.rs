// SPDX-License-Identifier: EUPL-1.2
//! A point's life that ends, on real folders and real disks: stopped in between, without room, with a booking in the
//! same commit.

mod ends;
mod village;
