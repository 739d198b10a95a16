//! Separation of duties, queues, figures, and what happens when two act at once.

use chrono::Duration;
use ocop_catalog::domain::actor::Role;
use serde_json::{Value, json};

use crate::{
    harness::{
        Caller, World, both,
        council::{commune, identity, office, rate, staff, token},
        text,
    },
    procedure::{COUNCIL, Cast, marks, mutation, report},
};

/// Somebody who holds offices.
async fn person(world: &World, name: &str, roles: &[Role]) -> Caller {
    let grants: Vec<_> = roles.iter().map(|role| if *role == Role::CommuneOfficer { commune("01090") } else { office(*role) }).collect();
    let account = staff(&world.service, name, &grants).await;
    Caller::new(&world.url, Some(&token(&world.service, account).await))
}

fn refusal(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), path.to_owned())]
}

fn endorse() -> String {
    mutation("$id: ID!, $i: CommuneReportInput!", "dossierCommuneEndorse(id: $id, input: $i)", "dossier { state }")
}

fn accept() -> String {
    mutation("$id: ID!", "dossierAccept(id: $id)", "dossier { state }")
}

fn session(members: &[(&str, &str)], dossier: &str) -> (String, Value) {
    let create = mutation("$i: CouncilCreateInput!", "councilCreate(input: $i)", "councilSession { id }");
    let member = |(name, duty): &(&str, &str)| json!({ "email": format!("{name}@example.vn"), "duty": duty });
    let members: Vec<_> = members.iter().map(member).collect();
    (create, json!({ "i": { "name": "Phiên họp", "heldOn": "2026-11-23", "members": members, "dossiers": [dossier] } }))
}

both! {
    /// Who holds every office still acts in one of them on a dossier.
    async fn one_office_a_dossier(world: World) {
        let cast = Cast::gather(&world).await;
        let all = person(&world, "kiem-nhiem", &[Role::Admin, Role::CommuneOfficer, Role::CouncilMember]).await;
        let dossier = cast.seller.dossier(&cast.seller.product("Mật ong").await).await;
        all.done(&endorse(), json!({ "id": dossier, "i": report("2026-11-23") })).await;
        assert_eq!(all.refused(&accept(), json!({ "id": dossier })).await, refusal("DUTY_CONFLICT", "id"));
        cast.admin.done(&accept(), json!({ "id": dossier })).await;
        let [a, b, c] = COUNCIL;
        let seats = |chair, member| [(chair, "CHAIR"), (b, "SECRETARY"), (c, "MEMBER"), (member, "MEMBER")];
        let (create, as_chair) = session(&seats("kiem-nhiem", a), &dossier);
        assert_eq!(cast.admin.refused(&create, as_chair).await, refusal("CONFLICT_OF_INTEREST", "input.members"));
        let (_, as_member) = session(&seats(a, "kiem-nhiem"), &dossier);
        let id = text(&cast.admin.done(&create, as_member).await["councilSession"]["id"]);
        open(&cast.admin, &id).await;
        let save = mutation("$s: ID!, $d: ID!, $m: [MarkInput!]!", "scoreSheetSave(id: $s, dossier: $d, input: { marks: $m })", "councilSession { id }");
        let sheet = json!({ "s": id, "d": dossier, "m": marks([30, 20, 30]) });
        assert_eq!(all.refused(&save, sheet.clone()).await, refusal("CONFLICT_OF_INTEREST", "dossier"), "excluded from the beginning");
        assert_eq!(cast.admin.error(&save, sheet).await, "FORBIDDEN");
        score(&cast, &id, &dossier).await;
        let approve = "mutation($d: ID!) { ratingApprove(dossier: $d, input: { decision: { issuer: \"UBND\", number: \"1\", signedOn: \"2026-11-23\" } }) { rating { stars } userErrors { code path } } }";
        assert_eq!(all.refused(approve, json!({ "d": dossier })).await, refusal("DUTY_CONFLICT", "id"), "who checked does not decide");
        let scorer = person(&world, a, &[Role::Admin]).await;
        assert_eq!(scorer.refused(approve, json!({ "d": dossier })).await, refusal("DUTY_CONFLICT", "id"), "who scored does not decide");
        assert_eq!(cast.admin.done(approve, json!({ "d": dossier })).await["rating"]["stars"], 4);
    }
}

