//! Open feeds and the bulk export, read by independent programs.

use ocop_catalog::{
    domain::{actor::Actor, feed::FeedScope},
    graphql::{lines::Lines, records::Records},
    service::{Call, listings},
};
use reqwest::{Response, header::HeaderMap};
use serde_json::{Value, json};
use std::collections::HashMap;

use crate::harness::{Random, World, asked, both, bulk, council::global, text};

const PULL: &str = include_str!("../../docs/queries/feed.graphql");

struct Reader {
    base: String,
    http: reqwest::Client,
}

impl Reader {
    #[expect(clippy::disallowed_methods, reason = "tests call their own service")]
    fn new(world: &World) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { base: world.url.trim_end_matches("/graphql").to_owned(), http }
    }

    async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Response {
        let mut given = HeaderMap::new();
        headers.iter().for_each(|(name, value)| {
            given.insert(*name, value.parse().expect("a header"));
        });
        self.http.get(format!("{}{path}", self.base)).headers(given).send().await.expect("an answer")
    }

    async fn text(&self, path: &str) -> String {
        let answer = self.get(path, &[]).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.expect("text")
    }

    /// What a program of others' finds in an answer.
    async fn judged(&self, kind: &str, path: &str) -> Value {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("feed");
        std::fs::write(&file, self.text(path).await).expect("writes");
        asked("open_feed.py", &[kind, file.to_str().expect("a path")])
    }
}

both! {
    /// Only what everybody may see, in forms that programs of others read; a withdrawn star is gone from all of them at once.
    async fn read_by_others(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let (sale, hidden) = (world.on_sale(&lan, &admin, "Mật ong <bạc hà> & \"hoa\"").await, lan.product("Nháp").await);
        let draft = lan.listing(&hidden, 50_000).await;
        let listing = admin.data("query($id: ID!) { node(id: $id) { ... on Listing { slug externalKey title variant { id } product { rating { certificate { number } } } } } }", json!({ "id": sale.listing })).await["node"].clone();
        let (slug, key, title) = (text(&listing["slug"]), text(&listing["externalKey"]), text(&listing["title"]));
        let reader = Reader::new(&world);
        let google = reader.judged("rss", "/feeds/google.xml").await;
        assert_eq!((&google["wrong"], &google["version"], google["entries"].as_array().map(Vec::len)), (&json!(false), &json!("rss20"), Some(1)), "{google}");
        let entry = &google["entries"][0];
        for (name, value) in [("g_id", key.as_str()), ("g_price", "185000 VND"), ("g_availability", "in_stock"), ("g_condition", "new"), ("g_custom_label_0", "OCOP 4 sao")] {
            assert_eq!(entry[name], value, "{entry}");
        }
        assert!(entry["g_mpn"].is_string() && entry["g_image_link"].is_string(), "{entry}");
        let meta = reader.judged("csv", "/feeds/meta.csv").await;
        assert_eq!((meta.as_array().map(Vec::len), &meta[0]["id"], &meta[0]["title"], &meta[0]["availability"]), (Some(1), &json!(key), &json!(title), &json!("in stock")));
        let atom = reader.judged("atom", "/feeds/new.atom").await;
        assert_eq!((&atom["wrong"], &atom["version"], &atom["entries"][0]["link"]), (&json!(false), &json!("atom10"), &json!(format!("{}/p/{slug}", reader.base))), "{atom}");
        let index = reader.judged("sitemap", "/sitemap.xml").await;
        assert_eq!(index, json!({ "root": "sitemapindex", "locations": [format!("{}/sitemaps/1.xml", reader.base)] }));
        let part = reader.judged("sitemap", "/sitemaps/1.xml").await;
        assert_eq!(part, json!({ "root": "urlset", "locations": [format!("{}/p/{slug}", reader.base)] }));
        let data = reader.judged("jsonld", &format!("/p/{slug}.jsonld")).await[0].clone();
        let (schema, gs1) = ("https://schema.org/", "https://ref.gs1.org/voc/");
        assert_eq!(data[format!("{schema}name")][0]["@value"], json!(title));
        let number = listing["product"]["rating"]["certificate"]["number"].clone();
        let certified = data[format!("{schema}hasCertification")][0].clone();
        assert_eq!(certified[format!("{schema}certificationIdentification")][0]["@value"], number);
        assert_eq!(certified[format!("{schema}certificationRating")][0][format!("{schema}ratingValue")][0]["@value"], 4);
        let details = data[format!("{gs1}certification")][0].clone();
        assert_eq!((&details["@type"][0], &details[format!("{gs1}certificationValue")][0]["@value"]), (&json!(format!("{gs1}CertificationDetails")), &json!("4")));
        let page = reader.text(&format!("/p/{slug}")).await;
        assert!(page.contains("application/ld+json") && !page.contains("<bạc hà>"), "{page}");
        for path in ["/sitemaps/0.xml", "/sitemaps/2.xml", "/sitemaps/x.xml", "/p/khong-co", "/01/8930000000000", "/01/rubbish"] {
            assert_eq!(reader.get(path, &[]).await.status(), 404, "{path}");
        }
        admin.done("mutation($id: ID!) { ratingRevoke(rating: $id, input: { reason: FOOD_SAFETY, legalBasis: \"QĐ 1\" }) { userErrors { code } } }", json!({ "id": sale.rating })).await;
        assert_eq!(reader.judged("rss", "/feeds/google.xml").await["entries"], json!([]));
        assert_eq!(reader.judged("csv", "/feeds/meta.csv").await, json!([]));
        assert_eq!(reader.get(&format!("/p/{slug}.jsonld"), &[]).await.status(), 404);
        assert!(!draft.is_empty());
    }
}

