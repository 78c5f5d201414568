use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use glomers_crdt::causal::Counter;
use glomers_crdt::{Lattice, OrMap};
use glomers_store::{Config, Directory, Entry, Journal};

pub(crate) type Error = Box<dyn std::error::Error + Send + Sync>;

/// How many of each product are wanted. Here is one device; others would have numbers of their own.
type Cart = OrMap<String, Counter<u8>, u8>;

const DEVICE: u8 = 0;

/// Nothing here needs a clock: each change is synced at once.
const NO_TIME: Duration = Duration::ZERO;

/// A cart, and the journal of all that has become of it.
pub(crate) struct KeptCart {
    cart: Cart,
    journal: Journal,
}

impl KeptCart {
    /// The cart that was kept in `folder`, or an empty one.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let mut cart = Cart::default();
        // Small, so that there is something to see: a cart is not large.
        let mut config = Config::default();
        config.snapshot_at_least = 4096;
        let (journal, recovery) =
            Journal::open(Arc::new(Directory::new(folder)?), config, |entry| {
                // A snapshot is a large delta.
                let (Entry::Snapshot(delta) | Entry::Delta(delta)) = entry;
                cart.merge(&postcard::from_bytes::<Cart>(delta)?);
                Ok::<_, postcard::Error>(())
            })?;
        if let Some(torn) = recovery.torn {
            eprintln!("cut off, since it was not whole: {} bytes of {}", torn.bytes, torn.file);
        }
        Ok(Self { cart, journal })
    }

    /// Does what a line says, and keeps it; or says what is wrong with the line.
    pub(crate) fn carry_out(&mut self, line: &str) -> Result<Result<(), String>, Error> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let delta = match words[..] {
            ["show"] => return Ok(Ok(())),
            ["add", count, product] => match count.parse() {
                Ok(count) => self.cart.update(DEVICE, product.to_owned(), |it| it.add(count))?,
                Err(_) => return Ok(Err(format!("{count:?} is no number of products"))),
            },
            ["remove", product] => self.cart.remove(product),
            _ => return Ok(Err("add COUNT PRODUCT, remove PRODUCT or show".to_owned())),
        };
        self.journal.append(&postcard::to_allocvec(&delta)?)?;
        self.journal.commit(NO_TIME)?;
        if self.journal.wants_snapshot() {
            let state = postcard::to_allocvec(&self.cart)?;
            self.journal.snapshot(NO_TIME, |writer| std::io::Write::write_all(writer, &state))?;
        }
        Ok(Ok(()))
    }

    pub(crate) fn close(self) -> Result<(), Error> {
        Ok(self.journal.close(NO_TIME)?)
    }
}

impl fmt::Display for KeptCart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (product, count) in &self.cart {
            write!(f, "{separator}{} {product}", count.value())?;
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("nothing") } else { Ok(()) }
    }
}
