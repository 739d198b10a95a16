//! Takes dossiers the whole way: handed in by their producers, forwarded by their communes, scored by a council of three, decided by
//! the province. Everybody acts under an account of their own; what is made up says `DEMO`.

use sha2::{Digest, Sha256};

use crate::{
    demo::people::{People, actor},
    domain::{
        actor::Actor,
        checklist::ItemState,
        council::{CouncilDuty, SessionState},
        dossier::Dossier,
        id::{CouncilSessionId, DossierId, ProductId, UploadId},
        procedure::{DossierState, Stage},
        product::Product,
        rubric::{Criterion, RubricState, is_part_level},
        sheet::Mark,
    },
    service::{
        Call, Service, ServiceError,
        councils::{self, FindingData, SessionData},
        documents::{self, DocumentData},
        dossiers::{self, DossierPatch},
        ratings::{self, Approval, DecisionData},
        reviews::{self, QueueFilter, ReportData},
        rubrics,
        sheets::{self, SheetData},
        uploads::{self, FileData},
    },
    store::{self, PageRequest},
};

const PAPER: &[u8] = b"%PDF-1.4\n% DEMO\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
const SESSION: usize = 100;

/// A product and the stars that its source records.
pub(super) struct Candidate {
    pub(super) product: Product,
    pub(super) stars: u8,
    /// Whether its source names the commune; otherwise the demo's officer checks it.
    pub(super) has_commune: bool,
}

/// Rates every candidate that has no rating in force. What an earlier run has done stays as it is.
pub(super) async fn rate(service: &Service, people: &People, candidates: &[Candidate]) -> Result<(), ServiceError> {
    call_off_open_sessions(service, people).await?;
    let paper = paper(service, people).await?;
    for candidate in candidates {
        if !is_rated(service, candidate.product.id).await? {
            hand_in(service, people, candidate, paper).await?;
        }
    }
    let communes = communes(service).await?;
    people.serve_communes(service, communes).await?;
    let officer = actor(service, people.officer).await?;
    for dossier in waiting(service, DossierState::Submitted).await? {
        reviews::endorse(service, &Call::new(&officer), dossier.id, report(service)).await?;
    }
    let admin = actor(service, people.admin).await?;
    for dossier in waiting(service, DossierState::Forwarded).await? {
        reviews::accept(service, &Call::new(&admin), dossier.id).await?;
    }
    let accepted = waiting(service, DossierState::Accepted).await?;
    for group in accepted.chunks(SESSION) {
        meet(service, people, group, candidates).await?;
    }
    for dossier in waiting(service, DossierState::Rated).await? {
        decide(service, &admin, &dossier, candidates).await?;
    }
    for dossier in waiting(service, DossierState::ProposedNational).await? {
        decide(service, &admin, &dossier, candidates).await?;
    }
    Ok(())
}

async fn is_rated(service: &Service, product: ProductId) -> Result<bool, ServiceError> {
    let today = service.clock.today();
    Ok(store::ratings::of_products(&service.store, &[product]).await?.iter().any(|r| r.validity.counts_on(today)))
}

async fn waiting(service: &Service, state: DossierState) -> Result<Vec<Dossier>, ServiceError> {
    let filter = QueueFilter { states: vec![state], ..QueueFilter::default() };
    let page = reviews::queue(service, &Actor::System, &filter, &PageRequest::first(10_000)).await?;
    Ok(page.rows.into_iter().map(|(_, dossier)| dossier).collect())
}

/// Communes of all dossiers that are handed in.
async fn communes(service: &Service) -> Result<Vec<String>, ServiceError> {
    let mut codes: Vec<_> =
        waiting(service, DossierState::Submitted).await?.into_iter().filter_map(|dossier| dossier.commune_code).collect();
    codes.sort_unstable();
    codes.dedup();
    Ok(codes)
}

