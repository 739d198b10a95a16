//! Batches of the rating procedure: dossiers, councils, rulebooks, ratings.

use async_graphql::dataloader::Loader;
use std::collections::HashMap;

use crate::{
    domain::{
        actor::Reach,
        checklist::ChecklistItem,
        council::Seat,
        dossier::Dossier,
        id::DossierId,
        producer::Producer,
        product::Product,
        rating::{Rating, Withdrawal},
        rubric::{CriteriaSet, Criterion},
        rulebook::Rulebook,
    },
    graphql::loader::{
        AccountKey, Batch, BatchError, ChecklistOf, CriteriaOf, CriteriaSetKey, DocumentsOf, DossierKey, PrintedProducerKey, RatingKey,
        RatingOf, RemindersOf, ReviewedProductKey, RulebookKey, SeatsOf, SessionDossiersOf, StagesOf, UploadKey, WithdrawalsOf, grouped,
        load,
    },
    service::dossiers as checklists,
    store::{
        accounts::{self, Account},
        councils,
        documents::{self, Document},
        dossiers::{self, StageEntry},
        producers, products, ratings,
        reminders::{self, Reminder},
        rubrics, rulebooks,
        uploads::{self, Upload},
        withdrawals,
    },
};

load!(CriteriaOf => Vec<Criterion>, |batch, ids| grouped(rubrics::criteria_of(&batch.service.store, &ids).await?, |c| CriteriaOf(c.set)));
load!(CriteriaSetKey => CriteriaSet, |batch, ids| {
    rubrics::find_many(&batch.service.store, &ids).await?.into_iter().map(|s| (CriteriaSetKey(s.id), s)).collect()
});
load!(RulebookKey => Rulebook, |batch, ids| {
    let all = rulebooks::all(&batch.service.store).await?;
    all.into_iter().filter(|b| ids.contains(&b.code)).map(|b| (RulebookKey(b.code.clone()), b)).collect()
});
load!(RatingKey => Rating, |batch, ids| {
    ratings::find_many(&batch.shown(), &ids).await?.into_iter().map(|r| (RatingKey(r.id), r)).collect()
});
load!(RatingOf => Rating, |batch, ids| {
    ratings::of_dossiers(&batch.shown(), &ids).await?.into_iter().map(|r| (RatingOf(r.dossier_id), r)).collect()
});
load!(WithdrawalsOf => Vec<Withdrawal>, |batch, ids| {
    grouped(withdrawals::of_ratings(&batch.service.store, &ids).await?, |w| WithdrawalsOf(w.rating_id))
});
load!(RemindersOf => Vec<Reminder>, |batch, ids| {
    // The producer's own business: others see none.
    let own: HashMap<_, _> = ids.into_iter().filter(|(_, producer)| batch.reach.covers(*producer)).collect();
    let ratings: Vec<_> = own.keys().copied().collect();
    grouped(reminders::of_ratings(&batch.service.store, &ratings).await?, |r| RemindersOf((r.rating_id, own[&r.rating_id])))
});
load!(DossierKey => Dossier, |batch, ids| {
    let found = dossiers::find_many(&batch.service.store, &ids, &batch.dossiers).await?;
    found.into_iter().map(|d| (DossierKey(d.id), d)).collect()
});
load!(ReviewedProductKey => Product, |batch, ids| {
    let found = products::find_many(&batch.service.store, &ids, &Reach::All).await?;
    found.into_iter().map(|p| (ReviewedProductKey(p.id), p)).collect()
});
load!(ChecklistOf => Vec<ChecklistItem>, |batch, ids| {
    let found = checklists::checklists_of(&batch.service, &ids, &batch.dossiers).await?;
    found.into_iter().map(|(id, items)| (ChecklistOf(id), items)).collect()
});
load!(PrintedProducerKey => Producer, |batch, ids| {
    producers::find_many(&batch.service.store, &ids).await?.into_iter().map(|p| (PrintedProducerKey(p.id), p)).collect()
});
load!(DocumentsOf => Vec<Document>, |batch, ids| {
    grouped(documents::of_dossiers(&batch.service.store, &ids).await?, |d| DocumentsOf(d.dossier_id))
});
load!(UploadKey => Upload, |batch, ids| {
    uploads::find_many(&batch.service.store, &ids).await?.into_iter().map(|u| (UploadKey(u.id), u)).collect()
});
load!(StagesOf => Vec<StageEntry>, |batch, ids| {
    grouped(dossiers::stages(&batch.service.store, &ids).await?, |s| StagesOf(s.dossier_id))
});
load!(SeatsOf => Vec<Seat>, |batch, ids| grouped(councils::seats(&batch.service.store, &ids).await?, |s| SeatsOf(s.session)));
load!(SessionDossiersOf => Vec<DossierId>, |batch, ids| {
    let pairs = grouped(councils::dossiers(&batch.service.store, &ids).await?, |(session, _)| SessionDossiersOf(*session));
    pairs.into_iter().map(|(key, rows)| (key, rows.into_iter().map(|(_, dossier)| dossier).collect())).collect()
});
load!(AccountKey => Account, |batch, ids| {
    accounts::find_many(&batch.service.store, &ids).await?.into_iter().map(|a| (AccountKey(a.id), a)).collect()
});