async fn open(admin: &Caller, id: &str) {
    admin.done(&mutation("$id: ID!", "councilCirculate(id: $id)", "councilSession { id }"), json!({ "id": id })).await;
    admin
        .done(
            &mutation("$id: ID!", "councilOpenScoring(id: $id, earlyReason: \"thử\")", "councilSession { earlyReason }"),
            json!({ "id": id }),
        )
        .await;
}

/// The cast's council gives 80 points, finds everything met and closes.
async fn score(cast: &Cast, id: &str, dossier: &str) {
    let save = mutation(
        "$s: ID!, $d: ID!, $m: [MarkInput!]!",
        "scoreSheetSave(id: $s, dossier: $d, input: { marks: $m })",
        "councilSession { id }",
    );
    let submit = mutation("$s: ID!, $d: ID!", "scoreSheetSubmit(id: $s, dossier: $d)", "councilSession { id }");
    for member in &cast.council {
        member.done(&save, json!({ "s": id, "d": dossier, "m": marks([32, 20, 28]) })).await;
        member.done(&submit, json!({ "s": id, "d": dossier })).await;
    }
    cast.admin.done(&mutation("$id: ID!", "councilCloseScoring(id: $id)", "councilSession { id }"), json!({ "id": id })).await;
    let find = mutation(
        "$s: ID!, $d: ID!",
        "councilFind(id: $s, dossier: $d, input: { findings: [{ condition: \"MANDATORY_CRITERIA\", isMet: true }] })",
        "councilSession { id }",
    );
    cast.council[0].done(&find, json!({ "s": id, "d": dossier })).await;
    cast.council[0].done(&mutation("$id: ID!", "councilClose(id: $id)", "councilSession { state }"), json!({ "id": id })).await;
}

both! {
    /// A member who belongs to the producer, or declares a conflict, does not count; the rest do.
    async fn conflicts_of_interest_exclude_sheets(world: World) {
        let cast = Cast::gather(&world).await;
        let invite = "mutation($id: ID!) { producerMemberInvite(id: $id, input: { email: \"ho-hang@example.vn\", role: EDITOR }) { invitation { id } userErrors { code } } }";
        let relative = person(&world, "ho-hang", &[Role::CouncilMember]).await;
        let invitation = cast.seller.caller.done(invite, json!({ "id": cast.seller.producer })).await["invitation"]["id"].clone();
        relative.done("mutation($id: ID!) { producerMemberAccept(invitation: $id) { userErrors { code } } }", json!({ "id": invitation })).await;
        let dossier = cast.seller.dossier(&cast.seller.product("Mật ong").await).await;
        cast.officer.done(&endorse(), json!({ "id": dossier, "i": report("2026-11-23") })).await;
        cast.admin.done(&accept(), json!({ "id": dossier })).await;
        let [a, b, c] = COUNCIL;
        let other = person(&world, "nguoi-khac", &[Role::CouncilMember]).await;
        let seats = [(a, "CHAIR"), (b, "SECRETARY"), (c, "MEMBER"), ("ho-hang", "MEMBER"), ("nguoi-khac", "MEMBER")];
        let (create, input) = session(&seats, &dossier);
        let id = text(&cast.admin.done(&create, input).await["councilSession"]["id"]);
        open(&cast.admin, &id).await;
        let save = mutation("$s: ID!, $d: ID!, $m: [MarkInput!]!", "scoreSheetSave(id: $s, dossier: $d, input: { marks: $m })", "councilSession { id }");
        let sheet = json!({ "s": id, "d": dossier, "m": marks([40, 25, 35]) });
        assert_eq!(relative.refused(&save, sheet.clone()).await, refusal("CONFLICT_OF_INTEREST", "dossier"));
        other.done(&save, sheet.clone()).await;
        let exclude = mutation("$s: ID!, $d: ID!, $m: ID", "scoreSheetExclude(id: $s, dossier: $d, input: { reason: \"Người thân\", member: $m })", "councilSession { mySheet(dossier: $d) { state remark } }");
        let member = cast.council[1].data("query($id: ID!) { councilSession(id: $id) { members { account name } } }", json!({ "id": id })).await["councilSession"]["members"].clone();
        let third = member.as_array().expect("members").iter().find(|m| m["name"] == c).expect("the member")["account"].clone();
        assert_eq!(other.refused(&exclude, json!({ "s": id, "d": dossier, "m": third })).await, refusal("CHAIR_ONLY", "input.member"));
        let payload = other.done(&exclude, json!({ "s": id, "d": dossier })).await;
        assert_eq!(payload["councilSession"]["mySheet"], json!({ "state": "EXCLUDED", "remark": "Người thân" }));
        assert_eq!(other.refused(&save, sheet).await, refusal("CONFLICT_OF_INTEREST", "dossier"));
        score(&cast, &id, &dossier).await;
        let boards = "query($id: ID!) { councilSession(id: $id) { boards { sheets { state } outcome { average } } } }";
        let board = cast.admin.data(boards, json!({ "id": id })).await["councilSession"]["boards"][0].clone();
        assert_eq!(board["outcome"]["average"], "80.00", "a hundred points of the excluded do not count");
        assert_eq!(board["sheets"].as_array().map(Vec::len), Some(5));
    }
}

