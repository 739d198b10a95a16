//! Only the columns asked for are read: a field says the same whatever is asked beside it, and what nobody asks for may even be unreadable.

use sea_orm::{ConnectionTrait, Database as Sea};
use serde_json::{Value, json};
use std::collections::HashMap;

use crate::harness::{Caller, OnSale, Seller, World, both, schema::Schema, text};

/// Where objects are found, their type, and the query with `@` for what is asked of them; `$l`, `$p`, `$m`, `$v`, `$r` are ids.
const ENTRIES: [(&str, &str, &str); 16] = [
    ("/listings/nodes/0", "Listing", "{ listings(first: 1) { nodes { @ } } }"),
    ("/listings/edges/0/node", "Listing", "{ listings(first: 1, orderBy: { field: TITLE }) { edges { node { @ } } } }"),
    ("/listings/nodes/0", "Listing", "{ listings(first: 1, orderBy: { field: STARS }) { nodes { @ } } }"),
    ("/listings/nodes/0", "Listing", "{ listings(first: 1, search: \"mat ong\") { totalCount { value } nodes { @ } } }"),
    ("/listing", "Listing", "{ listing(by: { id: $l }) { @ } }"),
    ("/node", "Listing", "{ node(id: $l) { ... on Listing { @ } } }"),
    ("/listingSnapshot/listings/0", "Listing", "{ listingSnapshot(first: 1) { listings { @ } } }"),
    (
        "/listingChanges/changes/0/listing",
        "Listing",
        "{ listingChanges(first: 1) { changes { ... on ListingUpserted { listing { @ } } } } }",
    ),
    ("/product", "Product", "{ product(by: { id: $p }) { @ } }"),
    ("/products/nodes/0", "Product", "{ products(first: 1) { nodes { @ } } }"),
    ("/suggest/0/product", "Product", "{ suggest(prefix: \"mat\", first: 1) { product { @ } } }"),
    ("/node", "Product", "{ node(id: $p) { ... on Product { @ } } }"),
    ("/producer", "Producer", "{ producer(by: { id: $m }) { @ } }"),
    ("/producers/nodes/0", "Producer", "{ producers(first: 1) { nodes { @ } } }"),
    ("/node", "Variant", "{ node(id: $v) { ... on Variant { @ } } }"),
    ("/node", "OcopRating", "{ node(id: $r) { ... on OcopRating { @ } } }"),
];

/// Fields with fields of their own that lead to rows or parts of rows.
const FOLLOWED: [(&str, &[&str]); 11] = [
    ("Listing", &["product", "variant", "producer", "commune", "price"]),
    ("Product", &["producer", "commune", "formerCommune", "variants", "media", "cover", "listings", "rating"]),
    ("Producer", &["commune", "formerCommune"]),
    ("Variant", &["netContent"]),
    ("OcopRating", &["decision", "certificate", "withdrawal"]),
    ("Media", &[]),
    ("AdminUnit", &[]),
    ("Decision", &[]),
    ("Certificate", &[]),
    ("Withdrawal", &[]),
    ("Quantity", &[]),
];
/// The same that don't, or not to other columns.
const PASSED: [&str; 10] = [
    "Listing.visibility",
    "Listing.channels",
    "Product.ratings",
    "Product.certifications",
    "Product.recognition",
    "Producer.members",
    "Variant.product",
    "OcopRating.product",
    "OcopRating.withdrawals",
    "OcopRating.reminders",
];

/// A leaf: what to ask, and where it is found.
type Leaf = (Vec<String>, String);

/// All leaves of a type, `depth` objects deep.
fn leaves(schema: &Schema, kind: &str, depth: usize) -> Vec<Leaf> {
    let followed = FOLLOWED.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, fields)| fields);
    let mut found = Vec::new();
    for field in schema.fields(kind) {
        let (name, below) = (text(&field["name"]), Schema::named(&field["type"]));
        if !schema.is_composite(below) {
            found.push((vec![name.clone()], format!("/{name}")));
        } else if followed.contains(&name.as_str()) {
            let is_list = field["type"]["ofType"]["kind"] == "LIST";
            let at = if is_list { format!("/{name}/0") } else { format!("/{name}") };
            let deeper = if depth > 0 { leaves(schema, below, depth - 1) } else { Vec::new() };
            found.extend(deeper.into_iter().map(|(mut path, end)| {
                path.insert(0, name.clone());
                (path, format!("{at}{end}"))
            }));
        } else {
            assert!(PASSED.contains(&format!("{kind}.{name}").as_str()), "say in FOLLOWED or PASSED what becomes of {kind}.{name}");
        }
    }
    found
}

