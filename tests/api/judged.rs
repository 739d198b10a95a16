//! Adapters against marketplaces that independent SDKs judge: every request is one that the SDK would have sent.

use chrono::Duration;
use ocop_catalog::service::readings;
use serde_json::{Value, json};

use std::sync::Arc;

use crate::{
    harness::{Caller, Engine, Judge, OnSale, Seller, World, both, connect_query},
    readings::read_back,
};

/// A marketplace as a story goes through it: its words for states, and its settings.
pub(crate) struct Market {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    pub(crate) settings: &'static [(&'static str, &'static str)],
    pub(crate) in_review: &'static str,
    pub(crate) active: &'static str,
    pub(crate) hidden: &'static str,
    pub(crate) deleted: &'static str,
    /// What a create is called.
    pub(crate) create: &'static str,
    /// Whether its tokens are renewed.
    pub(crate) renews: bool,
    /// The title of `Mật ong 500 g` there.
    pub(crate) title: &'static str,
}

const TIKTOK: Market = Market {
    name: "tiktok",
    path: "",
    settings: &[
        ("app_key", "ocopkey"),
        ("app_secret", "ocop-tts-secret"),
        ("shop_cipher", "GCP_ocoptest"),
        ("service_id", "1"),
        ("attribute_100101", "việt nam"),
    ],
    in_review: "PENDING",
    active: "ACTIVATE",
    hidden: "SELLER_DEACTIVATED",
    deleted: "DELETED",
    create: "POST /product/202309/products",
    renews: true,
    title: "Mật ong 500 g - OCOP 4 sao",
};

const LAZADA: Market = Market {
    name: "lazada",
    path: "/rest",
    settings: &[("app_key", "100001"), ("app_secret", "ocop-lazada-secret"), ("attribute_shelf_life", "12 tháng")],
    in_review: "Pending QC",
    active: "Active",
    hidden: "InActive",
    deleted: "Deleted",
    create: "/product/create",
    renews: true,
    title: "Mật ong 500 g",
};

const WOO: Market = Market {
    name: "woocommerce",
    path: "",
    settings: &[("consumer_key", "ck_ocop0123456789"), ("consumer_secret", "cs_ocop9876543210")],
    in_review: "publish",
    active: "publish",
    hidden: "draft",
    deleted: "deleted",
    create: "POST /wp-json/wc/v3/products",
    renews: false,
    title: "Mật ong 500 g",
};

const SHOPIFY: Market = Market {
    name: "shopify",
    path: "",
    settings: &[("access_token", "shpat-1")],
    in_review: "ACTIVE",
    active: "ACTIVE",
    hidden: "DRAFT",
    deleted: "deleted",
    create: "productSet",
    renews: false,
    title: "Mật ong 500 g",
};

const MEDUSA: Market = Market {
    name: "medusa",
    path: "",
    settings: &[("secret_key", "the-key")],
    in_review: "published",
    active: "published",
    hidden: "draft",
    deleted: "deleted",
    create: "POST /admin/products {",
    renews: false,
    title: "Mật ong 500 g",
};

pub(crate) const TIKI: Market = Market {
    name: "tiki",
    path: "",
    settings: TIKI_APP,
    in_review: "awaiting_approve",
    active: "active",
    hidden: "inactive",
    // What was approved can't be deleted there.
    deleted: "inactive",
    create: "POST /integration/v2/requests",
    renews: true,
    title: "Mật ong 500 g",
};
const TIKI_APP: &[(&str, &str)] =
    &[("client_id", "ocop-client"), ("client_secret", "ocop-tiki-secret"), ("attribute_expiry_time", "12 tháng")];

/// A story's people and its listing.
pub(crate) struct Scene {
    pub(crate) judge: Arc<Judge>,
    pub(crate) admin: Caller,
    pub(crate) seller: Seller,
    pub(crate) sale: OnSale,
}

async fn connect(world: &World, market: &Market, judge: &Judge, admin: &Caller) {
    let auth = format!("{}{}", judge.url, market.path);
    let usual = [("access_token", "at-0"), ("refresh_token", "rt-0"), ("auth_url", auth.as_str()), ("calls_per_second", "1000")];
    let usual = usual.into_iter().filter(|(name, _)| market.settings.iter().all(|(own, _)| own != name));
    let settings = market.settings.iter().copied().chain(usual).map(|(name, value)| json!({ "name": name, "value": value }));
    let settings: Vec<_> = settings.collect();
    let input =
        json!({ "adapter": market.name, "name": market.name, "baseUrl": format!("{}{}", judge.url, market.path), "settings": settings });
    admin.done(&connect_query(), json!({ "input": input })).await;
    world.drain().await;
}

