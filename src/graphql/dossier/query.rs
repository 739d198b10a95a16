//! Reading dossiers.

use async_graphql::{Context, ID, InputObject, Object, connection::Connection};

use crate::{
    graphql::{
        connection::{Paging, RowCursor},
        context::asked,
        dossier::{DossierLevel, DossierObject, DossierState},
        error::Fault,
        id::{Kind, of},
        product::OcopGroup,
    },
    service::{
        dossiers,
        reviews::{self, QueueFilter},
    },
};

/// Queries on dossiers.
#[derive(Default)]
pub struct DossierQuery;

/// Which dossiers the queue holds; all that is given must fit.
#[derive(InputObject, Default)]
pub struct ReviewQueueFilter {
    /// With this level.
    level: Option<DossierLevel>,
    /// In one of these states; those that wait for a commune, council or the province when nothing is given.
    state: Option<Vec<DossierState>>,
    /// Of products of this group.
    group: Option<OcopGroup>,
    /// Only those that are longer where they are than the service's targets allow.
    #[graphql(default)]
    overdue: bool,
    /// Only those that one has taken on oneself.
    #[graphql(default)]
    assigned_to_me: bool,
}

#[Object]
impl DossierQuery {
    /// One dossier; null when there is none or one may not see it. Its producer's members may, officers of its commune once it is
    /// handed in, council members once it is circulated to them, and admins.
    async fn dossier(&self, context: &Context<'_>, #[graphql(desc = "The dossier.")] id: ID) -> Result<Option<DossierObject>, Fault> {
        let asked = asked(context)?;
        Ok(dossiers::find(&asked.service, &asked.actor, of(Kind::Dossier, &id)).await?.map(DossierObject))
    }

    /// All dossiers that one may see, the oldest first: producers their own, officers those of their communes, council members those
    /// before their sessions, admins all.
    async fn dossiers(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only those in one of these states.")] state: Option<Vec<DossierState>>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<Connection<RowCursor, DossierObject>, Fault> {
        let asked = asked(context)?;
        let list = Paging { first, after, last, before }.of(asked, &["dossiers", &format!("{state:?}")])?;
        let states = state.unwrap_or_default().into_iter().map(Into::into).collect();
        let page = reviews::list(&asked.service, &asked.actor, states, &list.request).await?;
        Ok(list.connection(page, DossierObject))
    }

    /// Dossiers that wait for somebody, the oldest first: officers see those of their communes, council members those before their
    /// sessions, admins all.
    async fn review_queue(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] filter: Option<ReviewQueueFilter>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<Connection<RowCursor, DossierObject>, Fault> {
        let asked = asked(context)?;
        let given = filter.unwrap_or_default();
        let scope = format!("{:?} {:?} {:?} {} {}", given.level, given.state, given.group, given.overdue, given.assigned_to_me);
        let list = Paging { first, after, last, before }.of(asked, &["reviewQueue", &scope])?;
        let filter = QueueFilter {
            level: given.level.map(Into::into),
            states: given.state.unwrap_or_default().into_iter().map(Into::into).collect(),
            group: given.group.map(Into::into),
            overdue: given.overdue,
            mine: given.assigned_to_me,
        };
        let page = reviews::queue(&asked.service, &asked.actor, &filter, &list.request).await?;
        Ok(list.connection(page, DossierObject))
    }
}
