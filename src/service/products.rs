//! Products: creating, changing, archiving.

use serde_json::json;

use crate::{
    domain::{
        actor::{Action, Actor, permit},
        id::{ProducerId, ProductId},
        listing::{ChangeCause, ListingState},
        producer::ProducerStatus,
        product::{Product, ProductGroup, ProductState},
        reason::Reason,
    },
    service::{
        Call, Service, ServiceError,
        form::{Form, Patch},
        producers::{distinct, expect_version, handle, known_commune, saved},
        publicity,
        variants::{self, VariantData},
        work::{Work, begin},
    },
    store::{
        self, Direction, Page, PageRequest, Sparing, Unasked,
        around::{self, Around, Named, Wants},
        listings,
        products::{self, ProductFilter},
        ratings,
    },
};

/// What creating a product takes.
#[derive(Debug, Clone, Default)]
pub struct ProductData {
    /// Group.
    pub group: Option<ProductGroup>,
    /// Name in Vietnamese.
    pub name_vi: String,
    /// Name in English.
    pub name_en: Option<String>,
    /// Description in Vietnamese.
    pub description_vi: Option<String>,
    /// Description in English.
    pub description_en: Option<String>,
    /// Months in season.
    pub season_months: Vec<i32>,
    /// Commune of origin today.
    pub commune_code: Option<String>,
}

/// What can be changed of a product.
#[derive(Debug, Clone, Default)]
pub struct ProductChange {
    /// Group; locked while a certificate is valid.
    pub group: Option<ProductGroup>,
    /// Name in Vietnamese; locked while a certificate is valid.
    pub name_vi: Option<String>,
    /// Name in English.
    pub name_en: Patch<String>,
    /// Description in Vietnamese.
    pub description_vi: Patch<String>,
    /// Description in English.
    pub description_en: Patch<String>,
    /// Months in season.
    pub season_months: Option<Vec<i32>>,
    /// Commune of origin today.
    pub commune_code: Patch<String>,
}

const NAME: usize = 120;
const DESCRIPTION: usize = 5000;

/// Creates a product with its variants as a draft of a producer.
pub async fn create(
    service: &Service,
    call: &Call<'_>,
    producer: ProducerId,
    data: ProductData,
    with: Vec<VariantData>,
) -> Result<ProductId, ServiceError> {
    let reach = permit(call.actor, Action::EditProduct)?;
    let mut form = Form::new("input");
    let draft = read(&mut form, &data);
    let variants = variants::read(&mut form, &with);
    form.finish()?;
    let work = begin!(service, call);
    let owner = store::producers::find_for_update(&work.tx, producer, &reach).await?;
    let owner = owner.ok_or_else(|| ServiceError::refused("input.producer", Reason::NotFound))?;
    if owner.status == ProducerStatus::Suspended {
        return Err(ServiceError::refused("input.producer", Reason::ProducerSuspended));
    }
    let product = founded(service, &work, Product { producer_id: Some(producer), ..draft }).await?;
    products::insert(&work.tx, &product).await?;
    variants::write(service, &work, &product, variants).await?;
    work.note("productCreate", ("product", product.id.0), json!({ "name": product.name_vi }));
    work.commit(product.id.0).await?;
    Ok(product.id)
}

