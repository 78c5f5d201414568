//! What an address asks for behind its question mark.

/// The parameters, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Of text such as `workload=g-set&run=a%2Fb`. What is no text is left out.
    pub(super) fn parse(text: &str) -> Self {
        let parameters = text.split('&').filter_map(|it| {
            let (key, value) = it.split_once('=').unwrap_or((it, ""));
            Some((plain(key)?, plain(value)?))
        });
        Self(parameters.filter(|(key, _)| !key.is_empty()).collect())
    }

    /// The first value of that name that says something.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.all(key).next()
    }

    /// All values of that name that say something.
    pub(super) fn all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        let of_key = self.0.iter().filter(move |(it, value)| it == key && !value.is_empty());
        of_key.map(|(_, value)| value.as_str())
    }

    /// The same with another value of that name, as an address has it.
    pub(super) fn with(&self, key: &str, value: &str) -> String {
        let others = self.0.iter().filter(|(it, said)| it != key && !said.is_empty());
        let all = others.map(|(key, value)| (key.as_str(), value.as_str()));
        let all = all.chain((!value.is_empty()).then_some((key, value)));
        let all: Vec<String> =
            all.map(|(key, value)| format!("{}={}", quoted(key), quoted(value))).collect();
        all.join("&")
    }
}

/// What a form has made of a text.
fn plain(text: &str) -> Option<String> {
    super::files::decoded(&text.replace('+', " "))
}

fn quoted(text: &str) -> String {
    super::files::encoded(text).replace('+', "%2B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_what_a_form_sends() {
        let query = Query::parse("run=g-set%2Fa%2B0&run=x+y&verdict=&=7&%ff=1&page=3");
        assert_eq!(query.all("run").collect::<Vec<_>>(), ["g-set/a+0", "x y"]);
        assert_eq!(
            (query.get("verdict"), query.get("page"), query.get("")),
            (None, Some("3"), None)
        );
        assert_eq!(query.with("page", "4"), "run=g-set/a%2B0&run=x%20y&page=4");
        assert_eq!(query.with("run", ""), "page=3");
        assert_eq!(Query::parse(&query.with("page", "4")).get("run"), Some("g-set/a+0"));
    }
}
