//! The peers, each as its documentation has it for what is to survive a power cut.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use rusqlite::Connection;

use super::records::record;

/// Where records are kept by their numbers.
pub(super) trait Peer: Sized + Sync {
    const NAME: &'static str;

    fn create(folder: &Path) -> anyhow::Result<Self>;

    /// Returns when all of these are durable.
    fn put(&self, numbers: impl Iterator<Item = u64>) -> anyhow::Result<()>;

    fn count(&self) -> anyhow::Result<u64>;

    /// Reads all records; returns how many bytes they have.
    fn read(&self) -> anyhow::Result<u64>;
}

pub(super) struct Fjall {
    database: Database,
    records: Keyspace,
}

impl Peer for Fjall {
    const NAME: &'static str = "fjall";

    fn create(folder: &Path) -> anyhow::Result<Self> {
        let database = Database::builder(folder.join("fjall")).open()?;
        let records = database.keyspace("records", KeyspaceCreateOptions::default)?;
        Ok(Self { database, records })
    }

    fn put(&self, numbers: impl Iterator<Item = u64>) -> anyhow::Result<()> {
        let mut batch = self.database.batch().durability(Some(PersistMode::SyncData));
        numbers.for_each(|it| batch.insert(&self.records, it.to_be_bytes(), record(it)));
        Ok(batch.commit()?)
    }

    fn count(&self) -> anyhow::Result<u64> {
        Ok(self.records.len()? as u64)
    }

    fn read(&self) -> anyhow::Result<u64> {
        let mut bytes = 0;
        for pair in self.records.iter() {
            bytes += pair.into_inner()?.1.len() as u64;
        }
        Ok(bytes)
    }
}

pub(super) struct Redb(redb::Database);

const TABLE: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("records");

impl Peer for Redb {
    const NAME: &'static str = "redb";

    fn create(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self(redb::Database::create(folder.join("redb"))?))
    }

    fn put(&self, numbers: impl Iterator<Item = u64>) -> anyhow::Result<()> {
        let write = self.0.begin_write()?;
        {
            let mut records = write.open_table(TABLE)?;
            for it in numbers {
                records.insert(it, &record(it)[..])?;
            }
        }
        Ok(write.commit()?)
    }

    fn count(&self) -> anyhow::Result<u64> {
        Ok(self.0.begin_read()?.open_table(TABLE)?.len()?)
    }

    fn read(&self) -> anyhow::Result<u64> {
        let mut bytes = 0;
        for pair in self.0.begin_read()?.open_table(TABLE)?.iter()? {
            bytes += pair?.1.value().len() as u64;
        }
        Ok(bytes)
    }
}

/// One connection for all: more of them would get in each other's way.
pub(super) struct Sqlite(Mutex<Connection>);

impl Peer for Sqlite {
    const NAME: &'static str = "SQLite";

    fn create(folder: &Path) -> anyhow::Result<Self> {
        let connection = Connection::open(folder.join("sqlite"))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute(
            "CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, content BLOB)",
            (),
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    fn put(&self, numbers: impl Iterator<Item = u64>) -> anyhow::Result<()> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO records VALUES (?1, ?2)")?;
            for it in numbers {
                insert.execute((it.cast_signed(), &record(it)[..]))?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn count(&self) -> anyhow::Result<u64> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count =
            connection.query_row("SELECT count(*) FROM records", (), |row| row.get::<_, i64>(0))?;
        Ok(count.cast_unsigned())
    }

    fn read(&self) -> anyhow::Result<u64> {
        let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select = connection.prepare("SELECT content FROM records ORDER BY number")?;
        let mut rows = select.query(())?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(0)?.as_blob()?.len() as u64;
        }
        Ok(bytes)
    }
}