pub(crate) async fn judge(world: &World, market: &Market) -> Arc<Judge> {
    Arc::new(Judge::start(market.name, world.clock.now().timestamp()).await)
}

pub(crate) async fn scene(world: &World, market: &Market, judge: Arc<Judge>) -> Scene {
    let (admin, seller) = (world.admin().await, world.seller("lan").await);
    connect(world, market, &judge, &admin).await;
    let sale = world.on_sale(&seller, &admin, "Mật ong").await;
    Scene { judge, admin, seller, sale }
}

pub(crate) async fn standing(scene: &Scene) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on Listing { channels { state remoteState remoteStatus lastError { kind code message field advice } } } } }";
    scene.seller.caller.data(query, json!({ "id": scene.sale.listing })).await["node"]["channels"][0].clone()
}

pub(crate) async fn no_complaints(judge: &Judge) {
    assert_eq!(judge.state().await["complaints"], json!([]), "every request is one that the SDK would send");
}

/// Creating, changing, hiding, showing again and deleting, each seen on the marketplace.
async fn a_listings_life(world: World, market: Market) {
    let judge = judge(&world, &market).await;
    live(world, market, judge).await;
}

async fn live(world: World, market: Market, judge: Arc<Judge>) {
    let scene = scene(&world, &market, judge).await;
    world.later(Duration::seconds(1)).await;
    let item = scene.judge.item().await;
    assert_eq!(
        (&item["title"], &item["price"], &item["stock"], &item["status"]),
        (&json!(market.title), &json!("185000"), &json!(20), &json!(market.in_review)),
        "{:#}",
        standing(&scene).await
    );
    assert_eq!(standing(&scene).await["state"], if market.in_review == market.active { "LIVE" } else { "IN_REVIEW" });
    scene.judge.tell("status", json!({ "id": item["id"], "status": market.active })).await;
    let id = json!({ "id": scene.sale.listing });
    let call =
        |name: &str, arguments: &str| format!("mutation($id: ID!) {{ {name}(id: $id {arguments}) {{ userErrors {{ code path }} }} }}");
    let caller = &scene.seller.caller;
    scene.seller.set_price(&scene.sale.listing, 120_000).await;
    caller.done(&call("listingSetAvailability", ", stock: 7"), id.clone()).await;
    world.later(Duration::seconds(1)).await;
    let item = scene.judge.item().await;
    assert_eq!((&item["price"], &item["stock"]), (&json!("120000"), &json!(7)), "{:#}", standing(&scene).await);
    caller.done(&call("listingUpdate", ", expectedVersion: 4, input: { title: \"Mật ong Bạc hà cao nguyên đá\" }"), id.clone()).await;
    world.later(Duration::seconds(1)).await;
    assert_eq!(scene.judge.item().await["title"], "Mật ong Bạc hà cao nguyên đá", "{:#}", standing(&scene).await);
    for (name, status) in [("listingUnpublish", market.hidden), ("listingPublish", market.active), ("listingArchive", market.deleted)] {
        caller.done(&call(name, ""), id.clone()).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(scene.judge.item().await["status"], status, "{name}: {:#}", standing(&scene).await);
    }
    no_complaints(&scene.judge).await;
}

/// A create whose answer is lost makes one item; a token that ended is renewed on the way.
async fn nothing_is_doubled(world: World, market: Market) {
    let judge = judge(&world, &market).await;
    double(world, market, judge).await;
}

async fn double(world: World, market: Market, judge: Arc<Judge>) {
    let scene = scene(&world, &market, judge).await;
    scene.judge.tell("fault", json!({ "call": market.create, "mode": "cut_after" })).await;
    if market.renews {
        scene.judge.tell("end_access", json!({})).await;
    }
    world.later(Duration::seconds(1)).await;
    for _ in 0..4 {
        world.later(Duration::seconds(10)).await;
    }
    let item = scene.judge.item().await;
    assert_eq!((&item["price"], &standing(&scene).await["lastError"]), (&json!("185000"), &Value::Null), "{:#}", standing(&scene).await);
    if market.renews {
        assert_eq!(scene.judge.state().await["renewals"], 1);
    }
    no_complaints(&scene.judge).await;
}

