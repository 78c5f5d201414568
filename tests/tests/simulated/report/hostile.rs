use std::rc::Rc;

use glomers_shims::protocol::Error;
use glomers_shims::runtime::{Net, Node};
use serde::Deserialize;
use serde_json::{Value, json};

use super::tell_peers;

/// Would give itself away by the page's title.
const MARKUP: &str = "</script></title></textarea><script>document.title='pwned'</script>\
                      <img src=x onerror=\"document.title='pwned'\"><svg onload=document.title='pwned'>";

/// Says markup wherever it can.
pub(crate) struct Hostile(Net);

#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Args {}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Request {
    Echo,
}

impl Node for Hostile {
    const NAME: &'static str = "hostile";
    const ABOUT: &'static str = "Says markup wherever it can";
    type Args = Args;
    type Request = Request;
    type Response = Value;

    fn start(net: Net, _: Args) -> Result<Rc<Self>, Error> {
        Ok(Rc::new(Self(net)))
    }

    async fn handle(self: Rc<Self>, _: Rc<str>, request: Request) -> Result<Option<Value>, Error> {
        let Request::Echo = request;
        tell_peers(&self.0, &json!({"type": MARKUP, MARKUP: [MARKUP]}));
        Ok(Some(json!({"type": "echo_ok", "echo": MARKUP})))
    }
}
