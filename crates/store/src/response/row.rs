//! The row of a response as it lies in the database, and its meaning.

pub(super) use entity::{ActiveModel, Column, Entity, Model};

use byokey_types::{
    AccountId, ProviderId, Str, Timestamp,
    ports::{StoredResponse, Turn},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    FromQueryResult,
};

use crate::{Store, StoreError};

mod entity {
    //! The table `responses`.
    #![expect(
        unreachable_pub,
        reason = "the derive wants the visibility of its own items"
    )]
    #![expect(clippy::struct_field_names, reason = "the fields are the columns")]

    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "responses")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub seq: i64,
        #[sea_orm(column_type = "Text")]
        pub owner: String,
        #[sea_orm(column_type = "Text")]
        pub id: String,
        pub created_at: i64,
        #[sea_orm(column_type = "Text", nullable)]
        pub previous: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub provider: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub account: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub upstream_id: Option<String>,
        #[sea_orm(column_type = "Text")]
        pub model: String,
        #[sea_orm(column_type = "Text")]
        pub status: String,
        /// Neither seen nor gone on from any more; here for the responses that already went on from it.
        pub deleted: bool,
        /// Of input and output.
        pub turn_bytes: i64,
        /// Of the whole row, as it counts for the limit.
        pub bytes: i64,
        #[sea_orm(column_type = "Blob")]
        pub input: Vec<u8>,
        #[sea_orm(column_type = "Blob")]
        pub output: Vec<u8>,
        #[sea_orm(column_type = "Blob")]
        pub body: Vec<u8>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A row as a link of a chain.
#[derive(FromQueryResult)]
pub(super) struct Link {
    pub(super) id: String,
    pub(super) previous: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) account: Option<String>,
    pub(super) upstream_id: Option<String>,
    pub(super) model: String,
    pub(super) status: String,
    pub(super) input: Vec<u8>,
    pub(super) output: Vec<u8>,
    /// Counted from the newest, which is 1.
    pub(super) depth: i64,
    /// Bytes of the items up to here.
    pub(super) sum: i64,
}

/// The owner as the table has it. No owner is a text too: to a unique index, two nulls differ.
pub(super) fn owner_key(owner: Option<&str>) -> String {
    owner.map_or_else(String::new, |digest| format!("key:{digest}"))
}

pub(super) fn write(
    response: &StoredResponse,
    owner: String,
    turn_bytes: i64,
    bytes: i64,
) -> ActiveModel {
    let text = |text: &Option<Str>| Set(text.as_ref().map(ToString::to_string));
    let account = response.account.as_ref();
    ActiveModel {
        seq: NotSet,
        owner: Set(owner),
        id: Set(response.id.to_string()),
        created_at: Set(response.created_at.0),
        previous: text(&response.previous),
        provider: Set(account.map(|account| account.provider.as_str().to_owned())),
        account: Set(account.map(|account| account.label.to_string())),
        upstream_id: text(&response.upstream_id),
        model: Set(response.model.to_string()),
        status: Set(response.status.to_string()),
        deleted: Set(false),
        turn_bytes: Set(turn_bytes),
        bytes: Set(bytes),
        input: Set(response.input.to_vec()),
        output: Set(response.output.to_vec()),
        body: Set(response.body.to_vec()),
    }
}

pub(super) fn read(
    store: &Store,
    row: Model,
    owner: Option<&str>,
) -> Result<StoredResponse, StoreError> {
    Ok(StoredResponse {
        id: row.id.into(),
        created_at: Timestamp(row.created_at),
        owner: owner.map(Str::from),
        previous: row.previous.map(Str::from),
        account: account(store, row.provider, row.account)?,
        upstream_id: row.upstream_id.map(Str::from),
        model: row.model.into(),
        status: row.status.into(),
        input: row.input.into(),
        output: row.output.into(),
        body: row.body.into(),
    })
}

pub(super) fn turn(store: &Store, link: Link) -> Result<Turn, StoreError> {
    Ok(Turn {
        id: link.id.into(),
        account: account(store, link.provider, link.account)?,
        upstream_id: link.upstream_id.map(Str::from),
        model: link.model.into(),
        status: link.status.into(),
        input: link.input.into(),
        output: link.output.into(),
    })
}

fn account(
    store: &Store,
    provider: Option<String>,
    label: Option<String>,
) -> Result<Option<AccountId>, StoreError> {
    let (Some(provider), Some(label)) = (provider, label) else {
        return Ok(None);
    };
    let provider = ProviderId::new(&provider)
        .map_err(|_| store.bad_row("`provider` of `responses`", &provider))?;
    Ok(Some(AccountId {
        provider,
        label: label.into(),
    }))
}
