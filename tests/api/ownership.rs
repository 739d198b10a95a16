//! What is somebody else's: no mutation reaches it, whichever of its ids is named and wherever; no path leads anybody to it who may not
//! see it; and nobody can tell from an answer whether it exists.

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

use crate::harness::{
    Caller, Seller, World, both,
    schema::{Schema, nothing},
    text,
};

/// What an anonymous caller may ever be shown: `Type.field`, a line each.
const PUBLIC: &str = include_str!("public.txt");
/// Stands in everything that only its owner may see.
const SECRET: &str = "BÍ MẬT";
const DEPTH: usize = 6;

/// Ids of a producer's things by what they are.
type Things = BTreeMap<&'static str, String>;

/// A producer with one of everything, on sale and not.
async fn everything(world: &World, name: &str, admin: &Caller) -> (Seller, Things) {
    let seller = world.seller(name).await;
    let sale = world.on_sale(&seller, admin, &format!("Mật ong {name}")).await;
    let draft = seller.product(&format!("{SECRET} {name}")).await;
    let dossier = seller.dossier(&draft).await;
    let hidden = seller.listing(&draft, 123_456).await;
    let of_product =
        seller.caller.data("query($id: ID!) { product(by: { id: $id }) { variants { id } media { id } } }", json!({ "id": sale.product }));
    let of_product = of_product.await["product"].clone();
    let of_dossier = seller.caller.data("query($id: ID!) { dossier(id: $id) { documents { id } } }", json!({ "id": dossier })).await;
    let input =
        json!({ "adapter": "file", "name": SECRET, "baseUrl": "https://san.example.vn", "settings": [], "producer": seller.producer });
    let connect = "mutation($input: ChannelConnectInput!) { channelConnect(input: $input) { channel { id } userErrors { code } } }";
    let channel = seller.caller.done(connect, json!({ "input": input })).await["channel"]["id"].clone();
    let version = seller.caller.data("query($id: ID!) { producer(by: { id: $id }) { version } }", json!({ "id": seller.producer })).await;
    let update = "mutation($id: ID!, $version: Int!, $input: ProducerUpdateInput!) {
        producerUpdate(id: $id, expectedVersion: $version, input: $input) { userErrors { code } } }";
    let contacts = json!({ "email": "bi-mat@example.vn", "phone": "0912345678" });
    let variables = json!({ "id": seller.producer, "version": version["producer"]["version"], "input": contacts });
    seller.caller.done(update, variables).await;
    let invite = "mutation($id: ID!) { producerMemberInvite(id: $id, input: { email: \"bi-mat-2@example.vn\", role: EDITOR }) {
        invitation { id } userErrors { code } } }";
    let invitation = seller.caller.done(invite, json!({ "id": seller.producer })).await["invitation"]["id"].clone();
    let things = Things::from([
        ("producer", seller.producer.clone()),
        ("product", sale.product),
        ("listing", sale.listing),
        ("rating", sale.rating),
        ("draft", draft),
        ("dossier", dossier),
        ("hidden", hidden),
        ("variant", text(&of_product["variants"][0]["id"])),
        ("media", text(&of_product["media"][0]["id"])),
        ("channel", text(&channel)),
        ("invitation", text(&invitation)),
        ("document", text(&of_dossier["dossier"]["documents"][0]["id"])),
    ]);
    (seller, things)
}

/// One's own thing that an argument asks for.
fn own<'a>(things: &'a Things, argument: &str, mutation: &str) -> &'a str {
    let named = |name: &str| things.keys().find(|kind| name.to_lowercase().starts_with(**kind)).and_then(|kind| things.get(kind));
    named(argument).or_else(|| named(mutation)).map_or_else(|| things["product"].as_str(), String::as_str)
}

