// SPDX-License-Identifier: EUPL-1.2
//! samod 0.16: two repositories of the same document, in one thread each, over channels.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use automerge::Automerge;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::executor::LocalPool;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use samod::storage::{InMemoryStorage, Storage, StorageKey};
use samod::{
    AcceptorHandle, BackoffConfig, ConcurrencyConfig, DialError, Dialer, DocHandle, DocumentId, Repo, Transport,
};
use url::Url;

use super::document;
use super::end::End;
use super::folios::POINTS;

/// A repository, what comes to it and what it says.
pub(crate) struct Repository {
    pool: LocalPool,
    repo: Repo,
    handle: DocHandle,
    acceptor: Option<AcceptorHandle>,
    inbound: Option<UnboundedSender<Result<Vec<u8>, Infallible>>>,
    outbound: Option<UnboundedReceiver<Vec<u8>>>,
    bookings: usize,
    writers: Vec<usize>,
    written: usize,
}

/// Gives its one transport.
struct Channel(Mutex<Option<Transport>>);

impl Dialer for Channel {
    type Error = Infallible;

    fn url(&self) -> Url {
        Url::parse("memory://line").expect("an address")
    }

    fn connect(&self) -> BoxFuture<'static, Result<Transport, DialError<Infallible>>> {
        let transport = self.0.lock().ok().and_then(|mut it| it.take());
        async move { transport.ok_or_else(|| DialError::transient(std::io::Error::other("used"))) }.boxed()
    }
}

/// Both ends, each with the document on a disk of its own.
pub(crate) fn ends(content: &Automerge, bookings: usize) -> [Repository; 2] {
    let id = DocumentId::try_from(vec![7; 16]).expect("16 bytes");
    let saved = content.save();
    let end = |name: &str, writers: Vec<usize>| {
        let mut pool = LocalPool::new();
        let storage = InMemoryStorage::new();
        let key = StorageKey::snapshot_prefix(&id).with_component("00".repeat(32)).expect("a key");
        pool.run_until(Storage::put(&storage, key, saved.clone()));
        let repo = open(&mut pool, name, storage);
        let handle = pool.run_until(repo.find(id.clone())).expect("it runs").expect("it is on its disk");
        Repository { pool, repo, handle, acceptor: None, inbound: None, outbound: None, bookings, writers, written: 0 }
    };
    let (first, mut second) = (end("point", vec![0]), end("agence", (1..POINTS).collect()));
    let address = Url::parse("memory://agence").expect("an address");
    second.acceptor = Some(second.repo.make_acceptor(address).expect("it runs"));
    [first, second]
}

fn open(pool: &mut LocalPool, name: &str, storage: InMemoryStorage) -> Repo {
    let builder = Repo::build_localpool(pool.spawner())
        .with_peer_id(name.into())
        .with_concurrency(ConcurrencyConfig::AsyncRuntime)
        .with_storage(storage);
    pool.run_until(builder.load_local())
}

impl Repository {
    fn say(&mut self) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        loop {
            self.pool.run_until_stalled();
            let before = said.len();
            if let Some(outbound) = &mut self.outbound {
                while let Some(Some(frame)) = outbound.next().now_or_never() {
                    said.push(frame);
                }
            }
            if said.len() == before {
                return said;
            }
        }
    }
}

impl End for Repository {
    fn start(&mut self) -> Vec<Vec<u8>> {
        let (inbound, from) = unbounded();
        let (to, outbound) = unbounded();
        (self.inbound, self.outbound) = (Some(inbound), Some(outbound));
        let transport = Transport::new(from, to);
        match &self.acceptor {
            Some(acceptor) => drop(acceptor.accept(transport).expect("it runs")),
            None => {
                let dialer = Arc::new(Channel(Mutex::new(Some(transport))));
                drop(self.repo.dial(BackoffConfig::default(), dialer).expect("it runs"));
            }
        }
        self.say()
    }

    fn take(&mut self, frame: &[u8]) -> Vec<Vec<u8>> {
        if let Some(inbound) = &self.inbound {
            drop(inbound.unbounded_send(Ok(frame.to_vec())));
        }
        self.say()
    }

    fn write(&mut self, bookings: usize) -> Vec<Vec<u8>> {
        let (first, known, writers) = (self.written, self.bookings, self.writers.clone());
        self.handle.with_document(|document| {
            for number in first..first + bookings {
                document::book(document, writers[number % writers.len()], known + number, 0);
            }
        });
        self.written += bookings;
        self.say()
    }

    fn bookings(&mut self) -> usize {
        self.handle.with_document(|document| document::count(document))
    }
}
