//! GraphiQL, served from the binary: no CDN, no inline script. The files are described in `assets/graphiql/README.md`.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// Scripts and connections only from here. The editor sets styles from script, which browsers count as inline; its fonts
/// and pictures are data inside its style sheet.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; img-src 'self' data:; \
                      object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// For files whose name holds their version.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// For files that change with the service.
const REVALIDATE: &str = "no-cache";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

struct Asset {
    name: &'static str,
    content_type: &'static str,
    cache: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $content_type:ident, $cache:ident) => {
        Asset { name: $name, content_type: $content_type, cache: $cache, bytes: include_bytes!(concat!("../../assets/graphiql/", $name)) }
    };
}

const PAGE: Asset = asset!("index.html", HTML, REVALIDATE);

const ASSETS: [Asset; 6] = [
    asset!("page.css", CSS, REVALIDATE),
    asset!("init.js", SCRIPT, REVALIDATE),
    asset!("graphiql-3.9.0.min.css", CSS, FOR_EVER),
    asset!("graphiql-3.9.0.min.js", SCRIPT, FOR_EVER),
    asset!("react-18.3.1.production.min.js", SCRIPT, FOR_EVER),
    asset!("react-dom-18.3.1.production.min.js", SCRIPT, FOR_EVER),
];

/// The page at `/graphiql` and its files below. It asks `/graphql` on the same origin.
pub fn router() -> Router {
    Router::new().route("/graphiql", get(async || PAGE.into_response())).route("/graphiql/{file}", get(file))
}

async fn file(Path(name): Path<String>) -> Response {
    match ASSETS.into_iter().find(|asset| asset.name == name) {
        Some(asset) => asset.into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        let headers: [(HeaderName, &'static str); 6] = [
            (CONTENT_TYPE, self.content_type),
            (CACHE_CONTROL, self.cache),
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (X_FRAME_OPTIONS, "DENY"),
            (REFERRER_POLICY, "no-referrer"),
        ];
        let mut response = self.bytes.into_response();
        for (name, value) in headers {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::observe::observed;
    use crate::http::wire::Server;

    /// The values of `src` and `href` in the page.
    fn references(page: &str) -> Vec<&str> {
        let after = |attribute: &'static str| page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
        after("src=\"").chain(after("href=\"")).collect()
    }

    #[tokio::test]
    async fn the_page_needs_nothing_from_elsewhere() {
        let server = Server::start(observed(router())).await;
        let page = server.send("GET /graphiql", "", "").await;
        assert_eq!((page.status, page.header("content-type"), page.header("cache-control")), (200, Some(HTML), Some("no-cache")));
        assert_eq!(page.header("content-security-policy"), Some(POLICY));
        assert!(!page.text().contains("://") && !page.text().contains("<script>") && !page.text().contains("style="));
        let references = references(page.text());
        assert_eq!(references.len(), 7);
        for reference in references.into_iter().filter(|reference| *reference != "data:,") {
            let file = server.send(&format!("GET {reference}"), "", "").await;
            assert_eq!(file.status, 200, "{reference}");
            let versioned = reference.contains("18.3.1") || reference.contains("3.9.0");
            assert_eq!(file.header("cache-control"), Some(if versioned { FOR_EVER } else { "no-cache" }), "{reference}");
            assert_eq!(file.header("content-length"), Some(file.body.len().to_string().as_str()), "{reference}");
            assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
        }
    }

    #[tokio::test]
    async fn other_names_are_not_found() {
        let server = Server::start(router()).await;
        for line in ["GET /graphiql/README.md", "GET /graphiql/..%2f..%2fCargo.toml", "GET /graphiql/"] {
            assert_eq!(server.send(line, "", "").await.status, 404, "{line}");
        }
    }
}
