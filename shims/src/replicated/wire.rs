use serde::Serialize;

/// How the replica's messages travel.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Wire<M> {
    Gossip(M),
}
