use std::collections::BTreeMap;

use tokio::time::Instant;

/// When clients came and when nodes were paused: which late replies are none of a node's doing.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    /// When each client came, by its number.
    clients: Vec<Instant>,
    /// When each node's last pause ended; `None`, if it has not.
    nodes: BTreeMap<String, Option<Instant>>,
}

impl Pauses {
    /// A client comes; its number.
    pub(super) fn client_comes(&mut self, now: Instant) -> usize {
        self.clients.push(now);
        self.clients.len() - 1
    }

    /// Whether there is or was a client of that id.
    pub(super) fn has_come(&self, client: &str) -> bool {
        self.came_at(client).is_some()
    }

    fn came_at(&self, client: &str) -> Option<Instant> {
        let number: usize = client.strip_prefix('c')?.parse().ok()?;
        self.clients.get(number).copied()
    }

    pub(super) fn begin(&mut self, node: &str) {
        self.nodes.insert(node.to_owned(), None);
    }

    pub(super) fn end(&mut self, node: &str, now: Instant) {
        if let Some(end) = self.nodes.get_mut(node) {
            end.get_or_insert(now);
        }
    }

    /// Whether the node was paused after the client came, and so may not know that it has gone.
    pub(super) fn excuse(&self, node: &str, client: &str) -> bool {
        match (self.nodes.get(node), self.came_at(client)) {
            (Some(end), Some(came)) => end.is_none_or(|end| came <= end),
            _ => false,
        }
    }
}