/// Changes a product. Name and group are what was rated: they are locked while a certificate is valid.
pub async fn update(
    service: &Service,
    call: &Call<'_>,
    id: ProductId,
    expected: i32,
    change: ProductChange,
) -> Result<ProductId, ServiceError> {
    let reach = permit(call.actor, Action::EditProduct)?;
    let mut work = begin!(service, call);
    let mut product = products::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    expect_version(product.version, expected)?;
    refuse_archived(&product)?;
    let rated = is_rated(service, &work, id).await?;
    let mut form = Form::new("input");
    apply(&mut form, &mut product, change, rated);
    form.finish()?;
    known_commune(&work.tx, product.commune_code.as_deref(), "input.commune").await?;
    product.updated_at = work.at;
    saved(products::update(&work.tx, &product, &reach).await?)?;
    work.note("productUpdate", ("product", id.0), json!({ "version": expected + 1 }));
    let affected = listings::of_product_for_update(&work.tx, id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::ProductChanged).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// Takes a product out for good; its listings are archived with it.
pub async fn archive(service: &Service, call: &Call<'_>, id: ProductId) -> Result<ProductId, ServiceError> {
    let reach = permit(call.actor, Action::EditProduct)?;
    let mut work = begin!(service, call);
    let mut product = products::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    refuse_archived(&product)?;
    product.state = ProductState::Archived;
    product.updated_at = work.at;
    saved(products::update(&work.tx, &product, &reach).await?)?;
    work.note("productArchive", ("product", id.0), json!({}));
    let mut affected = listings::of_product_for_update(&work.tx, id).await?;
    for listing in &mut affected {
        listing.state = ListingState::Archived;
    }
    publicity::refresh(service, &mut work, affected, ChangeCause::Archived).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// A product, if the actor may see it, with what is wanted beside it and without what nobody asked for.
pub async fn with_around(
    service: &Service,
    actor: &Actor,
    named: Named<'_>,
    (wants, unasked): (Wants, Unasked),
) -> Result<Option<(Product, Around)>, ServiceError> {
    Ok(around::product(&Sparing::new(&service.store, unasked), named, &service.view(actor)?, wants).await?)
}

/// The product with an id, if the actor may see it.
pub async fn find(service: &Service, actor: &Actor, id: ProductId, unasked: Unasked) -> Result<Option<Product>, ServiceError> {
    Ok(products::find(&Sparing::new(&service.store, unasked), id, &permit(actor, Action::ReadPrivate)?).await?)
}

/// A list of products that the actor may see.
pub async fn page(
    service: &Service,
    actor: &Actor,
    filter: &ProductFilter,
    direction: Direction,
    (request, unasked): (&PageRequest, Unasked),
) -> Result<Page<Product>, ServiceError> {
    Ok(products::page(&Sparing::new(&service.store, unasked), filter, &permit(actor, Action::ReadPrivate)?, direction, request).await?)
}

/// Reads what creating and importing share; identity, slug and times are set when it is founded.
pub(super) fn read(form: &mut Form, data: &ProductData) -> Product {
    Product {
        id: uuid::Uuid::nil().into(),
        producer_id: None,
        slug: String::new(),
        external_key: None,
        group: data.group,
        state: ProductState::Draft,
        name_vi: form.text("name", &data.name_vi, NAME),
        name_en: form.optional("nameEn", data.name_en.as_deref(), NAME),
        description_vi: form.lines("description", data.description_vi.as_deref(), DESCRIPTION),
        description_en: form.lines("descriptionEn", data.description_en.as_deref(), DESCRIPTION),
        season_months: months(form, &data.season_months),
        commune_code: data.commune_code.clone(),
        legacy_commune_code: None,
        version: 1,
        created_at: chrono::DateTime::UNIX_EPOCH,
        updated_at: chrono::DateTime::UNIX_EPOCH,
    }
}

/// Gives a draft its identity, slug and times, after checking its commune.
pub(super) async fn founded(service: &Service, work: &Work, mut product: Product) -> Result<Product, ServiceError> {
    known_commune(&work.tx, product.commune_code.as_deref(), "input.commune").await?;
    product.id = service.new_id().into();
    product.slug = handle(&product.name_vi, "san-pham");
    if !products::slugs_taken(&work.tx, vec![product.slug.clone()]).await?.is_empty() {
        product.slug = distinct(&product.slug);
    }
    (product.created_at, product.updated_at) = (work.at, work.at);
    Ok(product)
}

/// Refuses to change what was taken out for good.
pub(super) fn refuse_archived(product: &Product) -> Result<(), ServiceError> {
    if product.state == ProductState::Archived {
        return Err(ServiceError::refused("id", Reason::WrongState { state: product.state.code().to_owned() }));
    }
    Ok(())
}

async fn is_rated(service: &Service, work: &Work, id: ProductId) -> Result<bool, ServiceError> {
    let newest = ratings::of_products(&work.tx, &[id]).await?.into_iter().next();
    Ok(newest.is_some_and(|r| r.validity.counts_on(service.clock.today())))
}

fn apply(form: &mut Form, product: &mut Product, change: ProductChange, rated: bool) {
    if let Some(group) = change.group {
        if rated && product.group != Some(group) {
            form.refuse("group", Reason::RatedFieldLocked);
        }
        product.group = Some(group);
    }
    if let Some(name) = change.name_vi {
        let name = form.text("name", &name, NAME);
        if rated && product.name_vi != name {
            form.refuse("name", Reason::RatedFieldLocked);
        }
        product.name_vi = name;
    }
    change.name_en.and_then(|text| form.optional("nameEn", Some(&text), NAME)).apply(&mut product.name_en);
    change.description_vi.and_then(|text| form.lines("description", Some(&text), DESCRIPTION)).apply(&mut product.description_vi);
    change.description_en.and_then(|text| form.lines("descriptionEn", Some(&text), DESCRIPTION)).apply(&mut product.description_en);
    if let Some(given) = change.season_months {
        product.season_months = months(form, &given);
    }
    change.commune_code.apply(&mut product.commune_code);
}

fn months(form: &mut Form, given: &[i32]) -> Vec<u8> {
    let mut months: Vec<u8> = given.iter().filter_map(|m| u8::try_from(*m).ok()).filter(|m| (1..=12).contains(m)).collect();
    months.sort_unstable();
    months.dedup();
    if months.len() != given.len() {
        form.refuse("seasonMonths", Reason::InvalidMonths);
    }
    months
}
