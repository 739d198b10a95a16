//! Reading sessions of councils.

use async_graphql::{Context, ID, Object, connection::Connection};

use crate::{
    graphql::{
        connection::{Paging, RowCursor},
        context::asked,
        council::SessionObject,
        error::Fault,
        id::{Kind, of},
    },
    service::councils,
};

/// Queries on councils.
#[derive(Default)]
pub struct CouncilQuery;

#[Object]
impl CouncilQuery {
    /// One session; null when there is none or one may not see it. Admins see all, members their own once they are circulated.
    async fn council_session(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The session.")] id: ID,
    ) -> Result<Option<SessionObject>, Fault> {
        let asked = asked(context)?;
        Ok(councils::find(&asked.service, &asked.actor, of(Kind::CouncilSession, &id)).await?.map(SessionObject))
    }

    /// Sessions, the newest first: admins see all, members their own once they are circulated.
    async fn council_sessions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "How many from the start, 1 to 100; 20 when nothing is asked.")] first: Option<i32>,
        #[graphql(desc = "Cursor to go on after.")] after: Option<String>,
        #[graphql(desc = "How many from the end, 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Cursor to go back from.")] before: Option<String>,
    ) -> Result<Connection<RowCursor, SessionObject>, Fault> {
        let asked = asked(context)?;
        let list = Paging { first, after, last, before }.of(asked, &["councilSessions"])?;
        let page = councils::page(&asked.service, &asked.actor, &list.request).await?;
        Ok(list.connection(page, SessionObject))
    }
}
