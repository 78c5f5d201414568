use glomers_check::history::{History, Kind, Op, Process};

/// An operation from its invocation to its completion.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) invoked: &'a Op,
    pub(super) completed: Option<&'a Op>,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    Ok,
    Fail,
    /// Nobody knows, or it never ended.
    Info,
}

impl End {
    pub(super) const ALL: [Self; 3] = [Self::Ok, Self::Fail, Self::Info];
}

impl<'a> Call<'a> {
    /// All client operations of a history.
    pub(super) fn all(history: &'a History) -> Vec<Self> {
        let pairs = history.pairs().into_iter();
        pairs.map(|(invoked, completed)| Self { invoked, completed }).collect()
    }

    pub(super) fn end(&self) -> End {
        match self.completed.map(|op| op.kind) {
            Some(Kind::Ok) => End::Ok,
            Some(Kind::Fail) => End::Fail,
            _ => End::Info,
        }
    }

    /// The completion of an operation that succeeded.
    pub(super) fn ok(&self) -> Option<&'a Op> {
        self.completed.filter(|op| op.kind == Kind::Ok)
    }

    pub(super) fn f(&self) -> &'a str {
        &self.invoked.f
    }

    pub(super) fn node(&self) -> Option<&'a str> {
        self.invoked.node.as_deref()
    }

    /// The client's process.
    pub(super) fn process(&self) -> u64 {
        match self.invoked.process {
            Process::Client(number) => number,
            Process::Nemesis(_) => u64::MAX,
        }
    }

    /// How long it took, in nanoseconds, if it ended.
    pub(super) fn latency(&self) -> Option<u64> {
        Some(self.completed?.time.saturating_sub(self.invoked.time))
    }
}
