//! The rating procedure made short: what tests about other things need of it, done by the same use cases.

use chrono::Duration;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ocop_catalog::{
    domain::{
        actor::{Actor, Grant, Role},
        checklist::ItemState,
        council::CouncilDuty,
        id::{CriteriaSetId, DossierId, UserId},
        product::ProductGroup,
        sheet::Mark,
    },
    service::{
        Call, Service,
        councils::{self, FindingData, SessionData},
        documents::{self, DocumentData},
        dossiers::{self, DossierPatch},
        keys,
        reviews::{self, ReportData},
        rubrics, sessions,
        sheets::{self, SheetData},
        uploads::{self, FileData},
    },
    store::{self, accounts::Account},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A PDF, as far as its first bytes tell.
pub(crate) const PAPER: &[u8] = b"%PDF-1.4\n%%EOF\n";

/// The identity behind a global id.
pub(crate) fn identity(id: &str) -> Uuid {
    let text = String::from_utf8(BASE64URL_NOPAD.decode(id.as_bytes()).expect("base64")).expect("text");
    Uuid::try_parse(text.split_once(':').expect("a kind").1).expect("a uuid")
}

/// The global id of an identity.
pub(crate) fn global(kind: &str, id: Uuid) -> String {
    BASE64URL_NOPAD.encode(format!("{kind}:{}", id.simple()).as_bytes())
}

/// SHA-256, hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// An account with offices, without the cost of a password. The same name twice is the same account.
pub(crate) async fn staff(service: &Service, name: &str, grants: &[Grant]) -> UserId {
    let email = format!("{name}@example.vn");
    let tx = service.store.begin().await.expect("begins");
    let known = store::accounts::by_email(&tx, &email).await.expect("reads").map(|a| a.id);
    let id = known.unwrap_or_else(|| keys::uuid_v7(service.clock.now()).into());
    if known.is_none() {
        let (display_name, password_hash) = (name.to_owned(), String::new());
        let account = Account { id, email, display_name, password_hash, disabled: false, created_at: service.clock.now() };
        store::accounts::insert(&tx, &account).await.expect("inserts");
    }
    for grant in grants {
        store::accounts::grant(&tx, id, grant, None, service.clock.now()).await.expect("grants");
    }
    tx.commit().await.expect("commits");
    id
}

/// An office without a commune.
pub(crate) fn office(role: Role) -> Grant {
    Grant { role, commune_code: None }
}

/// The office of an officer of a commune.
pub(crate) fn commune(code: &str) -> Grant {
    Grant { role: Role::CommuneOfficer, commune_code: Some(code.to_owned()) }
}

/// A token of an account.
pub(crate) async fn token(service: &Service, account: UserId) -> String {
    sessions::issue(service, account, Duration::minutes(15)).await.expect("a session").access
}

/// Marks of a part-level sheet that add up to a total.
pub(crate) fn parts(total: i32) -> Vec<Mark> {
    let (a, b) = (total * 40 / 100, total * 25 / 100);
    [(1, a), (2, b), (3, total - a - b)].map(|(criterion, points)| Mark { criterion, points, comment: None }).to_vec()
}

/// The first published criteria set of a group in the rulebook in force.
pub(crate) async fn criteria_set(service: &Service, group: ProductGroup) -> CriteriaSetId {
    let all = rubrics::list(service, &Actor::System).await.expect("sets");
    all.into_iter().find(|s| s.rulebook == "148/QĐ-TTg" && s.product_group == Some(group)).expect("a set").id
}

/// Fills a dossier in: criteria set, self-assessment, every document.
pub(crate) async fn fill_in(service: &Service, id: DossierId) {
    let system = Actor::System;
    let call = Call::new(&system);
    let dossier = dossiers::find(service, &system, id).await.expect("reads").expect("a dossier");
    let product = store::products::find(&service.store, dossier.product_id, &ocop_catalog::domain::actor::Reach::All).await;
    let group = product.expect("reads").expect("a product").group.unwrap_or(ProductGroup::Food);
    let set = criteria_set(service, group).await;
    let patch = DossierPatch { criteria_set: Some(set), marks: Some(parts(60)), commune: None };
    dossiers::update(service, &call, (id, dossier.version), patch).await.expect("fills in");
    let upload = paper(service).await;
    for item in dossiers::checklist_of(service, &dossier).await.expect("a checklist").into_iter().filter(|i| i.state == ItemState::Missing)
    {
        let data = DocumentData { requirement: item.document.code, criterion: None, upload };
        documents::attach(service, &call, id, data).await.expect("attaches");
    }
}

async fn paper(service: &Service) -> ocop_catalog::domain::id::UploadId {
    let clerk = staff(service, "clerk", &[]).await;
    let clerk = sessions::person(service, clerk).await.expect("an actor");
    let data = FileData {
        name: "giấy.pdf".into(),
        content_type: "application/pdf".into(),
        size: i64::try_from(PAPER.len()).expect("short"),
        sha256: sha256(PAPER),
    };
    let id = uploads::create(service, &Call::new(&clerk), data).await.expect("announces");
    let upload = uploads::find(service, &clerk, id).await.expect("reads").expect("an upload");
    uploads::receive(service, &upload, PAPER.to_vec()).await.expect("receives");
    id
}

/// Takes a submitted dossier through commune and council: every member gives the total, every condition is met.
pub(crate) async fn rate(service: &Service, id: DossierId, total: i32) {
    let system = Actor::System;
    let call = Call::new(&system);
    let met = || (true, "đạt".to_owned());
    let report = ReportData { findings: [met(), met(), met()], meeting_on: service.clock.today(), letter: None };
    reviews::endorse(service, &call, id, report).await.expect("forwards");
    reviews::accept(service, &call, id).await.expect("accepts");
    let mut members = Vec::new();
    for name in ["council-1", "council-2", "council-3"] {
        let account = staff(service, name, &[office(Role::CouncilMember)]).await;
        members.push(sessions::person(service, account).await.expect("an actor"));
    }
    let duties = [CouncilDuty::Chair, CouncilDuty::Secretary, CouncilDuty::Member];
    let data = SessionData {
        name: "Phiên họp".into(),
        held_on: service.clock.today(),
        members: (1..).zip(duties).map(|(n, duty)| (format!("council-{n}@example.vn"), duty)).collect(),
        dossiers: vec![id],
    };
    let session = councils::create(service, &call, data).await.expect("assembles");
    councils::circulate(service, &call, session).await.expect("circulates");
    councils::open(service, &call, session, Some("thử")).await.expect("opens");
    for member in &members {
        let call = Call::new(member);
        sheets::save(service, &call, (session, id), SheetData { marks: parts(total), ..SheetData::default() }).await.expect("saves");
        sheets::submit(service, &call, (session, id)).await.expect("submits");
    }
    councils::close_scoring(service, &call, session).await.expect("closes scoring");
    let chair = Call::new(&members[0]);
    let met = ["MANDATORY_CRITERIA", "FIT_FOR_EXPORT"].map(|code| FindingData { condition: code.into(), is_met: true, note: None });
    councils::find_conditions(service, &chair, (session, id), met.to_vec()).await.expect("finds");
    councils::close(service, &chair, session).await.expect("closes");
}

/// Points in the middle of the band of some stars.
pub(crate) const fn points(stars: u8) -> i32 {
    match stars {
        1 => 20,
        2 => 40,
        3 => 60,
        4 => 80,
        _ => 95,
    }
}