both! {
    /// A knock-out that a member notes is decided on by the council; found not met, no points help.
    async fn a_knock_out_stands_against_any_score(world: World) {
        let cast = Cast::gather(&world).await;
        let dossier = cast.seller.dossier(&cast.seller.product("Mật ong").await).await;
        cast.officer.done(&endorse(), json!({ "id": dossier, "i": report("2026-11-23") })).await;
        cast.admin.done(&accept(), json!({ "id": dossier })).await;
        let [a, b, c] = COUNCIL;
        let (create, input) = session(&[(a, "CHAIR"), (b, "SECRETARY"), (c, "MEMBER")], &dossier);
        let id = text(&cast.admin.done(&create, input).await["councilSession"]["id"]);
        open(&cast.admin, &id).await;
        let save = mutation("$s: ID!, $d: ID!, $m: [MarkInput!]!, $c: [String!]!", "scoreSheetSave(id: $s, dossier: $d, input: { marks: $m, concerns: $c })", "councilSession { mySheet(dossier: $d) { concerns } }");
        let submit = mutation("$s: ID!, $d: ID!", "scoreSheetSubmit(id: $s, dossier: $d)", "councilSession { id }");
        let sheet = |concerns: Value| json!({ "s": id, "d": dossier, "m": marks([40, 25, 35]), "c": concerns });
        assert_eq!(cast.council[2].refused(&save, sheet(json!(["NONE"]))).await, refusal("UNKNOWN_VALUE", "input.concerns.0"));
        for (member, concerns) in cast.council.iter().zip([json!([]), json!([]), json!(["MANDATORY_CRITERIA"])]) {
            member.done(&save, sheet(concerns)).await;
            member.done(&submit, json!({ "s": id, "d": dossier })).await;
        }
        cast.admin.done(&mutation("$id: ID!", "councilCloseScoring(id: $id)", "councilSession { id }"), json!({ "id": id })).await;
        let find = mutation("$s: ID!, $d: ID!, $f: [CouncilFindingInput!]!", "councilFind(id: $s, dossier: $d, input: { findings: $f })", "councilSession { id }");
        let finding = |met: bool, note: Value| json!({ "s": id, "d": dossier, "f": [{ "condition": "MANDATORY_CRITERIA", "isMet": met, "note": note }, { "condition": "FIT_FOR_EXPORT", "isMet": true }] });
        assert_eq!(cast.council[0].refused(&find, finding(true, Value::Null)).await, refusal("REQUIRED", "input.findings.0.note"), "against a member one says why");
        cast.council[0].done(&find, finding(false, Value::Null)).await;
        let close = mutation("$id: ID!", "councilClose(id: $id)", "councilSession { boards { outcome { average band proposedStars heldBack { code stars } } } }");
        let board = cast.council[0].done(&close, json!({ "id": id })).await["councilSession"]["boards"][0].clone();
        let held = json!([{ "code": "MANDATORY_CRITERIA", "stars": 3 }]);
        assert_eq!(board["outcome"], json!({ "average": "100.00", "band": 5, "proposedStars": 2, "heldBack": held }));
        let approve = "mutation($d: ID!) { ratingApprove(dossier: $d, input: { decision: { issuer: \"UBND\", number: \"1\", signedOn: \"2026-11-23\" } }) { rating { stars } userErrors { code path } } }";
        assert_eq!(cast.admin.refused(approve, json!({ "d": dossier })).await, refusal("STARS_NOT_CERTIFIED", "input.stars"));
        let reject = "mutation($d: ID!) { ratingReject(dossier: $d, input: { reason: \"Không đạt tiêu chí bắt buộc\" }) { dossier { state rejectionReason } userErrors { code path } } }";
        assert_eq!(cast.admin.done(reject, json!({ "d": dossier })).await["dossier"]["state"], "NOT_RECOGNISED");
        let own = cast.seller.caller.data("{ dossiers { nodes { state rejectionReason } } }", Value::Null).await;
        assert_eq!(own["dossiers"]["nodes"], json!([{ "state": "NOT_RECOGNISED", "rejectionReason": "Không đạt tiêu chí bắt buộc" }]));
        assert_eq!(cast.stranger.caller.data("{ dossiers { nodes { state } } }", Value::Null).await["dossiers"]["nodes"], json!([]));
        assert_eq!(world.anyone().error("{ dossiers { nodes { state } } }", Value::Null).await, "UNAUTHENTICATED");
    }
}

