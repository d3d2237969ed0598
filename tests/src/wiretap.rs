// SPDX-License-Identifier: EUPL-1.2
//! All that passes a machine's cables, as somebody who taps them hears it.

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use socket2::{Domain, Protocol, Socket, Type};

/// All protocols (`ETH_P_ALL` of Linux).
const ALL: u16 = 3;
/// The system keeps so much for a tap that is slow.
const BUFFER_BYTES: usize = 16 * 1024 * 1024;
/// A tap looks so often whether it is to end.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A tap. Dropped without [`Self::heard`]: it goes on until the test ends.
pub struct Wiretap {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u8>>,
}

impl Wiretap {
    /// Begins to listen on all cables of a machine, by its namespace.
    ///
    /// # Panics
    /// When it may not, as anybody but root.
    #[must_use]
    pub fn on(namespace: &str) -> Self {
        let namespace = File::open(Path::new("/run/netns").join(namespace)).expect("a namespace");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network)).expect("root may");
            listen(&stopped)
        });
        Self { stop, thread }
    }

    /// Stops, and gives all that was heard, one packet after the other.
    ///
    /// # Panics
    /// When it could not listen.
    #[must_use]
    pub fn heard(self) -> Vec<u8> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it listened")
    }
}

fn listen(stopped: &AtomicBool) -> Vec<u8> {
    let all = Protocol::from(i32::from(ALL.to_be()));
    let mut socket = Socket::new(Domain::PACKET, Type::RAW, Some(all)).expect("root may");
    socket.set_recv_buffer_size(BUFFER_BYTES).expect("a size");
    socket.set_read_timeout(Some(LOOK_EVERY)).expect("a time");
    let (mut heard, mut packet) = (Vec::new(), vec![0; 64 * 1024]);
    while !stopped.load(Ordering::Relaxed) {
        match socket.read(&mut packet) {
            Ok(length) => heard.extend_from_slice(&packet[..length]),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {}
            Err(error) => panic!("{error}"),
        }
    }
    heard
}
