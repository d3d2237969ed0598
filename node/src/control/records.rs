// SPDX-License-Identifier: EUPL-1.2
//! What this node's calls were like, for the terminal. No person is in it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Desk;
use super::answer::{Said, json, local};
use crate::call::ladder::Rung;
use crate::record::{CallRecord, Ended, Receipt};

/// A call that is over. Times talked are whole seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecordView {
    /// When it was over, local.
    pub ended_at: String,
    /// The member at the other side.
    pub peer: String,
    /// The service.
    pub service: String,
    /// Why it was over.
    pub ended: Ended,
    /// For how long both were there.
    pub talked_s: u64,
    /// Of it on each rung that this side sent on: `p480`, `p360`, `p180`, `still`, `sound`.
    pub rung_s: BTreeMap<String, u64>,
    /// Of it by way of a relay.
    pub relayed_s: u64,
    /// How often it was cut.
    pub cuts: u32,
    /// For how long in all.
    pub cut_s: u64,
    /// Hundredths of a percent of the other side's sound that never came; `None` where nothing came.
    pub missing_per_myriad: Option<u64>,
    /// What was exchanged, without contents or names.
    #[serde(default)]
    pub documents: Vec<Receipt>,
}

/// The records, the newest first.
pub(super) async fn records(desk: &Desk) -> Result<Value, Said> {
    let records = desk.replica.records().await;
    json(&records.iter().map(|it| view(desk, it)).collect::<Vec<_>>())
}

fn view(desk: &Desk, it: &CallRecord) -> CallRecordView {
    let name = |rung: &Rung| serde_json::to_value(rung).ok()?.as_str().map(str::to_owned);
    let rungs = Rung::ALL.iter().zip(it.record.rung_ms);
    CallRecordView {
        ended_at: local(desk, it.ended_at),
        peer: it.peer.to_string(),
        service: it.service.to_string(),
        ended: it.ended,
        talked_s: it.record.talked_ms() / 1000,
        rung_s: rungs.filter_map(|(rung, ms)| Some((name(rung)?, ms / 1000))).collect(),
        relayed_s: it.record.relayed_ms / 1000,
        cuts: it.record.cuts,
        cut_s: it.record.cut_ms / 1000,
        missing_per_myriad: it.record.missing_per_myriad(),
        documents: it.documents.clone(),
    }
}
