//! The rating procedure from an empty dossier to a withdrawn rating, over HTTP; every step is first tried by those who may not.

use chrono::Duration;
use ocop_catalog::{domain::actor::Role, sandbox::ItemStatus};
use serde_json::{Value, json};

use crate::harness::{
    Caller, Seller, World, both,
    council::{PAPER, commune, office, sha256, staff, token},
    text,
};

/// Everybody who acts.
pub(crate) struct Cast {
    pub(crate) admin: Caller,
    pub(crate) officer: Caller,
    pub(crate) council: [Caller; 3],
    pub(crate) seller: Seller,
    pub(crate) stranger: Seller,
}

pub(crate) const COUNCIL: [&str; 3] = ["chu-tich", "thu-ky", "thanh-vien"];

impl Cast {
    pub(crate) async fn gather(world: &World) -> Self {
        let service = &world.service;
        let caller = async |name: &str, grant| {
            let account = staff(service, name, &[grant]).await;
            Caller::new(&world.url, Some(&token(service, account).await))
        };
        let [a, b, c] = COUNCIL;
        Self {
            admin: caller("tinh", office(Role::Admin)).await,
            officer: caller("can-bo", commune("01090")).await,
            council: [
                caller(a, office(Role::CouncilMember)).await,
                caller(b, office(Role::CouncilMember)).await,
                caller(c, office(Role::CouncilMember)).await,
            ],
            seller: world.seller("Phìn Hồ").await,
            stranger: world.seller("Hồng Thái").await,
        }
    }

    /// Tokens end after fifteen minutes; a procedure takes days.
    pub(crate) async fn sign_in_again(&mut self, world: &World) {
        let again = async |name: &str| {
            let account = staff(&world.service, name, &[]).await;
            Caller::new(&world.url, Some(&token(&world.service, account).await))
        };
        self.admin = again("tinh").await;
        self.officer = again("can-bo").await;
        for (caller, name) in self.council.iter_mut().zip(COUNCIL) {
            *caller = again(name).await;
        }
        self.seller.caller = world.sign_in("Phìn Hồ").await;
        self.stranger.caller = world.sign_in("Hồng Thái").await;
    }
}

/// A mutation of one field: its variables, its arguments, what is selected.
pub(crate) fn mutation(variables: &str, call: &str, select: &str) -> String {
    format!("mutation({variables}) {{ {call} {{ {select} userErrors {{ code path message }} }} }}")
}

/// Sends a file: announces it and puts its bytes.
pub(crate) async fn upload(caller: &Caller, name: &str, kind: &str, bytes: &[u8]) -> String {
    let query = mutation("$i: StagedUploadInput!", "stagedUploadCreate(input: $i)", "upload { id url }");
    let input = json!({ "fileName": name, "contentType": kind, "size": bytes.len(), "sha256": sha256(bytes) });
    let payload = caller.done(&query, json!({ "i": input })).await;
    let answer = put(&text(&payload["upload"]["url"]), bytes).await;
    assert_eq!(answer.0, 204, "{}", answer.1);
    text(&payload["upload"]["id"])
}

