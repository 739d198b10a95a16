//! Bulk export: all products as the table that imports read, so that what goes out can come in again.

use std::io::Write;

use crate::{
    domain::{
        actor::{Action, Actor, Reach, permit},
        admin_unit::Era,
        id::ProductId,
        listing::Listing,
        producer::Producer,
        product::{Media, Product, Recognition, Variant},
    },
    service::{Service, ServiceError, imports::own_key},
    store::{
        Direction, PageRequest, admin_units,
        listings::{self, ListingFilter, ListingSort, View},
        media, producers,
        products::{self, ProductFilter},
        recognitions, variants,
    },
};
use std::collections::HashMap;

const COLUMNS: [&str; 21] = [
    "external_key",
    "product_name",
    "producer_name",
    "producer_kind",
    "commune_old",
    "district_old",
    "product_group",
    "stars",
    "recognised_year",
    "decision_no",
    "source",
    "evidence",
    "description",
    "sku",
    "gtin",
    "net_content",
    "net_unit",
    "weight_grams",
    "price_vnd",
    "stock",
    "picture_url",
];
/// Products of one read.
const PAGE: u64 = 200;

/// What stands beside the products of one read.
#[derive(Default)]
struct Beside {
    producers: HashMap<uuid::Uuid, Producer>,
    communes: HashMap<String, (String, Option<String>)>,
    records: HashMap<ProductId, Recognition>,
    variants: HashMap<ProductId, Variant>,
    pictures: HashMap<ProductId, Media>,
    listings: HashMap<ProductId, Listing>,
}

/// Writes all products with their first variant, picture and listing as CSV; returns how many.
pub async fn products(service: &Service, actor: &Actor, to: &mut (dyn Write + Send)) -> Result<usize, ServiceError> {
    let reach = permit(actor, Action::Import)?;
    let mut table = csv::Writer::from_writer(to);
    let failed = |error: csv::Error| ServiceError::Internal(format!("export: {error}"));
    table.write_record(COLUMNS).map_err(failed)?;
    let (mut request, mut rows) = (PageRequest::first(PAGE), 0);
    loop {
        let page = products::page(&service.store, &ProductFilter::default(), &reach, Direction::Ascending, &request).await?;
        let last = page.rows.last().map(|(position, _)| position.clone());
        let found: Vec<Product> = page.rows.into_iter().map(|(_, product)| product).collect();
        let beside = beside(service, &found, &reach).await?;
        for product in &found {
            table.write_record(beside.row(product)).map_err(failed)?;
        }
        rows += found.len();
        if !page.has_more {
            break;
        }
        request.from = last;
    }
    table.flush().map_err(|error| ServiceError::Internal(format!("export: {error}")))?;
    Ok(rows)
}

/// The table as an Excel workbook. Every cell is a text, so that nothing in it is a formula, and imports read the same.
pub fn workbook(table: &[u8]) -> Result<Vec<u8>, ServiceError> {
    let failed = |error: &dyn std::fmt::Display| ServiceError::Internal(format!("export: {error}"));
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(table);
    for (number, row) in (0..).zip(rows.records()) {
        for (column, cell) in (0..).zip(&row.map_err(|error| failed(&error))?) {
            sheet.write_string(number, column, cell).map_err(|error| failed(&error))?;
        }
    }
    book.save_to_buffer().map_err(|error| failed(&error))
}

async fn beside(service: &Service, found: &[Product], reach: &Reach) -> Result<Beside, ServiceError> {
    let store = &service.store;
    let ids: Vec<_> = found.iter().map(|p| p.id).collect();
    let makers: Vec<_> = found.iter().filter_map(|p| p.producer_id).collect();
    let codes: Vec<_> = found.iter().filter_map(|p| p.legacy_commune_code.clone()).collect();
    let mut beside = Beside {
        producers: producers::find_many(store, &makers).await?.into_iter().map(|p| (p.id.0, p)).collect(),
        records: recognitions::of_products(store, &ids).await?.into_iter().collect(),
        ..Beside::default()
    };
    for unit in admin_units::find_many(store, Era::Before20250701, &codes).await? {
        beside.communes.insert(unit.code, (unit.name, unit.district_name));
    }
    for variant in variants::of_products(store, &ids).await?.into_iter().filter(|v| !v.archived) {
        beside.variants.entry(variant.product_id).or_insert(variant);
    }
    for picture in media::of_products(store, &ids).await? {
        beside.pictures.entry(picture.product_id).or_insert(picture);
    }
    let view = View::new(reach.clone(), service.clock.now());
    let filter = ListingFilter { products: Some(ids), ..ListingFilter::default() };
    let sort = (ListingSort::CreatedAt, Direction::Ascending);
    for (_, listing) in listings::page(store, &filter, &view, sort, &PageRequest::first(PAGE * 50)).await?.rows {
        beside.listings.entry(listing.product_id).or_insert(listing);
    }
    Ok(beside)
}

impl Beside {
    fn row(&self, product: &Product) -> [String; COLUMNS.len()] {
        let producer = product.producer_id.and_then(|id| self.producers.get(&id.0));
        let commune = product.legacy_commune_code.as_ref().and_then(|code| self.communes.get(code));
        let record = self.records.get(&product.id);
        let variant = self.variants.get(&product.id);
        let listing = self.listings.get(&product.id).filter(|l| variant.is_some_and(|v| v.id == l.variant_id));
        let text = |value: Option<&String>| value.cloned().unwrap_or_default();
        [
            product.external_key.clone().unwrap_or_else(|| own_key(product.id)),
            product.name_vi.clone(),
            producer.map(|p| p.legal_name.clone()).unwrap_or_default(),
            producer.map(|p| p.kind.code().to_owned()).unwrap_or_default(),
            commune.map(|(name, _)| name.clone()).unwrap_or_default(),
            commune.and_then(|(_, district)| district.clone()).unwrap_or_default(),
            product.group.map(|g| g.code().to_owned()).unwrap_or_default(),
            record.and_then(|r| r.stars).map(|s| s.to_string()).unwrap_or_default(),
            record.and_then(|r| r.year).map(|y| y.to_string()).unwrap_or_default(),
            text(record.and_then(|r| r.decision_number.as_ref())),
            text(record.and_then(|r| r.source.as_ref())),
            record.map(|r| r.evidence.code().to_owned()).unwrap_or_default(),
            text(product.description_vi.as_ref()),
            variant.map(|v| v.sku.clone()).unwrap_or_default(),
            variant.and_then(|v| v.gtin.as_ref()).map(|g| g.as_str().to_owned()).unwrap_or_default(),
            variant.map(|v| v.net.value()).unwrap_or_default(),
            variant.map(|v| v.net.unit().code().to_owned()).unwrap_or_default(),
            variant.map(|v| v.weight_grams.to_string()).unwrap_or_default(),
            listing.map(|l| l.price.to_string()).unwrap_or_default(),
            listing.map(|l| l.stock.to_string()).unwrap_or_default(),
            self.pictures.get(&product.id).map(|m| m.url.clone()).unwrap_or_default(),
        ]
    }
}
