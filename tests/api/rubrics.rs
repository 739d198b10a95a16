//! Rulebooks and criteria sets: published once, in editions.

use ocop_catalog::domain::actor::Actor;
use ocop_catalog::service::{Call, rulebooks};
use serde_json::{Value, json};

use crate::{
    harness::{World, both, text},
    procedure::{food_set, mutation},
};

fn draft() -> String {
    mutation(
        "$s: ID!, $c: [CriterionInput!]!",
        "rubricDraftCreate(criteriaSet: $s, input: { criteria: $c })",
        "criteriaSet { id edition state isPartLevel }",
    )
}

fn publish() -> String {
    mutation("$id: ID!", "rubricPublish(id: $id)", "criteriaSet { state edition }")
}

fn criterion(part: &str, number: &str, max: i32, options: &[i32]) -> Value {
    json!({ "part": part, "section": part, "sectionName": "Mục", "number": number, "name": format!("Tiêu chí {number}"), "maxPoints": max, "optionPoints": options })
}

both! {
    async fn rulebooks_by_day(world: World) {
        let query = "query($d: Date) { rulebooks(activeOn: $d) { code partMaxima bands { stars from } authorities { stars authority from until } } }";
        for (day, code, maxima) in [("2020-01-01", "1048/QĐ-TTg", [35, 25, 40]), ("2022-01-05", "781/QĐ-TTg", [35, 25, 40]), ("2026-11-23", "148/QĐ-TTg", [40, 25, 35])] {
            let found = world.anyone().data(query, json!({ "d": day })).await["rulebooks"].clone();
            assert_eq!((found.as_array().map(Vec::len), &found[0]["code"], &found[0]["partMaxima"]), (Some(1), &json!(code), &json!(maxima)));
            assert_eq!(found[0]["bands"][4], json!({ "stars": 5, "from": 90 }));
        }
        assert_eq!(world.anyone().data(query, json!({ "d": "2018-01-01" })).await["rulebooks"], json!([]));
    }
}

both! {
    /// The full sheet of a kind of product is drafted, checked and published; dossiers opened from then on are scored by it.
    async fn a_full_sheet_becomes_an_edition(world: World) {
        let (admin, seller) = (world.admin().await, world.seller("lan").await);
        let set = food_set(&admin).await;
        let wrong = json!([criterion("A", "1", 39, &[0, 39]), criterion("B", "1", 25, &[0, 25]), criterion("B", "1", 5, &[0, 4]), criterion("C", "1", 35, &[0, 34])]);
        assert_eq!(seller.caller.error(&draft(), json!({ "s": set, "c": wrong })).await, "FORBIDDEN");
        let beyond = json!([criterion("A", "1", 40, &[0, 41])]);
        assert_eq!(admin.refused(&draft(), json!({ "s": set, "c": beyond })).await, [("OUT_OF_RANGE".to_owned(), "input.criteria.0.optionPoints".to_owned())]);
        let first = admin.done(&draft(), json!({ "s": set, "c": wrong })).await["criteriaSet"].clone();
        assert_eq!((&first["edition"], &first["state"]), (&json!(2), &json!("DRAFT")));
        let seen = "query($id: ID!) { rubric(id: $id) { id } }";
        assert_eq!(seller.caller.data(seen, json!({ "id": first["id"] })).await["rubric"], Value::Null, "drafts are for admins");
        let refused = admin.refused(&publish(), json!({ "id": first["id"] })).await;
        let expected = [
            ("OPTIONS_MISS_MAXIMUM", "draft.criteria.2.optionPoints"), ("DUPLICATE", "draft.criteria.2.number"), ("OPTIONS_MISS_MAXIMUM", "draft.criteria.3.optionPoints"),
            ("PART_SUM_WRONG", "draft.criteria"), ("PART_SUM_WRONG", "draft.criteria"),
        ];
        let mut refused: Vec<_> = refused.iter().map(|(c, p)| (c.as_str(), p.as_str())).collect();
        let mut expected = expected.to_vec();
        refused.sort_unstable();
        expected.sort_unstable();
        assert_eq!(refused, expected);
        let right = json!([criterion("A", "1", 40, &[0, 10, 40]), criterion("B", "1", 25, &[]), criterion("C", "1", 30, &[0, 30]), criterion("C", "2", 5, &[1, 5])]);
        let second = admin.done(&draft(), json!({ "s": set, "c": right })).await["criteriaSet"].clone();
        assert_eq!(admin.refused(&publish(), json!({ "id": first["id"] })).await, [("NOT_FOUND".to_owned(), "id".to_owned())], "a new draft replaces the old");
        let published = admin.done(&publish(), json!({ "id": second["id"] })).await["criteriaSet"].clone();
        assert_eq!(published, json!({ "state": "PUBLISHED", "edition": 2 }));
        assert_eq!(admin.refused(&publish(), json!({ "id": second["id"] })).await, [("ALREADY_PUBLISHED".to_owned(), "id".to_owned())]);
        let create = mutation("$p: ID!, $s: ID!", "dossierCreate(product: $p, criteriaSet: $s)", "dossier { id version }");
        let product = seller.product("Mật ong").await;
        assert_eq!(seller.caller.refused(&create, json!({ "p": product, "s": set })).await, [("CRITERIA_SET_UNFIT".to_owned(), "criteriaSet".to_owned())], "the old edition");
        let dossier = seller.caller.done(&create, json!({ "p": product, "s": second["id"] })).await["dossier"].clone();
        let update = mutation("$id: ID!, $m: [MarkInput!]!", "dossierUpdate(id: $id, expectedVersion: 1, input: { selfAssessment: $m })", "dossier { id }");
        let marks = json!([{ "criterion": 1, "points": 20 }, { "criterion": 4, "points": 0 }, { "criterion": 1, "points": 10 }, { "criterion": 9, "points": 1 }]);
        let refused = seller.caller.refused(&update, json!({ "id": dossier["id"], "m": marks })).await;
        let codes: Vec<_> = refused.iter().map(|(c, p)| (c.as_str(), p.as_str())).collect();
        assert_eq!(codes, [
            ("POINTS_NOT_ALLOWED", "input.selfAssessment.0.points"), ("POINTS_NOT_ALLOWED", "input.selfAssessment.1.points"),
            ("DUPLICATE", "input.selfAssessment.2.criterion"), ("UNKNOWN_CRITERION", "input.selfAssessment.3.criterion"),
        ]);
    }
}

