// SPDX-License-Identifier: EUPL-1.2
//! A relay on loopback, and the library's own endpoints that have no other way to each other.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use iroh::endpoint::{Connection, PortmapperConfig, presets};
use iroh::tls::CaTlsConfig;
use iroh::{Endpoint, EndpointAddr, RelayConfig as RelayAt, RelayMap, RelayMode, RelayUrl, SecretKey, Watcher as _};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;
use crate::certificate::Files;
use crate::door::NOT_A_MEMBER;

const ALPN: &[u8] = b"hameau/test/1";
/// Longer than anything takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(50);

/// A relay that runs, and its folder.
struct Trial {
    url: RelayUrl,
    folder: TempDir,
    root: Option<Vec<u8>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), StartError>>,
}

impl Trial {
    async fn start(members: &[u8], with_tls: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        list(&folder.path().join("membres"), members);
        let made = with_tls.then(|| certified(folder.path()));
        let (files, root) = made.map_or((None, None), |(files, root)| (Some(files), Some(root)));
        let relay = Relay::start(&settings(folder.path(), files)).await.expect("it starts");
        let url = relay.address().parse().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(relay.run(async move { drop(stopped.await) }));
        Self { url, folder, root, stop, task }
    }

    async fn endpoint(&self, seed: u8) -> Endpoint {
        let trust = self.root.clone().map(|root| CaTlsConfig::custom_roots([root.into()])).unwrap_or_default();
        let map = RelayMap::from_iter([RelayAt::new(self.url.clone(), None)]);
        Endpoint::builder(presets::Minimal)
            .secret_key(SecretKey::from_bytes(&[seed; 32]))
            .alpns(vec![ALPN.to_vec()])
            .relay_mode(RelayMode::Custom(map))
            .ca_tls_config(trust)
            .portmapper_config(PortmapperConfig::Disabled)
            .clear_ip_transports()
            .bind()
            .await
            .expect("an endpoint")
    }

    async fn stopped(self) {
        self.stop.send(()).expect("it runs");
        let ended = timeout(DEADLINE, self.task).await.expect("in time");
        assert!(matches!(ended, Ok(Ok(()))), "{ended:?}");
    }
}

fn settings(folder: &Path, tls: Option<Files>) -> Settings {
    let number = |it| NonZeroU32::new(it).expect("not zero");
    Settings {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        tls,
        members: folder.join("membres"),
        metrics: None,
        quota: Quota { bytes_per_second: number(200_000), burst_bytes: number(100_000) },
    }
}

fn list(path: &Path, seeds: &[u8]) {
    let lines: Vec<_> = seeds.iter().map(|seed| format!("{}  membre-{seed}\n", key(*seed))).collect();
    std::fs::write(path, lines.concat()).expect("written");
}

fn key(seed: u8) -> iroh::EndpointId {
    SecretKey::from_bytes(&[seed; 32]).public()
}

fn certified(folder: &Path) -> (Files, Vec<u8>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let write = |name: &str, text: String| -> PathBuf {
        std::fs::write(folder.join(name), text).expect("written");
        folder.join(name)
    };
    let certificate = write("relais.pem", cert.pem());
    let key = write("relais.key", signing_key.serialize_pem());
    (Files { certificate, key }, cert.der().to_vec())
}

/// Opens a connection through the relay alone, with somebody at the other end.
async fn talk(trial: &Trial, from: &Endpoint, to: &Endpoint) -> (Connection, Connection) {
    let address = EndpointAddr::new(to.id()).with_relay_url(trial.url.clone());
    let answering = async { to.accept().await.expect("open").await.expect("a handshake") };
    let both = async { tokio::join!(from.connect(address, ALPN), answering) };
    let (ours, theirs) = timeout(DEADLINE, both).await.expect("in time");
    (ours.expect("connected"), theirs)
}

async fn say(from: &Connection, to: &Connection, words: &[u8]) {
    let mut stream = from.open_uni().await.expect("open");
    stream.write_all(words).await.expect("open");
    stream.finish().expect("open");
    let mut stream = timeout(DEADLINE, to.accept_uni()).await.expect("in time").expect("open");
    assert_eq!(timeout(DEADLINE, stream.read_to_end(words.len())).await.expect("in time").expect("whole"), words);
}

async fn until(what: &str, is_so: impl Fn() -> bool) {
    let reached = timeout(DEADLINE, async {
        while !is_so() {
            sleep(ASK_EVERY).await;
        }
    });
    assert!(reached.await.is_ok(), "never: {what}");
}

fn is_in(endpoint: &Endpoint) -> bool {
    endpoint.home_relay_status().get().iter().any(iroh::endpoint::RelayStatus::is_connected)
}

fn is_refused(endpoint: &Endpoint) -> bool {
    endpoint.home_relay_status().get().iter().any(|it| it.auth_denied_reason() == Some(NOT_A_MEMBER))
}

#[tokio::test(flavor = "multi_thread")]
async fn members_meet_and_nobody_else() {
    // Goal: two members talk through it, a stranger is told no; who is struck off goes, who is enrolled comes in.
    let trial = Trial::start(&[1, 2], true).await;
    let (one, two, stranger) = (trial.endpoint(1).await, trial.endpoint(2).await, trial.endpoint(3).await);
    until("one is in", || is_in(&one)).await;
    until("two is in", || is_in(&two)).await;
    until("the stranger is refused", || is_refused(&stranger)).await;
    let (ours, theirs) = talk(&trial, &one, &two).await;
    say(&ours, &theirs, b"bonjour").await;

    list(&trial.folder.path().join("membres"), &[1, 3]);
    until("two is out", || is_refused(&two)).await;
    until("the stranger is in", || is_in(&stranger)).await;
    assert!(is_in(&one), "a member stays");
    // A list that says nothing changes nothing; the one after it does.
    list(&trial.folder.path().join("membres"), &[]);
    sleep(MEMBERS_READ_EVERY + ASK_EVERY).await;
    assert!(is_in(&one) && is_in(&stranger), "the list before stays in force");
    list(&trial.folder.path().join("membres"), &[1, 2]);
    until("the stranger is out again", || is_refused(&stranger)).await;
    assert!(is_in(&one), "a member stays");
    for endpoint in [one, two, stranger] {
        endpoint.close().await;
    }
    trial.stopped().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sends_more_than_the_quota() {
    // Goal: what a member sends beyond its burst takes the time that the quota says, and arrives whole.
    let trial = Trial::start(&[1, 2], false).await;
    let (one, two) = (trial.endpoint(1).await, trial.endpoint(2).await);
    until("both are in", || is_in(&one) && is_in(&two)).await;
    let (ours, theirs) = talk(&trial, &one, &two).await;
    let began = std::time::Instant::now();
    say(&ours, &theirs, &vec![7; 700_000]).await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(2500), "700 kB at 200 kB a second and 100 kB at once took {took:?}");
    for endpoint in [one, two] {
        endpoint.close().await;
    }
    trial.stopped().await;
}
