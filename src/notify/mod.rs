//! Telling people outside: a line of the log, a call to the province's own system, a letter by e-mail.

use hmac::{Hmac, KeyInit, Mac};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor, message::Mailbox};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use crate::{
    domain::certificate::Via,
    marketplace::client::{Client, Content, Method, OutboundPolicy, Outgoing},
};

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The same for every try, so that a receiver can tell repeats.
    pub id: String,
    /// E-mail addresses.
    pub to: Vec<String>,
    /// Subject.
    pub subject: String,
    /// Text for people.
    pub text: String,
    /// The same for programs.
    pub facts: Value,
}

/// Not delivered, and why; trying again may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undelivered(pub String);

/// How letters go out. Addresses may hold passwords.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NotifySettings {
    /// Where JSON is posted.
    pub webhook: Option<Url>,
    /// Key that signs what is posted.
    pub webhook_key: Option<String>,
    /// The mail server: `smtps://user:password@host`.
    pub smtp: Option<String>,
    /// Sender of e-mail.
    pub from: Option<String>,
}

/// Tells people.
#[derive(Clone)]
pub struct Notifier {
    webhook: Option<(Client, Url, Option<String>)>,
    email: Option<(AsyncSmtpTransport<Tokio1Executor>, Mailbox)>,
}

impl Notifier {
    /// Prepares the ways that are configured; the log is always one. Fails when an address can't be used.
    pub fn new(settings: &NotifySettings, policy: OutboundPolicy) -> Result<Self, String> {
        let webhook = match &settings.webhook {
            Some(url) => Some((Client::new(policy)?, url.clone(), settings.webhook_key.clone())),
            None => None,
        };
        let email = match (&settings.smtp, &settings.from) {
            (Some(server), Some(from)) => {
                let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(server).map_err(|_| "the mail server's address is wrong")?;
                Some((transport.build(), from.parse().map_err(|_| "the sender's address is wrong")?))
            }
            (Some(_), None) => return Err("a mail server needs a sender".to_owned()),
            (None, _) => None,
        };
        Ok(Self { webhook, email })
    }

    /// The ways that are configured.
    pub fn ways(&self) -> Vec<Via> {
        let mut ways = vec![Via::Log];
        ways.extend(self.webhook.as_ref().map(|_| Via::Webhook));
        ways.extend(self.email.as_ref().map(|_| Via::Email));
        ways
    }

    /// Delivers a letter one way.
    pub async fn deliver(&self, via: Via, letter: &Letter) -> Result<(), Undelivered> {
        match via {
            Via::Log => {
                tracing::info!(letter = letter.id, facts = %letter.facts, "told");
                Ok(())
            }
            Via::Webhook => self.post(letter).await,
            Via::Email => self.mail(letter).await,
        }
    }

    async fn post(&self, letter: &Letter) -> Result<(), Undelivered> {
        let Some((client, url, key)) = &self.webhook else { return Err(Undelivered("no webhook is configured".to_owned())) };
        let body = serde_json::json!({ "id": letter.id, "subject": letter.subject, "data": letter.facts }).to_string();
        let signature = key.as_ref().map(|key| {
            let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
            mac.update(format!("{}.{body}", letter.id).as_bytes());
            ("Webhook-Signature", format!("v1,{}", data_encoding::BASE64.encode(&mac.finalize().into_bytes())))
        });
        let headers: Vec<_> = std::iter::once(("Webhook-Id", letter.id.clone())).chain(signature).collect();
        let content = Content::Json(body.into_bytes());
        let answer = client.send(Outgoing { method: Method::POST, url: url.clone(), headers, content }).await;
        match answer {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => Err(Undelivered(format!("the webhook answers {}", answer.status))),
            Err(error) => Err(Undelivered(error.to_string())),
        }
    }

    async fn mail(&self, letter: &Letter) -> Result<(), Undelivered> {
        let Some((transport, from)) = &self.email else { return Err(Undelivered("no mail server is configured".to_owned())) };
        let mut message = Message::builder().from(from.clone()).subject(letter.subject.clone());
        let addresses: Vec<Mailbox> = letter.to.iter().filter_map(|address| address.parse().ok()).collect();
        if addresses.is_empty() {
            return Err(Undelivered("the producer has no owner with an e-mail address".to_owned()));
        }
        for address in addresses {
            message = message.to(address);
        }
        let message = message.body(letter.text.clone()).map_err(|error| Undelivered(error.to_string()))?;
        transport.send(message).await.map(|_| ()).map_err(|error| Undelivered(error.to_string()))
    }
}
