//! From and to what Rust has.

use super::owned::Value;

impl From<()> for Value {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::written(|writer| writer.text(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Self {
        Self::written(|writer| writer.bool(bool))
    }
}

/// Infinities and what is not a number become texts, since JSON has none.
impl From<f64> for Value {
    fn from(float: f64) -> Self {
        Self::written(|writer| writer.float(float))
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Value {
            fn from(integer: $integer) -> Self {
                Self::written(|writer| writer.integer(integer))
            }
        }

        impl PartialEq<$integer> for Value {
            fn eq(&self, other: &$integer) -> bool {
                self.view().integer() == Some((*other).into())
            }
        }
    )*};
}

integers!(i32, i64, u32, u64, i128);

impl PartialEq<str> for Value {
    fn eq(&self, other: &str) -> bool {
        self.view().text() == Some(other)
    }
}

impl PartialEq<&str> for Value {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

/// A list.
impl<V: Into<Value>> FromIterator<V> for Value {
    fn from_iter<I: IntoIterator<Item = V>>(items: I) -> Self {
        Self::written(|writer| {
            let list = writer.list();
            for item in items {
                writer.value(item.into().view());
            }
            writer.close_list(&list);
        })
    }
}
