//! Products with their producers, as published lists and spreadsheets have them.

use crate::{
    domain::{
        admin_unit::{self, Era, ResolveError},
        listing::{Listing, ListingState},
        product::ProductState,
    },
    service::{
        Call, Service, ServiceError,
        imports::{
            CellError, Report, Table,
            row::{self, Row},
        },
        keys, producers, products,
        work::{Begun, Work},
    },
    store::{self, Db, admin_units, media, recognitions, variants},
};

/// Rows in one transaction.
const BATCH: usize = 50;

/// Imports a table of products.
pub(super) async fn run(
    service: &Service,
    call: &Call<'_>,
    table: &Table,
    dry_run: bool,
    progress: &mut (dyn FnMut(usize) + Send),
) -> Result<Report, ServiceError> {
    let mut report = Report { rows: table.rows.len(), ..Report::default() };
    for (batch, rows) in table.rows.chunks(BATCH).enumerate() {
        let Begun::Fresh(work) = service.begin(&Call::new(call.actor)).await? else { continue };
        for (offset, cells) in rows.iter().enumerate() {
            let number = batch * BATCH + offset;
            match row::read(&table.headers, cells) {
                Ok(row) => import(service, &work, row, number + 2, &mut report).await?,
                Err(errors) => {
                    report.errors.extend(errors.into_iter().map(|(column, message)| CellError { row: number + 2, column, message }))
                }
            }
        }
        if !dry_run {
            work.commit(keys::uuid_v7(service.clock.now())).await?;
        }
        progress((batch * BATCH + rows.len()).min(report.rows));
    }
    Ok(report)
}

async fn import(service: &Service, work: &Work, row: Row, number: usize, report: &mut Report) -> Result<(), ServiceError> {
    let (legacy, current) = match resolve(&work.tx, &row).await? {
        Ok(codes) => codes,
        Err(message) => {
            report.errors.push(CellError { row: number, column: "commune_old".into(), message });
            return Ok(());
        }
    };
    let producer_id = match &row.producer {
        Some(draft) => Some(producer(service, work, draft.clone(), (&legacy, &current)).await?),
        None => None,
    };
    let mut product = row.product.clone();
    (product.producer_id, product.legacy_commune_code, product.commune_code) = (producer_id, legacy, current);
    if let Some(mut known) = store::products::by_external_key(&work.tx, &row.external_key).await? {
        let same = (&known.name_vi, known.group, &known.description_vi, &known.commune_code)
            == (&product.name_vi, product.group, &product.description_vi, &product.commune_code);
        if same {
            report.unchanged += 1;
        } else {
            (known.name_vi, known.group, known.description_vi) = (product.name_vi, product.group, product.description_vi);
            (known.commune_code, known.legacy_commune_code) = (product.commune_code, product.legacy_commune_code);
            known.updated_at = work.at;
            producers::saved(store::products::update(&work.tx, &known, &producers::EVERYTHING).await?)?;
            report.updated += 1;
        }
        return Ok(());
    }
    product.external_key = Some(row.external_key.clone());
    product.state = ProductState::Active;
    let product = products::founded(service, work, product).await?;
    store::products::insert(&work.tx, &product).await?;
    recognitions::put(&work.tx, service.new_id(), product.id, &row.recognition).await?;
    sell(service, work, &row, &product).await?;
    report.created += 1;
    Ok(())
}

/// The old commune's code and that of its successor; a message when the name does not lead to one unit.
async fn resolve(db: &impl Db, row: &Row) -> Result<Result<(Option<String>, Option<String>), String>, ServiceError> {
    let Some(name) = &row.commune_old else { return Ok(Ok((None, None))) };
    let candidates = admin_units::by_name(db, Era::Before20250701, name, &[]).await?;
    let legacy = match admin_unit::pick(&candidates, row.district_old.as_deref()) {
        Ok(unit) => unit.code.clone(),
        Err(ResolveError::Unknown) => return Ok(Err(format!("no commune named {name} existed there before 2025-07-01"))),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let parts = admin_units::successors(db, &legacy).await?;
    let current = admin_unit::successor(&parts).map(|s| s.new_code.clone());
    Ok(Ok((Some(legacy), current)))
}

async fn producer(
    service: &Service,
    work: &Work,
    mut draft: crate::domain::producer::Producer,
    (legacy, current): (&Option<String>, &Option<String>),
) -> Result<crate::domain::id::ProducerId, ServiceError> {
    if let Some(key) = &draft.external_key
        && let Some(known) = store::producers::by_external_key(&work.tx, key).await?
    {
        return Ok(known.id);
    }
    (draft.legacy_commune_code, draft.commune_code) = (legacy.clone(), current.clone());
    let producer = producers::found(service, work, draft).await?;
    store::producers::insert(&work.tx, &producer).await?;
    Ok(producer.id)
}

/// Writes what the row says about selling: variant, picture, a draft listing.
async fn sell(service: &Service, work: &Work, row: &Row, product: &crate::domain::product::Product) -> Result<(), ServiceError> {
    let Some(producer_id) = product.producer_id else { return Ok(()) };
    if let Some(mut picture) = row.picture.clone() {
        (picture.id, picture.product_id) = (service.new_id().into(), product.id);
        media::replace(&work.tx, product.id, &[picture]).await?;
    }
    let Some(mut variant) = row.variant.clone() else { return Ok(()) };
    (variant.id, variant.product_id, variant.producer_id) = (service.new_id().into(), product.id, producer_id);
    variants::put(&work.tx, std::slice::from_ref(&variant)).await?;
    let Some((price, stock)) = row.offer else { return Ok(()) };
    let listing = Listing {
        id: service.new_id().into(),
        external_key: format!("OCOP-{}", keys::code(12)),
        slug: producers::distinct(&product.slug),
        producer_id,
        product_id: product.id,
        variant_id: variant.id,
        title_vi: product.name_vi.clone(),
        title_en: None,
        price,
        stock,
        min_order: 1,
        valid_from: None,
        valid_until: None,
        state: ListingState::Draft,
        published_at: None,
        version: 1,
        record_version: 1,
        window: None,
        announced: false,
        stars: 0,
        group: product.group,
        commune_code: product.commune_code.clone(),
        created_at: work.at,
        updated_at: work.at,
    };
    Ok(store::listings::insert(&work.tx, &listing).await?)
}
