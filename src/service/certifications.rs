//! Documents of other kinds about products, set as one list.

use chrono::NaiveDate;
use serde_json::json;

use crate::{
    domain::{
        actor::{Action, permit},
        id::ProductId,
        product::{Certification, CertificationKind, MAX_CERTIFICATIONS},
        reason::Reason,
    },
    service::{Call, Service, ServiceError, form::Form, products::refuse_archived, work::begin},
    store::{certifications, products},
};

/// A document as given.
#[derive(Debug, Clone)]
pub struct CertificationData {
    /// Kind.
    pub kind: CertificationKind,
    /// Number.
    pub number: Option<String>,
    /// Issuer.
    pub issuer: Option<String>,
    /// Day of issue.
    pub issued_on: Option<NaiveDate>,
    /// First day on which it no longer holds.
    pub expires_on: Option<NaiveDate>,
    /// Where it can be read.
    pub document_url: Option<String>,
}

/// Sets the documents of a product.
pub async fn set(service: &Service, call: &Call<'_>, id: ProductId, given: Vec<CertificationData>) -> Result<ProductId, ServiceError> {
    let reach = permit(call.actor, Action::EditProduct)?;
    let mut form = Form::new("input");
    if given.len() > MAX_CERTIFICATIONS {
        form.refuse("certifications", Reason::TooMany { max: MAX_CERTIFICATIONS });
    }
    let documents: Vec<_> = given.into_iter().enumerate().map(|(index, data)| read(service, &mut form, id, index, data)).collect();
    form.finish()?;
    let work = begin!(service, call);
    let product = products::find_for_update(&work.tx, id, &reach).await?.ok_or_else(ServiceError::not_found)?;
    refuse_archived(&product)?;
    certifications::replace(&work.tx, id, &documents).await?;
    work.note("productCertificationsSet", ("product", id.0), json!({ "count": documents.len() }));
    work.commit(id.0).await?;
    Ok(id)
}

fn read(service: &Service, form: &mut Form, product_id: ProductId, index: usize, data: CertificationData) -> Certification {
    let field = |name: &str| format!("certifications.{index}.{name}");
    form.past_day(&field("issuedOn"), data.issued_on, service.clock.today());
    form.period(&field("expiresOn"), data.issued_on.as_ref(), data.expires_on.as_ref());
    Certification {
        id: service.new_id().into(),
        product_id,
        kind: data.kind,
        number: form.optional(&field("number"), data.number.as_deref(), 100),
        issuer: form.optional(&field("issuer"), data.issuer.as_deref(), 200),
        issued_on: data.issued_on,
        expires_on: data.expires_on,
        document_url: data.document_url.as_deref().and_then(|url| form.url(&field("documentUrl"), url)),
    }
}