/// A selection of one leaf.
fn alone(path: &[String]) -> String {
    path.iter().rev().fold(String::new(), |below, field| if below.is_empty() { field.clone() } else { format!("{field} {{ {below} }}") })
}

/// What is on sale, with a value in every column.
struct Full {
    admin: Caller,
    seller: Seller,
    sale: OnSale,
    variant: String,
}

impl Full {
    async fn of(world: &World) -> Self {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let sale = world.on_sale(&seller, &admin, "Mật ong").await;
        let variant = "query($id: ID!) { product(by: { id: $id }) { variants { id } } }";
        let variant = text(&admin.data(variant, json!({ "id": sale.product })).await["product"]["variants"][0]["id"]);
        for (query, id) in [
            (
                "productUpdate(id: $id, expectedVersion: 2, input: { commune: \"01090\", seasonMonths: [2, 9], description: \"Ngọt\" })",
                &sale.product,
            ),
            (
                "producerUpdate(id: $id, expectedVersion: 1, input: { address: \"Thôn 1\", phone: \"0912345678\", email: \"lan@example.vn\", story: \"Ong rừng\", taxCode: \"0100109106\" })",
                &seller.producer,
            ),
            (
                "listingUpdate(id: $id, expectedVersion: 2, input: { validFrom: \"2026-01-01T00:00:00Z\", validUntil: \"2027-01-01T00:00:00Z\" })",
                &sale.listing,
            ),
            ("ratingRevoke(rating: $id, input: { reason: OTHER, legalBasis: \"QĐ 1\", effectiveOn: \"2027-02-01\" })", &sale.rating),
        ] {
            admin.done(&format!("mutation($id: ID!) {{ {query} {{ userErrors {{ code path }} }} }}"), json!({ "id": id })).await;
        }
        let former = "legacy_commune_code = (SELECT max(code) FROM admin_unit WHERE district_name IS NOT NULL)";
        for change in [
            format!("UPDATE product SET external_key = 'p', {former}"),
            format!("UPDATE producer SET external_key = 'm', {former}"),
            "UPDATE variant SET gtin = '8938505974194'".to_owned(),
            "UPDATE rating SET score_hundredths = 8150".to_owned(),
        ] {
            change_by(world, &change).await;
        }
        Self { admin, seller, sale, variant }
    }

    /// A query of an entry with what is asked.
    fn query(&self, entry: &str, asked: &str) -> String {
        let ids = [
            ("$l", &self.sale.listing),
            ("$p", &self.sale.product),
            ("$m", &self.seller.producer),
            ("$v", &self.variant),
            ("$r", &self.sale.rating),
        ];
        ids.iter().fold(entry.replace('@', asked), |query, (name, id)| query.replace(name, &json!(id).to_string()))
    }
}

async fn change_by(world: &World, statement: &str) {
    let database = Sea::connect(world.database_url()).await.expect("connects");
    let done = database.execute_unprepared(statement).await.expect("changes");
    assert_eq!(done.rows_affected(), 1, "{statement}");
    database.close().await.expect("closes");
}

both! {
    /// A field says the same alone as among all others, wherever its object is found.
    async fn a_field_does_not_depend_on_those_beside_it(world: World) {
        let full = Full::of(&world).await;
        let schema = Schema::of(&full.admin).await;
        for (at, kind, entry) in ENTRIES {
            let leaves = leaves(&schema, kind, 2);
            // Everything at once would cost more than a request may: the object's own fields with those of each of the others.
            let whole = async |path: &[String]| {
                let beside = leaves.iter().filter(|(other, _)| other.len() == 1 || other[0] == path[0]);
                let all: Vec<_> = beside.map(|(other, _)| alone(other)).collect();
                full.admin.data(&full.query(entry, &all.join(" ")), Value::Null).await
            };
            let mut wholes: HashMap<&str, Value> = HashMap::new();
            for (path, _) in &leaves {
                if !wholes.contains_key(path[0].as_str()) {
                    wholes.insert(&path[0], whole(path).await);
                }
            }
            let mut empty = Vec::new();
            for (path, end) in &leaves {
                let (at, whole) = (format!("{at}{end}"), &wholes[path[0].as_str()]);
                let answer = full.admin.data(&full.query(entry, &alone(path)), Value::Null).await;
                assert_eq!(answer.pointer(&at), whole.pointer(&at), "{at} in {entry}");
                // Communes of today have no district.
                if whole.pointer(&at).is_none_or(Value::is_null) && !end.ends_with("commune/districtName") {
                    empty.push(end.as_str());
                }
            }
            assert_eq!(empty, Vec::<&str>::new(), "each has a value to be lost, in {entry}");
        }
    }
}

