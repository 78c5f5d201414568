//! From and to the values of `serde_json`.

use serde_json::{Map, Number, Value as Json};

use super::owned::Value;
use super::view::{Shape, View};
use super::writer::Writer;
use crate::exact;

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        Self::written(|writer| write(writer, json))
    }
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        Self::from(&json)
    }
}

impl Value {
    /// The same as a tree.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let list = glomers_check::Value::from_iter([1, 2]);
    /// assert_eq!(list.to_json(), json!([1, 2]));
    /// ```
    pub fn to_json(&self) -> Json {
        self.view().to_json()
    }
}

impl View<'_> {
    /// The same as a tree.
    ///
    /// ```
    /// use serde_json::json;
    ///
    /// let list = glomers_check::Value::from_iter([1, 2]);
    /// assert_eq!(list.view().to_json(), json!([1, 2]));
    /// ```
    pub fn to_json(self) -> Json {
        match self.shape() {
            Shape::Null => Json::Null,
            Shape::Bool(bool) => bool.into(),
            Shape::Integer(integer) => Number::from_i128(integer).map_or(Json::Null, Json::Number),
            Shape::Large(digits) => exact::integer(digits),
            Shape::Float(float) => float.into(),
            Shape::Text(text) => text.into(),
            Shape::List(items) => items.map(View::to_json).collect(),
            Shape::Map(fields) => {
                let entry = |(key, value): (&str, View<'_>)| (key.to_owned(), value.to_json());
                Json::Object(fields.map(entry).collect::<Map<_, _>>())
            }
        }
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        value.to_json()
    }
}

impl From<View<'_>> for Json {
    fn from(value: View<'_>) -> Self {
        value.to_json()
    }
}

impl PartialEq<Json> for View<'_> {
    fn eq(&self, other: &Json) -> bool {
        *self == Value::from(other).view()
    }
}

impl PartialEq<Json> for Value {
    fn eq(&self, other: &Json) -> bool {
        self.view() == *other
    }
}

impl PartialEq<Value> for Json {
    fn eq(&self, other: &Value) -> bool {
        other == self
    }
}

fn write(writer: &mut Writer, json: &Json) {
    match json {
        Json::Null => writer.null(),
        Json::Bool(bool) => writer.bool(*bool),
        Json::Number(number) => match number.as_i128() {
            Some(integer) => writer.integer(integer),
            None => writer.float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => writer.text(text),
        Json::Array(items) => {
            let list = writer.list();
            for item in items {
                write(writer, item);
            }
            writer.close_list(&list);
        }
        Json::Object(fields) => {
            match exact::digits(json).filter(|digits| exact::is_large(digits)) {
                Some(digits) => writer.large(digits),
                None => {
                    let mut map = writer.map();
                    for (key, value) in fields {
                        writer.key(&mut map, key);
                        write(writer, value);
                    }
                    writer.close_map(&map);
                }
            }
        }
    }
}
