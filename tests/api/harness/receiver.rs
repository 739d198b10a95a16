//! Somebody who receives webhooks, over real HTTP.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

/// A message as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Received {
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(crate) fn page(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

/// Keeps what comes and answers as told, with 204 when nothing is told.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listens");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let receiver = Self { url, received: Arc::default(), answers: Arc::default() };
        let here = receiver.clone();
        let handler = move |headers: HeaderMap, body: Bytes| {
            let here = here.clone();
            async move { here.take(&headers, &body) }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/hook", post(handler))).await.expect("serves") });
        receiver
    }

    fn take(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, [(&'static str, String); 1]) {
        let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()));
        let body = String::from_utf8(body.to_vec()).expect("UTF-8");
        self.received.lock().expect("a lock").push(Received { headers: headers.collect(), body });
        let status = self.answers.lock().expect("a lock").pop_front().unwrap_or(204);
        (StatusCode::from_u16(status).expect("a status"), [("location", self.url.clone())])
    }

    /// The statuses of the next answers.
    pub(crate) fn answer(&self, statuses: &[u16]) {
        self.answers.lock().expect("a lock").extend(statuses);
    }

    /// What came since the last call.
    pub(crate) fn taken(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().expect("a lock"))
    }
}
