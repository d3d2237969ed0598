// SPDX-License-Identifier: EUPL-1.2
//! Another program of this computer, run for what it writes: never for longer, and never for more, than is bearable.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::time::timeout;

/// Why a program gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgramError {
    /// It is not on this computer.
    Absent,
    /// It ended with this code; `None`: not in time, by a signal, or with more to say than is taken.
    Failed(Option<i32>),
}

/// What a program writes, of at most so many bytes and within this time; it reads nothing, and what it complains of is not
/// kept.
///
/// # Errors
/// [`ProgramError`]; the program is ended then.
pub(crate) async fn output(mut command: Command, bytes_max: u64, within: Duration) -> Result<Vec<u8>, ProgramError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|_| ProgramError::Absent)?;
    let given = async {
        let mut bytes = Vec::new();
        child.stdout.take()?.take(bytes_max + 1).read_to_end(&mut bytes).await.ok()?;
        let is_whole = bytes.len() as u64 <= bytes_max;
        if is_whole { Some((child.wait().await.ok()?, bytes)) } else { None }
    };
    match timeout(within, given).await {
        Ok(Some((status, bytes))) if status.success() => Ok(bytes),
        Ok(Some((status, _))) => Err(ProgramError::Failed(status.code())),
        Ok(None) | Err(_) => Err(ProgramError::Failed(None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_is_borne_with_for_so_long() {
        // Goal: what it writes; its code; none where it does not end or writes too much; absent.
        let told = async |program: &str, bytes_max, within_s| {
            let mut command = Command::new("sh");
            command.args(["-c", program]);
            output(command, bytes_max, Duration::from_secs(within_s)).await
        };
        assert_eq!(told("printf abc", 3, 60).await, Ok(b"abc".to_vec()));
        assert_eq!(told("printf abcd", 3, 60).await, Err(ProgramError::Failed(None)));
        assert_eq!(told("exit 7", 3, 60).await, Err(ProgramError::Failed(Some(7))));
        assert_eq!(told("exec cat /dev/zero", 1_000, 60).await, Err(ProgramError::Failed(None)));
        assert_eq!(told("exec tail -f /dev/null", 3, 0).await, Err(ProgramError::Failed(None)));
        let absent = output(Command::new("no-such-program"), 3, Duration::from_secs(60)).await;
        assert_eq!(absent, Err(ProgramError::Absent));
    }
}
