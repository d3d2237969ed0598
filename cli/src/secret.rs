// SPDX-License-Identifier: EUPL-1.2
//! A passphrase or a password: typed without echo, or the first line of standard input. It stands on no command line.

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use anyhow::{anyhow, bail};
use hameau_node::lang::either;
use zeroize::Zeroizing;

/// A secret on standard input is read up to this size, in bytes.
const SECRET_BYTES_MAX: u64 = 1024;

/// What is asked for, in French and English.
pub(crate) struct Words {
    /// Before the cursor.
    pub label: (&'static str, &'static str),
    /// Two that should be one.
    pub differ: (&'static str, &'static str),
    /// What is no text.
    pub unread: (&'static str, &'static str),
}

fn said((french, english): (&'static str, &'static str)) -> &'static str {
    either(french, english)
}

/// A new secret: typed twice, for nobody sees it; checked before it is typed again.
pub(crate) fn chosen(words: &Words, check: impl Fn(&str) -> anyhow::Result<()>) -> anyhow::Result<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        return piped(words);
    }
    let first = typed(words, said(words.label))?;
    check(&first)?;
    let second = typed(words, either("Encore une fois : ", "Once more: "))?;
    if first != second {
        bail!("{}", said(words.differ));
    }
    Ok(first)
}

/// A secret that was chosen before.
pub(crate) fn known(words: &Words) -> anyhow::Result<Zeroizing<String>> {
    if !std::io::stdin().is_terminal() {
        return piped(words);
    }
    typed(words, said(words.label))
}

fn typed(words: &Words, label: &str) -> anyhow::Result<Zeroizing<String>> {
    let typed = rpassword::prompt_password(label).map(Zeroizing::new);
    typed.map_err(|_| anyhow!(said(words.unread)))
}

fn piped(words: &Words) -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    let read = std::io::stdin().lock().take(SECRET_BYTES_MAX).read_line(&mut line);
    read.map_err(|_| anyhow!(said(words.unread)))?;
    Ok(line)
}
