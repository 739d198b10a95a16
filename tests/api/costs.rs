//! What a request is said to cost before it runs is never less than what comes: nobody gets rows for nothing.

use serde_json::Value;

use crate::harness::{Caller, Random, World, both, council, schema::Schema, schema::nothing, text};

const SEED: u64 = 20_261_128;
const DOCUMENTS: usize = 400;
const DEPTH: usize = 7;
/// Fields that do things or need what a random document can't give.
const LEFT_OUT: [&str; 2] = ["channelListingPreview", "form"];

/// Makes documents out of the schema: random fields to a random depth, pages of random sizes, ids of real things.
struct Author<'a> {
    schema: &'a Schema,
    ids: &'a [String],
    random: Random,
    fragments: Vec<String>,
}

impl Author<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.random.below(limit as u64)).expect("a small number")
    }

    fn document(&mut self) -> String {
        self.fragments.clear();
        let roots = self.schema.fields("Query");
        let selected: Vec<_> = (0..=self.below(3))
            .map(|number| {
                let field = &roots[self.below(roots.len())];
                format!("a{number}: {}", self.field(field, 1))
            })
            .collect();
        format!("{{ {} }} {}", selected.join(" "), self.fragments.join(" "))
    }

    fn field(&mut self, field: &Value, depth: usize) -> String {
        let ids = self.ids;
        let (schema, mut random) = (self.schema, Random(self.random.below(u64::MAX)));
        let mut arguments =
            schema.arguments(field, &mut |_| ids[usize::try_from(random.below(ids.len() as u64)).expect("small")].clone(), false);
        let is_page = field["args"].as_array().expect("args").iter().any(|argument| argument["name"] == "first");
        if is_page && self.below(3) > 0 {
            let first = format!("first: {}", self.below(12));
            arguments = if arguments.is_empty() { format!("({first})") } else { arguments.replacen('(', &format!("({first}, "), 1) };
        }
        let of = Schema::named(&field["type"]);
        let below = if schema.is_composite(of) { self.selection(of, depth + 1) } else { String::new() };
        format!("{}{arguments}{below}", text(&field["name"]))
    }

    /// A selection set; now and then as a fragment. Where it gets too deep, leaves alone.
    fn selection(&mut self, of: &str, depth: usize) -> String {
        let mut written = vec!["__typename".to_owned()];
        for object in self.schema.objects(of) {
            let fields: Vec<_> =
                self.schema.fields(&object).iter().filter(|field| !LEFT_OUT.iter().any(|left| field["name"] == *left)).collect();
            let mut picked = Vec::new();
            for _ in 0..=self.below(4) {
                let field = fields[self.below(fields.len())];
                if depth < DEPTH || !self.schema.is_composite(Schema::named(&field["type"])) {
                    picked.push(format!("f{}: {}", self.fragments.len() * 1_000 + picked.len() + depth * 100, self.field(field, depth)));
                }
            }
            if !picked.is_empty() {
                written.push(self.part(&object, &picked.join(" ")));
            }
        }
        format!(" {{ {} }}", written.join(" "))
    }

    fn part(&mut self, object: &str, fields: &str) -> String {
        if self.below(4) > 0 {
            return format!("... on {object} {{ {fields} }}");
        }
        let name = format!("part{}", self.fragments.len());
        self.fragments.push(format!("fragment {name} on {object} {{ {fields} }}"));
        format!("...{name}")
    }
}

/// Documents that ran, with how many rows came.
async fn ask(caller: &Caller, author: &mut Author<'_>) -> (usize, u64) {
    let (mut ran, mut rows) = (0, 0);
    for _ in 0..DOCUMENTS {
        let document = author.document();
        let body = caller.send(&document, Value::Null).await.body;
        let cost = &body["extensions"]["cost"];
        // Too many aliases, too deep, or over the limit of cost: refused before it ran.
        let (Some(requested), Some(actual)) = (cost["requested"].as_u64(), cost["actual"].as_u64()) else { continue };
        assert!(actual <= requested, "{actual} came and {requested} were paid for:\n{document}\n{body:#}");
        ran += 1;
        rows += actual;
    }
    (ran, rows)
}

both! {
    /// Four hundred random documents each, of an admin, a member of a producer and nobody in particular.
    async fn no_document_brings_more_than_it_pays_for(world: World) {
        let (admin, lan) = (world.admin().await, world.seller("lan").await);
        let mut ids = vec![lan.producer.clone(), nothing()];
        for name in ["Mật ong", "Chè", "Vải lanh"] {
            let sale = world.on_sale(&lan, &admin, name).await;
            ids.extend([sale.product, sale.listing, sale.rating]);
        }
        let draft = lan.product("Rượu").await;
        ids.extend([lan.dossier(&draft).await, draft, council::global("Nothing", uuid::Uuid::nil())]);
        let schema = Schema::of(&admin).await;
        let mut author = Author { schema: &schema, ids: &ids, random: Random(SEED), fragments: Vec::new() };
        for caller in [&admin, &lan.caller, &world.anyone()] {
            let (ran, rows) = ask(caller, &mut author).await;
            assert!(ran > 100 && rows > 1_000, "{ran} documents ran and brought {rows} rows");
        }
    }
}
