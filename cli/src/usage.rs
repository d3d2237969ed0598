// SPDX-License-Identifier: EUPL-1.2
//! Wrong use in words: what is wrong with what was typed, and where to read what can be typed.
//!
//! A value that was typed is never said again: it may be a person's name.
//! Invariant: help ends with 0, wrong use with 2, in every language.

use std::error::Error as _;
use std::fmt;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use hameau_node::lang::is_english;

use crate::arguments::Arguments;
use crate::form::FormError;

/// Wrong use.
pub(crate) const WRONG: u8 = 2;

/// Wrong use that shows only when a file was read: what to write instead.
#[derive(Debug)]
pub(crate) struct WrongUse(pub String);

impl fmt::Display for WrongUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// Says the sentence, or the help that was asked for; gives the exit code.
pub(crate) fn refuse(error: &Error) -> ExitCode {
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_help || is_english() {
        if let Err(failed) = error.print() {
            eprintln!("{failed}");
        }
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(WRONG));
    }
    eprintln!("hameau : {}\n{}", sentence(error), hint());
    ExitCode::from(WRONG)
}

/// What is wrong.
fn sentence(error: &Error) -> String {
    let argument = one(error, ContextKind::InvalidArg);
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("l'option « {argument} » n'existe pas ici{}", meant(error, ContextKind::SuggestedArg))
        }
        ErrorKind::UnknownArgument => "il y a un mot de trop".to_owned(),
        ErrorKind::InvalidSubcommand => {
            let typed = one(error, ContextKind::InvalidSubcommand);
            format!("la commande « {typed} » n'existe pas{}", meant(error, ContextKind::SuggestedSubcommand))
        }
        ErrorKind::MissingSubcommand => "il manque une commande, par exemple « status »".to_owned(),
        ErrorKind::MissingRequiredArgument => format!("il manque {}", all(error, ContextKind::InvalidArg).join(" ")),
        ErrorKind::InvalidValue if one(error, ContextKind::InvalidValue).is_empty() => {
            format!("il manque une valeur après « {argument} »{}", choices(error))
        }
        ErrorKind::InvalidValue => format!("cette valeur ne va pas pour « {argument} »{}", choices(error)),
        ErrorKind::ValueValidation => {
            let form = error.source().and_then(|it| it.downcast_ref::<FormError>()).map(ToString::to_string);
            let remedy = form.unwrap_or_else(|| "il faut un nombre qui convient".to_owned());
            format!("cette valeur ne va pas pour « {argument} » : {remedy}")
        }
        ErrorKind::ArgumentConflict => conflict(&argument, &all(error, ContextKind::PriorArg)),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("« {argument} » n'a pas le bon nombre de valeurs")
        }
        ErrorKind::InvalidUtf8 => "un des mots n'est pas du texte".to_owned(),
        _ => "cette commande n'est pas écrite comme il faut".to_owned(),
    }
}

fn conflict(argument: &str, others: &[String]) -> String {
    match others {
        [other] if other != argument => {
            format!("« {argument} » et « {other} » ne vont pas ensemble : gardez l'un des deux")
        }
        _ => format!("« {argument} » ne peut être écrit qu'une fois, et seul"),
    }
}

/// What was perhaps meant.
fn meant(error: &Error, kind: ContextKind) -> String {
    let near = all(error, kind);
    if near.is_empty() { String::new() } else { format!(" : voulez-vous dire « {} » ?", near.join(" », « ")) }
}

/// The values that can be chosen.
fn choices(error: &Error) -> String {
    let values = all(error, ContextKind::ValidValue);
    match values.split_last() {
        None => String::new(),
        Some((only, [])) => format!(" : écrivez {only}"),
        Some((last, others)) => format!(" : écrivez {} ou {last}", others.join(", ")),
    }
}

/// Where the help is: the command's own, when one was typed.
fn hint() -> String {
    let commands = Arguments::command();
    let typed = std::env::args_os().skip(1).find_map(|word| commands.find_subcommand(word));
    let command = typed.map(|it| format!("{} ", it.get_name())).unwrap_or_default();
    format!("Tout ce qui peut s'écrire : « hameau {command}--help »")
}

fn one(error: &Error, kind: ContextKind) -> String {
    all(error, kind).join(" ")
}

fn all(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        Some(ContextValue::StyledStr(text)) => vec![text.to_string()],
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}
