// SPDX-License-Identifier: EUPL-1.2
//! The system's randomness, for keys of the week and sealed envelopes. A replica has no other.

/// The system's randomness.
pub(super) struct SystemRng;

impl rand_core::TryRng for SystemRng {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        // A system without randomness cannot seal anything: stopping is the only safe answer.
        getrandom::fill(bytes).expect("the system has randomness");
        Ok(())
    }
}

impl rand_core::TryCryptoRng for SystemRng {}