/// What was changed by hand on the marketplace is found by asking for what changed, and mended; an item under a key of ours that nobody
/// knows is noted.
async fn swept(world: World, market: Market) {
    let judge = judge(&world, &market).await;
    let stray = json!({ "id": "977", "sku_id": "978", "handle": "ocop-stray", "number": 977, "track": "t", "request": "r", "sku": "OCOP-STRAY", "title": "lạ",
        "description": "", "price": "5", "stock": 1, "status": market.active, "audit": "AUDIT_PASS" });
    sweep(world, market, judge, Some(stray)).await;
}

async fn sweep(world: World, market: Market, judge: Arc<Judge>, stray: Option<Value>) {
    let scene = scene(&world, &market, judge).await;
    world.later(Duration::seconds(1)).await;
    let id = scene.judge.item().await["id"].clone();
    for minutes in [3, 3] {
        world.clock.set(world.clock.now() + Duration::minutes(minutes));
        scene.judge.tell("clock", json!({ "now": world.clock.now().timestamp() })).await;
        read_back(&world, Duration::zero()).await;
        scene.judge.tell("status", json!({ "id": id, "price": "1000", "status": market.active })).await;
    }
    read_back(&world, Duration::zero()).await;
    assert_eq!(scene.judge.item().await["price"], "1000", "nothing is due yet: {:#}", standing(&scene).await);
    if let Some(stray) = &stray {
        scene.judge.tell("item", stray.clone()).await;
    }
    while readings::sweep_next(&world.service).await.expect("swept") {}
    read_back(&world, Duration::zero()).await;
    let item = scene.judge.items().await.into_iter().find(|item| item["id"] == id).expect("the item");
    assert_eq!(item["price"], "185000", "{:#}", standing(&scene).await);
    // Where one server serves several stories, it has what the others left.
    if let Some(stray) = stray {
        let found = scene.admin.data("{ channels { strays { remoteId key } } }", Value::Null).await["channels"][0]["strays"].clone();
        assert_eq!((found.as_array().map(Vec::len), &found[0]["key"]), (Some(1), &stray["sku"]), "{found}");
    }
    no_complaints(&scene.judge).await;
}

/// A wrong secret or a wrong clock stops the channel with what to look at.
async fn wrong_credentials_are_told(world: World, market: Market, clock_off: i64) {
    let scene = scene(&world, &market, judge(&world, &market).await).await;
    scene.judge.tell("clock", json!({ "now": world.clock.now().timestamp() + clock_off })).await;
    world.later(Duration::seconds(1)).await;
    let told = standing(&scene).await;
    assert_eq!((&told["state"], &told["lastError"]["kind"]), (&json!("NEEDS_ATTENTION"), &json!("CONFIG")), "{told}");
    assert!(told["lastError"]["advice"].as_str().is_some_and(|advice| advice.contains("clock")), "{told}");
    assert_eq!(scene.admin.data("{ channels { state } }", Value::Null).await["channels"][0]["state"], "NEEDS_ATTENTION");
    assert!(scene.judge.items().await.is_empty());
    scene.judge.tell("clock", json!({ "now": world.clock.now().timestamp() })).await;
    let channel = scene.admin.data("{ channels { id } }", Value::Null).await["channels"][0]["id"].clone();
    scene.admin.done("mutation($id: ID!) { channelResume(id: $id) { userErrors { code } } }", json!({ "id": channel })).await;
    world.drain().await;
    assert_eq!(scene.judge.item().await["title"], market.title, "with the right clock nothing is lost");
}

/// An item that is already there under our key is taken for ours and brought up to date.
async fn what_exists_is_adopted(world: World, market: Market) {
    let judge = Judge::start(market.name, world.clock.now().timestamp()).await;
    let (admin, seller) = (world.admin().await, world.seller("lan").await);
    let sale = world.on_sale(&seller, &admin, "Mật ong").await;
    let query = "query($id: ID!) { node(id: $id) { ... on Listing { externalKey } } }";
    let key = seller.caller.data(query, json!({ "id": sale.listing })).await["node"]["externalKey"].clone();
    judge.tell("item", json!({ "id": "77", "sku_id": "78", "track": "t", "request": "r", "sku": key, "title": "cũ", "description": "", "price": "1", "stock": 0, "status": market.active })).await;
    connect(&world, &market, &judge, &admin).await;
    world.later(Duration::seconds(1)).await;
    let item = judge.item().await;
    assert_eq!((&item["title"], &item["price"], &item["stock"]), (&json!("Mật ong 500 g"), &json!("185000"), &json!(20)));
    no_complaints(&judge).await;
}

