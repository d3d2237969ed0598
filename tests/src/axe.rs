// SPDX-License-Identifier: EUPL-1.2
//! The rules that no page may break: axe-core, as `tests/axe/package-lock.json` pins it and `tests/run.sh` installs it.
//!
//! Not in this repository, and on no page: a story hands it to its own browser. Where it is not installed the rules are
//! not asked, and that is told; `HAMEAU_AXE_REQUIRED` says that they must be.

use std::path::PathBuf;
use std::sync::LazyLock;

/// Its text, if it is installed.
static AXE: LazyLock<Option<String>> = LazyLock::new(|| {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/axe");
    let file = std::env::var_os("HAMEAU_AXE").map_or_else(beside, PathBuf::from);
    let read = std::fs::read_to_string(file.join("node_modules/axe-core/axe.min.js"));
    if let Err(error) = &read {
        let why = format!("{}: {error}; tests/run.sh installs it", file.display());
        assert!(std::env::var_os("HAMEAU_AXE_REQUIRED").is_none(), "no axe-core here: {why}");
        eprintln!("skipped: the rules of axe-core, {why}");
    }
    read.ok()
});

/// Rules whose answer rests on colours.
const OF_COLOURS: &str = "['color-contrast', 'link-in-text-block']";

/// A screen that clears itself without scripts, `/encore-la`, is renewed by its own head after it has asked: the person
/// has the time that the rule is about. The rule sees that it is renewed and not that it asks.
const ASKS_FIRST: &str = "meta[http-equiv=refresh][content$=\"url=/effacer\"]";

/// What a page is asked: an expression whose value lists each fault, by rule and place. All rules, or those of colours.
/// `None` where they are not installed.
#[must_use]
pub fn question(of_colours_alone: bool) -> Option<String> {
    let axe = AXE.as_ref()?;
    let only = if of_colours_alone { format!(", runOnly: {OF_COLOURS}") } else { String::new() };
    Some(format!(
        "(async () => {{
            if (!window.axe) {{ {axe} }}
            const found = await axe.run({{ exclude: ['{ASKS_FIRST}'] }}, {{ resultTypes: ['violations']{only} }});
            const told = (node) => [...node.any, ...node.all, ...node.none].map((it) => it.message).join('; ');
            return found.violations.flatMap(({{ id, nodes }}) =>
                nodes.map((node) => `${{id}} at ${{node.target.join(' ')}}: ${{told(node)}}`));
        }})()"
    ))
}