/// One file that stands for all papers.
async fn paper(service: &Service, people: &People) -> Result<UploadId, ServiceError> {
    let owner = actor(service, people.owner).await?;
    let data = FileData {
        name: "DEMO.pdf".into(),
        content_type: "application/pdf".into(),
        size: i64::try_from(PAPER.len()).unwrap_or_default(),
        sha256: data_encoding::HEXLOWER.encode(&Sha256::digest(PAPER)),
    };
    let id = uploads::create(service, &Call::new(&owner), data).await?;
    if let Some(upload) = uploads::find(service, &owner, id).await? {
        uploads::receive(service, &upload, PAPER.to_vec()).await?;
    }
    Ok(id)
}

async fn hand_in(service: &Service, people: &People, candidate: &Candidate, paper: UploadId) -> Result<(), ServiceError> {
    let system = Actor::System;
    let call = Call::new(&system);
    let product = &candidate.product;
    let id = match store::dossiers::open_of_product(&service.store, product.id).await? {
        Some(open) if open.stage == Stage::Draft => open.id,
        Some(_) => return Ok(()),
        None => {
            let set = rubrics::list(service, &system)
                .await?
                .into_iter()
                .rfind(|s| s.state == RubricState::Published && s.rulebook == RULEBOOK && s.product_group == product.group);
            dossiers::create(service, &call, product.id, set.map(|s| s.id)).await?
        }
    };
    let Some(dossier) = dossiers::find(service, &system, id).await? else { return Ok(()) };
    let marks = marks(&criteria(service, &dossier).await?, target(candidate.stars));
    let commune = people.commune.clone().filter(|_| !candidate.has_commune);
    dossiers::update(service, &call, (id, dossier.version), DossierPatch { criteria_set: None, marks: Some(marks), commune }).await?;
    for item in dossiers::checklist_of(service, &dossier).await?.into_iter().filter(|i| i.state == ItemState::Missing) {
        let document = DocumentData { requirement: item.document.code, criterion: None, upload: paper };
        documents::attach(service, &call, id, document).await?;
    }
    dossiers::submit(service, &call, id).await.map(|_| ())
}

const RULEBOOK: &str = "148/QĐ-TTg";

async fn criteria(service: &Service, dossier: &Dossier) -> Result<Vec<Criterion>, ServiceError> {
    let set: Vec<_> = dossier.criteria_set.into_iter().collect();
    Ok(store::rubrics::criteria_of(&service.store, &set).await?)
}

/// Points in the middle of the band of some stars.
const fn target(stars: u8) -> i32 {
    match stars {
        5 => 94,
        4 => 80,
        _ => 60,
    }
}

/// Marks that add up to a total where only parts are scored; otherwise the highest option of each criterion.
fn marks(criteria: &[Criterion], total: i32) -> Vec<Mark> {
    let mark = |c: &Criterion, points: i32| Mark { criterion: c.position, points, comment: None };
    if !is_part_level(criteria) {
        return criteria.iter().map(|c| mark(c, c.max_points)).collect();
    }
    let (first, last) = criteria.split_at(criteria.len() - 1);
    let mut left = total;
    let mut marks = Vec::new();
    for c in first {
        let points = total * c.max_points / 100;
        left -= points;
        marks.push(mark(c, points));
    }
    marks.extend(last.iter().map(|c| mark(c, left.clamp(0, c.max_points))));
    marks
}

fn report(service: &Service) -> ReportData {
    let met = |text: &str| (true, format!("{text} (DEMO)"));
    ReportData {
        findings: [met("Nguyên liệu và lao động tại địa phương"), met("Ý tưởng của địa phương"), met("Mang bản sắc địa phương")],
        meeting_on: service.clock.today(),
        letter: Some("DEMO/UBND".into()),
    }
}

