//! Which source says where to listen: `--listen`, then `PORTCULLIS_LISTEN`, then `PORT`, then the file.

use super::{Environment, Flags};
use crate::config::{
    findings::Findings,
    place::Place,
    raw::{OneOrMany, RawConfig},
};
use std::net::SocketAddr;

/// Only this machine can reach a server that nobody said more about; 3002 is what the patterns use.
pub(crate) const DEFAULT: &str = "127.0.0.1:3002";

pub(crate) fn overlay(
    raw: &mut RawConfig,
    environment: &Environment<'_>,
    flags: &Flags,
    findings: &mut Findings,
) {
    if !flags.listen.is_empty() {
        findings.places.set("listen", Place::Flag("--listen".to_owned()));
        raw.listen = Some(OneOrMany::Many(flags.listen.clone()));
    } else if let Some(text) = environment.get("PORTCULLIS_LISTEN") {
        findings.places.set("listen", Place::Environment("PORTCULLIS_LISTEN".to_owned()));
        raw.listen = Some(OneOrMany::Many(text.split(',').map(|one| one.trim().to_owned()).collect()));
    } else if let Some(port) = environment.get("PORT") {
        with_port(raw, port, findings);
    }
}

/// `PORT` sets the port of the one listener there is.
fn with_port(raw: &mut RawConfig, port: &str, findings: &mut Findings) {
    let place = Place::Environment("PORT".to_owned());
    let Ok(number) = port.parse::<u16>() else {
        findings.places.set("listen", place);
        findings.wrong("listen", port, "is not a port", "write a number from 1 to 65535, such as 3002");
        return;
    };
    let written = raw.listen.take().unwrap_or(OneOrMany::One(DEFAULT.to_owned())).list("listen");
    let [(_, one)] = &written[..] else {
        let remedy = "unset PORT, or listen on one address in the file";
        findings.problem_at(
            place,
            "listen",
            "does not say which of the addresses of `listen` it is for",
            remedy,
        );
        return;
    };
    raw.listen = Some(OneOrMany::One(match one.parse::<SocketAddr>() {
        Ok(mut address) => {
            address.set_port(number);
            findings.places.set("listen", place);
            address.to_string()
        }
        Err(_) => one.clone(),
    }));
}
