//! [`around::Around`] as a process, for clients that are no part of this one. Takes the Server URL as it was typed into
//! the dashboard; prints one line of JSON with the addresses; ends when its standard input does.

mod around;

use std::io::Write as _;
use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let around = around::Around::start(std::env::args().nth(1)).await;
    let addresses = serde_json::json!({
        "environment": around.scalekit.url(),
        "resource": portcullis_testing::scalekit::RESOURCE,
        "upstream": around.upstream(),
    });
    writeln!(std::io::stdout(), "{addresses}")?;
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    Ok(())
}
