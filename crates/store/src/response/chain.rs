//! A conversation in one statement, valid in SQLite and in Postgres.

use byokey_types::ports::{Chain, MAX_LINKS};
use sea_orm::{
    DeriveIden, ExprTrait, FromQueryResult,
    sea_query::{
        CommonTableExpression, Expr, JoinType, Query, SelectStatement, UnionType, WithClause,
        WithQuery,
    },
};

use super::row::{Column, Entity, Link, owner_key, turn};
use crate::{Store, StoreError};

/// The rows on the way, without their content.
#[derive(DeriveIden)]
enum Way {
    Table,
    Seq,
    Previous,
    Depth,
    Sum,
}

pub(super) async fn read(
    store: &Store,
    id: &str,
    owner: Option<&str>,
    max_bytes: u64,
) -> Result<Chain, StoreError> {
    let max_bytes = i64::try_from(max_bytes).unwrap_or(i64::MAX);
    let most = i64::try_from(MAX_LINKS).unwrap_or(i64::MAX);
    let db = store.db();
    let query = query(id, &owner_key(owner), most, max_bytes);
    let statement = db.get_database_backend().build(&query);
    let mut links = Link::find_by_statement(statement)
        .all(db)
        .await
        .map_err(store.failed("read `responses`"))?;
    links.sort_unstable_by_key(|link| std::cmp::Reverse(link.depth));
    let Some(oldest) = links.first_mut() else {
        return Ok(Chain::Unknown);
    };
    if oldest.sum > max_bytes {
        return Ok(Chain::TooLarge);
    }
    if oldest.depth > most {
        return Ok(Chain::TooLong);
    }
    let missing = oldest.previous.take();
    let turns = links
        .into_iter()
        .map(|link| turn(store, link))
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(match missing {
        None => Chain::Whole(turns),
        Some(missing) => Chain::Broken {
            missing: missing.into(),
            rest: turns,
        },
    })
}

/// The links from the newest on, until there is one more than `most` or they take more than `max_bytes`; in no order.
fn query(id: &str, owner: &str, most: i64, max_bytes: i64) -> WithQuery {
    let mut links = Query::select()
        .columns([Column::Seq, Column::Previous])
        .expr(Expr::value(1_i64))
        .column(Column::TurnBytes)
        .from(Entity)
        .and_where(Expr::col(Column::Owner).eq(owner))
        .and_where(Expr::col(Column::Id).eq(id))
        .and_where(Expr::col(Column::Deleted).eq(false))
        .to_owned();
    let older = Query::select()
        .columns([(Entity, Column::Seq), (Entity, Column::Previous)])
        .expr(Expr::col((Way::Table, Way::Depth)).add(1_i64))
        .expr(Expr::col((Way::Table, Way::Sum)).add(Expr::col((Entity, Column::TurnBytes))))
        .from(Way::Table)
        .join(
            JoinType::InnerJoin,
            Entity,
            Expr::col((Entity, Column::Id)).equals((Way::Table, Way::Previous)),
        )
        .and_where(Expr::col((Entity, Column::Owner)).eq(owner))
        .and_where(Expr::col((Way::Table, Way::Depth)).lte(most))
        .and_where(Expr::col((Way::Table, Way::Sum)).lte(max_bytes))
        .to_owned();
    let way = CommonTableExpression::new()
        .table_name(Way::Table)
        .columns([Way::Seq, Way::Previous, Way::Depth, Way::Sum])
        .query(links.union(UnionType::All, older).to_owned())
        .to_owned();
    WithClause::new()
        .recursive(true)
        .cte(way)
        .to_owned()
        .query(contents())
}

fn contents() -> SelectStatement {
    Query::select()
        .columns([
            (Entity, Column::Id),
            (Entity, Column::Previous),
            (Entity, Column::Provider),
            (Entity, Column::Account),
            (Entity, Column::UpstreamId),
            (Entity, Column::Model),
            (Entity, Column::Status),
            (Entity, Column::Input),
            (Entity, Column::Output),
        ])
        .columns([(Way::Table, Way::Depth), (Way::Table, Way::Sum)])
        .from(Way::Table)
        .join(
            JoinType::InnerJoin,
            Entity,
            Expr::col((Entity, Column::Seq)).equals((Way::Table, Way::Seq)),
        )
        .to_owned()
}
