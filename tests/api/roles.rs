//! Who may call what: every field of the roots by every role, made from the schema itself, each cell asserted.

use ocop_catalog::domain::actor::Role;
use serde_json::{Value, json};

use crate::harness::{
    Caller, Socket, World, both,
    council::{commune, office, staff, token},
    schema::{Schema, nothing},
    text,
};

/// Mutation, and who may call it: Anonymous, Key, Person, Seller (a producer's owner), Officer of a commune, Council member, aDmin.
const ALLOWED: &str = include_str!("roles.txt");
/// The same for queries and subscriptions.
const READABLE: &str = include_str!("roles-reading.txt");

both! {
    async fn every_mutation_by_every_role(world: World) {
        let schema = Schema::of(&world.anyone()).await;
        let roles = roles(&world).await;
        let mut found = String::new();
        for (name, document) in mutations(&schema) {
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

both! {
    async fn every_query_by_every_role(world: World) {
        let schema = Schema::of(&world.anyone()).await;
        let roles = roles(&world).await;
        let mut found = String::new();
        for field in schema.fields("Query") {
            let (name, document) = (text(&field["name"]), query(&schema, field));
            let mut row = String::new();
            for (letter, caller) in &roles {
                let answer = caller.send(&document, Value::Null).await;
                row.push(if is_denied(&answer.body, &name, *letter) { '-' } else { *letter });
            }
            found.push_str(&format!("{row} {name}\n"));
        }
        for field in schema.fields("Subscription") {
            let (name, document) = (text(&field["name"]), query(&schema, field).replacen("query", "subscription", 1));
            let mut row = String::new();
            for (letter, caller) in &roles {
                let mut socket = Socket::open(&world.url, caller.token_if_any()).await;
                socket.subscribe("a", &document, Value::Null).await;
                // Whoever may follow is told something, or nothing for now.
                let told = socket.try_next(std::time::Duration::from_millis(300)).await.unwrap_or_default();
                let errors = json!({ "errors": if told["type"] == "error" { told["payload"].clone() } else { Value::Null } });
                row.push(if is_denied(&errors, &name, *letter) { '-' } else { *letter });
            }
            found.push_str(&format!("{row} {name}\n"));
        }
        assert!(found == READABLE, "tests/api/roles-reading.txt differs from what is so:\n{found}");
    }
}

/// Whether the answer is a denial. Others are of what was asked for, which is nothing that exists.
fn is_denied(body: &Value, name: &str, letter: char) -> bool {
    let code = body["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
    assert!(matches!(code, "" | "UNAUTHENTICATED" | "FORBIDDEN" | "BAD_USER_INPUT" | "CURSOR_INVALID"), "{name} as {letter}: {body:#}");
    assert_eq!(code == "UNAUTHENTICATED", matches!(code, "UNAUTHENTICATED" | "FORBIDDEN") && letter == 'A', "{name} as {letter}: {code}");
    matches!(code, "UNAUTHENTICATED" | "FORBIDDEN")
}

/// A query of one field for the name of its type.
fn query(schema: &Schema, field: &Value) -> String {
    let arguments = schema.arguments(field, &mut |_| nothing(), false);
    let selection = if schema.is_composite(Schema::named(&field["type"])) { " { __typename }" } else { "" };
    format!("query {{ {}{arguments}{selection} }}", text(&field["name"]))
}

/// A request for each mutation with the least that the schema asks for.
fn mutations(schema: &Schema) -> Vec<(String, String)> {
    let document = |field: &Value| {
        let name = text(&field["name"]);
        let arguments = schema.arguments(field, &mut |_| nothing(), false);
        (name.clone(), format!("mutation {{ {name}{arguments} {{ userErrors {{ code }} }} }}"))
    };
    let mut documents: Vec<_> = schema.fields("Mutation").iter().map(document).collect();
    // Whoever registers a producer is somebody else from then on.
    documents.sort_by_key(|(name, _)| name == "producerRegister");
    documents
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