both! {
    /// A dossier of 2022 is scored by the sheet of 2020, criterion by criterion.
    async fn the_sheet_of_2020_scores_by_criterion(world: World) {
        world.clock.set("2022-03-01T03:00:00Z".parse().expect("an instant"));
        let seller = world.seller("lan").await;
        let set = seller.caller.data("{ rubrics(rulebook: \"781/QĐ-TTg\", number: 4) { id isPartLevel criteria { position optionPoints } } }", Value::Null).await["rubrics"][0].clone();
        assert_eq!(set["isPartLevel"], false);
        let create = mutation("$p: ID!, $s: ID!", "dossierCreate(product: $p, criteriaSet: $s)", "dossier { id rulebook { code } }");
        let dossier = seller.caller.done(&create, json!({ "p": seller.product("Mật ong").await, "s": set["id"] })).await["dossier"].clone();
        assert_eq!(dossier["rulebook"]["code"], "781/QĐ-TTg");
        let best = |c: &Value| c["optionPoints"].as_array().expect("options").iter().filter_map(Value::as_i64).max();
        let marks: Vec<_> = set["criteria"].as_array().expect("criteria").iter().map(|c| json!({ "criterion": c["position"], "points": best(c) })).collect();
        let update = mutation("$id: ID!, $m: [MarkInput!]!", "dossierUpdate(id: $id, expectedVersion: 1, input: { selfAssessment: $m })", "dossier { selfAssessment { total partPoints missing { number } } }");
        let payload = seller.caller.done(&update, json!({ "id": dossier["id"], "m": marks })).await;
        assert_eq!(payload["dossier"]["selfAssessment"], json!({ "total": 100, "partPoints": [35, 25, 40], "missing": [] }));
    }
}

both! {
    /// A rulebook is published once: the same again changes nothing, another text is refused.
    async fn rulebooks_are_not_edited(world: World) {
        let text_148 = include_str!("../../data/rulebook/rulebook_148_2023.json");
        let call = Call::new(&Actor::System);
        rulebooks::publish(&world.service, &call, text_148).await.expect("the same again");
        let other = text_148.replace("\"nationalFromPoints\": 90", "\"nationalFromPoints\": 80");
        assert_ne!(other, text_148);
        assert!(rulebooks::publish(&world.service, &call, &other).await.is_err());
        assert!(rulebooks::publish(&world.service, &call, &other.replace("148/QĐ-TTg", "200/QĐ-TTg").replace("\"A\": 40", "\"A\": 41")).await.is_err());
        let codes = world.anyone().data("{ rulebooks { code } }", Value::Null).await;
        assert_eq!(codes["rulebooks"].as_array().map(Vec::len), Some(3));
        assert_eq!(text(&codes["rulebooks"][2]["code"]), "148/QĐ-TTg");
    }
}
