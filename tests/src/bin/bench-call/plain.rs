// SPDX-License-Identifier: EUPL-1.2
//! Two browsers alone: one connection with the browser's own settings. Their signals are carried by hand, and cost the
//! line nothing.

use std::error::Error;

use hameau_tests::lines::Lines;
use hameau_tests::person::{Camera, Person};
use hameau_tests::rough::{EXCHANGE, PLACE};
use hameau_tests::wait::until;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The same camera and microphone as `call.js` asks for; all else is what a browser does by itself.
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><title>plain</title><video id="remote" autoplay></video>
<script>
window.pc = new RTCPeerConnection();
pc.ontrack = (event) => { document.getElementById("remote").srcObject = event.streams[0]; };
const ready = navigator.mediaDevices.getUserMedia({
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 },
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 20, max: 20 } },
}).then((stream) => { for (const track of stream.getTracks()) pc.addTrack(track, stream); });
async function described(description) {
  await pc.setLocalDescription(description);
  while (pc.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 20));
  return pc.localDescription.sdp;
}
window.offer = async () => { await ready; return described(await pc.createOffer()); };
window.answer = async (sdp) => {
  await ready;
  await pc.setRemoteDescription({ type: "offer", sdp });
  return described(await pc.createAnswer());
};
window.accept = async (sdp) => { await pc.setRemoteDescription({ type: "answer", sdp }); };
</script>"#;

/// A call that is up.
pub(crate) struct Call {
    pub(crate) booth: Person,
    pub(crate) advisor: Person,
    _page: TempDir,
}

/// Opens the page at both places, and connects them.
pub(crate) async fn connected(lines: &Lines) -> Result<Call, Box<dyn Error>> {
    let folder = TempDir::new()?;
    let file = folder.path().join("plain.html");
    std::fs::write(&file, PAGE)?;
    let url = format!("file://{}", file.display());
    let at = |place| Some(lines.namespace(place));
    let booth = Person::on(at(PLACE), "the one in the booth", &url, Camera::Works).await;
    let advisor = Person::on(at(EXCHANGE), "the other one", &url, Camera::Works).await;
    let offer = said(&booth.eval("window.offer()").await)?;
    let answer = said(&advisor.eval(&format!("window.answer({})", json!(offer))).await)?;
    booth.eval(&format!("window.accept({})", json!(answer))).await;
    for person in [&booth, &advisor] {
        until("the browsers are connected", async || {
            let state = person.eval("window.pc.connectionState").await;
            if state == "connected" { Ok(()) } else { Err(state.to_string()) }
        })
        .await;
    }
    Ok(Call { booth, advisor, _page: folder })
}

fn said(value: &Value) -> Result<String, String> {
    let text = value.as_str().filter(|text| text.starts_with("v=0"));
    text.map(str::to_owned).ok_or_else(|| format!("no session description: {value}"))
}