/// Every mutation that takes ids with each of somebody's ids in each place, one's own in the others.
fn attempts(schema: &Schema, own_things: &Things, others: &Things) -> Vec<String> {
    let mut attempts = Vec::new();
    for field in schema.fields("Mutation") {
        let name = text(&field["name"]);
        let mut places = 0;
        schema.arguments(
            field,
            &mut |_| {
                places += 1;
                nothing()
            },
            true,
        );
        for (place, theirs) in (0..places).flat_map(|place| others.values().map(move |theirs| (place, theirs))) {
            let mut at = 0;
            let mut id = |argument: &str| {
                at += 1;
                if at == place + 1 { theirs.clone() } else { own(own_things, argument, &name).to_owned() }
            };
            let arguments = schema.arguments(field, &mut id, true);
            attempts.push(format!("mutation {{ {name}{arguments} {{ __typename userErrors {{ code }} }} }}"));
        }
    }
    attempts
}

both! {
    /// The decision log has an entry for everything that is done: nothing of the victim's may be in it afterwards.
    async fn no_mutation_reaches_what_is_somebody_elses(world: World) {
        let admin = world.admin().await;
        let (_victim, theirs) = everything(&world, "lan", &admin).await;
        let (attacker, own_things) = everything(&world, "hoa", &admin).await;
        let schema = Schema::of(&admin).await;
        let log = async || {
            let log = admin.data("{ auditLog(first: 100) { nodes { action object }} }", Value::Null).await["auditLog"].clone();
            // Filters that find nothing of one's own are noted too.
            let told = log["nodes"].as_array().expect("entries").iter().filter(|entry| !entry["action"].as_str().is_some_and(|action| action.starts_with("deadLetter")));
            told.take(50).cloned().collect::<Vec<_>>()
        };
        let state = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on Producer { version status members { role } } ... on Product { version state }
            ... on Listing { version state stock price { amount } } ... on Dossier { version state documents { id } } ... on OcopRating { status } } }";
        let ids = json!({ "ids": theirs.values().collect::<Vec<_>>() });
        let before = (log().await, admin.data(state, ids.clone()).await);
        let attempts = attempts(&schema, &own_things, &theirs);
        assert!(attempts.len() > 500, "{}", attempts.len());
        for attempt in attempts {
            let answer = attacker.caller.send(&attempt, Value::Null).await;
            let code = answer.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
            let payload = answer.body["data"].as_object().and_then(|data| data.values().next()).cloned().unwrap_or_default();
            let is_refused = payload["userErrors"].as_array().is_some_and(|errors| !errors.is_empty());
            // Filters that find nothing of one's own are no fault.
            let is_filter = attempt.contains("deadLetter");
            assert!(is_refused || is_filter || matches!(code, "FORBIDDEN" | "UNAUTHENTICATED" | "BAD_USER_INPUT"), "{attempt}\n{:#}", answer.body);
        }
        assert_eq!((log().await, admin.data(state, ids).await), before);
    }
}

/// A walk over the schema, and what it was shown.
struct Walk<'a> {
    schema: &'a Schema,
    /// Every id that is tried where one is asked for.
    ids: Vec<String>,
    seen: BTreeSet<String>,
    /// Fields of the root that gave more rows than were estimated.
    underestimated: BTreeSet<String>,
}

both! {
    /// A crawler that knows every id walks every path of the schema, as nobody in particular and as another producer.
    async fn a_crawler_sees_what_is_public(world: World) {
        let admin = world.admin().await;
        let (_victim, things) = everything(&world, "lan", &admin).await;
        let schema = Schema::of(&admin).await;
        let anyone = world.anyone();
        // All criteria of all sets at once are more than one request may ask for.
        let set = text(&admin.data("{ rubrics(number: 4) { id } }", Value::Null).await["rubrics"][0]["id"]);
        let ids = things.into_values().chain([set]).collect();
        let mut walk = Walk { schema: &schema, ids, seen: BTreeSet::new(), underestimated: BTreeSet::new() };
        let questions = walk.questions();
        assert!(questions.len() > 300, "{}", questions.len());
        for questions in &questions {
            walk.ask(&anyone, questions).await;
        }
        assert!(walk.underestimated.is_empty(), "{:?}", walk.underestimated);
        let found: String = walk.seen.iter().map(|field| format!("{field}\n")).collect();
        assert!(found == PUBLIC, "tests/api/public.txt differs from what nobody in particular is shown:\n{found}");
    }
}

