//! Reminders that a certificate ends: 180, 90 and 30 days before (the law asks for 30), each once a way, delivered until they arrive.

use chrono::{Days, Duration};
use serde_json::json;

use crate::{
    domain::{actor::Reach, certificate::reminder_due, producer::MemberRole},
    notify::{Letter, Undelivered},
    service::{Service, ServiceError},
    store::{
        PageRequest, members, producers, products, ratings,
        reminders::{self, Reminder, ReminderState},
    },
};

/// Ratings looked at in one transaction.
const PAGE: u64 = 200;
/// How long one delivery may take before another worker tries it.
const LEASE_SECONDS: i64 = 60;
/// Minutes before the next try, by tries so far; after the last it is given up.
const AGAIN_MINUTES: [i64; 6] = [1, 5, 30, 120, 720, 1440];

/// Makes the reminders that are due today; returns how many. Running it again makes none twice.
pub async fn make(service: &Service) -> Result<u64, ServiceError> {
    let today = service.clock.today();
    let mut request = PageRequest::first(PAGE);
    let mut made = 0;
    loop {
        let page = ratings::expiring(&service.store, (today, today + Days::new(180)), &Reach::All, &request).await?;
        let tx = service.store.begin().await?;
        for (_, rating) in &page.rows {
            let Some(days) = reminder_due((rating.validity.expires_on - today).num_days()) else { continue };
            for via in service.notifier.ways() {
                let reminder = Reminder {
                    id: service.new_id(),
                    rating_id: rating.id,
                    days: i32::from(days),
                    via,
                    state: ReminderState::Waiting,
                    attempts: 0,
                    due_at: service.clock.now(),
                    created_at: service.clock.now(),
                    delivered_at: None,
                    last_error: None,
                };
                made += u64::from(reminders::put(&tx, &reminder).await?);
            }
        }
        tx.commit().await?;
        match page.rows.last().filter(|_| page.has_more) {
            Some((position, _)) => request.from = Some(position.clone()),
            None => return Ok(made),
        }
    }
}

/// Delivers the next reminder that is due; false when none is.
pub async fn deliver_next(service: &Service) -> Result<bool, ServiceError> {
    let now = service.clock.now();
    let tx = service.store.begin().await?;
    let claimed = reminders::claim(&tx, now, now + Duration::seconds(LEASE_SECONDS)).await?;
    tx.commit().await?;
    let Some(mut reminder) = claimed else { return Ok(false) };
    let outcome = match letter(service, &reminder).await? {
        // The rating is gone or does not end any more: there is nothing to tell.
        None => Ok(()),
        Some(letter) => service.notifier.deliver(reminder.via, &letter).await,
    };
    match outcome {
        Ok(()) => {
            reminder.state = ReminderState::Delivered;
            reminder.delivered_at = Some(service.clock.now());
            reminder.last_error = None;
        }
        Err(Undelivered(why)) => {
            let tries = usize::try_from(reminder.attempts - 1).unwrap_or(0);
            match AGAIN_MINUTES.get(tries) {
                Some(minutes) => reminder.due_at = service.clock.now() + Duration::minutes(*minutes),
                None => reminder.state = ReminderState::Failed,
            }
            tracing::warn!(reminder = %reminder.id, via = reminder.via.code(), why, "a reminder was not delivered");
            reminder.last_error = Some(why);
        }
    }
    let tx = service.store.begin().await?;
    reminders::settle(&tx, &reminder).await?;
    tx.commit().await?;
    Ok(true)
}

async fn letter(service: &Service, reminder: &Reminder) -> Result<Option<Letter>, ServiceError> {
    let Some(rating) = ratings::find(&service.store, reminder.rating_id).await? else { return Ok(None) };
    if !rating.validity.counts_on(service.clock.today()) {
        return Ok(None);
    }
    let product = products::find(&service.store, rating.product_id, &Reach::All).await?.map(|p| p.name_vi).unwrap_or_default();
    let producer = producers::find(&service.store, rating.producer_id).await?.map(|p| p.legal_name).unwrap_or_default();
    let owners = members::of_producer(&service.store, rating.producer_id).await?;
    let ends = rating.validity.expires_on.format("%d/%m/%Y");
    let number = &rating.certificate_number;
    Ok(Some(Letter {
        id: reminder.id.to_string(),
        to: owners.into_iter().filter(|m| m.role == MemberRole::Owner).map(|m| m.email).collect(),
        subject: format!("Giấy chứng nhận OCOP của {product} hết hạn ngày {ends}"),
        text: format!(
            "Kính gửi {producer},\n\nGiấy chứng nhận OCOP số {number} của sản phẩm {product} hết hạn ngày {ends}. Từ ngày đó sản phẩm \
             không được mang nhãn hiệu OCOP và không còn hiển thị trên các kênh bán. Hãy mở hồ sơ đánh giá lại trước ngày hết hạn.\n"
        ),
        facts: json!({
            "event": "certificate.expiring",
            "certificate": number,
            "product": product,
            "producer": producer,
            "expiresOn": rating.validity.expires_on.to_string(),
            "days": reminder.days,
        }),
    }))
}
