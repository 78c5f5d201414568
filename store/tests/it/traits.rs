//! Every public type has the traits that its users expect. Whether each is listed here,
//! `tests/tests/house/traits.rs` sees to.
//!
//! Some have fewer, by rule: what stands for an open file or for work that is under way is no value, errors
//! carry what the system said, and rates have no equality worth the name.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::hash::Hash;

use glomers_store::{
    AppendError, Broken, CommitError, Config, Cursor, Cut, CutDone, Damage, DamageKind, Directory,
    DiskLock, Done, Entry, Faults, FileReport, Inspection, Journal, OpenError, Place, Recovery,
    Salvage, SalvageError, SharedJournal, SimulatedDisk, SnapshotError, SnapshotWriter, SyncPolicy,
    Ticket, Torn, Verdict, Work,
};

fn debug<T: Debug>() {}

fn clone<T: Clone>() {}

fn copy<T: Copy>() {}

fn default<T: Default>() {}

fn equal<T: PartialEq>() {}

fn shared<T: Send + Sync>() {}

fn shown<T: Display>() {}

fn value<T: Debug + Clone + PartialEq + Eq + Hash + Send + Sync>() {}

fn error<T: Error + Debug + Display + Send + Sync + 'static>() {}

fn awaited<T: Future + Send + Unpin>() {}

fn written<T: std::io::Write>() {}

macro_rules! held {
    ($($type:ty: $($what:ident),+;)+) => {
        fn held() {
            $($($what::<$type>();)+)+
        }
    };
}

held! {
    AppendError: error, clone;
    Broken: error, clone;
    CommitError: error, clone;
    Config: value, default;
    Cursor: debug, shared;
    Cut: debug, shared;
    CutDone: debug, shared;
    Damage: value, shown;
    DamageKind: value, copy;
    Directory: debug, clone, shared;
    DiskLock: debug, shared;
    Done: debug, shared;
    Entry<'static>: value, copy;
    Faults: debug, clone, default, equal, shared;
    FileReport: value;
    Inspection: debug, shared, shown;
    Journal: debug, shared;
    OpenError: error;
    Place: value, copy;
    Recovery: value, default;
    Salvage: value, default;
    SalvageError: error;
    SharedJournal: debug, shared;
    SimulatedDisk: debug, clone, shared;
    SnapshotError: error;
    SnapshotWriter: debug, shared, written;
    SyncPolicy: value, copy, default;
    Ticket: debug, shared, awaited;
    Torn: value;
    Verdict: debug, shared, shown;
    Work: debug, shared;
}

#[test]
fn the_traits_are_there() {
    held();
}
