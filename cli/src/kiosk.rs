// SPDX-License-Identifier: EUPL-1.2
//! `hameau kiosk`: what Chromium needs to be a public screen. Its policy, a script that starts it, a unit for systemd, and
//! how to put them in their places.
//!
//! The screen opens this box, the sites of the agencies, of the sheets and of the branches, and nothing else; it keeps
//! nothing. Policies are Chromium's own (chromeenterprise.google/policies): a JSON file that each user of the computer's
//! Chromium obeys. Nothing is installed here.

use std::collections::BTreeSet;
use std::fs::{DirBuilder, Permissions};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{anyhow, bail};
use hameau_node::config::NodeFile;
use hameau_node::control::Request;
use hameau_node::directory::Directory;
use hameau_node::home::Home;
use hameau_node::lang::{either, system_words};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::arguments::Kiosk;
use crate::{desk, show};

/// Entries of Chromium's list: it takes a thousand.
const SITES_MAX: usize = 1_000;
const POLICY: &str = "hameau.json";
const SCRIPT: &str = "hameau-kiosk.sh";
const UNIT: &str = "hameau-kiosk.service";

/// Writes the files.
pub(crate) fn kiosk(path: &Path, options: &Kiosk) -> anyhow::Result<()> {
    let home = Home::open(path)?;
    let portal = NodeFile::read(&home.file("node.toml"))?.portal_listen;
    if portal.port() == 0 {
        bail!(
            "{}",
            either(
                "portal_listen n'a pas de port fixe dans node.toml : écrivez par exemple 127.0.0.1:4648, puis relancez la boîte",
                "portal_listen has no fixed port in node.toml: write for instance 127.0.0.1:4648, then start the node again"
            )
        );
    }
    let agencies: Vec<String> = desk::with(&home, async |desk| desk.ask(Request::Addresses).await)?;
    let official = Directory::of(home.path()).read(|it| it.addresses())?.unwrap_or_default();
    // Branches last: where there are too many sites, theirs are left out.
    let whole = options.allowed.iter().cloned();
    let whole = whole.chain(agencies.iter().chain(&official.official).filter_map(|url| site_of(url)));
    let whole: Vec<String> = each_once(whole);
    let pages = official.branches.iter().filter(|url| site_of(url).is_some_and(|site| !whole.contains(&site)));
    let mut sites = each_once(whole.iter().cloned().chain(pages.filter_map(|url| page_of(url))));
    let left = sites.len().saturating_sub(SITES_MAX - 1);
    sites.truncate(SITES_MAX - 1);
    let folder = &options.folder;
    let unwritten = |error: io::Error| {
        anyhow!("« {} » {} : {}", folder.display(), either("ne s'écrit pas", "cannot be written"), system_words(&error))
    };
    DirBuilder::new().recursive(true).mode(0o755).create(folder).map_err(unwritten)?;
    let folder = &folder.canonicalize().map_err(unwritten)?;
    let policy = serde_json::to_string_pretty(&policy(portal, &sites))?;
    for (name, text, mode) in [
        (POLICY, policy + "\n", 0o644),
        (SCRIPT, script(portal), 0o755),
        (UNIT, unit(folder), 0o644),
        (either("LISEZ-MOI.txt", "README.txt"), manual(folder), 0o644),
    ] {
        write(folder, name, &text, mode).map_err(unwritten)?;
    }
    if options.json {
        return show::json(&json!({ "folder": folder, "sites": sites.len(), "left": left }));
    }
    show::print(&manual(folder))?;
    show::print(&either(
        format!("Sites permis : {}, et cette boîte.", sites.len()),
        format!("Sites allowed: {}, and this node.", sites.len()),
    ))?;
    if left > 0 {
        show::print(&either(
            format!("{left} sites de guichets n'y sont pas : Chromium n'en prend que {SITES_MAX}."),
            format!("{left} sites of branches are not among them: Chromium takes {SITES_MAX}."),
        ))?;
    }
    Ok(())
}

/// Whether this is a site's name.
pub(crate) fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label)
}

/// The site of an official address: its host, without `www.`, so that what an agency signs people in by, beside it, is
/// reached too.
fn site_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?;
    let host = rest.split(['/', '?', '#', ':']).next()?.to_ascii_lowercase();
    let host = host.strip_prefix("www.").filter(|it| it.contains('.')).unwrap_or(&host);
    is_host(host).then(|| host.to_owned())
}

/// A page of a branch and what lies under it, as Chromium's lists name it (a dot before the host: no other one). A town
/// hall may have its page at a site that is no official one.
fn page_of(url: &str) -> Option<String> {
    let rest = url.strip_prefix("https://")?.split(['?', '#']).next()?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split(':').next()?.to_ascii_lowercase();
    let path = path.trim_end_matches('/');
    let is_plain = path.bytes().all(|it| it.is_ascii_graphic() && !matches!(it, b'"' | b'\\' | b'*'));
    let page = if path.is_empty() { format!(".{host}") } else { format!(".{host}/{path}") };
    (is_host(&host) && is_plain).then_some(page)
}

fn each_once(sites: impl Iterator<Item = String>) -> Vec<String> {
    let mut known = BTreeSet::new();
    sites.filter(|site| known.insert(site.clone())).collect()
}

