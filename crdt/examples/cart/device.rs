use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

use glomers_crdt::causal::Counter;
use glomers_crdt::{Lattice, OrMap};

use crate::network::Network;

pub(crate) type Name = &'static str;

/// How many of each product are wanted; devices are known by their numbers.
pub(crate) type Cart = OrMap<String, Counter<u8>, u8>;

/// The turns in which nobody sends anything: what is done then is done without a word to the others.
const OFFLINE: Range<usize> = 20..35;

/// Who sends, the packet's number, and what it brings; or, without that, what it acknowledges.
type Packet = (u8, u32, Option<Cart>);

#[derive(Clone, Copy)]
pub(crate) enum Action {
    Add(&'static str, i64),
    Remove(&'static str),
}

pub(crate) struct Step {
    pub(crate) turn: usize,
    pub(crate) action: Action,
}

/// What a device took to agree with the others.
pub(crate) struct Tally {
    sent: usize,
    lost: usize,
    bytes: usize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sent {} packets, {} of them lost, {} bytes", self.sent, self.lost, self.bytes)
    }
}

/// What is known of another device.
#[derive(Default)]
struct Peer {
    /// What it has, as far as it has said so.
    has: Cart,
    /// What was sent since, by number.
    sent: BTreeMap<u32, Cart>,
}

pub(crate) struct Device {
    number: usize,
    name: Name,
    script: Vec<Step>,
    network: Network,
    cart: Cart,
    peers: BTreeMap<usize, Peer>,
    packets: u32,
}

impl Device {
    pub(crate) fn new(number: usize, name: Name, script: Vec<Step>, network: Network) -> Self {
        let others = network.devices().filter(|other| *other != number);
        let peers = others.map(|other| (other, Peer::default())).collect();
        Self { number, name, script, network, cart: Cart::default(), peers, packets: 0 }
    }

    /// Plays its part until it is over; reports its cart whenever nobody seems to lack anything.
    pub(crate) fn run(
        mut self,
        reports: &Sender<(usize, Name, Option<Cart>)>,
        is_over: &AtomicBool,
    ) -> Result<Tally, Box<dyn Error + Send + Sync>> {
        let last = self.script.iter().map(|step| step.turn).max().unwrap_or(0);
        let mut reported = None;
        for turn in 0.. {
            if is_over.load(Ordering::Relaxed) {
                break;
            }
            self.act(turn)?;
            if !OFFLINE.contains(&turn) {
                self.tell_others()?;
            }
            while let Some(packet) = self.network.receive()? {
                self.take(&packet)?;
            }
            let is_quiet =
                turn > last && self.peers.values().all(|peer| peer.has.includes(&self.cart));
            let report = is_quiet.then(|| self.cart.clone());
            if report != reported {
                reports.send((self.number, self.name, report.clone()))?;
                reported = report;
            }
        }
        let Network { sent, lost, bytes, .. } = self.network;
        Ok(Tally { sent, lost, bytes })
    }

    fn id(&self) -> u8 {
        u8::try_from(self.number).unwrap_or(u8::MAX)
    }

    /// Does what the script says for this turn.
    fn act(&mut self, turn: usize) -> Result<(), Box<dyn Error + Send + Sync>> {
        let now: Vec<Action> =
            self.script.iter().filter(|step| step.turn == turn).map(|step| step.action).collect();
        for action in now {
            let what = match action {
                Action::Add(product, count) => {
                    self.cart.update(self.id(), product.to_owned(), |it| it.add(count))?;
                    format!("adds {count} {product}")
                }
                Action::Remove(product) => {
                    let seen = self.cart.get(product).map_or(0, Counter::value);
                    self.cart.remove(product);
                    format!("takes {product} out, of which it sees {seen}")
                }
            };
            let offline = if OFFLINE.contains(&turn) { ", offline," } else { "" };
            writeln!(io::stdout(), "{:>6}{offline} {what}: {}", self.name, told(&self.cart))?;
        }
        Ok(())
    }

    /// Sends each of the others what it lacks, in place of what may be lost.
    fn tell_others(&mut self) -> Result<(), Box<dyn Error + Send + Sync>> {
        let from = self.id();
        for (other, peer) in &mut self.peers {
            let lacking = self.cart.difference(&peer.has);
            if !lacking.is_bottom() {
                self.packets += 1;
                let packet: Packet = (from, self.packets, Some(lacking.clone()));
                peer.sent.insert(self.packets, lacking);
                self.network.send(*other, &postcard::to_allocvec(&packet)?)?;
            }
        }
        Ok(())
    }

    /// Takes a packet in; what is no packet is lost, as on any network.
    fn take(&mut self, packet: &[u8]) -> Result<(), Box<dyn Error + Send + Sync>> {
        let Ok((from, number, cart)) = postcard::from_bytes::<Packet>(packet) else {
            return Ok(());
        };
        let Some(peer) = self.peers.get_mut(&usize::from(from)) else { return Ok(()) };
        let Some(delta) = cart else {
            if let Some(sent) = peer.sent.remove(&number) {
                peer.has.merge(&sent);
            }
            return Ok(());
        };
        // Who sends something has it.
        peer.has.merge(&delta);
        if self.cart.merge(&delta) {
            writeln!(io::stdout(), "{:>6} hears of more: {}", self.name, told(&self.cart))?;
        }
        let acknowledgement: Packet = (self.id(), number, None);
        self.network.send(from.into(), &postcard::to_allocvec(&acknowledgement)?)?;
        Ok(())
    }
}

/// A cart in words.
pub(crate) fn told(cart: &Cart) -> String {
    let products: Vec<String> =
        cart.iter().map(|(product, count)| format!("{} {product}", count.value())).collect();
    if products.is_empty() { "nothing".to_owned() } else { products.join(", ") }
}
