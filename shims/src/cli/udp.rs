use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::place::PlaceArgs;
use crate::udp::{Key, UdpOptions, UdpTransport};

/// A node on UDP.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct UdpArgs {
    /// Run on UDP: the address to bind, by which others reach the node, such as 127.0.0.1:7001
    #[cfg_attr(feature = "nats", arg(conflicts_with = "urls"))]
    #[arg(long, group = "network", value_name = "ADDRESS")]
    udp: Option<SocketAddr>,

    /// The address of another node on UDP; one suffices, and the first node needs none
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', requires = "udp")]
    join: Vec<SocketAddr>,

    /// A file with the key that all nodes on UDP share: 64 hexadecimal digits. Without one, there is only loopback
    #[arg(long, value_name = "FILE", requires = "udp", env = "GLOMERS_KEY_FILE")]
    key_file: Option<PathBuf>,

    /// Lose so many of a hundred datagrams that come, at random: to see what holds on a bad network
    #[arg(long, value_name = "PERCENT", requires = "udp", default_value_t = 0,
          value_parser = clap::value_parser!(u8).range(..=100))]
    loss: u8,
}

/// What a node needs that is not on UDP.
const WITH_SERVICES: [(&str, &str); 4] = [
    ("g-counter", "seq-kv"),
    ("pn-counter", "seq-kv"),
    ("lin-kv", "lin-kv"),
    ("txn-list-append", "lin-kv"),
];

impl UdpArgs {
    pub(super) fn is_given(&self) -> bool {
        self.udp.is_some()
    }

    pub(super) fn open(
        &self,
        place: &PlaceArgs,
        workload: &str,
    ) -> io::Result<Option<UdpTransport>> {
        let Some(address) = self.udp else { return Ok(None) };
        let wrong = |text| Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        if let Some((_, service)) = WITH_SERVICES.iter().find(|(node, _)| *node == workload) {
            return wrong(format!("{workload} needs the service {service}, which is not on UDP"));
        }
        if workload == "kafka" && place.nodes.is_empty() {
            let text =
                "kafka's nodes are always the same: name them all with --nodes, by their --id";
            return wrong(text.to_owned());
        }
        let mut options = UdpOptions::new(address);
        options.join.clone_from(&self.join);
        if let Some(cluster) = &place.cluster {
            options.cluster.clone_from(cluster);
        }
        options.loss = self.loss;
        options.name.clone_from(&place.id);
        options.nodes = Some(place.nodes.clone()).filter(|nodes| !nodes.is_empty());
        options.key =
            self.key_file.as_deref().map(Key::read).transpose().map_err(io::Error::other)?;
        let (mut interrupt, mut terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        let stop = async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        UdpTransport::bind(options, stop).map(Some).map_err(io::Error::other)
    }
}
