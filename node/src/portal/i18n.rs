// SPDX-License-Identifier: EUPL-1.2
//! The sentences that people read, in French first, from one file a language.
//!
//! Invariant: both files hold the same keys, those that a page or this folder names and no others (tests
//! below). A key that is missing all the same shows as itself: a page never fails for a word.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

const FRENCH: &str = include_str!("../../locales/fr/main.ftl");
const ENGLISH: &str = include_str!("../../locales/en/main.ftl");

static FR: LazyLock<Texts> = LazyLock::new(|| Texts::read(Lang::French, FRENCH));
static EN: LazyLock<Texts> = LazyLock::new(|| Texts::read(Lang::English, ENGLISH));

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Lang {
    /// French, the first.
    #[default]
    French,
    /// English.
    English,
}

/// The name of a sentence. Written `Key("…")`, so that the test below finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(pub(super) &'static str);

/// All sentences of one language.
pub(super) struct Texts {
    lang: Lang,
    bundle: FluentBundle<FluentResource>,
}

impl Lang {
    /// Its two letters.
    #[must_use]
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// The language of these two letters.
    #[must_use]
    pub(super) fn from_code(code: &str) -> Option<Self> {
        match code {
            "fr" => Some(Self::French),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The other one.
    #[must_use]
    pub(super) fn other(self) -> Self {
        match self {
            Self::French => Self::English,
            Self::English => Self::French,
        }
    }

    /// The first language of an `Accept-Language` header that is spoken here; weights are not read, browsers
    /// write the best first.
    #[must_use]
    pub(super) fn accepted(header: &str) -> Self {
        let codes = header.split(',').filter_map(|part| part.trim().get(..2));
        codes.filter_map(|code| Self::from_code(&code.to_ascii_lowercase())).next().unwrap_or_default()
    }

    /// Its sentences.
    #[must_use]
    pub(super) fn texts(self) -> &'static Texts {
        match self {
            Self::French => &FR,
            Self::English => &EN,
        }
    }
}

impl Texts {
    fn read(lang: Lang, file: &'static str) -> Self {
        let resource = match FluentResource::try_new(file.to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        let language = lang.code().parse().expect("two letters are a language");
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Marks around each word would end up in what people copy; names stand in <bdi> instead.
        bundle.set_use_isolating(false);
        bundle.add_resource_overriding(resource);
        Self { lang, bundle }
    }

    /// Which language.
    #[must_use]
    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// A sentence without variables.
    #[must_use]
    pub(super) fn say(&self, key: &str) -> String {
        self.fill(key, &FluentArgs::new())
    }

    /// A sentence by its key.
    #[must_use]
    pub(super) fn of(&self, key: Key) -> String {
        self.say(key.0)
    }

    /// A sentence with one word in it.
    #[must_use]
    pub(super) fn text(&self, key: &str, name: &str, value: &str) -> String {
        self.texts(key, &[(name, value)])
    }

    /// A sentence with several words in it.
    #[must_use]
    pub(super) fn texts(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, FluentValue::from(*value));
        }
        self.fill(key, &args)
    }

    /// A sentence with a number that chooses its form.
    #[must_use]
    pub(super) fn count(&self, key: &str, name: &str, count: usize) -> String {
        let mut args = FluentArgs::new();
        args.set(name, count);
        self.fill(key, &args)
    }

    /// A sentence with any variables.
    #[must_use]
    pub(super) fn fill(&self, key: &str, args: &FluentArgs<'_>) -> String {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(key, "a sentence is missing");
            return key.to_owned();
        };
        let mut faults = Vec::new();
        self.bundle.format_pattern(pattern, Some(args), &mut faults).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    fn keys(file: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut current = String::new();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once(" =").filter(|(key, _)| !key.contains([' ', '{', '['])) {
                assert!(keys.insert(key.to_owned(), BTreeSet::new()).is_none(), "{key} stands twice");
                key.clone_into(&mut current);
            }
            for part in line.split('$').skip(1) {
                let name: String = part.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
                keys.get_mut(&current).expect("a variable stands after a key").insert(name);
            }
        }
        keys
    }

    fn named_in(folder: &Path, into: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                named_in(&path, into);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("text");
            for opening in ["say(\"", "text(\"", "texts(\"", "count(\"", "fill(\"", "Key(\""] {
                for part in text.split(opening).skip(1) {
                    into.insert(part.split('"').next().unwrap_or_default().to_owned());
                }
            }
        }
    }

    #[test]
    fn both_languages_say_everything() {
        // Goal: no page ever shows a key instead of a sentence, in either language, and nobody translates what
        // no page says.
        let (french, english) = (keys(FRENCH), keys(ENGLISH));
        assert!(french.len() > 200);
        assert_eq!(french, english);
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut named = BTreeSet::new();
        named_in(&root.join("src/portal"), &mut named);
        named_in(&root.join("templates"), &mut named);
        let missing: Vec<_> = named.iter().filter(|key| key.contains('-') && !french.contains_key(*key)).collect();
        assert!(named.len() > 100 && missing.is_empty(), "{missing:?}");
        let unused: Vec<_> = french.keys().filter(|key| !named.contains(*key)).collect();
        assert!(unused.is_empty(), "no page says {unused:?}");
        for lang in [Lang::French, Lang::English] {
            let file = if lang == Lang::French { FRENCH } else { ENGLISH };
            assert!(FluentResource::try_new(file.to_owned()).is_ok(), "{lang:?} does not parse");
        }
    }

    /// A text without what stands between two marks, and without the marks.
    fn without(text: &str, open: &str, close: &str) -> String {
        let (mut kept, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once(open) {
            kept.push_str(before);
            kept.push(' ');
            rest = after.split_once(close).map_or("", |(_, after)| after);
        }
        kept + rest
    }

    #[test]
    fn no_sentence_stands_in_a_template() {
        // Goal: what people read, or have read out to them, comes from the translators' files. But for names of programs,
        // and the lines of a settings file.
        const NAMES: [&str; 8] = ["Windows", "Edge", "Chrome", "Chromium", "Firefox", "Linux", "portal", "listen"];
        let mut found = Vec::new();
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")).expect("a folder") {
            let path = entry.expect("readable").path();
            let text = std::fs::read_to_string(&path).expect("text").replace("&amp;", "");
            let text = without(&without(&without(&text, "{#", "#}"), "{%", "%}"), "{{", "}}");
            // A list of attributes for another template has no tag.
            let mut read = if text.contains('<') { without(&text, "<", ">") } else { String::new() };
            for attribute in [" aria-label=\"", " alt=\"", " title=\"", " placeholder=\""] {
                let values = text.split(attribute).skip(1).filter_map(|part| part.split('"').next());
                values.for_each(|value| read.extend([" ", value]));
            }
            let words = read.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.chars().count() > 1);
            found.extend(words.filter(|word| !NAMES.contains(word)).map(|word| (path.clone(), word.to_owned())));
        }
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_language_is_chosen() {
        // Goal: what a browser asks for, French when it asks for neither.
        for (header, lang) in [
            ("fr-FR,fr;q=0.9,en;q=0.8", Lang::French),
            ("en-GB,en;q=0.9", Lang::English),
            ("de, en;q=0.5", Lang::English),
            ("", Lang::French),
            ("é", Lang::French),
        ] {
            assert_eq!(Lang::accepted(header), lang, "{header}");
        }
        assert_eq!(Lang::French.texts().count("minutes", "minutes", 1), "1 minute");
        assert_eq!(Lang::French.texts().count("minutes", "minutes", 30), "30 minutes");
    }
}