/// Chromium's policies.
fn policy(portal: SocketAddr, sites: &[String]) -> Value {
    let own = format!("http://{portal}");
    let allowed: Vec<String> =
        [own.clone()].into_iter().chain(sites.iter().map(|site| format!("https://{site}"))).collect();
    json!({
        "URLBlocklist": ["*"],
        "URLAllowlist": allowed,
        "HomepageLocation": own,
        "HomepageIsNewTabPage": false,
        "ShowHomeButton": true,
        "NewTabPageLocation": own,
        "IncognitoModeAvailability": 2,
        "BrowserSignin": 0,
        "SyncDisabled": true,
        "BrowserAddPersonEnabled": false,
        "BrowserGuestModeEnabled": false,
        "SavingBrowserHistoryDisabled": true,
        "PasswordManagerEnabled": false,
        "AutofillAddressEnabled": false,
        "AutofillCreditCardEnabled": false,
        "PaymentMethodQueryEnabled": false,
        "DownloadRestrictions": 3,
        "AllowFileSelectionDialogs": false,
        "DeveloperToolsAvailability": 2,
        "ExtensionInstallBlocklist": ["*"],
        "EditBookmarksEnabled": false,
        "BookmarkBarEnabled": false,
        "DefaultCookiesSetting": 4,
        "DefaultNotificationsSetting": 2,
        "DefaultGeolocationSetting": 2,
        "DefaultPopupsSetting": 2,
        "AudioCaptureAllowedUrls": [own],
        "VideoCaptureAllowedUrls": [own],
        "SearchSuggestEnabled": false,
        "NetworkPredictionOptions": 2,
        "MetricsReportingEnabled": false,
        "TranslateEnabled": false,
        "SpellCheckServiceEnabled": false,
        "BackgroundModeEnabled": false,
        "DefaultBrowserSettingEnabled": false,
        "PromotionsEnabled": false,
    })
}

fn script(portal: SocketAddr) -> String {
    format!(
        r#"#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# The public screen. Its profile lies in memory where the system has such a place, and is gone with the browser.
set -eu
profile="$(mktemp -d "${{XDG_RUNTIME_DIR:-/tmp}}/hameau-kiosk.XXXXXX")"
trap 'rm -rf "$profile"' EXIT
trap 'exit 0' INT TERM
chromium --incognito --start-maximized --no-first-run --noerrdialogs --disable-session-crashed-bubble \
    --overscroll-history-navigation=0 --password-store=basic --user-data-dir="$profile" "http://{portal}/" &
wait $!
"#
    )
}

fn unit(folder: &Path) -> String {
    // systemd reads % and quotes in a path of its own.
    let script = folder.join(SCRIPT).display().to_string().replace('%', "%%").replace('"', "\\\"");
    format!(
        "[Unit]\nDescription=Hameau, public screen\nPartOf=graphical-session.target\nAfter=graphical-session.target\n\n\
         [Service]\nExecStart=\"{script}\"\nRestart=always\nRestartSec=3\n\n[Install]\nWantedBy=graphical-session.target\n"
    )
}

fn manual(folder: &Path) -> String {
    let folder = folder.display();
    let commands = format!(
        "  sudo install -Dm644 \"{folder}/{POLICY}\" /etc/chromium/policies/managed/{POLICY}\n\
        \x20 install -Dm644 \"{folder}/{UNIT}\" ~/.config/systemd/user/{UNIT}\n\
        \x20 systemctl --user daemon-reload\n\
        \x20 systemctl --user enable --now hameau-kiosk\n"
    );
    either(
        format!(
            "Sous le compte de l'écran public, sur l'ordinateur de la boîte :\n{commands}\
             Tout Chromium de cet ordinateur obéit à ces règles : travaillez-y avec un autre navigateur.\n\
             Après « hameau directory import », ou quand un organisme change de site, refaites « hameau kiosk » et la \
             première ligne.\n"
        ),
        format!(
            "As the public screen's user, on the node's computer:\n{commands}\
             Every Chromium of this computer obeys these rules: work on it with another browser.\n\
             After “hameau directory import”, or when an agency's site changes, do “hameau kiosk” and the first line \
             again.\n"
        ),
    )
}

/// A file that is there whole or not at all.
fn write(folder: &Path, name: &str, text: &str, mode: u32) -> io::Result<()> {
    let mut beside = NamedTempFile::with_prefix_in(".hameau-", folder)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().set_permissions(Permissions::from_mode(mode))?;
    beside.as_file().sync_all()?;
    beside.persist(folder.join(name)).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sites_of_the_web_are_allowed() {
        // Goal: a host and what belongs to it, and nothing that the list would read as more.
        for (url, site) in [
            ("https://www.essai.example/une/page?x=1", Some("essai.example")),
            ("https://compte.essai.example", Some("compte.essai.example")),
            ("https://www.fr", Some("www.fr")),
            ("http://essai.example/", None),
            ("https://*/", None),
            ("https://*.example/", None),
            ("https://user@evil.example/", None),
            ("https://localhost/", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(site_of(url).as_deref(), site, "{url}");
        }
        for (url, page) in [
            ("https://www.reseau.example/mairie-essai/?x=1#y", Some(".www.reseau.example/mairie-essai")),
            ("https://Mairie.example/", Some(".mairie.example")),
            ("https://mairie.example/a b", None),
            ("https://mairie.example/*", None),
            ("https://user@evil.example/", None),
            ("http://mairie.example/", None),
        ] {
            assert_eq!(page_of(url).as_deref(), page, "{url}");
        }
        let portal = SocketAddr::from(([127, 0, 0, 1], 4648));
        let policy = policy(portal, &["essai.example".to_owned()]);
        assert_eq!(policy["URLBlocklist"], json!(["*"]));
        assert_eq!(policy["URLAllowlist"], json!(["http://127.0.0.1:4648", "https://essai.example"]));
        assert!(unit(Path::new("/a %b")).contains("ExecStart=\"/a %%b/hameau-kiosk.sh\""));
    }
}
