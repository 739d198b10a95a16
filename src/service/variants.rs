//! Variants: the sellable forms of a product, set as one list.

use serde_json::json;
use std::collections::HashSet;

use crate::{
    domain::{
        actor::{Action, permit},
        gtin::Gtin,
        id::{ProductId, VariantId},
        listing::ChangeCause,
        product::{MAX_VARIANTS, Product, Variant},
        quantity::{Quantity, Unit},
        reason::Reason,
    },
    service::{
        Call, Service, ServiceError,
        error::taken,
        form::Form,
        products::refuse_archived,
        publicity,
        work::{Work, begin},
    },
    store::{listings, products, variants},
};

/// A variant as given.
#[derive(Debug, Clone)]
pub struct VariantData {
    /// An existing variant to keep; a new one when left out.
    pub id: Option<VariantId>,
    /// Stock-keeping unit.
    pub sku: String,
    /// GTIN-13.
    pub gtin: Option<String>,
    /// Net content, a decimal number.
    pub net_value: String,
    /// Its unit.
    pub net_unit: Unit,
    /// Weight of one packed unit in grams; the net content's weight when left out.
    pub weight_grams: Option<i64>,
}

/// A variant whose fields were read.
pub(super) struct ReadVariant {
    id: Option<VariantId>,
    sku: String,
    gtin: Option<Gtin>,
    net: Option<Quantity>,
    weight_grams: u32,
}

const MAX_GRAMS: i64 = 100_000;

/// Sets the variants of a product: those given are kept or created, the others are no longer sold.
pub async fn set(service: &Service, call: &Call<'_>, id: ProductId, given: Vec<VariantData>) -> Result<ProductId, ServiceError> {
    let reach = permit(call.actor, Action::EditProduct)?;
    let mut form = Form::new("input");
    let read = read(&mut form, &given);
    form.finish()?;
    let mut work = begin!(service, call);
    let product = products::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    refuse_archived(&product)?;
    write(service, &work, &product, read).await?;
    work.note("productVariantsSet", ("product", id.0), json!({ "count": given.len() }));
    let affected = listings::of_product_for_update(&work.tx, id).await?;
    publicity::refresh(service, &mut work, affected, ChangeCause::ProductChanged).await?;
    work.commit(id.0).await?;
    Ok(id)
}

/// Reads a list of variants; refusals carry their index.
pub(super) fn read(form: &mut Form, given: &[VariantData]) -> Vec<ReadVariant> {
    if given.len() > MAX_VARIANTS {
        form.refuse("variants", Reason::TooMany { max: MAX_VARIANTS });
    }
    let (mut seen, mut kept) = (HashSet::new(), HashSet::new());
    given
        .iter()
        .enumerate()
        .map(|(index, data)| {
            let field = |name: &str| format!("variants.{index}.{name}");
            let variant = read_one(form, data, &field);
            if !seen.insert(variant.sku.clone()) {
                form.refuse(&field("sku"), Reason::Duplicate);
            }
            if variant.id.is_some_and(|id| !kept.insert(id)) {
                form.refuse(&field("id"), Reason::Duplicate);
            }
            variant
        })
        .collect()
}

fn read_one(form: &mut Form, data: &VariantData, field: &dyn Fn(&str) -> String) -> ReadVariant {
    let sku = data.sku.trim().to_owned();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    if sku.is_empty() {
        form.refuse(&field("sku"), Reason::Required);
    } else if sku.len() > 50 || !sku.bytes().all(plain) {
        form.refuse(&field("sku"), Reason::InvalidSku);
    }
    let net = form.check(&field("netContent.value"), Quantity::parse(&data.net_value, data.net_unit).map_err(|_| Reason::InvalidQuantity));
    let weight = data.weight_grams.or(net.and_then(Quantity::grams).map(i64::from));
    if weight.is_none() && net.is_some() {
        form.refuse(&field("weightGrams"), Reason::Required);
    }
    ReadVariant {
        id: data.id,
        sku,
        gtin: data.gtin.as_deref().and_then(|text| form.gtin(&field("gtin"), text)),
        net,
        weight_grams: weight.map_or(0, |grams| form.number(&field("weightGrams"), grams, 1..=MAX_GRAMS)),
    }
}

/// Writes variants that were read: unknown ids are refused, missing ones archived unless they are listed for sale.
pub(super) async fn write(service: &Service, work: &Work, product: &Product, read: Vec<ReadVariant>) -> Result<(), ServiceError> {
    let Some(producer_id) = product.producer_id else {
        return if read.is_empty() { Ok(()) } else { Err(ServiceError::refused("id", Reason::ProducerMissing)) };
    };
    let existing = variants::of_products(&work.tx, &[product.id]).await?;
    let mut form = Form::new("input");
    let mut kept = Vec::new();
    for (index, variant) in read.into_iter().enumerate() {
        let known = variant.id.is_none_or(|id| existing.iter().any(|e| e.id == id && !e.archived));
        if !known {
            form.refuse(&format!("variants.{index}.id"), Reason::NotFound);
        }
        let Some(net) = variant.net else { continue };
        kept.push(Variant {
            id: variant.id.unwrap_or_else(|| service.new_id().into()),
            product_id: product.id,
            producer_id,
            sku: variant.sku,
            gtin: variant.gtin,
            net,
            weight_grams: variant.weight_grams,
            position: i32::try_from(index).unwrap_or(i32::MAX),
            archived: false,
        });
    }
    form.finish()?;
    let dropped: Vec<VariantId> = existing.iter().filter(|e| !e.archived && kept.iter().all(|k| k.id != e.id)).map(|e| e.id).collect();
    let ids: Vec<_> = dropped.iter().map(|id| id.0).collect();
    if listings::of_variant_live(&work.tx, &ids).await? {
        return Err(ServiceError::refused("input.variants", Reason::VariantInUse));
    }
    variants::archive(&work.tx, product.id, &dropped, work.at).await?;
    variants::put(&work.tx, &kept).await.map_err(|e| taken(e, &[("gtin", "input.variants.gtin"), ("sku", "input.variants.sku")]))
}
