// SPDX-License-Identifier: EUPL-1.2
//! What stands in the `member.toml` of an agency whose box has just been prepared: an example in comments.
//!
//! A line of prose begins with `# `, a line of the example with `#` alone. Invariant: without that sign the
//! example is a file that is accepted; with it, one that says nothing.

use crate::lang::either;

/// The example, in the language of whoever prepares the box.
#[must_use]
pub fn agency_example() -> &'static str {
    either(include_str!("agency.fr.toml"), include_str!("agency.en.toml"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::MemberFile;

    /// The file without the signs that make comments of the example.
    fn uncommented(text: &str) -> String {
        let lines = text.lines().map(|line| match line.strip_prefix('#') {
            Some(example) if !example.starts_with(' ') || example.starts_with("    ") => example,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_example_says_nothing_until_it_is_uncommented() {
        // Goal: a newcomer who takes the signs away has an agency that offers hours, in both languages the same.
        let path = Path::new("member.toml");
        let texts = [include_str!("agency.fr.toml"), include_str!("agency.en.toml")];
        let files = texts.map(|text| {
            assert_eq!(MemberFile::parse(path, text).expect("comments only"), MemberFile::default());
            MemberFile::parse(path, &uncommented(text)).unwrap_or_else(|error| panic!("{error}"))
        });
        let [french, english] = &files;
        assert_eq!(french, english);
        assert!(french.home_page.is_some() && french.weeks_ahead.is_some());
        assert!(french.desk.iter().any(|desk| desk.openings.len() > 1), "{french:?}");
        let kinds = [french.service.len(), french.procedure.len(), french.reserved.len()];
        let kinds = kinds.into_iter().chain([french.absence.len(), french.quota.len()]);
        assert!(kinds.into_iter().all(|entries| entries > 0), "{french:?}");
    }
}