both! {
    async fn councils_are_put_together_rightly(world: World) {
        let cast = Cast::gather(&world).await;
        let dossier = cast.seller.dossier(&cast.seller.product("Mật ong").await).await;
        let [a, b, c] = COUNCIL;
        let good = [(a, "CHAIR"), (b, "SECRETARY"), (c, "MEMBER")];
        for (members, code, path) in [
            (vec![(a, "CHAIR"), (b, "SECRETARY")], "TOO_FEW", "input.members"),
            (vec![(a, "CHAIR"), (b, "CHAIR"), (c, "SECRETARY")], "COUNCIL_SEATS", "input.members"),
            (vec![(a, "CHAIR"), (b, "SECRETARY"), (b, "MEMBER")], "DUPLICATE", "input.members.2.email"),
            (vec![(a, "CHAIR"), (b, "SECRETARY"), ("can-bo", "MEMBER")], "NOT_COUNCIL_MEMBER", "input.members.2.email"),
            (vec![(a, "CHAIR"), (b, "SECRETARY"), ("khong-co", "MEMBER")], "NOT_FOUND", "input.members.2.email"),
            (good.to_vec(), "WRONG_STATE", "input.dossiers.0"),
        ] {
            let (create, input) = session(&members, &dossier);
            assert_eq!(cast.admin.refused(&create, input).await, refusal(code, path));
        }
        cast.officer.done(&endorse(), json!({ "id": dossier, "i": report("2026-11-23") })).await;
        cast.admin.done(&accept(), json!({ "id": dossier })).await;
        let (create, input) = session(&good, &dossier);
        let id = text(&cast.admin.done(&create, input.clone()).await["councilSession"]["id"]);
        assert_eq!(cast.admin.refused(&create, input.clone()).await, refusal("WRONG_STATE", "input.dossiers.0"), "one session at a time");
        open(&cast.admin, &id).await;
        let save = mutation("$s: ID!, $d: ID!, $m: [MarkInput!]!", "scoreSheetSave(id: $s, dossier: $d, input: { marks: $m })", "councilSession { id }");
        cast.council[0].done(&save, json!({ "s": id, "d": dossier, "m": marks([10, 10, 10]) })).await;
        cast.council[0].done(&mutation("$s: ID!, $d: ID!", "scoreSheetSubmit(id: $s, dossier: $d)", "councilSession { id }"), json!({ "s": id, "d": dossier })).await;
        cast.admin.done(&mutation("$id: ID!", "councilCancel(id: $id)", "councilSession { state }"), json!({ "id": id })).await;
        let again = text(&cast.admin.done(&create, input).await["councilSession"]["id"]);
        open(&cast.admin, &again).await;
        score(&cast, &again, &dossier).await;
        let outcome = cast.seller.caller.data("query($id: ID!) { dossier(id: $id) { outcome { average } } }", json!({ "id": dossier })).await;
        assert_eq!(outcome["dossier"]["outcome"]["average"], "80.00", "the same people score again, and the first sheet is void");
    }
}

both! {
    /// Two admins decide at once: one wins, the other sees why; one certificate is issued.
    async fn two_who_decide_at_once(world: World) {
        let cast = Cast::gather(&world).await;
        let second = person(&world, "tinh-2", &[Role::Admin]).await;
        for round in 0..5 {
            let product = cast.seller.product(&format!("Trà {round}")).await;
            let dossier = cast.seller.dossier(&product).await;
            rate(&world.service, identity(&dossier).into(), 80).await;
            let approve = "mutation($d: ID!) { ratingApprove(dossier: $d, input: { decision: { issuer: \"UBND\", number: \"1\", signedOn: \"2026-11-23\" } }) { rating { id } userErrors { code path } } }";
            let reject = "mutation($d: ID!) { ratingReject(dossier: $d, input: { reason: \"Không đạt\" }) { dossier { state } userErrors { code path } } }";
            let (one, two) = tokio::join!(cast.admin.data(approve, json!({ "d": dossier })), second.data(reject, json!({ "d": dossier })));
            let refusals = [&one["ratingApprove"]["userErrors"], &two["ratingReject"]["userErrors"]];
            let won = refusals.iter().filter(|r| **r == &json!([])).count();
            assert_eq!(won, 1, "{one} {two}");
            let lost = refusals.iter().find(|r| **r != &json!([])).expect("one");
            assert_eq!(**lost, json!([{ "code": "WRONG_STATE", "path": ["id"] }]));
            let ratings = cast.seller.caller.data("query($p: ID!) { node(id: $p) { ... on Product { ratings { id } } } }", json!({ "p": product })).await;
            assert_eq!(ratings["node"]["ratings"].as_array().map(Vec::len), Some(usize::from(one["ratingApprove"]["rating"] != Value::Null)));
        }
    }
}

