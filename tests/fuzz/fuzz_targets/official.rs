// SPDX-License-Identifier: EUPL-1.2
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| hameau_fuzz::file("official", data));
