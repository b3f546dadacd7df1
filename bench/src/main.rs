//! The gateway beside what it is measured against: `bench/run`. What is measured is the CPU time of the process under test,
//! which noise touches least; everything in one run, case after case in each round, so that a slow minute slows all.

mod authorization;
mod calls;
mod case;
mod cases;
mod clients;
mod events;
mod fountain;
mod library;
mod load;
mod machine;
mod memory;
mod peers;
mod pem;
#[cfg(feature = "peers")]
mod rust_mcp;
mod servers;
mod slow;
mod streams;
mod table;
mod tools;

use anyhow::Context as _;
use calls::ISSUER;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match words[..] {
        ["upstream", form] => runtime.block_on(servers::upstream(form == "events")),
        ["tools", form] => runtime.block_on(tools::run(form == "event")),
        ["fountain"] => runtime.block_on(fountain::run()),
        ["proxy", to] => runtime.block_on(servers::proxy(to.parse()?)),
        ["compare", gateway, rounds, requests] => runtime.block_on(cases::run(
            gateway,
            rounds.parse().context("how many rounds")?,
            requests.parse().context("how many requests a round")?,
        )),
        ["library", which, keys] => runtime.block_on(library::server(which, ISSUER, keys)),
        ["protected", which, issuer, keys] => runtime.block_on(library::protected(which, issuer, keys)),
        ["library", _gateway, rounds, requests] => runtime.block_on(library::run(
            rounds.parse().context("how many rounds")?,
            requests.parse().context("how many requests a round")?,
        )),
        ["authorization", gateway, rounds, requests] => runtime.block_on(authorization::run(
            gateway,
            rounds.parse().context("how many rounds")?,
            requests.parse().context("how many requests a round")?,
        )),
        ["memory", gateway, tokens, algorithm] => {
            runtime.block_on(memory::run(gateway, tokens.parse().context("how many tokens")?, algorithm))
        }
        ["streams", gateway, streams, seconds] => runtime.block_on(streams::run(
            gateway,
            streams.parse().context("how many streams")?,
            seconds.parse().context("how many seconds")?,
        )),
        _ => anyhow::bail!("bench/run does it"),
    }
}
