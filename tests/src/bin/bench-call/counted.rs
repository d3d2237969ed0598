// SPDX-License-Identifier: EUPL-1.2
//! What a browser counts of what it receives (W3C Identifiers for WebRTC's Statistics API, `inbound-rtp`).

use hameau_tests::person::Person;
use serde_json::{Value, json};

/// A picture that has been shown for longer when the count ends stands still, s.
const END_S: f64 = 1.0;

/// What one end received.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counted {
    /// Samples of sound played, and of these invented because nothing had come.
    samples: f64,
    concealed: f64,
    /// Of the invented ones, those of silence: before the first packet, or after long gaps.
    silent: f64,
    /// Time that pictures stood still until another came (`totalFreezesDuration`), s.
    thawed_s: f64,
    /// Time between all pictures shown (`totalInterFrameDelay`), s: what it lacks, the last one has stood still.
    moved_s: f64,
    freezes: f64,
    /// Pictures decoded.
    pub(crate) frames: f64,
    /// Width of the last one, pixels.
    pub(crate) width: f64,
    /// Time that sound waited in the browser's own buffer, s, over so many samples.
    waited_s: f64,
    waited_samples: f64,
    /// The same of pictures.
    picture_waited_s: f64,
    picture_waited: f64,
    /// When it was counted, s.
    at_s: f64,
}

impl Counted {
    pub(crate) fn concealed_percent(&self) -> f64 {
        if self.samples > 0.0 { self.concealed * 100.0 / self.samples } else { 100.0 }
    }

    /// Time that pictures stood still, s: until another came, and at the end until no other came.
    pub(crate) fn frozen_s(&self) -> f64 {
        let at_the_end = self.at_s - self.moved_s;
        self.thawed_s + if at_the_end > END_S { at_the_end } else { 0.0 }
    }

    pub(crate) fn json(&self) -> Value {
        let per = |sum: f64, count: f64| if count > 0.0 { sum * 1000.0 / count } else { 0.0 };
        json!({
            "concealed_percent": self.concealed_percent(), "samples": self.samples, "concealed": self.concealed,
            "silent": self.silent, "frozen_s": self.frozen_s(), "freezes": self.freezes, "frames": self.frames,
            "width": self.width, "seconds": self.at_s,
            "sound_buffer_ms": per(self.waited_s, self.waited_samples),
            "picture_buffer_ms": per(self.picture_waited_s, self.picture_waited),
        })
    }
}

/// What the connection `pc` of somebody's page has counted until now.
pub(crate) async fn end_of(person: &Person, pc: &str) -> Counted {
    let script = format!(
        "(async () => {{ const pc = {pc}; const told = {{ at: performance.now() / 1000 }};
          if (!pc) return told;
          for (const it of (await pc.getStats()).values()) if (it.type === 'inbound-rtp') told[it.kind] = {{ ...it }};
          return told; }})()"
    );
    let told = person.eval(&script).await;
    let sound = |key: &str| told["audio"][key].as_f64().unwrap_or(0.0);
    let picture = |key: &str| told["video"][key].as_f64().unwrap_or(0.0);
    Counted {
        samples: sound("totalSamplesReceived"),
        concealed: sound("concealedSamples"),
        silent: sound("silentConcealedSamples"),
        thawed_s: picture("totalFreezesDuration"),
        moved_s: picture("totalInterFrameDelay"),
        freezes: picture("freezeCount"),
        frames: picture("framesDecoded"),
        width: picture("frameWidth"),
        waited_s: sound("jitterBufferDelay"),
        waited_samples: sound("jitterBufferEmittedCount"),
        picture_waited_s: picture("jitterBufferDelay"),
        picture_waited: picture("jitterBufferEmittedCount"),
        at_s: told["at"].as_f64().unwrap_or(0.0),
    }
}

/// What came between two counts of one end. A browser that joined anew counts from nothing.
pub(crate) fn difference(before: &Counted, after: &Counted) -> Counted {
    let anew = after.samples < before.samples || after.frames < before.frames;
    let before = if anew { Counted { at_s: before.at_s, ..Counted::default() } } else { *before };
    Counted {
        samples: after.samples - before.samples,
        concealed: after.concealed - before.concealed,
        silent: after.silent - before.silent,
        thawed_s: after.thawed_s - before.thawed_s,
        moved_s: after.moved_s - before.moved_s,
        freezes: after.freezes - before.freezes,
        frames: after.frames - before.frames,
        width: after.width,
        waited_s: after.waited_s - before.waited_s,
        waited_samples: after.waited_samples - before.waited_samples,
        picture_waited_s: after.picture_waited_s - before.picture_waited_s,
        picture_waited: after.picture_waited - before.picture_waited,
        at_s: after.at_s - before.at_s,
    }
}
