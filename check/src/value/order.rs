use std::cmp::Ordering;

use super::view::{Shape, View};

impl View<'_> {
    /// A total order on all values: by kind, then numbers by size, texts by their bytes, lists item by item.
    ///
    /// ```
    /// use std::cmp::Ordering;
    ///
    /// use glomers_check::Value;
    ///
    /// let [small, large] = [Value::from(9), Value::from(10)];
    /// assert_eq!(small.view().compare(large.view()), Ordering::Less);
    /// ```
    pub fn compare(self, other: Self) -> Ordering {
        compare(self, other)
    }
}

fn compare(a: View<'_>, b: View<'_>) -> Ordering {
    let (a_shape, b_shape) = (a.shape(), b.shape());
    match (&a_shape, &b_shape) {
        (Shape::Integer(x), Shape::Integer(y)) => x.cmp(y),
        (Shape::Integer(x), Shape::Large(y)) => by_size(&x.to_string(), y),
        (Shape::Large(x), Shape::Integer(y)) => by_size(x, &y.to_string()),
        (Shape::Large(x), Shape::Large(y)) => by_size(x, y),
        (Shape::Text(x), Shape::Text(y)) => x.cmp(y),
        (Shape::List(x), Shape::List(y)) => {
            let (x_length, y_length) = (x.clone().count(), y.clone().count());
            let differing =
                x.clone().zip(y.clone()).map(|(x, y)| compare(x, y)).find(|order| order.is_ne());
            differing.unwrap_or_else(|| x_length.cmp(&y_length))
        }
        _ => match (float(&a_shape), float(&b_shape)) {
            (Some(x), Some(y)) => x.total_cmp(&y),
            _ => {
                let kinds = kind(&a_shape).cmp(&kind(&b_shape));
                kinds.then_with(|| a.to_string().cmp(&b.to_string()))
            }
        },
    }
}

/// The order of two integers, by their digits.
fn by_size(a: &str, b: &str) -> Ordering {
    let split =
        |text: &str| text.strip_prefix('-').map_or((false, text.len()), |it| (true, it.len()));
    let ((a_negative, a_length), (b_negative, b_length)) = (split(a), split(b));
    let larger = a_length.cmp(&b_length).then_with(|| a.cmp(b));
    match (a_negative, b_negative) {
        (false, false) => larger,
        (true, true) => larger.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}

#[expect(clippy::cast_precision_loss, reason = "as near as can be")]
fn float(shape: &Shape<'_>) -> Option<f64> {
    match shape {
        Shape::Float(float) => Some(*float),
        Shape::Integer(integer) => Some(*integer as f64),
        Shape::Large(digits) => digits.parse().ok(),
        _ => None,
    }
}

fn kind(shape: &Shape<'_>) -> u8 {
    match shape {
        Shape::Null => 0,
        Shape::Bool(_) => 1,
        Shape::Integer(_) | Shape::Large(_) | Shape::Float(_) => 2,
        Shape::Text(_) => 3,
        Shape::List(_) => 4,
        Shape::Map(_) => 5,
    }
}
