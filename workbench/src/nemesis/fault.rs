use serde_json::Value;

/// Something that the nemesis did, for the history.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// `start-` or `stop-`, and the kind of fault, as on the command line; `gave-up` or `refused` of a node
    /// whose disk has failed.
    pub f: &'static str,
    /// Of a start: a partition's `shape` and `grudge`, that is, for each node, those that it does not
    /// hear; of a kill, a pause and what befalls disks, the `targets` drawn and the `nodes`, with those that
    /// `had-crashed` or `were-down` before, the `room` that is left, and the `bits` that have flipped; of
    /// skew, the `clocks`; of a stall and of slow syncs, how long they last at most, `most-ms`; of another,
    /// its chance in `percent`, and of held up messages for how long at most, `most-ms`. Of a node that gave
    /// up or refused, which `node`, and `why`.
    pub value: Value,
}
