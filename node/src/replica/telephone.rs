// SPDX-License-Identifier: EUPL-1.2
//! Telephone numbers as people write them. Refuses to guess: nothing is put right, whoever typed it is told.

/// Digits of a number of another country, its code included (ITU-T E.164, 6.2: 15 at most; shorter than seven none is).
const ABROAD: core::ops::RangeInclusive<usize> = 7..=15;
/// Digits of a French number without the first zero (Arcep's numbering plan: ten with it).
const FRENCH: usize = 9;
const FRANCE: &str = "33";

/// Whether somebody can be called under what was typed: a French number of ten digits that begins with 0, or `+` or `00`
/// and a country's code, of 15 digits at most. Spaces, points, hyphens, slashes and brackets may stand between.
#[must_use]
pub fn is_telephone(typed: &str) -> bool {
    let typed = typed.trim();
    let has_plus = typed.starts_with('+');
    let is_form = typed.chars().skip(usize::from(has_plus)).all(|c| c.is_ascii_digit() || " .-()/".contains(c));
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    let abroad = if has_plus { Some(digits.as_str()) } else { digits.strip_prefix("00") };
    is_form
        && match abroad.map(|rest| (rest, rest.strip_prefix(FRANCE))) {
            // "+33 (0)5 …" is written, and understood by everybody.
            Some((_, Some(national))) => national.strip_prefix('0').unwrap_or(national).len() == FRENCH,
            Some((rest, None)) => ABROAD.contains(&rest.len()) && !rest.starts_with('0'),
            None => digits.len() == FRENCH + 1 && digits.starts_with('0'),
        }
}

/// A number's digits as it is dialled within France.
pub(super) fn dialled(telephone: &str) -> String {
    let digits: String = telephone.chars().filter(char::is_ascii_digit).collect();
    let abroad =
        telephone.trim_start().starts_with('+').then_some("33").or(digits.starts_with("0033").then_some("0033"));
    let national = abroad.and_then(|prefix| digits.strip_prefix(prefix));
    let national = national.map(|rest| rest.strip_prefix('0').unwrap_or(rest)).filter(|rest| rest.len() == FRENCH);
    national.map_or_else(|| digits.clone(), |rest| format!("0{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_one_however_it_is_written() {
        for typed in ["05 65 00 00 00", "+33 5 65 00 00 00", "+33 (0)5 65 00 00 00", "0033 5 65 00 00 00"] {
            assert_eq!(dialled(typed), "0565000000", "{typed}");
        }
    }

    #[test]
    fn a_number_that_can_be_called() {
        // Goal: what people write of France and of elsewhere passes; a digit too many or too few does not.
        for (typed, can) in [
            ("05 65 00 00 00", true),
            ("05.65.00.00.00", true),
            ("0565000000", true),
            (" (05) 65-00-00/00 ", true),
            ("+33 5 65 00 00 00", true),
            ("+33 (0)5 65 00 00 00", true),
            ("0033 5 65 00 00 00", true),
            ("+44 20 7946 0000", true),
            ("+123456789012345", true),
            ("05 65 00 00 0", false),
            ("05 65 00 00 00 0", false),
            ("05 65 00 00 00 00 00", false),
            ("+33 5 65 00 00 0", false),
            ("+1234567890123456", false),
            ("+0 65 00 00 00", false),
            ("5 65 00 00 00 0", false),
            ("3646", false),
            ("05 65 + 00 00 00", false),
            ("chez moi", false),
            ("٠٥٦٥٠٠٠٠٠٠", false),
            ("05\u{202E}65000000", false),
            ("", false),
        ] {
            assert_eq!(is_telephone(typed), can, "{typed:?}");
        }
    }
}
