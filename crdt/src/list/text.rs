use alloc::string::String;

use super::{List, State};

impl<R: Ord + Clone> List<char, R> {
    /// The characters as a text: what collecting them gives, in less time. O(n).
    ///
    /// ```
    /// let mut list = glomers_crdt::List::default();
    /// list.insert_all('a', 0, "naïve".chars()).unwrap();
    /// list.remove(0).unwrap();
    /// assert_eq!(list.text(), "aïve");
    /// ```
    pub fn text(&self) -> String {
        let State::Tree(tree) = &self.state else { return self.iter().collect() };
        let mut text = String::with_capacity(self.len());
        tree.order.each_leaf(|leaf| leaf.values.all().write(&mut text));
        text
    }
}
