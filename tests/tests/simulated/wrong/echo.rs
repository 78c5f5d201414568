use std::rc::Rc;
use std::time::Duration;

use clap::ValueEnum;
use glomers_shims::protocol::Error;
use glomers_shims::runtime::{Net, Node};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Every, Flawed};

/// Every fifth answer is not as it should be; `Silent` and `HalfSilent` tell for themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Flaw {
    None,
    Silent,
    HalfSilent,
    Alters,
    ExtraKey,
    MissingKey,
    OtherKey,
    NullMsgId,
    OtherType,
    NoType,
    ErrorWithoutCode,
    /// The client has gone by then.
    AnswersLate,
    /// A message to nobody besides the answer.
    CallsNobody,
}

pub(crate) struct Echo {
    net: Net,
    flaw: Flaw,
    fifth: Every,
    second: Every,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Echo { echo: Value },
}

impl Node for Echo {
    const NAME: &'static str = "wrong-echo";
    const ABOUT: &'static str = "Answers echo requests, more or less";
    type Args = Flawed<Flaw>;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, args: Self::Args) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self { net, flaw: args.flaw, fifth: Every::new(5), second: Every::new(2) }))
    }

    async fn handle(
        self: Rc<Self>,
        from: Rc<str>,
        Request::Echo { echo }: Request,
    ) -> Result<Option<Value>, Error> {
        let right = json!({"type": "echo_ok", "echo": echo});
        match self.flaw {
            Flaw::Silent => return Ok(None),
            Flaw::HalfSilent if self.second.strikes() => return Ok(None),
            Flaw::None | Flaw::HalfSilent => return Ok(Some(right)),
            _ if !self.fifth.strikes() => return Ok(Some(right)),
            _ => {}
        }
        Ok(Some(match self.flaw {
            Flaw::None | Flaw::Silent | Flaw::HalfSilent => right,
            Flaw::Alters => json!({"type": "echo_ok", "echo": format!("{echo}!")}),
            Flaw::ExtraKey => json!({"type": "echo_ok", "echo": echo, "polite": true}),
            Flaw::MissingKey => json!({"type": "echo_ok"}),
            Flaw::OtherKey => json!({"type": "echo_ok", "value": echo}),
            Flaw::NullMsgId => json!({"type": "echo_ok", "echo": echo, "msg_id": null}),
            Flaw::OtherType => json!({"type": "echo_okay", "echo": echo}),
            Flaw::NoType => json!({ "echo": echo }),
            Flaw::ErrorWithoutCode => json!({"type": "error", "text": "no"}),
            Flaw::AnswersLate => {
                let net = self.net.clone();
                self.net.spawn(async move {
                    sleep(Duration::from_secs(6)).await;
                    net.send(&from, &right);
                });
                return Ok(None);
            }
            Flaw::CallsNobody => {
                self.net.send("n99", &json!({"type": "hello"}));
                right
            }
        }))
    }
}