/// PUTs bytes; status and body of the answer.
#[expect(clippy::disallowed_methods, reason = "tests call their own service")]
pub(crate) async fn put(url: &str, bytes: &[u8]) -> (u16, String) {
    let answer = reqwest::Client::new().put(url).body(bytes.to_vec()).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

pub(crate) const SUBMIT: &str =
    "mutation($id: ID!) { dossierSubmit(id: $id) { dossier { state holder } userErrors { code path message } } }";

/// A part-level sheet.
pub(crate) fn marks([a, b, c]: [i32; 3]) -> Value {
    json!([{ "criterion": 1, "points": a }, { "criterion": 2, "points": b }, { "criterion": 3, "points": c }])
}

pub(crate) fn report(day: &str) -> Value {
    let finding = json!({ "isMet": true, "assessment": "Đạt" });
    json!({ "localMaterialsAndLabour": finding, "originOfIdea": finding, "localIdentity": finding, "meetingOn": day })
}

/// The first criteria set for food of the rulebook in force.
pub(crate) async fn food_set(caller: &Caller) -> String {
    let data =
        caller.data("{ rubrics(rulebook: \"148/QĐ-TTg\", group: FOOD, number: 4) { id isPartLevel partMaxima } }", Value::Null).await;
    assert_eq!((&data["rubrics"][0]["isPartLevel"], &data["rubrics"][0]["partMaxima"]), (&json!(true), &json!([40, 25, 35])));
    text(&data["rubrics"][0]["id"])
}

/// Nobody of these may do this; others see nothing of it.
async fn forbidden(callers: &[&Caller], query: &str, variables: &Value) {
    for caller in callers {
        assert_eq!(caller.error(query, variables.clone()).await, "FORBIDDEN", "{query}");
    }
}

async fn unseen(callers: &[&Caller], query: &str, variables: &Value) {
    for caller in callers {
        assert_eq!(caller.refused(query, variables.clone()).await, [("NOT_FOUND".to_owned(), "id".to_owned())], "{query}");
    }
}

both! {
    async fn a_rating_from_draft_to_withdrawal(world: World) {
        let mut cast = Cast::gather(&world).await;
        world.connect(&cast.admin).await;
        let product = cast.seller.product("Mật ong Bạc hà").await;
        let listing = cast.seller.listing(&product, 250_000).await;
        let dossier = draft(&world, &cast, &product).await;
        hand_in(&cast, &dossier).await;
        commune_forwards(&cast, &dossier).await;
        let session = council_meets(&world, &mut cast, &dossier).await;
        council_scores(&cast, &session, &dossier).await;
        chair_closes(&cast, &session, &dossier).await;
        let rating = province_decides(&world, &cast, &dossier).await;
        cast.seller.publish(&listing).await;
        world.later(Duration::seconds(1)).await;
        let live = |world: &World| world.sandbox.items().iter().filter(|i| i.status == ItemStatus::Normal).count();
        assert_eq!(live(&world), 1);
        province_withdraws(&cast, &rating).await;
        world.later(Duration::seconds(1)).await;
        assert_eq!(live(&world), 0);
        let public = world.anyone().data("query($id: ID!) { node(id: $id) { id } }", json!({ "id": listing })).await;
        assert_eq!(public["node"], Value::Null);
        let reinstate = mutation("$id: ID!", "ratingReinstate(rating: $id, input: { legalBasis: \"QĐ giải quyết khiếu nại 5/QĐ-UBND\" })", "rating { status withdrawals { reason reinstatedOn } }");
        forbidden(&[&cast.officer, &cast.council[0], &cast.seller.caller], &reinstate, &json!({ "id": rating })).await;
        let payload = cast.admin.done(&reinstate, json!({ "id": rating })).await;
        assert_eq!(payload["rating"], json!({ "status": "ACTIVE", "withdrawals": [{ "reason": "FOOD_SAFETY", "reinstatedOn": "2026-11-24" }] }));
        assert_eq!(cast.admin.refused(&reinstate, json!({ "id": rating })).await, [("NOT_WITHDRAWN".to_owned(), "id".to_owned())]);
        world.later(Duration::seconds(1)).await;
        assert_eq!(live(&world), 1, "and the listing is back");
    }
}

async fn draft(world: &World, cast: &Cast, product: &str) -> String {
    let create = mutation("$p: ID!", "dossierCreate(product: $p)", "dossier { id state holder nextSteps rulebook { code } }");
    forbidden(&[&cast.admin, &cast.officer, &cast.council[0]], &create, &json!({ "p": product })).await;
    assert_eq!(cast.stranger.caller.refused(&create, json!({ "p": product })).await, [("NOT_FOUND".to_owned(), "product".to_owned())]);
    assert_eq!(world.anyone().error(&create, json!({ "p": product })).await, "UNAUTHENTICATED");
    let payload = cast.seller.caller.done(&create, json!({ "p": product })).await;
    let shown = json!({ "id": payload["dossier"]["id"], "state": "DRAFT", "holder": "PRODUCER", "nextSteps": ["SUBMIT", "WITHDRAW"], "rulebook": { "code": "148/QĐ-TTg" } });
    assert_eq!(payload["dossier"], shown);
    text(&payload["dossier"]["id"])
}

async fn hand_in(cast: &Cast, dossier: &str) {
    let id = json!({ "id": dossier });
    let refused = cast.seller.caller.refused(SUBMIT, id.clone()).await;
    let codes: Vec<_> = refused.iter().map(|(code, _)| code.as_str()).collect();
    assert_eq!(codes, ["DOCUMENT_MISSING", "DOCUMENT_MISSING", "DOCUMENT_MISSING", "DOCUMENT_MISSING", "CRITERIA_SET_MISSING"]);
    let set = food_set(&cast.seller.caller).await;
    let update = mutation(
        "$id: ID!, $v: Int!, $i: DossierUpdateInput!",
        "dossierUpdate(id: $id, expectedVersion: $v, input: $i)",
        "dossier { version selfAssessment { total partPoints missing { number } } }",
    );
    let some = json!({ "criteriaSet": set, "selfAssessment": [{ "criterion": 1, "points": 30 }] });
    let payload = cast.seller.caller.done(&update, json!({ "id": dossier, "v": 1, "i": some })).await;
    assert_eq!(
        payload["dossier"]["selfAssessment"],
        json!({ "total": 30, "partPoints": [30, 0, 0], "missing": [{ "number": "B" }, { "number": "C" }] })
    );
    let stale = cast.seller.caller.refused(&update, json!({ "id": dossier, "v": 1, "i": some })).await;
    assert_eq!(stale, [("STALE_VERSION".to_owned(), "expectedVersion".to_owned())]);
    let whole = json!({ "selfAssessment": marks([35, 20, 30]) });
    cast.seller.caller.done(&update, json!({ "id": dossier, "v": 2, "i": whole })).await;
    let file = upload(&cast.seller.caller, "Phiếu đăng ký.pdf", "application/pdf", PAPER).await;
    let attach = mutation(
        "$id: ID!, $i: DossierDocumentInput!",
        "dossierDocumentAttach(id: $id, input: $i)",
        "dossier { checklist { document state } }",
    );
    let mut checklist = Value::Null;
    for document in ["REGISTRATION_FORM", "BUSINESS_PLAN", "ORGANISATION_PROFILE", "BUSINESS_REGISTRATION"] {
        let variables = json!({ "id": dossier, "i": { "document": document, "upload": file } });
        forbidden(&[&cast.admin, &cast.officer], &attach, &variables).await;
        checklist = cast.seller.caller.done(&attach, variables).await["dossier"]["checklist"].clone();
    }
    assert_eq!(checklist[4], json!({ "document": "PRODUCT_SAMPLE", "state": "ON_PAPER" }));
    forbidden(&[&cast.admin, &cast.officer, &cast.council[0]], SUBMIT, &id).await;
    unseen(&[&cast.stranger.caller], SUBMIT, &id).await;
    let payload = cast.seller.caller.done(SUBMIT, id.clone()).await;
    assert_eq!(payload["dossier"], json!({ "state": "SUBMITTED", "holder": "COMMUNE" }));
    assert_eq!(cast.seller.caller.refused(SUBMIT, id).await, [("WRONG_STATE".to_owned(), "id".to_owned())], "once");
}

async fn commune_forwards(cast: &Cast, dossier: &str) {
    let id = json!({ "id": dossier });
    let queue = "{ reviewQueue(filter: { level: COMMUNE }) { nodes { id } } }";
    assert_eq!(cast.officer.data(queue, Value::Null).await["reviewQueue"]["nodes"], json!([{ "id": dossier }]));
    let ask = mutation(
        "$id: ID!",
        "dossierRequestChanges(id: $id, input: { items: [{ about: \"BUSINESS_PLAN\", reason: \"Thiếu chữ ký\" }] })",
        "dossier { state }",
    );
    forbidden(&[&cast.seller.caller, &cast.council[0]], &ask, &id).await;
    assert_eq!(cast.officer.done(&ask, id.clone()).await["dossier"]["state"], "RETURNED");
    let respond = mutation("$id: ID!, $a: [String!]!", "dossierRespond(id: $id, input: { answers: $a })", "dossier { state }");
    assert_eq!(
        cast.seller.caller.refused(&respond, json!({ "id": dossier, "a": [] })).await,
        [("ANSWER_MISSING".to_owned(), "input.answers.0".to_owned())]
    );
    forbidden(&[&cast.officer, &cast.admin], &respond, &json!({ "id": dossier, "a": ["x"] })).await;
    assert_eq!(cast.seller.caller.done(&respond, json!({ "id": dossier, "a": ["Đã ký"] })).await["dossier"]["state"], "SUBMITTED");
    let endorse = mutation(
        "$id: ID!, $i: CommuneReportInput!",
        "dossierCommuneEndorse(id: $id, input: $i)",
        "dossier { state communeReport { localIdentity { isMet } } }",
    );
    let variables = json!({ "id": dossier, "i": report("2026-11-23") });
    forbidden(&[&cast.seller.caller, &cast.council[0], &cast.admin], &endorse, &variables).await;
    let payload = cast.officer.done(&endorse, variables).await;
    assert_eq!(payload["dossier"], json!({ "state": "FORWARDED", "communeReport": { "localIdentity": { "isMet": true } } }));
    let accept = mutation("$id: ID!", "dossierAccept(id: $id)", "dossier { state }");
    forbidden(&[&cast.seller.caller, &cast.council[0], &cast.officer], &accept, &id).await;
    assert_eq!(cast.admin.done(&accept, id).await["dossier"]["state"], "ACCEPTED");
}

async fn council_meets(world: &World, cast: &mut Cast, dossier: &str) -> String {
    let create = mutation(
        "$i: CouncilCreateInput!",
        "councilCreate(input: $i)",
        "councilSession { id state members { duty name } dossiers { state } }",
    );
    let member = |(name, duty): (&str, &str)| json!({ "email": format!("{name}@example.vn"), "duty": duty });
    let members: Vec<_> = COUNCIL.into_iter().zip(["CHAIR", "SECRETARY", "MEMBER"]).map(member).collect();
    let input = json!({ "name": "Phiên họp tháng 11", "heldOn": "2026-11-24", "members": members, "dossiers": [dossier] });
    forbidden(&[&cast.seller.caller, &cast.council[0], &cast.officer], &create, &json!({ "i": input })).await;
    let payload = cast.admin.done(&create, json!({ "i": input })).await;
    assert_eq!(payload["councilSession"]["dossiers"], json!([{ "state": "UNDER_EVALUATION" }]));
    let session = text(&payload["councilSession"]["id"]);
    let id = json!({ "id": session });
    let seen = "query($id: ID!) { councilSession(id: $id) { id } }";
    assert_eq!(cast.council[2].data(seen, id.clone()).await["councilSession"], Value::Null, "not before it is circulated");
    let circulate = mutation("$id: ID!", "councilCirculate(id: $id)", "councilSession { state }");
    forbidden(&[&cast.seller.caller, &cast.council[0], &cast.officer], &circulate, &id).await;
    assert_eq!(cast.admin.done(&circulate, id.clone()).await["councilSession"]["state"], "CIRCULATED");
    assert_eq!(cast.council[2].data(seen, id.clone()).await["councilSession"]["id"], session);
    let open = mutation("$id: ID!", "councilOpenScoring(id: $id)", "councilSession { state }");
    forbidden(&[&cast.seller.caller, &cast.council[0], &cast.officer], &open, &id).await;
    assert_eq!(cast.admin.refused(&open, id.clone()).await, [("CIRCULATED_TOO_LATE".to_owned(), "earlyReason".to_owned())]);
    world.clock.set(world.clock.now() + Duration::days(1));
    cast.sign_in_again(world).await;
    assert_eq!(cast.admin.done(&open, id).await["councilSession"]["state"], "SCORING");
    session
}

async fn council_scores(cast: &Cast, session: &str, dossier: &str) {
    let save = mutation(
        "$s: ID!, $d: ID!, $m: [MarkInput!]!",
        "scoreSheetSave(id: $s, dossier: $d, input: { marks: $m })",
        "councilSession { mySheet(dossier: $d) { state sums { total missing { number } } } }",
    );
    let submit = mutation("$s: ID!, $d: ID!", "scoreSheetSubmit(id: $s, dossier: $d)", "councilSession { state }");
    let key = json!({ "s": session, "d": dossier });
    let with = |points: [i32; 3]| json!({ "s": session, "d": dossier, "m": marks(points) });
    forbidden(&[&cast.admin, &cast.seller.caller, &cast.officer], &save, &with([1, 1, 1])).await;
    forbidden(&[&cast.admin, &cast.seller.caller, &cast.officer], &submit, &key).await;
    let chair = &cast.council[0];
    assert_eq!(chair.refused(&submit, key.clone()).await.len(), 3, "every criterion is missing by name");
    assert_eq!(chair.refused(&save, with([41, 20, 30])).await, [("POINTS_NOT_ALLOWED".to_owned(), "input.marks.0.points".to_owned())]);
    let part = json!({ "s": session, "d": dossier, "m": [{ "criterion": 1, "points": 33 }] });
    let payload = chair.done(&save, part).await;
    assert_eq!(
        payload["councilSession"]["mySheet"],
        json!({ "state": "DRAFT", "sums": { "total": 33, "missing": [{ "number": "B" }, { "number": "C" }] } })
    );
    let close = mutation("$id: ID!", "councilCloseScoring(id: $id)", "councilSession { state }");
    assert_eq!(cast.admin.refused(&close, json!({ "id": session })).await[0].0, "SHEETS_MISSING");
    for (member, points) in cast.council.iter().zip([[33, 20, 29], [34, 20, 28], [33, 21, 29]]) {
        member.done(&save, with(points)).await;
        member.done(&submit, key.clone()).await;
    }
    assert_eq!(chair.refused(&submit, key.clone()).await, [("WRONG_STATE".to_owned(), "dossier".to_owned())], "once");
    assert_eq!(chair.refused(&save, with([1, 1, 1])).await, [("WRONG_STATE".to_owned(), "dossier".to_owned())], "and it does not change");
    let boards = "query($id: ID!) { councilSession(id: $id) { boards { lowest } } }";
    assert_eq!(
        chair.data(boards, json!({ "id": session })).await["councilSession"]["boards"],
        Value::Null,
        "nobody sees sheets before all are in"
    );
    forbidden(&[&cast.seller.caller, chair, &cast.officer], &close, &json!({ "id": session })).await;
    assert_eq!(cast.admin.done(&close, json!({ "id": session })).await["councilSession"]["state"], "SCORED");
    assert_eq!(
        cast.council[1].refused(&save, with([1, 1, 1])).await,
        [("WRONG_STATE".to_owned(), "id".to_owned())],
        "a sheet after closing"
    );
}

async fn chair_closes(cast: &Cast, session: &str, dossier: &str) {
    let boards = "query($id: ID!) { councilSession(id: $id) { boards { lowest highest outliers sheets { sums { total } }
        outcome { average band proposedStars heldBack { code stars message } } } } }";
    let id = json!({ "id": session });
    let board = cast.council[0].data(boards, id.clone()).await["councilSession"]["boards"][0].clone();
    assert_eq!((&board["lowest"], &board["highest"], &board["outliers"]), (&json!(82), &json!(83), &json!([])));
    assert_eq!(
        board["outcome"],
        json!({ "average": "82.33", "band": 4, "proposedStars": 4, "heldBack": [{ "code": "SCORE", "stars": 5, "message": "5 stars begin at 90 points." }] })
    );
    assert_eq!(
        cast.council[2].data(boards, id.clone()).await["councilSession"]["boards"],
        Value::Null,
        "members see others' sheets once it is closed"
    );
    let close = mutation("$id: ID!", "councilClose(id: $id)", "councilSession { state minutes }");
    forbidden(&[&cast.admin, &cast.seller.caller, &cast.officer], &close, &id).await;
    for member in &cast.council[1..] {
        assert_eq!(member.refused(&close, id.clone()).await, [("CHAIR_ONLY".to_owned(), "id".to_owned())]);
    }
    assert_eq!(cast.council[0].refused(&close, id.clone()).await, [("FINDING_MISSING".to_owned(), "dossiers.0".to_owned())]);
    let find = mutation(
        "$s: ID!, $d: ID!, $c: String!",
        "councilFind(id: $s, dossier: $d, input: { findings: [{ condition: $c, isMet: true }] })",
        "councilSession { state }",
    );
    let finding = |code: &str| json!({ "s": session, "d": dossier, "c": code });
    forbidden(&[&cast.admin, &cast.seller.caller, &cast.officer], &find, &finding("MANDATORY_CRITERIA")).await;
    assert_eq!(cast.council[2].refused(&find, finding("MANDATORY_CRITERIA")).await, [("CHAIR_ONLY".to_owned(), "id".to_owned())]);
    assert_eq!(
        cast.council[1].refused(&find, finding("NONE")).await,
        [("UNKNOWN_VALUE".to_owned(), "input.findings.0.condition".to_owned())]
    );
    cast.council[1].done(&find, finding("MANDATORY_CRITERIA")).await;
    let payload = cast.council[0].done(&close, id.clone()).await;
    let minutes = text(&payload["councilSession"]["minutes"]);
    for words in ["Biên bản họp Hội đồng", "82.33", "Đề xuất: <b>4 sao</b>", "hạng 5 sao cần từ 90 điểm", "Mật ong Bạc hà"]
    {
        assert!(minutes.contains(words), "{words}: {minutes}");
    }
    let shown = "query($id: ID!) { dossier(id: $id) { state holder outcome { average proposedStars } stages { state leftAt } } }";
    let dossier = cast.seller.caller.data(shown, json!({ "id": dossier })).await["dossier"].clone();
    assert_eq!((&dossier["state"], &dossier["outcome"]["average"]), (&json!("RATED"), &json!("82.33")));
    assert_eq!(dossier["stages"].as_array().map(Vec::len), Some(8), "{}", dossier["stages"]);
}

