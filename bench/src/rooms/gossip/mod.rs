//! The hub against flooding over a grid, on one simulated network in virtual time.

mod flooding;
mod network;

use std::time::Duration;

use anyhow::ensure;
use glomers_crdt::GSet;
use glomers_gossip::{Config, Message, Replica, Topology};

use crate::measure::{Effort, thread_cpu};
use crate::table::{Case, Table, Unit};
use flooding::Flooder;
use network::{Network, Node, Outcome, VALUES};

/// Nodes of the network.
const NODES: usize = 25;

/// How long the hub gathers: as the nodes do by default.
const FLUSH: Duration = Duration::from_millis(200);

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    let case = |what: &str, unit| {
        Case::new(format!("{NODES} nodes, 50 values/s, {what}, hub vs flooding a grid"), unit)
    };
    for (weather, loss_percent) in [("no loss", 0), ("10 % loss", 10)] {
        // The same every time, so that one run each is enough for all their figures.
        let (hub, flood) = (run(hub_node, loss_percent)?, run(Flooder::on_grid, loss_percent)?);
        let mut compare = |what: &str, unit, figure: &dyn Fn(&Outcome) -> f64| {
            let case = case(&format!("{weather}: {what}"), unit).effort(Effort::Once);
            table.compare(case, || Ok(figure(&hub)), || Ok(figure(&flood)))
        };
        compare("messages a value", Unit::MESSAGES, &Outcome::messages_a_value)?;
        compare("99 % delivered within", Unit::VIRTUAL_MS, &|outcome| outcome.within(100))?;
        compare("all delivered within", Unit::VIRTUAL_MS, &|outcome| outcome.within(usize::MAX))?;
    }
    table.compare(
        case("no loss: a delivery, network included", Unit::CPU_NS),
        || cost(hub_node),
        || cost(Flooder::on_grid),
    )
}

/// Puts a network of such nodes under load until all hold all values.
fn run<N: Node>(node: impl Fn(usize) -> N, loss_percent: usize) -> anyhow::Result<Outcome> {
    let outcome = Network::new((0..NODES).map(node), loss_percent).run();
    let expected = (NODES - 1) * VALUES as usize;
    ensure!(outcome.deliveries() == expected, "{} of {expected} came", outcome.deliveries());
    Ok(outcome)
}

/// Seconds of CPU for each delivery of a value to a node.
fn cost<N: Node>(node: impl Fn(usize) -> N) -> anyhow::Result<f64> {
    let begin = thread_cpu()?;
    let outcome = run(node, 0)?;
    let end = thread_cpu()?;
    Ok((end - begin) / f64::from(u32::try_from(outcome.deliveries())?))
}

fn hub_node(me: usize) -> Replica<GSet<u32>, usize> {
    let nodes: Vec<usize> = (0..NODES).collect();
    let mut replica = Replica::new(Duration::ZERO, 1, Config::default());
    replica.set_links(Duration::ZERO, Topology::Hub.links(&nodes, &me, FLUSH));
    replica.open(Duration::ZERO);
    replica
}

impl Node for Replica<GSet<u32>, usize> {
    type Message = Message<GSet<u32>>;

    fn insert(&mut self, now: Duration, value: u32) {
        self.update(now, |set| set.insert(value));
    }

    fn receive(
        &mut self,
        now: Duration,
        from: usize,
        message: Self::Message,
        mut novel: impl FnMut(u32),
    ) {
        self.receive(now, &from, message).iter().for_each(|value| novel(*value));
    }

    fn wake(&mut self, now: Duration) {
        self.wake(now);
    }

    fn poll_transmit(&mut self) -> Option<(usize, Self::Message)> {
        self.poll_transmit()
    }

    fn next_wake(&self) -> Option<Duration> {
        self.next_wake()
    }
}
