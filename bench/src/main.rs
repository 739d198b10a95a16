//! The floor of `scripts/bench`: no GraphQL, no limits, no errors worth the name. One prepared statement a request, whose JSON PostgreSQL
//! builds, over sixteen connections. Only for measuring.

use axum::{
    Router,
    extract::{Query, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use std::{
    collections::HashMap,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};
use tokio_postgres::{Client, NoTls, Statement, types::ToSql};

const CONNECTIONS: usize = 16;

/// A listing as the works W1, W2, W4 and W5 want it.
const ROW: &str = "json_build_object('id', l.id, 'title', l.title_vi, 'price', l.price, 'stars', l.stars, \
     'product', json_build_object('name', p.name_vi, 'slug', p.slug, 'cover', (SELECT m.url FROM media m WHERE m.product_id = p.id \
     ORDER BY m.position LIMIT 1)), 'producer', json_build_object('displayName', o.display_name))";
const JOINED: &str = "JOIN product p ON p.id = l.product_id JOIN producer o ON o.id = l.producer_id";
const PUBLIC: &str = "l.public_from <= $1 AND l.public_until > $1";

struct Lane {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

struct Floor {
    lanes: Vec<Lane>,
    next: AtomicUsize,
}

fn statements() -> [(&'static str, String); 5] {
    let newest = "ORDER BY l.created_at DESC, l.id DESC LIMIT 20";
    let page = |rows: &str| format!("SELECT coalesce(json_agg(x.row), '[]')::text FROM ({rows}) x");
    let words = "array_to_tsvector(array_remove(array_remove(array_remove(string_to_array(btrim(s.folded), ' '), '|'), '~'), '^'))";
    [
        ("w1", page(&format!("SELECT {ROW} AS row FROM listing l {JOINED} WHERE {PUBLIC} {newest}"))),
        (
            "w2",
            format!(
                "SELECT json_build_object('nodes', ({}), 'count', (SELECT count(*) FROM (SELECT 1 FROM listing l WHERE {PUBLIC} AND \
                 l.stars >= 4 AND l.product_group = 'FOOD' LIMIT 1001) c))::text",
                page(&format!(
                    "SELECT {ROW} AS row FROM listing l {JOINED} WHERE {PUBLIC} AND l.stars >= 4 AND l.product_group = 'FOOD' {newest}"
                ))
                .replace("::text", "")
            ),
        ),
        (
            "w3",
            "SELECT json_build_object('name', p.name_vi, 'description', p.description_vi, 'producer', (SELECT \
             json_build_object('displayName', o.display_name) FROM producer o WHERE o.id = p.producer_id), 'media', (SELECT \
             json_agg(json_build_object('url', m.url, 'alt', m.alt_vi) ORDER BY m.position) FROM media m WHERE m.product_id = p.id), \
             'variants', (SELECT json_agg(json_build_object('sku', v.sku, 'net', v.net_thousandths) ORDER BY v.position) FROM variant v \
             WHERE v.product_id = p.id), 'listings', (SELECT json_agg(json_build_object('id', l.id, 'title', l.title_vi, 'price', l.price)) \
             FROM listing l WHERE l.product_id = p.id AND l.public_from <= $1 AND l.public_until > $1), 'rating', (SELECT \
             json_build_object('stars', r.stars, 'number', r.certificate_number) FROM rating r WHERE r.product_id = p.id \
             ORDER BY r.issued_on DESC LIMIT 1))::text FROM product p WHERE p.slug = $2 AND p.state = 'ACTIVE'"
                .to_owned(),
        ),
        (
            "w4",
            page(&format!(
                "SELECT {ROW} AS row FROM listing_search s JOIN listing l ON l.id = s.listing_id {JOINED} WHERE {PUBLIC} AND \
                 {words} @@ CAST($2::text AS tsquery) ORDER BY s.stars DESC, s.listing_id DESC LIMIT 20"
            )),
        ),
        (
            "w5",
            page(&format!(
                "SELECT {ROW} AS row FROM listing l {JOINED} WHERE {PUBLIC} AND (l.created_at, l.id) < ($2, CAST($3::text AS uuid)) {newest}"
            )),
        ),
    ]
}

impl Floor {
    async fn connect(url: &str) -> Result<Self, Box<dyn Error>> {
        let mut lanes = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let mut config: tokio_postgres::Config = url.parse()?;
            config.options("-c plan_cache_mode=force_generic_plan");
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(connection);
            let mut prepared = HashMap::new();
            for (name, text) in statements() {
                prepared.insert(name, client.prepare(&text).await?);
            }
            lanes.push(Lane { client, statements: prepared });
        }
        Ok(Self { lanes, next: AtomicUsize::new(0) })
    }

    async fn text(&self, name: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<String, tokio_postgres::Error> {
        let lane = &self.lanes[self.next.fetch_add(1, Ordering::Relaxed) % self.lanes.len()];
        lane.client.query_one(&lane.statements[name], parameters).await?.try_get(0)
    }
}

async fn answer(
    State((floor, name)): State<(Arc<Floor>, &'static str)>,
    Query(asked): Query<HashMap<String, String>>,
) -> impl IntoResponse {
    #[expect(clippy::disallowed_methods, reason = "it has no service to ask")]
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
    let given = |name: &str| asked.get(name).cloned().unwrap_or_default();
    let at: i64 = given("at").parse().unwrap_or_default();
    let (text, id) = (given("text"), given("id"));
    let found = match name {
        "w3" | "w4" => floor.text(name, &[&now, &text]).await,
        "w5" => floor.text(name, &[&now, &at, &id]).await,
        _ => floor.text(name, &[&now]).await,
    };
    match found {
        Ok(text) => (StatusCode::OK, [(CONTENT_TYPE, "application/json")], text),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "text/plain")], error.to_string()),
    }
}

#[expect(clippy::print_stdout, reason = "the benchmark reads the address")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: floor postgres://…")?;
    let floor = Arc::new(Floor::connect(&url).await?);
    let routes = statements().into_iter().fold(Router::new(), |routes, (name, _)| {
        routes.merge(Router::new().route(&format!("/{name}"), get(answer)).with_state((Arc::clone(&floor), name)))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("listening on http://{}", listener.local_addr()?);
    Ok(axum::serve(listener, routes).await?)
}
