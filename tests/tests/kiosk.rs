// SPDX-License-Identifier: EUPL-1.2
//! `hameau kiosk`: the files that it writes, and a real Chromium that obeys them.
//!
//! Chromium reads policies from one place of the system: the test gives it that place in a mount namespace of its own,
//! which takes root; without, the files alone are looked at. Where it must be had (`HAMEAU_LINES_REQUIRED`) that fails.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hameau_tests::hand::{Village, always_open, hameau, settings, started, stopped};
use hameau_tests::official;
use hameau_tests::wait::DEADLINE;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

/// Where Chromium of Debian reads its policies.
const POLICIES: &str = "/etc/chromium";

#[tokio::test]
async fn the_public_screen_opens_what_is_official_and_nothing_else() {
    // Goal: the list is this box, the agency's own sites, and those of the sheets and branches; a real Chromium with that
    // policy shows the box, and does not even ask another address of the same computer, which it reaches without.
    let village = Village::founded().await;
    village.enrolled("caisse", "agency", &village.at("centre")).await;
    let (home, folder) = (village.at("caisse"), village.at("ecran public"));
    std::fs::write(
        home.join("member.toml"),
        format!("home_page = \"https://www.organisme.example/\"\n{}", always_open(None)),
    )
    .expect("written");
    let refused = hameau(&home, &["kiosk", folder.to_str().expect("UTF-8")]).await;
    assert!(refused.code == 1 && refused.err.contains("portal_listen"), "{refused:?}");
    let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port").local_addr().expect("bound");
    let (mesh, portal) = (free(), free());
    settings(&home, mesh, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), portal);
    let node = started(&home, &[]).await;
    let (annuaire, sheets) = official::files(&village.at("files"));
    let files = [&annuaire, &sheets].map(|it| it.to_str().expect("UTF-8").to_owned());
    let said = hameau(&home, &["directory", "import", &files[0], &files[1], "--department", "46"]).await;
    assert_eq!(said.code, 0, "{said:?}");
    for time in ["first", "again"] {
        let options = ["kiosk", folder.to_str().expect("UTF-8"), "--allow", "connexion.example", "--json"];
        assert_eq!(hameau(&home, &options).await.json()["left"], 0, "{time}");
    }
    let policy: Value =
        serde_json::from_slice(&std::fs::read(folder.join("hameau.json")).expect("there")).expect("JSON");
    assert_eq!(policy["URLBlocklist"], serde_json::json!(["*"]));
    let own = format!("http://{portal}");
    let sites = ["connexion.example", "organisme.example", ".www.caisse.example", "compte.example", "fiches.example"];
    let allowed: Vec<String> = [own.clone()].into_iter().chain(sites.map(|it| format!("https://{it}"))).collect();
    let listed: Vec<&str> =
        policy["URLAllowlist"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert_eq!(
        (listed.len(), listed[..3].to_vec()),
        (6, allowed[..3].iter().map(String::as_str).collect()),
        "{listed:?}"
    );
    assert!(allowed.iter().all(|it| listed.contains(&it.as_str())), "{listed:?}");
    for (name, mode) in [("hameau-kiosk.sh", 0o755), ("hameau-kiosk.service", 0o644), ("LISEZ-MOI.txt", 0o644)] {
        let its = std::fs::metadata(folder.join(name)).expect("there").permissions().mode() & 0o777;
        assert_eq!(its, mode, "{name}");
    }
    let script = folder.join("hameau-kiosk.sh");
    let read = Command::new("sh").arg("-n").arg(&script).status().await.expect("sh is there");
    assert!(read.success(), "the script can be read");
    obeyed(&policy, &folder, &own).await;
    stopped(node).await;
}

/// A Chromium under this policy, but for the two lines that shut out a test too: it is looked at through its developer
/// tools, which a forced incognito window does not give.
async fn obeyed(policy: &Value, folder: &Path, own: &str) {
    assert_eq!((&policy["DeveloperToolsAvailability"], &policy["IncognitoModeAvailability"]), (&2.into(), &2.into()));
    let mut policy = policy.clone();
    policy["DeveloperToolsAvailability"] = 1.into();
    policy["IncognitoModeAvailability"] = 0.into();
    let file = folder.join("looked-at.json");
    std::fs::write(&file, policy.to_string()).expect("written");
    let policy = file.as_path();
    let (elsewhere, asked) = another_site().await;
    let Some(page) = shown(Some(policy), &format!("{own}/")).await else {
        assert!(std::env::var_os("HAMEAU_LINES_REQUIRED").is_none(), "a mount namespace must be had");
        eprintln!("not looked at with Chromium: this machine gives no mount namespace");
        return;
    };
    assert!(page.contains("data-test=\"search\""), "the box is shown: {page}");
    let blocked = shown(Some(policy), &elsewhere).await.expect("as before");
    // One Chromium writes its page about that, another its error.
    let says_so = ["Your organization", "ERR_BLOCKED_BY_ADMINISTRATOR"].iter().any(|it| blocked.contains(it));
    assert!(!blocked.contains("autre site") && says_so, "{blocked}");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "it was not even asked");
    let free = shown(None, &elsewhere).await.expect("as before");
    assert!(free.contains("autre site") && asked.load(Ordering::SeqCst) > 0, "without the policy: {free}");
}

/// Another page of this computer, and how often it was asked for.
async fn another_site() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
    let address = format!("http://{}/", listener.local_addr().expect("bound"));
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            // A browser may open a connection that it does not use.
            if stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                count.fetch_add(1, Ordering::SeqCst);
                let page = "<!doctype html><p>autre site</p>";
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    page.len()
                );
                if stream.write_all((head + page).as_bytes()).await.is_err() {
                    eprintln!("the browser has gone");
                }
            }
        }
    });
    (address, asked)
}

/// What Chromium shows of an address, or says of one that it does not show; `None` where no namespace is to be had.
async fn shown(policy: Option<&Path>, url: &str) -> Option<String> {
    let profile = tempfile::TempDir::new().expect("a folder");
    let lay = match policy {
        Some(_) => format!(
            "mount -t tmpfs none {POLICIES} && mkdir -p {POLICIES}/policies/managed && cp \"$1\" {POLICIES}/policies/managed/hameau.json || exit 77; "
        ),
        None => String::new(),
    };
    let script = format!(
        "{lay}exec chromium --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run \
         --disable-background-networking --disable-component-update --disable-sync --lang=en-US --user-data-dir=\"$2\" \
         --virtual-time-budget=5000 --dump-dom \"$3\""
    );
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", &script, "sh"])
        .arg(policy.unwrap_or(Path::new("")))
        .arg(profile.path())
        .arg(url);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(DEADLINE, command.output()).await.expect("in time").ok()?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        let failed = complaint.lines().filter(|line| line.contains("Page load failed"));
        let shown = String::from_utf8_lossy(&output.stdout);
        return Some([shown.as_ref()].into_iter().chain(failed).collect::<Vec<_>>().join("\n"));
    }
    assert!(output.status.code() == Some(77) || complaint.contains("unshare"), "chromium ends: {complaint}");
    None
}
