use crate::value::{Value, View};

/// When nodes first held values, as the nodes themselves report where they can be asked.
#[derive(Clone, Debug, Default)]
pub struct Observations(Vec<(String, Value, u64)>);

impl Observations {
    /// `node` has held `value` since `time`, in nanoseconds since the load began.
    pub fn record(&mut self, node: impl Into<String>, value: impl Into<Value>, time: u64) {
        self.0.push((node.into(), value.into(), time));
    }

    /// Each node, value and time that was recorded, in that order; perhaps one value more than once.
    pub fn iter(&self) -> impl Iterator<Item = (&str, View<'_>, u64)> {
        self.0.iter().map(|(node, value, time)| (node.as_str(), value.view(), *time))
    }
}
