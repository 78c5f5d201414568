use std::cell::Cell;
use std::rc::Rc;

use clap::ValueEnum;
use glomers_shims::protocol::Error;
use glomers_shims::runtime::{Net, Node};
use glomers_tests::wrong::Flawed;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    /// The clock is taken for one that never goes back.
    TrustsItsClock,
    /// A life counts from where every life does.
    CountsAnew,
}

/// For unique-ids: a node's name, its life's random bits, and a time that only grows.
pub(crate) struct Ids {
    net: Net,
    flaw: Flaw,
    /// The milliseconds of the last id, and how many ids these had.
    last: Cell<(u128, u64)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Generate,
}

impl Ids {
    fn next(&self) -> (u128, u64) {
        let now = self.net.now().as_millis();
        let (last, count) = self.last.get();
        let next = match self.flaw {
            Flaw::CountsAnew => (0, count + 1),
            Flaw::TrustsItsClock if now != last => (now, 0),
            _ if now > last => (now, 0),
            _ => (last, count + 1),
        };
        self.last.set(next);
        next
    }
}

impl Node for Ids {
    const NAME: &'static str = "planted-ids";
    const ABOUT: &'static str = "Generates ids, with one thought left out";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self { net, flaw: args.flaw, last: Cell::default() }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        Request::Generate: Request,
    ) -> Result<Option<Value>, Error> {
        let (time, count) = self.next();
        let [life, _] = self.net.entropy();
        // 64 random bits as a number would not survive all JSON.
        let life = if self.flaw == Flaw::CountsAnew { String::new() } else { life.to_string() };
        let id = json!([self.net.id(), life, u64::try_from(time).unwrap_or(u64::MAX), count]);
        Ok(Some(json!({"type": "generate_ok", "id": id})))
    }
}
