//! The one client for calls to the outside. Users give addresses (shops, pictures), so each is resolved once, checked, and
//! connected to as resolved; nothing is followed elsewhere; size and time are bounded; no proxy is taken from the environment.

use futures_util::StreamExt;
pub use reqwest::Method;
use reqwest::{
    Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, RETRY_AFTER},
    multipart::{Form, Part},
    redirect,
};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use url::{Host, Url, form_urlencoded};

use crate::marketplace::{PushError, Refusal};

const CONNECT: Duration = Duration::from_secs(5);
const TOTAL: Duration = Duration::from_secs(15);
const MAX_ANSWER: usize = 2 * 1024 * 1024;
const MAX_PICTURE: usize = 10 * 1024 * 1024;

/// Where calls may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboundPolicy {
    /// Also private, loopback and link-local addresses: for the sandbox on this machine and shops in the same network.
    pub allow_private: bool,
}

/// The hardened client. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    policy: OutboundPolicy,
}

/// What is sent.
pub enum Content {
    /// Nothing.
    Empty,
    /// JSON bytes, sent exactly as they are.
    Json(Vec<u8>),
    /// A form in the body.
    Form(Vec<(String, String)>),
    /// One picture as a field of a multipart form, with text fields beside it.
    Picture {
        /// The picture's field.
        field: &'static str,
        /// The picture.
        bytes: Vec<u8>,
        /// Text fields.
        beside: Vec<(&'static str, String)>,
    },
}

/// A call to make.
pub struct Outgoing {
    /// Method.
    pub method: Method,
    /// Address, query included.
    pub url: Url,
    /// Headers beside those the content brings.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub content: Content,
}

/// An answer whatever its status.
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Body, at most 2 MiB.
    pub body: Vec<u8>,
    /// `Retry-After` in seconds, where given.
    pub retry_after: Option<Duration>,
}

impl Client {
    /// Builds the client. Fails only when the TLS library can't start.
    pub fn new(policy: OutboundPolicy) -> Result<Self, String> {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that builds the hardened client")]
        let builder = reqwest::Client::builder();
        let http = builder
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Resolver { policy }))
            .user_agent(concat!("ocop-catalog/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|e| e.to_string())?;
        Ok(Self { http, policy })
    }

    /// Makes a call. [`PushError::Transient`] when it certainly was not sent, [`PushError::Unknown`] when it may have been.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Answer, PushError> {
        self.check(&outgoing.url)?;
        let request = self.http.request(outgoing.method, outgoing.url);
        let request = outgoing.headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        let request = match outgoing.content {
            Content::Empty => request,
            Content::Json(bytes) => request.header(CONTENT_TYPE, "application/json").body(bytes),
            Content::Form(fields) => {
                let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8").body(body)
            }
            Content::Picture { field, bytes, beside } => {
                let form = beside.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
                request.multipart(form.part(field, picture_part(bytes)?))
            }
        };
        Self::answer(request.send().await.map_err(|e| transport(&e))?).await
    }

    async fn answer(response: Response) -> Result<Answer, PushError> {
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok()).map(Duration::from_secs);
        let body = bounded(response, MAX_ANSWER).await?;
        Ok(Answer { status, body, retry_after })
    }

    /// Fetches a picture a user gave the address of, at most 10 MiB.
    pub async fn picture(&self, address: &str) -> Result<Vec<u8>, PushError> {
        let refused = |code: &str, message: &str| PushError::Rejected(refusal(code, message), Some("media".to_owned()));
        let url = Url::parse(address).map_err(|_| refused("picture_address", "the picture's address can't be read"))?;
        self.check(&url).map_err(|_| refused("picture_address", "the picture's address is not public"))?;
        let response =
            self.http.get(url).send().await.map_err(|e| PushError::Transient(refusal("picture", &e.without_url().to_string())))?;
        if !response.status().is_success() {
            return Err(refused("picture_status", &format!("the picture's server answers {}", response.status().as_u16())));
        }
        let bytes = bounded(response, MAX_PICTURE).await;
        let bytes = bytes.map_err(|_| refused("picture_size", "the picture can't be read or is larger than 10 MB"))?;
        let kind = picture_type(&bytes);
        if kind.is_some() { Ok(bytes) } else { Err(refused("picture_type", "the picture is neither a JPEG nor a PNG")) }
    }

    /// Whether a user may give this address: public and https, unless private addresses are called; without a password in it.
    pub fn may_call(&self, url: &Url) -> bool {
        let is_safe = url.scheme() == "https" || self.policy.allow_private;
        is_safe && url.username().is_empty() && url.password().is_none() && self.check(url).is_ok()
    }

    fn check(&self, url: &Url) -> Result<(), PushError> {
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            // RFC 6761, 6.3; other names are judged by what they resolve to when they are called.
            Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => Some(IpAddr::from([127, 0, 0, 1])),
            Some(Host::Domain(_)) => None,
            None => return Err(PushError::Config(refusal("address", "the address has no host"))),
        };
        let allowed = matches!(url.scheme(), "http" | "https") && literal.is_none_or(|ip| self.policy.allow_private || is_public(ip));
        if allowed { Ok(()) } else { Err(PushError::Config(refusal("address", "the address is not public"))) }
    }
}

/// The type of a picture by its content; every marketplace takes these two.
fn picture_type(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match infer::get(bytes)?.mime_type() {
        "image/jpeg" => Some(("image/jpeg", "picture.jpg")),
        "image/png" => Some(("image/png", "picture.png")),
        _ => None,
    }
}

fn picture_part(bytes: Vec<u8>) -> Result<Part, PushError> {
    let (mime, name) = picture_type(&bytes).unwrap_or(("application/octet-stream", "picture"));
    Part::bytes(bytes).file_name(name).mime_str(mime).map_err(|_| PushError::Config(refusal("picture", "not a media type")))
}