impl Walk<'_> {
    /// For each root field and each path that does not come back to a type, to a depth: the leaves at its end, asked of every id.
    fn questions(&self) -> Vec<Vec<String>> {
        let mut questions = Vec::new();
        for field in self.schema.fields("Query") {
            let mut counted = 0;
            let mut count = |_: &str| {
                counted += 1;
                nothing()
            };
            self.schema.arguments(field, &mut count, false);
            let ids = if counted == 0 { vec![nothing()] } else { self.ids.clone() };
            let mut paths = Vec::new();
            self.paths(Schema::named(&field["type"]), &mut vec![], &mut paths);
            for (open, leaves, close) in paths {
                let root = |id: &String| format!("{}{}", text(&field["name"]), self.schema.arguments(field, &mut |_| id.clone(), false));
                questions.push(ids.iter().map(|id| format!("{}{open}{leaves}{close}", root(id))).collect());
            }
        }
        questions
    }

    /// Asks for all ids at once, and one by one where that is too much or one of them spoils the answer for the others.
    async fn ask(&mut self, anyone: &Caller, questions: &[String]) {
        let aliased: Vec<_> = questions.iter().enumerate().map(|(number, question)| format!("q{number}: {question}")).collect();
        let body = anyone.send(&format!("{{ {} }}", aliased.join(" ")), Value::Null).await.body;
        if body["data"].is_object() {
            return self.note(&body, &questions[0]);
        }
        for question in questions {
            let body = anyone.send(&format!("{{ {question} }}"), Value::Null).await.body;
            self.note(&body, question);
        }
    }

    fn paths(&self, of: &str, above: &mut Vec<String>, found: &mut Vec<(String, String, String)>) {
        if !self.schema.is_composite(of) {
            found.push((String::new(), String::new(), String::new()));
            return;
        }
        for object in self.schema.objects(of) {
            if above.len() >= DEPTH || above.contains(&object) {
                continue;
            }
            above.push(object.clone());
            let (open, close) = (format!(" {{ ... on {object} {{"), " } }".to_owned());
            let free = |field: &&Value| self.schema.arguments(field, &mut |_| nothing(), false).is_empty();
            let (composite, leaves): (Vec<&Value>, Vec<&Value>) =
                self.schema.fields(&object).iter().filter(free).partition(|field| self.schema.is_composite(Schema::named(&field["type"])));
            let leaves: Vec<_> = leaves.iter().map(|leaf| text(&leaf["name"])).collect();
            found.push((open.clone(), format!(" __typename {}", leaves.join(" ")), close.clone()));
            for field in composite {
                let mut below = Vec::new();
                self.paths(Schema::named(&field["type"]), above, &mut below);
                found.extend(
                    below
                        .into_iter()
                        .map(|(inner, leaves, end)| (format!("{open} {}{inner}", text(&field["name"])), leaves, format!("{end}{close}"))),
                );
            }
            above.pop();
        }
    }

    /// Notes which fields of which types came with a value; nothing secret may be among them, nor in errors. Notes where more rows came than were estimated.
    fn note(&mut self, body: &Value, question: &str) {
        let shown = body.to_string();
        for secret in [SECRET, "bi-mat", "0912345678", "123456", "$argon2"] {
            assert!(!shown.contains(secret), "{secret} is shown by {question}\n{body:#}");
        }
        let cost = &body["extensions"]["cost"];
        if cost["actual"].as_u64() > cost["requested"].as_u64() {
            self.underestimated.insert(question.split(['(', ' ']).next().unwrap_or_default().to_owned());
        }
        self.note_fields(&body["data"]);
    }

    fn note_fields(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.note_fields(item)),
            Value::Object(fields) => {
                if let Some(name) = fields.get("__typename").and_then(Value::as_str) {
                    let told = fields.iter().filter(|(key, value)| *key != "__typename" && !value.is_null());
                    self.seen.extend(told.map(|(key, _)| format!("{name}.{key}")));
                }
                fields.values().for_each(|value| self.note_fields(value));
            }
            _ => {}
        }
    }
}