both! {
    /// Who has an answer is told that it still holds; a change makes another; answers are compressed for those who can.
    async fn cached_by_what_they_are_made_from(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&lan, &admin, "Mật ong").await;
        let reader = Reader::new(&world);
        for path in ["/feeds/google.xml", "/feeds/meta.csv", "/feeds/new.atom", "/sitemap.xml", "/sitemaps/1.xml", "/p/mat-ong-500-g"] {
            let first = reader.get(path, &[]).await;
            assert_eq!(first.status(), 200, "{path}");
            let (tag, at) = (text(&json!(first.headers()["etag"].to_str().expect("text"))), first.headers()["last-modified"].to_str().expect("text").to_owned());
            assert_eq!(first.headers()["cache-control"], "public, no-cache");
            assert_eq!(reader.get(path, &[("if-none-match", &tag)]).await.status(), 304, "{path}");
            assert_eq!(reader.get(path, &[("if-none-match", &format!("\"x\", W/{tag}"))]).await.status(), 304, "{path}");
            assert_eq!(reader.get(path, &[("if-modified-since", &at)]).await.status(), 304, "{path}");
            assert_eq!(reader.get(path, &[("if-none-match", "\"x\""), ("if-modified-since", &at)]).await.status(), 200, "the tag counts");
            lan.set_price(&sale.listing, 90_000).await;
            assert_eq!(reader.get(path, &[("if-none-match", &tag)]).await.status(), 200, "{path}");
        }
        let packed = reader.get("/feeds/google.xml", &[("accept-encoding", "gzip")]).await;
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        let packed = reader.get("/feeds/google.xml", &[("accept-encoding", "zstd")]).await;
        assert_eq!(packed.headers()["content-encoding"], "zstd");
    }
}

both! {
    /// GS1 Digital Link: people are led to the page, programs get data.
    async fn digital_links(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let product = lan.product("Mật ong").await;
        let set = "mutation($id: ID!, $v: [VariantInput!]!) { productVariantsSet(id: $id, input: { variants: $v }) { product { variants { id } } userErrors { code path } } }";
        let variants = admin.data("query($id: ID!) { node(id: $id) { ... on Product { variants { id sku } } } }", json!({ "id": product })).await["node"].clone();
        let variant = json!({ "id": variants["variants"][0]["id"], "sku": variants["variants"][0]["sku"], "gtin": "8936012345674", "netContent": { "value": "500", "unit": "GRAM" } });
        lan.caller.done(set, json!({ "id": product, "v": [variant] })).await;
        let dossier = lan.dossier(&product).await;
        world.approve(&admin, &dossier, 4).await;
        let listing = lan.listing(&product, 185_000).await;
        lan.publish(&listing).await;
        let reader = Reader::new(&world);
        for path in ["/01/8936012345674", "/01/08936012345674"] {
            let led = reader.get(path, &[("accept", "text/html")]).await;
            assert_eq!((led.status().as_u16(), led.headers()["location"].to_str().expect("text")), (307, format!("{}/p/mat-ong-500-g", reader.base).as_str()));
            let data: Value = reader.get(path, &[("accept", "application/ld+json")]).await.json().await.expect("JSON");
            assert_eq!((&data["gtin13"], &data["gs1:gtin"]), (&json!("8936012345674"), &json!("08936012345674")));
        }
    }
}

