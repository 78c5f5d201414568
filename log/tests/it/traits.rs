//! Every public type has the traits that its users expect. Whether each is listed here,
//! `tests/tests/house/traits.rs` sees to.
//!
//! Some have fewer, by rule: a log that threads share (`OffsetLog`, `Group`) and what waits for it are no
//! values; nor is what appends and polls (`Member`) and what a function belongs to (`Retention`). A log on a disk
//! (`DiskLog`, `DiskGroup`) is shared as well, and its errors hold those of the system, which do not compare.

use std::error::Error;
use std::fmt::{Debug, Display};
use std::hash::Hash;

use glomers_crdt::Decompose;
use glomers_log::{
    Acks, AppendError, Appended, Batch, ExcludeError, Group, Iter, LogChange, LogView, Member,
    OffsetLog, OutOfRange, Part, PollWait, ReplicatedLog, Reset, Retention, Snapshot, WaitAny,
};

#[cfg(feature = "store")]
use glomers_log::{DiskConfig, DiskError, DiskGroup, DiskLog};

fn debug<T: Debug>() {}

fn clone<T: Clone>() {}

fn copy<T: Copy>() {}

fn default<T: Default>() {}

fn shared<T: Send + Sync>() {}

fn sent<T: Send>() {}

fn value<T: Debug + Clone + PartialEq + Eq + Hash + Send + Sync>() {}

fn state<T: Decompose + Debug + PartialEq + Eq + Send + Sync>() {}

fn error<T: Error + Debug + Display + Clone + PartialEq + Eq + Hash + Send + Sync + 'static>() {}

#[cfg(feature = "store")]
fn failure<T: Error + Debug + Clone + Send + Sync + 'static>() {}

fn gone_through<T>()
where
    for<'a> &'a T: IntoIterator,
{
}

macro_rules! held {
    ($($(#[$only:meta])? $type:ty: $($what:ident),+;)+) => {
        fn held() {
            $($(#[$only])? { $($what::<$type>();)+ })+
        }
    };
}

held! {
    Acks: value, copy, default;
    AppendError: error, copy;
    Appended: value, copy;
    Batch<u8>: value;
    #[cfg(feature = "store")]
    DiskConfig: value, default;
    #[cfg(feature = "store")]
    DiskError: failure;
    #[cfg(feature = "store")]
    DiskGroup<'static>: debug, clone, shared;
    #[cfg(feature = "store")]
    DiskLog: debug, shared;
    ExcludeError: error, copy;
    Group<u8, u8>: debug, clone, shared;
    Iter<'static, u8>: debug, clone, shared;
    Member<u8, u8>: debug, clone, shared;
    OffsetLog<u8, u8>: debug, default, shared;
    OutOfRange: error, copy;
    LogChange<u8, u8>: value;
    LogView<u8, u8>: value;
    Part<'static, u8, u8>: debug, shared;
    PollWait<'static, u8, u8>: debug, sent;
    ReplicatedLog<u8, u8>: state;
    Reset: value, copy, default;
    Retention<u8>: debug, clone, default, shared;
    Snapshot<u8>: value, default, gone_through;
    WaitAny<'static, u8, u8>: debug, sent;
}

#[test]
fn the_traits_are_there() {
    held();
}
