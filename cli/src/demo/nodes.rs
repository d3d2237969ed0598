// SPDX-License-Identifier: EUPL-1.2
//! The nodes of a demonstration: started together, watched, stopped together.
//!
//! Each holds a pipe to this process: if this process dies without a word, they stop by themselves.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use futures::future::{join_all, select_all};
use hameau_node::lang::either;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use super::stage::Actor;

/// How long a node may take to be ready.
const READY_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a node may take to stop before it is killed. What it acknowledged is on the disk anyway.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// What is kept of a node's complaint, in bytes.
const COMPLAINT_BYTES_MAX: u64 = 4096;

/// Nodes that run.
pub(crate) struct Nodes {
    /// One a member.
    pub nodes: Vec<Node>,
}

/// A node that runs.
pub(crate) struct Node {
    /// Who.
    pub actor: Actor,
    /// Its process.
    pub pid: u32,
    /// Its pages.
    pub portal: String,
    child: Child,
    /// Held here, for waiting on a child closes the pipe that it has.
    pipe: Option<ChildStdin>,
}

#[derive(Deserialize)]
struct Ready {
    portal: String,
    pid: u32,
}

/// Starts them all at once and waits until each is ready.
pub(crate) async fn start(cast: &[Actor], shift_ms: i64, is_practice: bool) -> anyhow::Result<Nodes> {
    let started = join_all(cast.iter().map(|actor| start_one(actor, shift_ms, is_practice))).await;
    let nodes = started.into_iter().collect::<anyhow::Result<Vec<Node>>>()?;
    Ok(Nodes { nodes })
}

async fn start_one(actor: &Actor, shift_ms: i64, is_practice: bool) -> anyhow::Result<Node> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--home")
        .arg(&actor.home)
        .args(["run", "--json", "--demo", "--with-parent", "--shift-ms"])
        .arg(shift_ms.to_string())
        .args(is_practice.then_some("--practice"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| {
            format!("{} : {}", actor.member, either("la boîte ne démarre pas", "the node does not start"))
        })?;
    let stdout = child.stdout.take().ok_or_else(|| anyhow!("no output"))?;
    let pipe = child.stdin.take();
    let mut line = String::new();
    let mut reader = BufReader::new(stdout);
    let read = tokio::time::timeout(READY_TIMEOUT, reader.read_line(&mut line)).await;
    let ready = serde_json::from_str::<Ready>(&line);
    match (read, ready) {
        (Ok(Ok(_)), Ok(Ready { portal, pid })) => Ok(Node { actor: actor.clone(), pid, portal, child, pipe }),
        _ => Err(anyhow!("{} : {}", actor.member, complaint(child).await)),
    }
}

/// What a node said before it gave up.
async fn complaint(mut child: Child) -> String {
    if let Err(error) = child.kill().await {
        return error.to_string();
    }
    let mut text = Vec::new();
    if let Some(stderr) = child.stderr.take()
        && let Err(error) = stderr.take(COMPLAINT_BYTES_MAX).read_to_end(&mut text).await
    {
        return error.to_string();
    }
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    if text.is_empty() {
        return either("la boîte ne démarre pas", "the node does not start").to_owned();
    }
    text.strip_prefix("hameau : ").map_or(text.clone(), str::to_owned)
}

impl Nodes {
    /// The first node that ends by itself.
    pub(crate) async fn first_to_end(&mut self) -> Actor {
        let ends = self.nodes.iter_mut().map(|node| {
            Box::pin(async {
                let end = node.child.wait().await;
                (node.actor.clone(), end)
            })
        });
        let ((actor, _), _, _) = select_all(ends).await;
        actor
    }

    /// Asks all to stop by closing their pipes, waits, and kills who does not.
    pub(crate) async fn stop(mut self) {
        for node in &mut self.nodes {
            drop(node.pipe.take());
        }
        join_all(self.nodes.iter_mut().map(|node| async {
            let ended = tokio::time::timeout(STOP_TIMEOUT, node.child.wait()).await;
            if ended.is_err()
                && let Err(error) = node.child.kill().await
            {
                tracing::warn!(%error, member = node.actor.member, "not stopped");
            }
        }))
        .await;
    }
}