struct Resolver {
    policy: OutboundPolicy,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.policy.allow_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            // One private answer among public ones is how a name is rebound: refuse them all.
            if !allow_private && found.iter().any(|a| !is_public(a.ip())) {
                return Err("the name leads to an address that is not public".into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is of the public internet (IANA special-purpose registries).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => public_v4(ip),
        IpAddr::V6(ip) => ip.to_ipv4().map_or_else(|| public_v6(ip), public_v4),
    }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let special = a == 0 || a >= 240 || (a == 192 && b == 0 && c == 0) || (a == 198 && (b == 18 || b == 19));
    !(ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_multicast() || ip.is_documentation() || shared || special)
}

fn public_v6(ip: Ipv6Addr) -> bool {
    let [first, second, ..] = ip.segments();
    // Global unicast only, without documentation, 6to4 and NAT64, which embed addresses of the other family.
    (first & 0xe000) == 0x2000 && !(first == 0x2001 && second == 0x0db8) && first != 0x2002 && !(first == 0x2001 && second == 0)
}

async fn bounded(response: Response, limit: usize) -> Result<Vec<u8>, PushError> {
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|e| transport(&e))?;
        if body.len() + chunk.len() > limit {
            return Err(PushError::Unknown(refusal("too_large", "the answer is too large")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn transport(error: &reqwest::Error) -> PushError {
    if error.is_connect() {
        PushError::Transient(refusal("connection", "no connection to the channel"))
    } else if error.is_timeout() {
        PushError::Unknown(refusal("timeout", "the channel did not answer in time"))
    } else {
        PushError::Unknown(refusal("connection_lost", "the connection ended before the answer"))
    }
}

/// A refusal in our own words.
pub(super) fn refusal(code: &str, message: &str) -> Refusal {
    Refusal { code: code.to_owned(), message: message.chars().take(500).collect(), request_id: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    #[test]
    fn addresses_that_users_may_give() {
        let strict = Client::new(OutboundPolicy { allow_private: false }).expect("a client");
        let open = Client::new(OutboundPolicy { allow_private: true }).expect("a client");
        for (address, at_large, at_home) in [
            ("https://shop.example.vn/hook", true, true),
            ("http://shop.example.vn/hook", false, true),
            ("https://user@shop.example.vn/hook", false, false),
            ("https://user:password@shop.example.vn/hook", false, false),
            ("https://127.0.0.1/hook", false, true),
            ("https://[::1]/hook", false, true),
            ("https://169.254.169.254/latest/meta-data", false, true),
            ("https://10.0.0.1:8443/hook", false, true),
            ("ftp://shop.example.vn/hook", false, false),
        ] {
            let url = Url::parse(address).expect("a url");
            assert_eq!((strict.may_call(&url), open.may_call(&url)), (at_large, at_home), "{address}");
        }
    }

    #[test]
    fn only_public_addresses_are_public() {
        for private in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "2001:db8::1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
        ] {
            assert!(!is_public(private.parse().expect(private)), "{private}");
        }
        for public in ["1.1.1.1", "103.1.208.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "2001:4860:4860::8888"] {
            assert!(is_public(public.parse().expect(public)), "{public}");
        }
    }

    async fn server(answer: &'static [u8]) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let url = format!("http://{}/", listener.local_addr().expect("address"));
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut buffer = [0; 4096];
                let _ = socket.read(&mut buffer).await;
                let _ = socket.write_all(answer).await;
            }
        });
        Url::parse(&url).expect("a url")
    }

    fn get(url: Url) -> Outgoing {
        Outgoing { method: Method::GET, url, headers: Vec::new(), content: Content::Empty }
    }

    fn post(url: Url) -> Outgoing {
        Outgoing { method: Method::POST, ..get(url) }
    }

    fn client(allow_private: bool) -> Client {
        Client::new(OutboundPolicy { allow_private }).expect("builds")
    }

    #[tokio::test]
    async fn private_addresses_are_refused_before_anything_is_sent() {
        let url = server(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        assert!(matches!(client(false).send(get(url.clone())).await, Err(PushError::Config(_))));
        assert_eq!(client(true).send(get(url.clone())).await.ok().map(|a| a.body), Some(b"ok".to_vec()));
        let by_name = Url::parse(&url.as_str().replace("127.0.0.1", "localhost")).expect("a url");
        assert!(client(false).send(get(by_name)).await.is_err());
        for scheme in ["file:///etc/passwd", "ftp://1.1.1.1/"] {
            let url = Url::parse(scheme).expect("a url");
            assert!(matches!(client(true).send(get(url)).await, Err(PushError::Config(_))), "{scheme}");
        }
    }

    #[tokio::test]
    async fn silence_is_unknown_and_no_connection_is_transient() {
        let cut = server(b"").await;
        assert!(matches!(
            client(true).send(Outgoing { content: Content::Json(b"{}".to_vec()), ..post(cut) }).await,
            Err(PushError::Unknown(_))
        ));
        let half = server(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
        assert!(matches!(client(true).send(post(half)).await, Err(PushError::Unknown(_))));
        let free = TcpListener::bind("127.0.0.1:0").await.expect("binds").local_addr().expect("address");
        let nobody = Url::parse(&format!("http://{free}/")).expect("a url");
        assert!(matches!(client(true).send(post(nobody)).await, Err(PushError::Transient(_))));
    }

    #[tokio::test]
    async fn redirects_are_answers_not_followed() {
        let url = server(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(client(true).send(get(url.clone())).await.ok().map(|a| a.status), Some(302));
        assert!(matches!(client(true).picture(url.as_str()).await, Err(PushError::Rejected(_, Some(field))) if field == "media"));
    }
}
