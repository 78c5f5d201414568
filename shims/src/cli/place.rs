use clap::Args;

/// Which node of which cluster this is, on a network that is named.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct PlaceArgs {
    /// The cluster's name, the same for all its nodes [default on UDP: glomers]
    #[arg(long, value_name = "NAME", requires = "network")]
    pub(super) cluster: Option<String>,

    /// The node's own name [default on UDP: its address]
    #[arg(long, value_name = "NAME", requires = "network")]
    pub(super) id: Option<String>,

    /// The names of all nodes of the cluster, this one's included, in the same order for all. On UDP the nodes are
    /// those that are found, unless they are named so
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "network")]
    pub(super) nodes: Vec<String>,
}