both! {
    /// A value that can't be read fails those who ask for it, and nobody else.
    async fn what_nobody_asks_for_is_not_read(world: World) {
        let full = Full::of(&world).await;
        for broken in [
            "UPDATE listing SET product_group = '?'",
            "UPDATE product SET season_months = '?'",
            "UPDATE variant SET gtin = '?'",
            "UPDATE rating SET score_hundredths = 30000",
        ] {
            change_by(&world, broken).await;
        }
        let of_product = ("name state variants { weightGrams } rating { stars decision { number } } listings { title }", ["seasonMonths", "variants { sku }", "rating { score }", "listings { group }"]);
        for (_, kind, entry) in ENTRIES {
            let (spared, asked) = match kind {
                "Product" => (of_product.0.to_owned(), of_product.1.map(str::to_owned).to_vec()),
                "Listing" => {
                    let asked = of_product.1.map(|field| format!("product {{ {field} }}"));
                    let more = ["group", "variant { gtin }"].map(str::to_owned);
                    (format!("title stars variant {{ weightGrams }} product {{ {} }}", of_product.0), [&asked[..], &more].concat())
                }
                "Variant" => ("weightGrams product { name }".to_owned(), vec!["gtin".to_owned(), "product { seasonMonths }".to_owned()]),
                "OcopRating" => ("stars product { name }".to_owned(), vec!["score".to_owned(), "product { seasonMonths }".to_owned()]),
                _ => ("displayName".to_owned(), Vec::new()),
            };
            let answer = full.admin.send(&full.query(entry, &spared), Value::Null).await;
            assert!(answer.body["errors"].is_null(), "{entry}: {}", answer.body);
            for field in asked {
                let code = full.admin.error(&full.query(entry, &field), Value::Null).await;
                assert_eq!(code, "INTERNAL", "{field} in {entry}");
            }
        }
    }
}

both! {
    /// What a change answers is what is read afterwards, and what the same request answers that is sent again.
    async fn a_change_answers_what_is_read_afterwards(world: World) {
        let full = Full::of(&world).await;
        let schema = Schema::of(&full.admin).await;
        let leaves = leaves(&schema, "Listing", 0);
        let asked: Vec<_> = leaves.iter().map(|(path, _)| alone(path)).chain(["price { amount }", "product { name description }"].map(str::to_owned)).collect();
        let asked = asked.join(" ");
        let create = format!("listingCreate(input: {{ product: {}, price: {{ amount: \"9000\" }}, stock: 3, titleEn: \"Honey\", validFrom: \"2026-01-01T00:00:00.123456789Z\" }}", json!(full.sale.product));
        let mut id = json!(full.sale.listing);
        for (number, change) in [
            "listingSetPrice(id: $id, price: { amount: \"41000\" }",
            "listingSetAvailability(id: $id, stock: 7",
            "listingUpdate(id: $id, expectedVersion: 5, input: { title: \"Mật ong mới\", minOrder: 2, validFrom: \"2026-06-30T23:59:60Z\", validUntil: \"2027-01-01T07:00:00.000000999+07:00\" }",
            "listingUnpublish(id: $id",
            &create,
            "listingPublish(id: $id",
            "listingArchive(id: $id",
        ].into_iter().enumerate() {
            let key = uuid::Uuid::from_u128(number as u128 + 1);
            let needs = if change.contains("$id") { "($id: ID!)" } else { "" };
            let mutation = format!("mutation{needs} {{ done: {change}, idempotencyKey: \"{key}\") {{ listing {{ {asked} }} userErrors {{ code path }} }} }}");
            let (first, again) = (full.admin.done(&mutation, json!({ "id": id })).await, full.admin.done(&mutation, json!({ "id": id })).await);
            let listing = &first["listing"];
            id = listing["id"].clone();
            let read = full.admin.data(&format!("query($id: ID!) {{ listing(by: {{ id: $id }}) {{ {asked} }} }}"), json!({ "id": id })).await;
            assert_eq!(listing, &read["listing"], "{change}");
            assert_eq!(first, again, "{change}");
        }
    }
}

both! {
    /// What another field of a request needs is read, also where it is said in a fragment.
    async fn a_request_reads_what_any_of_its_fields_needs(world: World) {
        let full = Full::of(&world).await;
        let apart = "{ listings(first: 1) { nodes { producer { id } product { id } } } other: listings(first: 1) { nodes { product { variants { product { ...P } } } } } } fragment P on Product { description }";
        let apart = full.seller.caller.data(apart, Value::Null).await;
        assert_eq!(apart["other"]["nodes"][0]["product"]["variants"][0]["product"]["description"], "Ngọt");
    }
}
