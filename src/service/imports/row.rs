//! One row of an import: every cell read, every fault named by its column.

use chrono::DateTime;

use crate::{
    domain::{
        fold,
        gtin::Gtin,
        money::Vnd,
        producer::{Producer, ProducerKind, ProducerStatus},
        product::{Evidence, Media, Product, ProductGroup, ProductState, Recognition, Variant},
        quantity::{Quantity, Unit},
    },
    service::imports::cells::Cells,
};

/// A row that can be imported.
pub(super) struct Row {
    pub(super) external_key: String,
    pub(super) product: Product,
    pub(super) producer: Option<Producer>,
    pub(super) commune_old: Option<String>,
    pub(super) district_old: Option<String>,
    /// What the source says about its standing in the programme, if it says anything.
    pub(super) recognition: Option<Recognition>,
    pub(super) variant: Option<Variant>,
    pub(super) picture: Option<Media>,
    /// Price and stock of a draft listing.
    pub(super) offer: Option<(Vnd, u32)>,
}

/// Reads a row; on faults, pairs of column and message.
pub(super) fn read(headers: &[String], cells: &[String]) -> Result<Row, Vec<(String, String)>> {
    let mut cells = Cells::new(headers, cells);
    let name = cells.text("product_name");
    if name.as_ref().is_none_or(|n| n.chars().count() > 120) {
        cells.wrong("product_name", "a name of 1 to 120 characters is needed");
    }
    let name = name.unwrap_or_default();
    let producer = producer(&mut cells);
    let district_old = cells.text("district_old");
    let key = || {
        format!(
            "{}|{}",
            fold::slug(&name),
            producer.as_ref().map_or_else(|| fold::slug(&district_old.clone().unwrap_or_default()), |p| p.slug.clone())
        )
    };
    let external_key = cells.text("external_key").unwrap_or_else(key);
    let group = cells.read("product_group", "one of FOOD DRINK HERBAL HANDICRAFT ORNAMENTAL TOURISM is needed", ProductGroup::parse_code);
    let recognition = recognition(&mut cells);
    let (variant, offer) = sale(&mut cells, producer.is_some());
    let picture = picture(&mut cells, &name);
    let row = Row {
        external_key,
        product: product(&name, group, cells.text("description")),
        commune_old: cells.text("commune_old"),
        district_old,
        producer,
        recognition,
        variant,
        picture,
        offer,
    };
    if cells.errors.is_empty() { Ok(row) } else { Err(cells.errors) }
}

fn producer(cells: &mut Cells<'_>) -> Option<Producer> {
    let name = cells.text("producer_name")?;
    let kind = cells.read("producer_kind", "unknown kind of producer", ProducerKind::parse_code).unwrap_or(ProducerKind::Other);
    let slug = fold::slug(&name);
    Some(Producer {
        id: uuid::Uuid::nil().into(),
        external_key: Some(format!("producer|{slug}")),
        slug,
        legal_name: name.clone(),
        display_name: name,
        kind,
        tax_code: None,
        commune_code: None,
        legacy_commune_code: None,
        address: None,
        phone: None,
        email: None,
        story: None,
        status: ProducerStatus::Active,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    })
}

fn product(name: &str, group: Option<ProductGroup>, description: Option<String>) -> Product {
    Product {
        id: uuid::Uuid::nil().into(),
        producer_id: None,
        slug: String::new(),
        external_key: None,
        group,
        state: ProductState::Draft,
        name_vi: name.to_owned(),
        name_en: None,
        description_vi: description,
        description_en: None,
        season_months: Vec::new(),
        commune_code: None,
        legacy_commune_code: None,
        version: 1,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    }
}

/// What the source says about the product's standing in the programme; only a recognised product may carry stars. A row that says nothing
/// leaves no record: nobody claimed anything.
fn recognition(cells: &mut Cells<'_>) -> Option<Recognition> {
    let evidence = cells.read("evidence", "one of recognised, listed_as_ocop, programme_candidate is needed", Evidence::parse_code);
    let stars = cells.read("stars", "stars are 1 to 5", |t| t.parse().ok().filter(|s| (1..=5).contains(s)));
    let evidence_or_least = evidence.unwrap_or(Evidence::ProgrammeCandidate);
    if stars.is_some() && evidence_or_least != Evidence::Recognised {
        cells.wrong("stars", "only a row whose evidence is \"recognised\" may carry stars");
    }
    let year = cells.read("recognised_year", "a year from 2018 on is needed", |t| t.parse().ok().filter(|y| (2018..=2100).contains(y)));
    let (decision_number, source) = (cells.text("decision_no"), cells.text("source"));
    let says_something = evidence.is_some() || stars.is_some() || year.is_some() || decision_number.is_some() || source.is_some();
    says_something.then_some(Recognition { evidence: evidence_or_least, stars, year, decision_number, source })
}