async fn province_decides(world: &World, cast: &Cast, dossier: &str) -> String {
    let approve = mutation(
        "$d: ID!, $i: RatingApproveInput!",
        "ratingApprove(dossier: $d, input: $i)",
        "rating { id stars score status mayUseMark certificate { number verifyUrl issuedOn expiresOn } }",
    );
    let input = |stars: Value, signed: &str| json!({ "d": dossier, "i": { "stars": stars, "decision": { "issuer": "UBND tỉnh Tuyên Quang", "number": "321/QĐ-UBND", "signedOn": signed } } });
    forbidden(&[&cast.officer, &cast.council[0], &cast.seller.caller], &approve, &input(json!(4), "2026-11-24")).await;
    let refused = async |variables: Value, code: &str, path: &str| {
        assert_eq!(cast.admin.refused(&approve, variables).await, [(code.to_owned(), path.to_owned())]);
    };
    refused(input(json!(4), "2026-11-23"), "DECISION_BEFORE_COUNCIL", "input.decision.signedOn").await;
    refused(input(json!(4), "2026-11-25"), "DATE_IN_FUTURE", "input.decision.signedOn").await;
    let five = json!({ "d": dossier, "i": { "stars": 5, "decision": { "issuer": "UBND", "number": "1", "signedOn": "2026-11-24" },
        "nationalDecision": { "issuer": "Bộ", "number": "2", "signedOn": "2026-11-24" } } });
    refused(five, "STARS_ABOVE_PROPOSAL", "input.stars").await;
    let propose = mutation(
        "$d: ID!",
        "ratingProposeNational(dossier: $d, input: { decision: { issuer: \"UBND\", number: \"1\", signedOn: \"2026-11-24\" } })",
        "dossier { state }",
    );
    forbidden(&[&cast.officer, &cast.council[0], &cast.seller.caller], &propose, &json!({ "d": dossier })).await;
    assert_eq!(cast.admin.refused(&propose, json!({ "d": dossier })).await, [("NOT_PROPOSABLE".to_owned(), "id".to_owned())]);
    let payload = cast.admin.done(&approve, input(Value::Null, "2026-11-24")).await;
    let rating = &payload["rating"];
    assert_eq!(
        (&rating["stars"], &rating["score"], &rating["status"], &rating["mayUseMark"]),
        (&json!(4), &json!("82.33"), &json!("ACTIVE"), &json!(true))
    );
    assert_eq!((&rating["certificate"]["issuedOn"], &rating["certificate"]["expiresOn"]), (&json!("2026-11-24"), &json!("2029-11-24")));
    assert_eq!(cast.admin.refused(&approve, input(json!(4), "2026-11-24")).await, [("WRONG_STATE".to_owned(), "id".to_owned())], "once");
    let verify = "query($n: String!) { certificateVerify(number: $n) { status mayUseMark stars product withdrawnOn } }";
    let checked = world.anyone().data(verify, json!({ "n": rating["certificate"]["number"] })).await;
    assert_eq!(
        checked["certificateVerify"],
        json!({ "status": "VALID", "mayUseMark": true, "stars": 4, "product": "Mật ong Bạc hà", "withdrawnOn": null })
    );
    text(&rating["id"])
}

async fn province_withdraws(cast: &Cast, rating: &str) {
    let revoke = mutation("$id: ID!, $i: RatingRevokeInput!", "ratingRevoke(rating: $id, input: $i)", "rating { status mayUseMark }");
    let variables = json!({ "id": rating, "i": { "reason": "FOOD_SAFETY", "legalBasis": "Quyết định 12/QĐ-UBND" } });
    forbidden(&[&cast.officer, &cast.council[0], &cast.seller.caller], &revoke, &variables).await;
    let payload = cast.admin.done(&revoke, variables.clone()).await;
    assert_eq!(payload["rating"], json!({ "status": "WITHDRAWN", "mayUseMark": false }));
    assert_eq!(cast.admin.refused(&revoke, variables).await, [("WRONG_STATE".to_owned(), "id".to_owned())]);
}
