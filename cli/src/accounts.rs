// SPDX-License-Identifier: EUPL-1.2
//! `hameau account`: who may open this box's staff pages. Works whether its node runs or not.

use std::path::Path;

use hameau_node::account::{AccountName, AccountRole, Password};
use hameau_node::control::{AccountView, Request, Secret};
use hameau_node::home::Home;
use hameau_node::lang::either;

use crate::arguments::Account;
use crate::secret::{self, Words};
use crate::{desk, show};

const PASSWORD: Words = Words {
    label: ("Mot de passe du compte : ", "Password of the account: "),
    differ: ("les deux mots de passe diffèrent : recommencez", "the two passwords differ: start again"),
    unread: ("le mot de passe ne se lit pas : donnez-le en UTF-8", "the password cannot be read: give it as UTF-8"),
};

/// Does what was typed.
pub(crate) fn account(path: &Path, options: Account) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    match options {
        Account::List(options) => list(&home, options.json),
        Account::Add(options) => {
            let password = chosen(&options.name)?;
            let request = Request::AccountAdd { name: options.name, role: options.role, password };
            one(&home, request, options.json, either("compte créé", "account made"))
        }
        Account::Password(options) => {
            let password = chosen(&options.name)?;
            let request = Request::AccountPassword { name: options.name, password };
            one(&home, request, options.json, either("mot de passe changé", "password changed"))
        }
        Account::Remove(options) => {
            let request = Request::AccountRemove { name: options.name };
            one(&home, request, options.json, either("compte retiré", "account removed"))
        }
    }
}

fn list(home: &Home, json: bool) -> anyhow::Result<()> {
    let accounts: Vec<AccountView> = desk::with(home, async |desk| desk.ask(Request::AccountList).await)?;
    if json {
        return show::json(&accounts);
    }
    if accounts.is_empty() {
        return show::print(either(
            "aucun compte : créez le premier par « hameau account add NOM --role RÔLE »",
            "no account: make the first with “hameau account add NAME --role ROLE”",
        ));
    }
    accounts.iter().try_for_each(|it| show::print(&format!("{:<32} {}", it.name.as_str(), word(it.role))))
}

fn one(home: &Home, request: Request, json: bool, done: &str) -> anyhow::Result<()> {
    let account: AccountView = desk::with(home, async |desk| desk.ask(request).await)?;
    if json {
        return show::json(&account);
    }
    show::print(&format!("{done} : {} ({})", account.name, word(account.role)))
}

/// A role as people read it.
fn word(role: AccountRole) -> &'static str {
    match role {
        AccountRole::Animateur => either("animateur", "host"),
        AccountRole::Advisor => either("conseiller", "advisor"),
        AccountRole::Manager => either("responsable", "manager"),
        AccountRole::Coordination => "coordination",
    }
}

/// A new password for an account of this name.
fn chosen(name: &str) -> anyhow::Result<Secret> {
    let name = AccountName::new(name)?;
    let typed = secret::chosen(&PASSWORD, |typed| Ok(Password::chosen(typed, &name).map(drop)?))?;
    Password::chosen(&typed, &name)?;
    Ok(Secret::new(typed.trim_end_matches(['\r', '\n'])))
}
