//! `[admin]`: where the gateway is administered, by whom, and where revocations are kept.

use super::{findings::Findings, secret::Secrets, typed::Config};
use crate::AdminPlace;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use portcullis_oauth::AuthScheme;
use portcullis_resource_server::{BearerToken, SharedSecret};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

/// The variable that holds the token itself.
const VARIABLE: &str = "PORTCULLIS_ADMIN_TOKEN";
/// Of base64, 192 bits: nobody guesses it, however often they may try.
const MIN_CHARACTERS: usize = 32;
const REMEDY: &str = "make one with `openssl rand -base64 32`";
/// Longer than access tokens should live, and as long as some do.
const TOKEN_LIFETIME: u64 = 24 * 3600;

/// How a gateway is administered.
#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// Where: a loopback address or a Unix socket.
    pub listen: AdminPlace,
    /// Who: whoever knows this.
    pub token: SharedSecret,
    /// Where revocations outlive the process, if they do.
    pub revocations_file: Option<PathBuf>,
    /// How long a revocation lasts that does not say: as long as the longest token.
    pub token_lifetime: Duration,
}

/// `[admin]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAdmin {
    /// Where to listen: a loopback address and a port, such as `127.0.0.1:3003`, or `unix:` and the path of a socket.
    listen: Option<String>,
    /// A file with the token that administrators send: at least 32 characters. `PORTCULLIS_ADMIN_TOKEN` holds the token
    /// itself.
    token_file: Option<String>,
    /// A file that keeps revocations beyond the end of the process. If left out, they end with it.
    revocations_file: Option<String>,
    /// How long the longest access token lives: a revocation lasts as long, unless it says otherwise. 86400 (a day) if left
    /// out.
    #[schemars(range(min = 60, max = 31_622_400))]
    token_lifetime_seconds: Option<u64>,
}

/// What is configured.
pub(crate) fn find(
    raw: Option<RawAdmin>,
    secrets: &Secrets<'_>,
    findings: &mut Findings,
) -> Option<AdminConfig> {
    let raw = raw?;
    let folder = secrets.folder.unwrap_or(Path::new(""));
    let listen = place(raw.listen, folder, findings);
    let token = token(raw.token_file.as_deref(), secrets, findings);
    if raw.revocations_file.is_none() {
        findings.warn(
            "admin",
            "without revocations_file, revocations end with this process: a restart forgets them",
        );
    }
    Some(AdminConfig {
        listen: listen?,
        token: token?,
        revocations_file: raw.revocations_file.map(|file| folder.join(file)),
        token_lifetime: Duration::from_secs(raw.token_lifetime_seconds.unwrap_or(TOKEN_LIFETIME)),
    })
}

/// What depends on where the gateway itself listens.
pub(crate) fn beside(admin: &AdminConfig, config: &Config, findings: &mut Findings) {
    let AdminPlace::Loopback(address) = &admin.listen else { return };
    let is_taken = |one: &SocketAddr| {
        one.port() == address.port() && (one.ip() == address.ip() || one.ip().is_unspecified())
    };
    if address.port() != 0 && config.listen.iter().any(is_taken) {
        let remedy = "give it a port of its own";
        findings.wrong("admin.listen", &address.to_string(), "is where the gateway itself listens", remedy);
    }
}

fn place(listen: Option<String>, folder: &Path, findings: &mut Findings) -> Option<AdminPlace> {
    let path = "admin.listen";
    let Some(text) = listen else {
        findings.missing(path, "write listen = \"127.0.0.1:3003\", or \"unix:/run/portcullis/admin.sock\"");
        return None;
    };
    if let Some(socket) = text.strip_prefix("unix:") {
        if socket.is_empty() || cfg!(not(unix)) {
            findings.wrong(
                path,
                &text,
                "is no socket that can be made here",
                "write listen = \"127.0.0.1:3003\"",
            );
            return None;
        }
        return Some(AdminPlace::Socket(folder.join(socket)));
    }
    let Ok(address) = text.parse::<SocketAddr>() else {
        let remedy = "write an IP address and a port, such as \"127.0.0.1:3003\", or \"unix:\" and a path";
        findings.wrong(path, &text, "is not an address to listen on", remedy);
        return None;
    };
    if !address.ip().is_loopback() {
        let remedy = "listen on 127.0.0.1 or on a Unix socket, and let a proxy with TLS stand before it \
                      where others must reach it";
        findings.wrong(path, &text, "would offer the administration to the network, in plain http", remedy);
        return None;
    }
    Some(AdminPlace::Loopback(address))
}

/// The token of the environment, or else of the file. It is never repeated.
fn token(file: Option<&str>, secrets: &Secrets<'_>, findings: &mut Findings) -> Option<SharedSecret> {
    let path = "admin.token_file";
    let Some(text) = secrets.own(VARIABLE, file, path, REMEDY, findings) else {
        findings.missing(path, format!("set {VARIABLE}, or write token_file = \"…\"; {REMEDY}"));
        return None;
    };
    if text.chars().count() < MIN_CHARACTERS {
        findings.problem(path, format!("is shorter than {MIN_CHARACTERS} characters"), REMEDY);
        return None;
    }
    if !can_be_sent(&text) {
        findings.problem(path, "has characters that a bearer token cannot have (RFC 6750 §2.1)", REMEDY);
        return None;
    }
    Some(SharedSecret::new(&text))
}

/// Whether it arrives as it is.
fn can_be_sent(token: &str) -> bool {
    let Ok(value) = HeaderValue::try_from(format!("Bearer {token}")) else { return false };
    let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
    BearerToken::from_headers(&headers, &[AuthScheme::Bearer])
        .is_ok_and(|sent| SharedSecret::new(token).is(&sent))
}
