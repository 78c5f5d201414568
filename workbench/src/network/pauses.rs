use std::collections::BTreeMap;

use tokio::time::Instant;

/// When clients came, and when nodes were paused or all was stalled: which late replies are none of a
/// node's doing.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    /// When each client came, by its number.
    clients: Vec<Instant>,
    /// When each node's last pause ended; `None`, if it has not.
    nodes: BTreeMap<String, Option<Instant>>,
    /// When the last stall of the network ended.
    stalled: Option<Instant>,
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

    pub(super) fn stall_ends(&mut self, now: Instant) {
        self.stalled = Some(now);
    }

    /// Whether the node was paused, or the network stalled, after the client came: so that it may not
    /// know that the client has gone.
    pub(super) fn excuse(&self, node: &str, client: &str) -> bool {
        let Some(came) = self.came_at(client) else { return false };
        let by_pause = self.nodes.get(node).is_some_and(|end| end.is_none_or(|end| came <= end));
        by_pause || self.stalled.is_some_and(|end| came <= end)
    }
}