both! {
    /// The whole catalog as lines: what the snapshot says, with where to follow from, resumable, complete or visibly cut.
    async fn bulk_export(world: World) {
        let (admin, lan, hoa) = (world.admin().await, world.seller("lan").await, world.seller("hoa").await);
        let integrator = world.integrator(&admin).await;
        for name in ["Mật ong", "Trà", "Thịt"] {
            world.on_sale(&lan, &admin, name).await;
        }
        world.on_sale(&hoa, &admin, "Lanh").await;
        let reader = Reader::new(&world);
        let bearer = format!("Bearer {}", integrator.token());
        let answer = reader.get("/export/listings.ndjson", &[("authorization", &bearer)]).await;
        assert_eq!(answer.headers()["content-type"], "application/x-ndjson; charset=utf-8");
        let cursor = answer.headers()["ocop-feed-cursor"].to_str().expect("text").to_owned();
        let lines: Vec<Value> = answer.text().await.expect("text").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let snapshot = integrator.operation(PULL, "Snapshot", json!({})).await["listingSnapshot"].clone();
        let pulled: Vec<_> = snapshot["listings"].as_array().expect("listings").iter().map(|listing| json!({ "listing": listing })).collect();
        assert_eq!((&lines[0], &lines[1..5]), (&json!({ "asOf": cursor }), pulled.as_slice()));
        assert_eq!(lines[5], json!({ "complete": true, "asOf": cursor, "listings": 4 }));
        let changes = integrator.operation(PULL, "Changes", json!({ "since": cursor })).await["listingChanges"].clone();
        assert_eq!((&changes["changes"], &changes["snapshotRequired"]), (&json!([]), &json!(false)), "followed from there");
        let first = integrator.operation(PULL, "Snapshot", json!({ "first": 3 })).await["listingSnapshot"]["endCursor"].clone();
        let rest = reader.get(&format!("/export/listings.ndjson?after={}", text(&first)), &[("authorization", &bearer)]).await.text().await.expect("text");
        assert_eq!(rest.lines().filter(|line| line.starts_with("{\"listing\"")).count(), 1, "goes on");
        let own = reader.get(&format!("/export/listings.ndjson?producer={}", hoa.producer), &[("authorization", &bearer)]).await.text().await.expect("text");
        assert_eq!(own.lines().filter(|line| line.starts_with("{\"listing\"")).count(), 1);
        for (path, token, status) in [
            ("/export/listings.ndjson", None, 401),
            ("/export/listings.ndjson", Some(lan.caller.token()), 403),
            ("/export/listings.ndjson?after=rubbish", Some(integrator.token()), 400),
            ("/export/listings.ndjson?group=RUBBISH", Some(integrator.token()), 400),
            ("/export/listings.ndjson?producer=rubbish", Some(integrator.token()), 400),
        ] {
            let bearer = token.map(|token| format!("Bearer {token}"));
            let headers: Vec<_> = bearer.as_deref().map(|bearer| ("authorization", bearer)).into_iter().collect();
            assert_eq!(reader.get(path, &headers).await.status().as_u16(), status, "{path}");
        }
    }
}

both! {
    /// Pages are made ahead of where they were asked for: whatever leaves and comes back meanwhile, nothing is told twice, and what stayed is
    /// told.
    async fn an_export_loses_and_doubles_nothing_while_the_catalog_changes(world: World) {
        let (service, system) = (world.service.clone(), Actor::System);
        let mut all = bulk::publish(&service, 18, "http://127.0.0.1:9").await;
        all.sort_unstable_by_key(|id| id.0);
        let (mut random, call) = (Random(7), Call::new(&system));
        // One in nine comes and goes; the others stay.
        let restless: Vec<_> = all.iter().copied().enumerate().filter(|(number, _)| number % 9 == 0).map(|(_, id)| id).collect();
        let (mut hidden, mut told, mut pages) = (Vec::new(), HashMap::new(), 0);
        let mut lines = Lines::begin(Records::default(), &service, FeedScope::default(), None).await.expect("begins");
        let mut last = String::new();
        while let Some(text) = lines.next().await {
            for line in text.expect("a page").lines() {
                if let Some(listing) = serde_json::from_str::<Value>(line).expect("JSON").get("listing") {
                    *told.entry(listing["id"].as_str().expect("an id").to_owned()).or_insert(0) += 1;
                }
                last = line.to_owned();
            }
            pages += 1;
            for id in hidden.drain(..) {
                listings::publish(&service, &call, id).await.expect("comes back");
            }
            for id in &restless {
                if random.below(2) == 0 {
                    hidden.push(listings::unpublish(&service, &call, *id).await.expect("leaves").id());
                }
            }
        }
        assert!(pages >= 4, "{pages} pages");
        assert_eq!(serde_json::from_str::<Value>(&last).expect("JSON")["listings"], told.len(), "the end says how many were told");
        for id in &all {
            let times = told.get(&global("Listing", id.0)).copied().unwrap_or(0);
            assert!(times == 1 || (times == 0 && restless.contains(id)), "{id:?} was told {times} times");
        }
    }
}
