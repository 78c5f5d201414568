//! Clients for Maelstrom's services.
//!
//! | service | consistency |
//! | --- | --- |
//! | `lin-kv` | linearizable |
//! | `seq-kv` | sequential: a read may be as old as the caller's own last view |
//! | `lww-kv` | eventual: last write wins, and a read may miss even one's own writes |
//! | `lin-tso` | linearizable timestamps |

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::protocol::ErrorCode;
use crate::runtime::{Net, RpcError};

/// Which key-value service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Service {
    /// The linearizable one.
    LinKv,
    /// The sequentially consistent one.
    SeqKv,
    /// The eventually consistent one.
    LwwKv,
}

impl Service {
    /// Its name on the network.
    ///
    /// ```
    /// assert_eq!(glomers_shims::kv::Service::SeqKv.name(), "seq-kv");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::LinKv => "lin-kv",
            Self::SeqKv => "seq-kv",
            Self::LwwKv => "lww-kv",
        }
    }
}

/// A client of a key-value service. Keys are strings, values any JSON.
#[derive(Clone)]
pub struct Kv {
    net: Net,
    service: Service,
    patience: Duration,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Request<'a, V> {
    Read {
        key: &'a str,
    },
    Write {
        key: &'a str,
        value: &'a V,
    },
    Cas {
        key: &'a str,
        from: &'a V,
        to: &'a V,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        create_if_not_exists: bool,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ReadReply<V> {
    ReadOk { value: V },
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WriteReply {
    WriteOk,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CasReply {
    CasOk,
}

impl Kv {
    /// A client of `service` that waits for each answer for at most `patience`.
    pub fn new(net: Net, service: Service, patience: Duration) -> Self {
        Self { net, service, patience }
    }

    /// The value of `key`, if there is one.
    ///
    /// # Errors
    ///
    /// See [`RpcError`]; that there is no such key is no error here.
    pub async fn read<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>, RpcError> {
        let request: Request<'_, ()> = Request::Read { key };
        match self.ask(&request).await {
            Ok(ReadReply::ReadOk { value }) => Ok(Some(value)),
            Err(error) if error.code() == Some(ErrorCode::KeyDoesNotExist) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sets `key` to `value`.
    ///
    /// # Errors
    ///
    /// See [`RpcError`]. After a time-out it may have happened, or may yet.
    pub async fn write<V: Serialize>(&self, key: &str, value: &V) -> Result<(), RpcError> {
        let WriteReply::WriteOk = self.ask(&Request::Write { key, value }).await?;
        Ok(())
    }

    /// Sets `key` to `to` if it is `from`. With `create`, a key that does not exist is set too.
    /// Returns whether the precondition held.
    ///
    /// # Errors
    ///
    /// See [`RpcError`]. After a time-out it may have happened, or may yet.
    pub async fn cas<V: Serialize>(
        &self,
        key: &str,
        from: &V,
        to: &V,
        create: bool,
    ) -> Result<bool, RpcError> {
        let request = Request::Cas { key, from, to, create_if_not_exists: create };
        match self.ask(&request).await {
            Ok(CasReply::CasOk) => Ok(true),
            Err(error)
                if matches!(
                    error.code(),
                    Some(ErrorCode::PreconditionFailed | ErrorCode::KeyDoesNotExist)
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn ask<R: DeserializeOwned>(&self, request: &impl Serialize) -> Result<R, RpcError> {
        self.net.rpc(self.service.name(), request, self.patience).await
    }
}

/// A client of `lin-tso`, which gives out 0, 1, 2 …
#[derive(Clone)]
pub struct Tso {
    net: Net,
    patience: Duration,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum TsRequest {
    Ts,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TsReply {
    TsOk { ts: u64 },
}

impl Tso {
    /// A client that waits for each answer for at most `patience`.
    pub fn new(net: Net, patience: Duration) -> Self {
        Self { net, patience }
    }

    /// A timestamp greater than every one that anybody was given before this call.
    ///
    /// # Errors
    ///
    /// See [`RpcError`].
    pub async fn timestamp(&self) -> Result<u64, RpcError> {
        let TsReply::TsOk { ts } = self.net.rpc("lin-tso", &TsRequest::Ts, self.patience).await?;
        Ok(ts)
    }
}
