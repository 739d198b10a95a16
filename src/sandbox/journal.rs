//! What was called, and what shall go wrong next.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::Value;

use crate::sandbox::{
    faults::{Fault, FaultMode},
    reply::{Answer, Refusal},
    request::Received,
    state::Shop,
};

const MAX_CALLS: usize = 10_000;

/// One Shopee call that was received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    /// From `/api/v2/`.
    pub path: String,
    /// What the marketplace itself came to: `ok`, the error's name, or `not_done` when a fault came first.
    pub outcome: String,
    /// The fault that spoiled the call, when one did: the caller then saw something else than `outcome`.
    pub fault: Option<FaultMode>,
    /// The item in question, when it is known; of a list, the first.
    pub item_id: Option<i64>,
    /// The seller's key in question, when it is known.
    pub item_sku: Option<String>,
    /// The price that was sent, when it is a whole number.
    pub price: Option<i64>,
    /// As in the answer.
    pub request_id: String,
}

/// Calls received and faults to come.
#[derive(Default)]
pub(crate) struct Journal {
    calls: VecDeque<CallRecord>,
    faults: Vec<Fault>,
}

impl Journal {
    pub(crate) fn calls(&self) -> Vec<CallRecord> {
        self.calls.iter().cloned().collect()
    }

    pub(crate) fn clear_calls(&mut self) {
        self.calls.clear();
    }

    pub(crate) fn record(&mut self, call: CallRecord) {
        if self.calls.len() == MAX_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(crate) fn add_fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// The fault for this call, if one is due: the first that names it and has nothing left to skip.
    pub(crate) fn take_fault(&mut self, call: &str) -> Option<FaultMode> {
        self.faults.retain(|fault| fault.times > 0);
        for fault in self.faults.iter_mut().filter(|fault| fault.call == "*" || fault.call == call) {
            if fault.skip == 0 {
                fault.times = fault.times.saturating_sub(1);
                return Some(fault.mode.clone());
            }
            fault.skip = fault.skip.saturating_sub(1);
        }
        None
    }
}

impl CallRecord {
    /// Describes a call after the fact; `answer` is absent when it was not done.
    pub(crate) fn describe(received: &Received, answer: Option<&Answer>, shop: &Shop) -> Self {
        let body = received.peek();
        let created = answer.and_then(|answer| answer.as_ref().ok()).and_then(|fields| fields.get("response")?.get("item_id")?.as_i64());
        let item_id = created.or_else(|| named_item(&body)).or_else(|| received.query.get("item_id_list")?.split(',').next()?.parse().ok());
        let sent_sku = body.get("item_sku").and_then(Value::as_str).or_else(|| received.query.get("item_sku")).map(str::to_owned);
        Self {
            path: received.path.clone(),
            outcome: outcome(answer),
            fault: None,
            item_id,
            item_sku: sent_sku.or_else(|| Some(shop.items.get(&item_id?)?.item_sku.clone())),
            price: sent_price(&body),
            request_id: String::new(),
        }
    }
}

fn outcome(answer: Option<&Answer>) -> String {
    match answer {
        None => "not_done".to_owned(),
        Some(Ok(_)) => "ok".to_owned(),
        Some(Err(Refusal { error, .. })) => error.clone(),
    }
}

fn named_item(body: &Value) -> Option<i64> {
    body.get("item_id").or_else(|| body.pointer("/item_list/0/item_id"))?.as_i64()
}

fn sent_price(body: &Value) -> Option<i64> {
    body.get("original_price").or_else(|| body.pointer("/price_list/0/original_price"))?.as_i64()
}