both! {
    async fn woocommerce_life(world: World) { a_listings_life(world, WOO).await; }
}
both! {
    async fn woocommerce_once(world: World) { nothing_is_doubled(world, WOO).await; }
}
both! {
    async fn woocommerce_adopts(world: World) { what_exists_is_adopted(world, WOO).await; }
}
both! {
    async fn shopify_life(world: World) { a_listings_life(world, SHOPIFY).await; }
}
both! {
    async fn shopify_once(world: World) { nothing_is_doubled(world, SHOPIFY).await; }
}
/// A real Medusa server takes a minute to start, so one serves the stories of both engines, one after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn medusa() {
    let judge = Arc::new(Judge::over_postgres("medusa").await);
    for engine in [Engine::Sqlite, Engine::Postgres] {
        live(World::start(engine).await, MEDUSA, Arc::clone(&judge)).await;
        judge.tell("forget", json!({})).await;
        double(World::start(engine).await, MEDUSA, Arc::clone(&judge)).await;
        judge.tell("forget", json!({})).await;
        sweep(World::start(engine).await, MEDUSA, Arc::clone(&judge), None).await;
        judge.tell("forget", json!({})).await;
    }
    let stranger = Market { settings: &[("secret_key", "sk_wrong")], ..MEDUSA };
    let world = World::start(Engine::Sqlite).await;
    let scene = scene(&world, &stranger, Arc::clone(&judge)).await;
    world.later(Duration::seconds(1)).await;
    let told = standing(&scene).await;
    assert_eq!((&told["state"], &told["lastError"]["kind"]), (&json!("NEEDS_ATTENTION"), &json!("NEEDS_REAUTH")), "{told}");
}

both! {
    async fn tiktok_life(world: World) { a_listings_life(world, TIKTOK).await; }
}
both! {
    async fn tiktok_once(world: World) { nothing_is_doubled(world, TIKTOK).await; }
}
both! {
    async fn tiktok_clock(world: World) { wrong_credentials_are_told(world, TIKTOK, 600).await; }
}
both! {
    async fn lazada_life(world: World) { a_listings_life(world, LAZADA).await; }
}
both! {
    async fn lazada_once(world: World) { nothing_is_doubled(world, LAZADA).await; }
}
both! {
    async fn lazada_clock(world: World) { wrong_credentials_are_told(world, LAZADA, 7300).await; }
}
both! {
    async fn lazada_adopts(world: World) { what_exists_is_adopted(world, LAZADA).await; }
}

both! {
    async fn woocommerce_sweep(world: World) { swept(world, WOO).await; }
}
both! {
    async fn shopify_sweep(world: World) { swept(world, SHOPIFY).await; }
}
both! {
    async fn tiktok_sweep(world: World) { swept(world, TIKTOK).await; }
}
both! {
    async fn lazada_sweep(world: World) { swept(world, LAZADA).await; }
}

both! {
    async fn tiki_life(world: World) { a_listings_life(world, TIKI).await; }
}
both! {
    async fn tiki_adopts(world: World) { what_exists_is_adopted(world, TIKI).await; }
}
both! {
    async fn tiki_sweep(world: World) { swept(world, TIKI).await; }
}

both! {
    /// The marketplace's dry run comes before the create: nothing is made that it would refuse, and its words name the field.
    async fn tiktok_checks_first(world: World) {
        let judge = judge(&world, &TIKTOK).await;
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        connect(&world, &TIKTOK, &judge, &admin).await;
        let sale = world.on_sale(&seller, &admin, "Mật ong siêu rẻ").await;
        let scene = Scene { judge, admin, seller, sale };
        world.later(Duration::seconds(1)).await;
        let told = standing(&scene).await;
        assert_eq!((&told["state"], &told["lastError"]["field"]), (&json!("REMOTE_REJECTED"), &json!("title")), "{told}");
        assert!(told["lastError"]["message"].as_str().is_some_and(|words| words.contains("siêu rẻ")), "{told}");
        assert_eq!((scene.judge.items().await.len(), scene.judge.state().await["complaints"].clone()), (0, json!([])));
    }
}
