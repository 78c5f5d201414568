use std::cell::Cell;
use std::rc::Rc;

use clap::ValueEnum;
use glomers_shims::protocol::{Error, ErrorCode};
use glomers_shims::runtime::{Net, Node};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Every, Flawed};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    /// One id in a hundred is the one before again.
    Repeats,
    /// Each node counts for itself.
    CountsAlone,
    /// One request in twenty is refused.
    Refuses,
}

pub(crate) struct UniqueIds {
    net: Net,
    flaw: Flaw,
    next: Cell<u64>,
    hundredth: Every,
    twentieth: Every,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Generate,
}

impl Node for UniqueIds {
    const NAME: &'static str = "wrong-unique-ids";
    const ABOUT: &'static str = "Generates ids, most of them unique";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        let (hundredth, twentieth) = (Every::new(100), Every::new(20));
        Ok(Rc::new(Self { net, flaw: args.flaw, next: Cell::new(0), hundredth, twentieth }))
    }

    async fn handle(
        self: Rc<Self>,
        _from: Rc<str>,
        Request::Generate: Request,
    ) -> Result<Option<Value>, Error> {
        if self.flaw == Flaw::Refuses && self.twentieth.strikes() {
            return Err(Error::new(ErrorCode::TemporarilyUnavailable, "not now"));
        }
        if !(self.flaw == Flaw::Repeats && self.hundredth.strikes()) {
            self.next.set(self.next.get() + 1);
        }
        let number = self.next.get();
        let id = match self.flaw {
            Flaw::CountsAlone => json!(number),
            _ => json!([self.net.id(), number]),
        };
        Ok(Some(json!({"type": "generate_ok", "id": id})))
    }
}
