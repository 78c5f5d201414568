use std::env;
use std::fmt::Display;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use glomers_gossip::simulation::Delay;
use glomers_gossip::{Config, Topology};

/// What to run. Every option is given as `--name value`.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) nodes: usize,
    /// How many of them write one value a second.
    pub(crate) writers: usize,
    /// For how long they do.
    pub(crate) seconds: u32,
    /// The knob: within what time a value shall reach everyone.
    pub(crate) target: Duration,
    /// To how many others a replica passes things on at most.
    pub(crate) fan_out: NonZeroU32,
    pub(crate) delay: Delay,
    /// None: the replicas choose.
    pub(crate) links: Option<Topology>,
    /// How long something new waits before it leaves, where the links are given.
    pub(crate) flush: Duration,
    pub(crate) state: State,
    pub(crate) seed: u64,
}

/// By which type the values are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A bit for each.
    Bits,
    /// A `GSet<u32>`.
    GSet,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            nodes: 10_000,
            writers: 1_000,
            seconds: 30,
            target: Duration::from_secs(2),
            fan_out: Config::default().fan_out,
            delay: Delay::Constant(Duration::from_millis(100)),
            links: None,
            flush: Duration::from_millis(400),
            state: State::Bits,
            seed: 1,
        }
    }
}

impl Options {
    pub(crate) const HELP: &str = "\
ten_thousand: replicas on a simulated network, each writer with a new value a second

  --nodes N          replicas (10000)
  --writers N        how many of them write (1000)
  --seconds N        for how long they do (30)
  --target MS        within what time a value shall reach everyone (2000)
  --fan-out N        to how many others a replica passes things on at most (64)
  --delay LAW        constant, uniform or exponential (constant)
  --mean MS          the mean of the delay (100)
  --links LINKS      join, tree10, grid … (join: the replicas choose)
  --flush MS         how long new values are gathered where the links are given (400)
  --state TYPE       bits or gset (bits)
  --seed N           (1)";

    pub(crate) fn parse() -> Result<Self, String> {
        let mut options = Self::default();
        let mut mean = Duration::from_millis(100);
        let mut law = "constant".to_owned();
        let mut words = env::args().skip(1);
        while let Some(name) = words.next() {
            let value = words.next().ok_or_else(|| format!("{name} wants a value"))?;
            match name.as_str() {
                "--nodes" => options.nodes = read(&name, &value)?,
                "--writers" => options.writers = read(&name, &value)?,
                "--seconds" => options.seconds = read(&name, &value)?,
                "--target" => options.target = millis(&name, &value)?,
                "--fan-out" => options.fan_out = read(&name, &value)?,
                "--mean" => mean = millis(&name, &value)?,
                "--delay" => law = value,
                "--links" if value == "join" => options.links = None,
                "--links" => options.links = Some(read(&name, &value)?),
                "--flush" => options.flush = millis(&name, &value)?,
                "--state" if value == "bits" => options.state = State::Bits,
                "--state" if value == "gset" => options.state = State::GSet,
                "--seed" => options.seed = read(&name, &value)?,
                _ => return Err(format!("{name} {value} is not understood")),
            }
        }
        options.delay = match law.as_str() {
            "constant" => Delay::Constant(mean),
            "uniform" => Delay::Uniform(mean),
            "exponential" => Delay::Exponential(mean),
            _ => return Err(format!("--delay {law} is not understood")),
        };
        if options.writers == 0 || options.writers > options.nodes {
            return Err("from one to all of the nodes may write".to_owned());
        }
        Ok(options)
    }
}

fn read<T: FromStr<Err: Display>>(name: &str, value: &str) -> Result<T, String> {
    value.parse().map_err(|error| format!("{name} {value}: {error}"))
}

fn millis(name: &str, value: &str) -> Result<Duration, String> {
    read(name, value).map(Duration::from_millis)
}
