//! Processes under test, each alone on the first core; the load has the other.

use anyhow::Context as _;
use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A running process; ends with this value.
pub struct Peer {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Peer {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// A role of this very program.
    pub fn role(words: &[&str]) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        Self::saying(alone(program.to_str().context("a path in UTF-8")?), words)
    }

    /// A role of this very program that is not measured: it shares the load's core.
    pub fn beside(words: &[&str]) -> anyhow::Result<Self> {
        Self::saying(Command::new(std::env::current_exe()?), words)
    }

    /// Says on standard output where it listens.
    fn saying(mut command: Command, words: &[&str]) -> anyhow::Result<Self> {
        let mut process = command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("standard output")?).read_line(&mut line)?;
        Ok(Self { address: line.trim().parse().context(line)?, process })
    }

    /// The gateway, with this configuration; `{address}` in it stands for where it listens.
    pub fn gateway(program: &str, folder: &Path, configuration: &str) -> anyhow::Result<Self> {
        let address = free_address()?;
        let file = folder.join(format!("{}.toml", address.port()));
        std::fs::write(&file, configuration.replace("{address}", &address.to_string()))?;
        let mut process = alone(program)
            .args(["serve", "--config", file.to_str().context("a path in UTF-8")?])
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut log = BufReader::new(process.stderr.take().context("standard error")?);
        let mut said = String::new();
        while !said.contains("protecting") {
            anyhow::ensure!(log.read_line(&mut said)? > 0, "the gateway did not start: {said}");
        }
        // Nobody reads on, but the pipe must not fill.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Ok(Self { process, address })
    }

    /// HAProxy with this configuration; none where there is no HAProxy.
    pub fn haproxy(folder: &Path, configuration: &str) -> anyhow::Result<Option<Self>> {
        let address = free_address()?;
        let file = folder.join("haproxy.cfg");
        std::fs::write(&file, configuration.replace("{address}", &address.to_string()))?;
        let started = alone("haproxy").args(["-db", "-f"]).arg(file).stdin(Stdio::null()).spawn();
        let Ok(process) = started else { return Ok(None) };
        let mut peer = Self { process, address };
        for _ in 0..100 {
            if std::net::TcpStream::connect(address).is_ok() {
                return Ok(Some(peer));
            }
            if peer.process.try_wait()?.is_some() {
                return Ok(None);
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        anyhow::bail!("HAProxy does not listen")
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn alone(program: &str) -> Command {
    let mut command = Command::new("taskset");
    command.args(["-c", "0", program]);
    command
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
