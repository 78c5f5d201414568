use super::Rank;

/// What a member has last said of itself for one key. It says these things one after another, and
/// a later one has the greater clock: that is their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Turn {
    /// Its promise: no message it appends from now on gets an offset below this.
    pub(super) clock: u64,
    /// How many messages it had appended by then, to whatever key. The promise tells nothing to
    /// who lacks one of them.
    pub(super) after: u64,
    /// To whom it leaves some of its offsets.
    pub(super) loan: Option<Loan>,
}

/// The offsets of the lender from `since` up to its clock are the borrower's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Loan {
    pub(super) since: u64,
    pub(super) to: Rank,
}

impl Turn {
    /// Whether `offset`, one of the lender's, is `borrower`'s.
    pub(super) fn lends(&self, offset: u64, borrower: Rank) -> bool {
        self.loan.is_some_and(|loan| loan.to == borrower && loan.since <= offset)
            && offset < self.clock
    }

    /// The next turn, which promises `clock` and lends what is skipped by it.
    pub(super) fn lending(&self, clock: u64, after: u64, to: Rank) -> Self {
        let since = match self.loan {
            Some(loan) if loan.to == to => loan.since,
            _ => self.clock,
        };
        Self { clock, after, loan: Some(Loan { since, to }) }
    }
}

/// A member's turn, and what it amounts to here.
#[derive(Clone, Debug, Default)]
pub(super) struct Seat {
    pub(super) turn: Turn,
    /// The clock of an earlier turn whose promise holds here. Not a part of the state: it depends on
    /// the order in which things came, and is a bound that the last turn will surpass.
    assured: u64,
    /// Whether later turns count for nothing, since the member is to be left out.
    is_frozen: bool,
}

impl Seat {
    pub(super) fn of(turn: Turn) -> Self {
        Self { turn, ..Self::default() }
    }

    /// Where the member's next message can be at the lowest, as far as is known to who has its
    /// first `known` messages, and who has heard or not that it `is_leaving`.
    pub(super) fn clock(&self, known: u64, is_leaving: bool) -> u64 {
        match (is_leaving, self.is_frozen) {
            // Heard of only afterwards.
            (true, false) => 0,
            (_, true) => self.assured,
            _ if self.turn.after <= known => self.turn.clock,
            _ => self.assured,
        }
    }

    /// Takes a later turn; returns whether it is one.
    pub(super) fn raise(&mut self, turn: Turn, known: u64) -> bool {
        let is_later = turn > self.turn;
        if is_later {
            self.assured = self.clock(known, false);
            self.turn = turn;
        }
        is_later
    }

    /// From now on only what holds already counts.
    pub(super) fn freeze(&mut self, known: u64) {
        self.assured = self.clock(known, false);
        self.is_frozen = true;
    }
}

impl PartialEq for Seat {
    fn eq(&self, other: &Self) -> bool {
        self.turn == other.turn
    }
}

impl Eq for Seat {}
