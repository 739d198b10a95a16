//! Who may call what: every mutation of the schema by every role, made from the schema itself, each cell asserted.

use ocop_catalog::domain::actor::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;

use crate::harness::{
    Caller, World, both,
    council::{commune, global, office, staff, token},
    text,
};

const SCHEMA: &str = "{ __schema { types { name kind enumValues { name }
    inputFields { name defaultValue type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }
    fields { name args { name defaultValue type { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }";

/// Mutation, and who may call it: Anonymous, Key, Person, Seller (a producer's owner), Officer of a commune, Council member, aDmin.
const ALLOWED: &str = include_str!("roles.txt");

both! {
    async fn every_mutation_by_every_role(world: World) {
        let types = types(&world.anyone()).await;
        let roles = roles(&world).await;
        let mut found = String::new();
        for (name, document) in documents(&types) {
            let mut row = String::new();
            for (letter, caller) in &roles {
                // Signing out would end the caller's session for the rest of the row.
                let answer = if name == "sessionRevoke" && *letter != 'A' && *letter != 'K' { None } else { Some(caller.send(&document, Value::Null).await) };
                let denied = answer.is_some_and(|answer| {
                    let code = answer.body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
                    assert!(matches!(code.as_str(), "" | "UNAUTHENTICATED" | "FORBIDDEN"), "{name} as {letter}: {:#}\n{document}", answer.body);
                    assert_eq!(code == "UNAUTHENTICATED", !code.is_empty() && *letter == 'A', "{name} as {letter}: {code}");
                    !code.is_empty()
                });
                row.push(if denied { '-' } else { *letter });
            }
            found.push_str(&format!("{row} {name}\n"));
        }
        assert!(found == ALLOWED, "tests/api/roles.txt differs from what is so:\n{found}");
    }
}

async fn roles(world: &World) -> Vec<(char, Caller)> {
    let service = &world.service;
    let caller = async |name: &str, grants: &[_]| {
        let account = staff(service, name, grants).await;
        Caller::new(&world.url, Some(&token(service, account).await))
    };
    let admin = caller("admin", &[office(Role::Admin)]).await;
    vec![
        ('A', world.anyone()),
        ('K', world.integrator(&admin).await),
        ('P', caller("person", &[]).await),
        ('S', world.seller("seller").await.caller),
        ('O', caller("officer", &[commune("01090")]).await),
        ('C', caller("council", &[office(Role::CouncilMember)]).await),
        ('D', admin),
    ]
}

async fn types(caller: &Caller) -> BTreeMap<String, Value> {
    let data = caller.data(SCHEMA, Value::Null).await;
    let types = data["__schema"]["types"].as_array().expect("types").iter();
    types.map(|t| (text(&t["name"]), t.clone())).collect()
}

/// A request for each mutation with the least that the schema asks for.
fn documents(types: &BTreeMap<String, Value>) -> Vec<(String, String)> {
    let fields = types["Mutation"]["fields"].as_array().expect("fields");
    let document = |field: &Value| {
        let name = text(&field["name"]);
        let arguments = given(types, field["args"].as_array().expect("args"));
        let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
        (name.clone(), format!("mutation {{ {name}{arguments} {{ userErrors {{ code }} }} }}"))
    };
    let mut documents: Vec<_> = fields.iter().map(document).collect();
    // Whoever registers a producer is somebody else from then on.
    documents.sort_by_key(|(name, _)| name == "producerRegister");
    documents
}

fn given(types: &BTreeMap<String, Value>, fields: &[Value]) -> String {
    let needed = |f: &&Value| f["type"]["kind"] == "NON_NULL" && f["defaultValue"].is_null();
    let one = |f: &Value| format!("{}: {}", text(&f["name"]), value(types, &f["type"], f["name"].as_str().unwrap_or_default()));
    fields.iter().filter(needed).map(one).collect::<Vec<_>>().join(", ")
}

fn value(types: &BTreeMap<String, Value>, kind: &Value, name: &str) -> String {
    match kind["kind"].as_str().expect("a kind") {
        "NON_NULL" => value(types, &kind["ofType"], name),
        "LIST" => format!("[{}]", value(types, &kind["ofType"], name)),
        "ENUM" => text(&types[kind["name"].as_str().expect("a name")]["enumValues"][0]["name"]),
        "INPUT_OBJECT" => {
            let fields = types[kind["name"].as_str().expect("a name")]["inputFields"].as_array().expect("fields");
            format!("{{ {} }}", given(types, fields))
        }
        _ => scalar(kind["name"].as_str().expect("a name"), name),
    }
}

fn scalar(kind: &str, name: &str) -> String {
    let nobody = global("Nothing", uuid::Uuid::from_u128(1));
    match (kind, name) {
        ("ID", _) => json!(nobody).to_string(),
        ("Int", _) => "1".to_owned(),
        ("Boolean", _) => "true".to_owned(),
        ("Date", _) => "\"2026-11-23\"".to_owned(),
        ("Decimal", _) => "\"1\"".to_owned(),
        (_, "email") => "\"nobody@example.vn\"".to_owned(),
        (_, "password") => "\"một mật khẩu dài\"".to_owned(),
        (_, "sha256") => json!("0".repeat(64)).to_string(),
        (_, "contentType") => "\"application/pdf\"".to_owned(),
        (_, "baseUrl") => "\"https://example.vn\"".to_owned(),
        _ => "\"X\"".to_owned(),
    }
}
