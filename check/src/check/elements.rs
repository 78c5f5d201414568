//! Values as small dense numbers, so that checkers can keep what they know in vectors.

use std::collections::HashMap;

use crate::value::{Value, View};

/// Integers below this are looked up in a table, without hashing.
const TABLE: usize = 1 << 20;

/// Numbers distinct values 0, 1, 2 … in the order in which it first meets them.
#[derive(Debug, Default)]
pub(crate) struct Elements {
    values: Vec<Value>,
    /// One more than the id of each small integer, 0 where it has none.
    table: Vec<u32>,
    integers: HashMap<i64, u32>,
    /// As they are written down.
    others: HashMap<Box<[u8]>, u32>,
}

impl Elements {
    /// The number of `value`, a new one if it is new.
    pub(crate) fn id(&mut self, value: View<'_>) -> usize {
        // Histories are shorter than 2^32.
        let fresh = u32::try_from(self.values.len()).unwrap_or(u32::MAX - 1);
        let id = match value.integer().and_then(|integer| i64::try_from(integer).ok()) {
            Some(integer) => match usize::try_from(integer) {
                Ok(small) if small < TABLE => {
                    if self.table.len() <= small {
                        self.table.resize(small + 1, 0);
                    }
                    if self.table[small] == 0 {
                        self.table[small] = fresh + 1;
                    }
                    self.table[small] - 1
                }
                _ => *self.integers.entry(integer).or_insert(fresh),
            },
            None => match self.others.get(value.bytes()) {
                Some(&id) => id,
                None => *self.others.entry(value.bytes().into()).or_insert(fresh),
            },
        };
        if id == fresh {
            self.values.push(value.to_value());
        }
        id as usize
    }

    /// The value that has this number.
    pub(crate) fn value(&self, id: usize) -> View<'_> {
        self.values[id].view()
    }

    /// How many values it has met.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exact;

    #[test]
    fn equal_values_share_a_number_and_distinct_ones_do_not() {
        let mut elements = Elements::default();
        let values = [
            json!(0),
            json!(-1),
            json!(1_u64 << 40),
            json!(u64::MAX),
            exact::integer("18446744073709551616"),
            json!("0"),
            json!(0.0),
            json!([0]),
            json!({}),
        ];
        for _ in 0..2 {
            for (id, value) in values.iter().enumerate() {
                assert_eq!(elements.id(Value::from(value).view()), id);
                assert_eq!(elements.value(id), *value);
            }
        }
        assert_eq!(elements.len(), values.len());
    }
}
