// SPDX-License-Identifier: EUPL-1.2
//! What the reader of TOML objects to, in people's words: line, field, and what to write instead.
//!
//! The reader speaks English only; none of its words is passed on. What it says that is not known here
//! becomes the sentence of a line that is not written as TOML is.

use std::path::Path;

use super::ConfigError;
use crate::lang::either;

/// The refusal that this objection to `text` becomes. `is_of_the_whole` tells of a line whether the file takes it outside of
/// all groups.
pub(super) fn refusal(
    path: &Path,
    text: &str,
    error: &toml::de::Error,
    is_of_the_whole: impl Fn(&str) -> bool,
) -> ConfigError {
    let span = error.span().unwrap_or(0..0);
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let here = text.get(span).unwrap_or_default();
    let row = text.lines().nth(line - 1).unwrap_or_default();
    let (name, mut remedy) = objection(error.message(), here, before, row);
    let part = header(text, line).unwrap_or_default();
    if error.message().starts_with("unknown field") && !part.is_empty() && is_of_the_whole(row) {
        let french = "ce champ vaut pour tout le fichier : écrivez-le en haut, avant le premier [ ]";
        remedy =
            either(french, "this field is of the whole file: write it at the top, before the first [ ]").to_owned();
    }
    let field = [part, name.as_str()].into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
    ConfigError::Value { path: path.to_owned(), line: Some(line), field, written: String::new(), remedy }
}

/// The field that is named, and the remedy. `here` is what is objected to, `row` the line where it begins.
fn objection(message: &str, here: &str, before: &str, row: &str) -> (String, String) {
    let field = || assigned(before).to_owned();
    let quoted = quoted(message);
    let (first, others) = quoted.split_first().map_or(("", String::new()), |(first, rest)| (*first, rest.join(", ")));
    if message.starts_with("unknown field") {
        (first.to_owned(), no_such_field(&others))
    } else if message.starts_with("missing field") {
        let remedy =
            either(format!("« {first} » manque : ajoutez-le ici"), format!("“{first}” is missing: add it here"));
        (String::new(), remedy)
    } else if message.starts_with("duplicate") {
        let remedy = either("ce nom est écrit deux fois : gardez-en un", "this name is written twice: keep one");
        (here.trim().to_owned(), remedy.to_owned())
    } else if message.starts_with("unknown variant") {
        let remedy = either(
            format!("« {first} » n'est pas un choix : écrivez l'un de ceux-ci : {others}"),
            format!("“{first}” is not a choice: write one of these: {others}"),
        );
        (field(), remedy)
    } else if let Some((found, wanted)) = wanted(message, "invalid type: ") {
        let found = kind_found(found);
        let remedy =
            either(format!("il y a {found}, il faut {wanted}"), format!("this is {found}, it must be {wanted}"));
        (field(), remedy)
    } else if let Some((_, wanted)) = wanted(message, "invalid value: ") {
        let remedy = either(
            format!("cette valeur ne va pas : il faut {wanted}"),
            format!("this cannot be: it must be {wanted}"),
        );
        (field(), remedy)
    } else {
        (leading(row).to_owned(), syntax(message))
    }
}

fn no_such_field(others: &str) -> String {
    if others.is_empty() {
        return either("ce champ n'existe pas ici : enlevez-le", "there is no such field here: remove it").to_owned();
    }
    either(
        format!("ce champ n'existe pas ici : écrivez l'un de ceux-ci, ou enlevez-le : {others}"),
        format!("there is no such field here: write one of these, or remove it: {others}"),
    )
}

/// What was found, and what is wanted, in words.
fn wanted<'a>(message: &'a str, beginning: &str) -> Option<(&'a str, String)> {
    let (found, wanted) = message.strip_prefix(beginning)?.rsplit_once(", expected ")?;
    Some((found, kind_wanted(wanted)))
}

fn kind_found(found: &str) -> &'static str {
    for (beginning, french, english) in [
        ("string", "un texte", "a text"),
        ("integer", "un nombre entier", "a whole number"),
        ("floating", "un nombre à virgule", "a decimal number"),
        ("boolean", "vrai ou faux (true, false)", "true or false"),
        ("sequence", "une liste", "a list"),
        ("map", "un groupe de champs", "a group of fields"),
    ] {
        if found.starts_with(beginning) {
            return either(french, english);
        }
    }
    either("autre chose", "something else")
}

fn kind_wanted(wanted: &str) -> String {
    let (french, english) = match wanted {
        "f64" => ("un nombre, par exemple 44.5", "a number, for instance 44.5"),
        "u8" => ("un nombre entier de 0 à 255", "a whole number from 0 to 255"),
        "u16" => ("un nombre entier de 0 à 65535", "a whole number from 0 to 65535"),
        "a boolean" => ("true ou false", "true or false"),
        "a sequence" => ("une liste entre crochets [ ]", "a list in brackets [ ]"),
        "socket address" => {
            ("une adresse, par exemple \"127.0.0.1:4648\"", "an address, for instance \"127.0.0.1:4648\"")
        }
        "a string" | "string or table" => ("un texte entre guillemets \" \"", "a text in quotes \" \""),
        _ if wanted.starts_with("struct") => ("un groupe de champs", "a group of fields"),
        _ => ("une autre valeur", "another value"),
    };
    either(french, english).to_owned()
}

/// What is not written as TOML is: the usual slips by name, all others in one sentence.
fn syntax(message: &str) -> String {
    for (part, french, english) in [
        (
            "socket address",
            "ce n'est pas une adresse : écrivez par exemple \"127.0.0.1:4648\"",
            "this is not an address: write for instance \"127.0.0.1:4648\"",
        ),
        (
            "string",
            "un texte s'écrit entre deux guillemets : nom = \"Le Bourg\"",
            "a text stands between two quotes: name = \"Le Bourg\"",
        ),
        (
            "overflow",
            "ce nombre est trop grand : écrivez-en un plus petit",
            "this number is too large: write a smaller one",
        ),
        ("unclosed", "un crochet n'est pas fermé : ajoutez ] ou }", "a bracket is not closed: add ] or }"),
        (
            "comma",
            "les éléments d'une liste sont séparés par des virgules",
            "the elements of a list need commas between",
        ),
    ] {
        if message.contains(part) {
            return either(french, english).to_owned();
        }
    }
    either(
        "cette ligne n'est pas écrite comme il faut : écrivez nom = valeur, ou un titre entre crochets [nom]",
        "this line is not written as it must be: write name = value, or a title in brackets [name]",
    )
    .to_owned()
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-.".contains(c)
}

/// The words between backticks.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

/// The name to which the value that begins after `before` is given, if it is given to one.
fn assigned(before: &str) -> &str {
    let name = before.rsplit_once('=').map_or("", |(name, _)| name.trim_end());
    name.rsplit_once(|c| !is_name(c)).map_or(name, |(_, name)| name)
}

/// The name with which a line begins, if it begins with one.
fn leading(row: &str) -> &str {
    let row = row.trim_start();
    row.split(|c: char| !is_name(c)).next().unwrap_or_default()
}

/// The title, such as `[[point]]`, under which a line stands.
fn header(text: &str, line: usize) -> Option<&str> {
    let is_title = |it: &&str| {
        let inner = it.trim_matches(['[', ']']);
        it.starts_with('[') && it.ends_with(']') && inner.chars().all(is_name)
    };
    text.lines().take(line).map(str::trim).filter(is_title).last()
}