/// Sessions that an earlier run left open are called off; their dossiers come before another one.
async fn call_off_open_sessions(service: &Service, people: &People) -> Result<(), ServiceError> {
    let admin = actor(service, people.admin).await?;
    let chair = actor(service, people.council[0]).await?;
    for (_, session) in councils::page(service, &admin, &PageRequest::first(1000)).await?.rows {
        match session.state {
            SessionState::Assembling | SessionState::Circulated | SessionState::Scoring => {
                councils::cancel(service, &Call::new(&admin), session.id).await?;
            }
            SessionState::Scored => {
                conclude(service, &chair, session.id).await?;
            }
            SessionState::Closed | SessionState::Cancelled => {}
        }
    }
    Ok(())
}

async fn meet(service: &Service, people: &People, group: &[Dossier], candidates: &[Candidate]) -> Result<(), ServiceError> {
    let admin = actor(service, people.admin).await?;
    let office = Call::new(&admin);
    let duties = [CouncilDuty::Chair, CouncilDuty::Secretary, CouncilDuty::Member];
    let data = SessionData {
        name: format!("Hội đồng OCOP {} (DEMO)", service.clock.today()),
        held_on: service.clock.today(),
        members: (1..).zip(duties).map(|(number, duty)| (format!("council{number}@demo.example"), duty)).collect(),
        dossiers: group.iter().map(|d| d.id).collect(),
    };
    let session = councils::create(service, &office, data).await?;
    councils::circulate(service, &office, session).await?;
    councils::open(service, &office, session, Some("DEMO")).await?;
    for (member, more) in people.council.iter().zip([-1, 0, 1]) {
        let member = actor(service, *member).await?;
        for dossier in group {
            let total = target(stars(candidates, dossier)) + more;
            let marks = marks(&criteria(service, dossier).await?, total);
            let call = Call::new(&member);
            sheets::save(service, &call, (session, dossier.id), SheetData { marks, concerns: Vec::new(), remark: Some("DEMO".into()) })
                .await?;
            sheets::submit(service, &call, (session, dossier.id)).await?;
        }
    }
    councils::close_scoring(service, &office, session).await?;
    let chair = actor(service, people.council[0]).await?;
    conclude(service, &chair, session).await
}

/// Finds every condition met and closes the session.
async fn conclude(service: &Service, chair: &Actor, id: CouncilSessionId) -> Result<(), ServiceError> {
    let call = Call::new(chair);
    let Some(session) = councils::find(service, chair, id).await? else { return Ok(()) };
    for board in councils::boards(service, chair, &session).await?.unwrap_or_default() {
        let conditions = board.book.conditions_for(board.product.group);
        let met = conditions.iter().map(|c| FindingData { condition: c.code.clone(), is_met: true, note: Some("DEMO".into()) });
        councils::find_conditions(service, &call, (id, board.dossier.id), met.collect()).await?;
    }
    councils::close(service, &call, id).await.map(|_| ())
}

async fn decide(service: &Service, admin: &Actor, dossier: &Dossier, candidates: &[Candidate]) -> Result<(), ServiceError> {
    let call = Call::new(admin);
    let today = service.clock.today();
    let decision = |issuer: &str, number: &str| DecisionData { issuer: issuer.into(), number: number.into(), signed_on: today };
    let province = || decision("UBND tỉnh Tuyên Quang (DEMO)", "DEMO/QĐ-UBND");
    let wanted = stars(candidates, dossier);
    if wanted == 5 && matches!(dossier.stage, Stage::Rated { .. }) {
        return ratings::propose(service, &call, dossier.id, province()).await.map(|_: DossierId| ());
    }
    let approval = Approval {
        stars: Some(i32::from(wanted)),
        decision: province(),
        national_decision: (wanted == 5).then(|| decision("Bộ Nông nghiệp và Môi trường (DEMO)", "DEMO/QĐ-BNNMT")),
        certificate_number: None,
        issued_on: None,
    };
    ratings::approve(service, &call, dossier.id, approval).await.map(|_| ())
}

fn stars(candidates: &[Candidate], dossier: &Dossier) -> u8 {
    candidates.iter().find(|c| c.product.id == dossier.product_id).map_or(3, |c| c.stars)
}