fn sale(cells: &mut Cells<'_>, has_producer: bool) -> (Option<Variant>, Option<(Vnd, u32)>) {
    let price = cells.read("price_vnd", "a price in whole đồng above 0 is needed", |t| Vnd::parse(t).ok());
    let stock = cells.read("stock", "a whole number from 0 to 999999 is needed", |t| t.parse().ok().filter(|s| *s <= 999_999u32));
    let gtin = cells.read("gtin", "13 digits with a right check digit are needed", |t| Gtin::parse(t).ok());
    let plain = |t: &str| t.len() <= 50 && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    let Some(sku) = cells.read("sku", "letters without accents, digits, hyphens, dots; at most 50", |t| plain(t).then(|| t.to_owned()))
    else {
        if price.is_some() {
            cells.wrong("sku", "a price needs an SKU");
        }
        return (None, None);
    };
    if !has_producer {
        cells.wrong("producer_name", "an SKU needs a producer");
    }
    let unit = cells.read("net_unit", "one of g, kg, ml, l, PIECE is needed", Unit::parse);
    let net = unit.and_then(|unit| cells.read("net_content", "a number above 0 is needed", |t| Quantity::parse(t, unit).ok()));
    let Some(net) = net else {
        cells.wrong("net_content", "an SKU needs its net content and unit");
        return (None, None);
    };
    let weight =
        cells.read("weight_grams", "a whole number of grams is needed", |t| t.parse().ok().filter(|g| (1..=100_000u32).contains(g)));
    let nil = uuid::Uuid::nil();
    let weight_grams = weight.or(net.grams()).unwrap_or(1000);
    let variant = Variant {
        id: nil.into(),
        product_id: nil.into(),
        producer_id: nil.into(),
        sku,
        gtin,
        net,
        weight_grams,
        position: 0,
        archived: false,
    };
    (Some(variant), price.map(|p| (p, stock.unwrap_or(0))))
}

fn picture(cells: &mut Cells<'_>, name: &str) -> Option<Media> {
    let web = |t: &str| url::Url::parse(t).ok().filter(|u| matches!(u.scheme(), "http" | "https") && u.has_host()).map(String::from);
    let url = cells.read("picture_url", "an address that begins with https:// is needed", web)?;
    let nil = uuid::Uuid::nil();
    Some(Media { id: nil.into(), product_id: nil.into(), url, alt_vi: name.to_owned(), alt_en: None, position: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(columns: &[(&str, &str)]) -> Vec<String> {
        let headers: Vec<_> = columns.iter().map(|(h, _)| (*h).to_owned()).collect();
        let cells: Vec<_> = columns.iter().map(|(_, c)| (*c).to_owned()).collect();
        read(&headers, &cells).err().unwrap_or_default().into_iter().map(|(column, _)| column).collect()
    }

    #[test]
    fn faults_name_their_column() {
        let name = ("product_name", "Mật ong");
        for (cells, expected) in [
            (vec![name], vec![]),
            (vec![("product_name", " ")], vec!["product_name"]),
            (vec![name, ("product_group", "FRUIT")], vec!["product_group"]),
            (vec![name, ("stars", "4"), ("evidence", "recognised")], vec![]),
            (vec![name, ("stars", "4"), ("evidence", "listed_as_ocop")], vec!["stars"]),
            (vec![name, ("stars", "4")], vec!["stars"]),
            (vec![name, ("stars", "6"), ("evidence", "recognised")], vec!["stars"]),
            (vec![name, ("evidence", "rumour")], vec!["evidence"]),
            (vec![name, ("price_vnd", "1.5")], vec!["price_vnd"]),
            (vec![name, ("price_vnd", "-5")], vec!["price_vnd"]),
            (vec![name, ("price_vnd", "5000")], vec!["sku"]),
            (vec![name, ("gtin", "123")], vec!["gtin"]),
            (vec![name, ("sku", "A1"), ("net_content", "500"), ("net_unit", "g")], vec!["producer_name"]),
            (vec![name, ("producer_name", "HTX"), ("sku", "A1")], vec!["net_content"]),
            (vec![name, ("producer_name", "HTX"), ("sku", "A 1")], vec!["sku"]),
            (vec![name, ("producer_name", "HTX"), ("producer_kind", "KING")], vec!["producer_kind"]),
            (vec![name, ("picture_url", "ftp://x/y")], vec!["picture_url"]),
            (
                vec![
                    name,
                    ("producer_name", "HTX"),
                    ("sku", "A1"),
                    ("net_content", "500"),
                    ("net_unit", "g"),
                    ("price_vnd", "50000"),
                    ("stock", "5"),
                ],
                vec![],
            ),
        ] {
            assert_eq!(faults(&cells), expected, "{cells:?}");
        }
    }
}
