//! The echo node on the `maelstrom-node` crate, as that crate's own example has it.

use std::sync::Arc;

use async_trait::async_trait;
use maelstrom::protocol::Message;
use maelstrom::{Node, Result, Runtime, done};

struct Echo;

#[async_trait]
impl Node for Echo {
    async fn process(&self, runtime: Runtime, request: Message) -> Result<()> {
        if request.get_type() == "echo" {
            let reply = request.body.clone().with_type("echo_ok");
            return runtime.reply(request, reply).await;
        }
        done(runtime, request)
    }
}

fn main() -> Result<()> {
    Runtime::init(async { Runtime::new().with_handler(Arc::new(Echo)).run().await })
}
