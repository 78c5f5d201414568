use serde_json::Value;

/// Something that the nemesis did, for the history.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// `start-` or `stop-`, and the kind of fault, as on the command line.
    pub f: &'static str,
    /// Of a start: a partition's `shape` and `grudge`, that is, for each node, those that it does not
    /// hear; of a kill or pause, the `targets` drawn and the `nodes`; of skew, the `clocks`; of a stall,
    /// how long it lasts at most, `most-ms`; of another, its chance in `percent`, and of held up messages
    /// for how long at most, `most-ms`.
    pub value: Value,
}