both! {
    /// Queues by level, group, lateness and who has taken what on; figures of the province.
    async fn queues_and_figures(world: World) {
        let cast = Cast::gather(&world).await;
        let dossier = cast.seller.dossier(&cast.seller.product("Mật ong").await).await;
        let queue = async |caller: &Caller, filter: &str| {
            let data = caller.data(&format!("{{ reviewQueue(filter: {{ {filter} }}) {{ nodes {{ id claimedBy }} }} }}"), Value::Null).await;
            data["reviewQueue"]["nodes"].as_array().map_or(0, Vec::len)
        };
        let elsewhere = staff(&world.service, "xa-khac", &[commune("00889")]).await;
        let elsewhere = Caller::new(&world.url, Some(&token(&world.service, elsewhere).await));
        assert_eq!((queue(&cast.officer, "").await, queue(&elsewhere, "").await, queue(&cast.council[0], "").await), (1, 0, 0));
        assert_eq!((queue(&cast.admin, "group: FOOD").await, queue(&cast.admin, "group: DRINK").await), (1, 0));
        assert_eq!((queue(&cast.admin, "level: COMMUNE").await, queue(&cast.admin, "level: PROVINCE").await), (1, 0));
        let claim = mutation("$id: ID!", "dossierClaim(id: $id)", "dossier { claimedBy }");
        assert_eq!(elsewhere.refused(&claim, json!({ "id": dossier })).await, refusal("NOT_FOUND", "id"), "another commune's looks like none");
        assert_eq!(elsewhere.refused(&endorse(), json!({ "id": dossier, "i": report("2026-11-23") })).await, refusal("NOT_FOUND", "id"));
        assert_eq!(cast.officer.done(&claim, json!({ "id": dossier })).await["dossier"]["claimedBy"], "can-bo");
        assert_eq!(cast.admin.refused(&claim, json!({ "id": dossier })).await, refusal("TAKEN", "id"));
        assert_eq!((queue(&cast.officer, "assignedToMe: true").await, queue(&cast.admin, "assignedToMe: true").await), (1, 0));
        assert_eq!(queue(&cast.officer, "overdue: true").await, 0);
        world.clock.set(world.clock.now() + Duration::days(11));
        let mut cast = cast;
        cast.sign_in_again(&world).await;
        assert_eq!(queue(&cast.officer, "overdue: true").await, 1);
        cast.officer.done(&endorse(), json!({ "id": dossier, "i": report("2026-12-01") })).await;
        let statistics = "{ statistics { byStars { stars count } byGroup { group count } byCommune { commune count } byStanding { standing count }
            dossiers { state count } stages { state visits averageHours } } }";
        assert_eq!(cast.officer.error(statistics, Value::Null).await, "FORBIDDEN");
        world.on_sale(&cast.seller, &cast.admin, "Trà").await;
        let figures = cast.admin.data(statistics, Value::Null).await["statistics"].clone();
        assert_eq!(figures["byStars"], json!([{ "stars": 4, "count": 1 }]));
        assert_eq!(figures["byGroup"], json!([{ "group": "FOOD", "count": 1 }]));
        assert_eq!(figures["byStanding"], json!([{ "standing": "VALID", "count": 1 }]));
        assert_eq!(figures["dossiers"], json!([{ "state": "FORWARDED", "count": 1 }, { "state": "RECOGNISED", "count": 1 }]));
        let submitted = figures["stages"].as_array().expect("stages").iter().find(|s| s["state"] == "SUBMITTED").expect("the stage").clone();
        assert_eq!((&submitted["visits"], &submitted["averageHours"]), (&json!(2), &json!(132)));
    }
}
