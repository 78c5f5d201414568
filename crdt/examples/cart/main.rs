//! A shopping cart that three devices of one household share: `cargo run -p glomers-crdt --example cart`.
//!
//! Each device is a thread with a UDP socket on loopback and a cart of its own, which it changes without
//! asking anyone. The network loses a third of the packets, delivers some twice, and for a while is
//! not there. A device sends a peer what that peer lacks, as far as is known from what it has acknowledged, until nothing is
//! lacking. The cart is an observed-remove map of counters: a device that takes milk out of the cart
//! takes out the milk that it has seen, and not what another one adds at that moment.

mod device;
mod network;

use std::error::Error;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use device::{Action, Cart, Device, Name, Step};
use network::Network;

/// More than enough: it takes a second or so.
const PATIENCE: Duration = Duration::from_secs(60);

/// What each does, and at which of its turns.
fn scripts() -> [(Name, Vec<Step>); 3] {
    let step = |turn, action| Step { turn, action };
    let phone = vec![
        step(0, Action::Add("milk", 2)),
        step(2, Action::Add("bread", 1)),
        step(25, Action::Remove("milk")),
        step(40, Action::Add("pears", 4)),
    ];
    let laptop = vec![
        step(1, Action::Add("apples", 3)),
        step(25, Action::Add("milk", 1)),
        step(30, Action::Add("apples", -1)),
    ];
    let tablet = vec![
        step(3, Action::Add("bread", 1)),
        step(26, Action::Remove("bread")),
        step(27, Action::Add("jam", 1)),
    ];
    [("phone", phone), ("laptop", laptop), ("tablet", tablet)]
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let scripts = scripts();
    let networks = Network::among(scripts.len())?;
    let is_over = AtomicBool::new(false);
    let (reports, inbox) = mpsc::channel();
    thread::scope(|threads| {
        let mut running = Vec::new();
        for (number, ((name, script), network)) in scripts.into_iter().zip(networks).enumerate() {
            let (reports, is_over) = (reports.clone(), &is_over);
            let device = Device::new(number, name, script, network);
            running.push(threads.spawn(move || device.run(&reports, is_over)));
        }
        drop(reports);
        let carts = until_equal(&inbox, running.len());
        is_over.store(true, Ordering::Relaxed);
        let mut tallies = Vec::new();
        for thread in running {
            tallies.push(thread.join().map_err(|_| "a device panicked")??);
        }
        let carts = carts?;
        let mut out = io::stdout().lock();
        for ((name, cart), tally) in carts.iter().zip(tallies) {
            writeln!(out, "{name:>6} ends with {}; {tally}", device::told(cart))?;
        }
        let whole = postcard::to_allocvec(&carts[0].1)?.len();
        writeln!(out, "The carts are equal: each is {whole} bytes as a whole.")?;
        Ok(())
    })
}

/// The devices' carts, once all are quiet and agree.
fn until_equal(
    inbox: &mpsc::Receiver<(usize, Name, Option<Cart>)>,
    devices: usize,
) -> Result<Vec<(Name, Cart)>, Box<dyn Error + Send + Sync>> {
    let deadline = Instant::now() + PATIENCE;
    let mut quiet = vec![None; devices];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let (number, name, cart) = inbox.recv_timeout(left)?;
        quiet[number] = cart.map(|cart| (name, cart));
        let carts: Option<Vec<(Name, Cart)>> = quiet.iter().cloned().collect();
        if let Some(carts) = carts.filter(|carts| carts.windows(2).all(|it| it[0].1 == it[1].1)) {
            return Ok(carts);
        }
    }
}
