/// Invocations and ends of calls, in order, but for those that are placed.
///
/// Calls are numbered from 0: 2i + 1 is the node of call i's invocation, 2i + 2 that of its end. 0 is
/// before all nodes and after them.
pub(super) struct List {
    pub(super) next: Vec<usize>,
    previous: Vec<usize>,
    pub(super) time: Vec<usize>,
}

/// Before the first node and after the last.
pub(super) const EDGE: usize = 0;

impl List {
    pub(super) fn new(spans: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut time = vec![0];
        time.extend(spans.flat_map(|(invoked, returned)| [invoked, returned]));
        let mut nodes: Vec<usize> = (1..time.len()).collect();
        nodes.sort_by_key(|&node| time[node]);
        let mut list =
            Self { next: vec![EDGE; time.len()], previous: vec![EDGE; time.len()], time };
        let mut end = EDGE;
        for node in nodes.into_iter().chain([EDGE]) {
            list.next[end] = node;
            list.previous[node] = end;
            end = node;
        }
        list
    }

    pub(super) fn remove(&mut self, call: usize) {
        for node in [2 * call + 1, 2 * call + 2] {
            let (previous, next) = (self.previous[node], self.next[node]);
            self.next[previous] = next;
            self.previous[next] = previous;
        }
    }

    /// Undoes the last [`remove`](Self::remove).
    pub(super) fn restore(&mut self, call: usize) {
        for node in [2 * call + 2, 2 * call + 1] {
            self.next[self.previous[node]] = node;
            self.previous[self.next[node]] = node;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.next[EDGE] == EDGE
    }

    /// The call that `node` is the invocation of, or else the end of.
    pub(super) fn call(node: usize) -> Result<usize, usize> {
        if node % 2 == 1 { Ok(node / 2) } else { Err(node / 2 - 1) }
    }
}
