// SPDX-License-Identifier: EUPL-1.2
//! samod 0.16: two repositories of the same document, in one thread each, over channels.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use automerge::Automerge;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::executor::LocalPool;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use samod::storage::InMemoryStorage;
use samod::{AcceptorHandle, BackoffConfig, ConcurrencyConfig, DialError, Dialer, DocHandle, Repo, Transport};
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

/// Both ends, after the document has come from the first to the second and the connection is gone.
pub(crate) fn ends(content: &Automerge, bookings: usize) -> [Repository; 2] {
    let storage = InMemoryStorage::new();
    let mut pool = LocalPool::new();
    let repo = open(&mut pool, "point", storage.clone());
    let handle = pool.run_until(repo.create(content.clone())).expect("it runs");
    let id = handle.document_id().clone();
    pool.run_until_stalled();
    let first = Repository::new(pool, repo, handle, None, bookings, vec![0]);
    // The other one finds the same bytes on its own disk.
    let mut pool = LocalPool::new();
    let copy = pool.run_until(copy_of(&storage));
    let repo = open(&mut pool, "agence", copy);
    let handle = pool.run_until(repo.find(id)).expect("it runs").expect("it is on its disk");
    let acceptor = repo.make_acceptor(Url::parse("memory://agence").expect("an address")).expect("it runs");
    let second = Repository::new(pool, repo, handle, Some(acceptor), bookings, (1..POINTS).collect());
    [first, second]
}

fn open(pool: &mut LocalPool, name: &str, storage: InMemoryStorage) -> Repo {
    let builder = Repo::build_localpool(pool.spawner())
        .with_peer_id(name.into())
        .with_concurrency(ConcurrencyConfig::AsyncRuntime)
        .with_storage(storage);
    pool.run_until(builder.load_local())
}

async fn copy_of(storage: &InMemoryStorage) -> InMemoryStorage {
    use samod::storage::{Storage as _, StorageKey};
    let copy = InMemoryStorage::new();
    for (key, bytes) in storage.load_range(StorageKey::from_parts(Vec::<String>::new()).expect("all keys")).await {
        copy.put(key, bytes).await;
    }
    copy
}

impl Repository {
    fn new(
        pool: LocalPool,
        repo: Repo,
        handle: DocHandle,
        acceptor: Option<AcceptorHandle>,
        bookings: usize,
        writers: Vec<usize>,
    ) -> Self {
        Self { pool, repo, handle, acceptor, inbound: None, outbound: None, bookings, writers, written: 0 }
    }

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
