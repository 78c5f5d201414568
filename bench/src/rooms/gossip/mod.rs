//! The hub against flooding over a grid, on one simulated network in virtual time; and sets that
//! are reconciled, against the `riblt` crate.

mod difference;
mod flooding;
mod network;

use std::time::Duration;

use anyhow::ensure;
use glomers_crdt::GSet;
use glomers_gossip::{Config, Replica, Topology};

use crate::measure::{Effort, thread_cpu};
use crate::table::{Case, Table, Unit};
use flooding::Flooder;
use network::{Broadcaster, NODES, Outcome, VALUES};

/// How long the hub gathers: as the nodes do by default.
const FLUSH: Duration = Duration::from_millis(200);

pub(super) fn measure(table: &mut Table) -> anyhow::Result<()> {
    let case = |what: &str, unit| {
        Case::new(format!("{NODES} nodes, 50 values/s, {what}, hub vs flooding a grid"), unit)
    };
    for (weather, loss) in [("no loss", 0.0), ("10 % loss", 0.1)] {
        // The same every time, so that one run each is enough for all their figures.
        let (hub, flood) = (run(hub_node, loss)?, run(Flooder::on_grid, loss)?);
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
    )?;
    difference::measure(table)
}

/// Puts a network of such nodes under load until all hold all values.
fn run<N: Broadcaster>(node: impl Fn(usize) -> N + 'static, loss: f64) -> anyhow::Result<Outcome> {
    let outcome = network::run(NODES, loss, node);
    let expected = (NODES - 1) * VALUES as usize;
    ensure!(outcome.deliveries() == expected, "{} of {expected} came", outcome.deliveries());
    Ok(outcome)
}

/// Seconds of CPU for each delivery of a value to a node.
fn cost<N: Broadcaster>(node: impl Fn(usize) -> N + 'static) -> anyhow::Result<f64> {
    let begin = thread_cpu()?;
    let outcome = run(node, 0.0)?;
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

impl Broadcaster for Replica<GSet<u32>, usize> {
    fn insert(&mut self, now: Duration, value: u32) {
        self.update(now, |set| set.insert(value));
    }

    fn values(news: &GSet<u32>) -> impl Iterator<Item = u32> {
        news.iter().copied()
    }
}
