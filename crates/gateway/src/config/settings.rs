//! What a process is configured to be, and the rules that span resources.

use super::problem::Problems;
use crate::{ResourceSettings, ServeLimits};
use portcullis_resource_server::Audiences;
use std::{collections::HashSet, fmt, net::SocketAddr};

/// A whole configuration, good as it stands.
#[derive(Clone)]
pub struct Config {
    /// Where to listen: `127.0.0.1:3002` unless told otherwise.
    pub listen: SocketAddr,
    /// Whether TLS ends in front of us.
    pub behind_tls_proxy: bool,
    /// Seals sessions; made up at start if absent, and then one process's.
    pub session_key: Option<[u8; 32]>,
    /// What connections may cost.
    pub limits: ServeLimits,
    /// What is protected.
    pub resources: Vec<ResourceSettings>,
    /// What is said aloud at start.
    pub notes: Vec<String>,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("listen", &self.listen)
            .field("resources", &self.resources)
            .finish_non_exhaustive()
    }
}

/// Rules that no single key breaks.
pub(super) fn check(config: &Config, problems: &mut Problems) {
    if !config.listen.ip().is_loopback() && !config.behind_tls_proxy {
        problems.add(
            "listen",
            format!(
                "{} is reachable from other machines and speaks plain http; put a TLS proxy in front and set `behind_tls_proxy = true`, or listen on 127.0.0.1",
                config.listen
            ),
        );
    }
    let mut places = HashSet::new();
    let mut audiences = HashSet::new();
    for (index, resource) in config.resources.iter().enumerate() {
        let place = |key: &str| format!("resource[{index}].{key}");
        if !places.insert((
            resource.identifier.authority(),
            resource.identifier.path().trim_end_matches('/').to_owned(),
        )) {
            problems.add(place("identifier"), "has the host and path of an earlier resource");
        }
        let ours: HashSet<String> =
            resource.issuers.iter().flat_map(|issuer| audience_texts(&issuer.audiences)).collect();
        for audience in ours {
            if !audiences.insert(audience.clone()) {
                problems.add(
                    place("issuer"),
                    format!("expects the audience {audience:?} of an earlier resource; a token for one would open the other"),
                );
            }
        }
        check_upstream(resource, &place("upstream"), problems);
    }
}

/// RS-19, RS-25.
fn check_upstream(resource: &ResourceSettings, place: &str, problems: &mut Problems) {
    let plain = resource.upstream.scheme() == "http" && !portcullis_oauth::is_loopback(&resource.upstream);
    if plain && !resource.identity.is_empty() {
        problems.add(
            place,
            "is plain http to another machine, and would carry who is calling; use https, or drop `forward`",
        );
    }
}

fn audience_texts(audiences: &Audiences) -> Vec<String> {
    match audiences {
        Audiences::Resource(resource) => vec![resource.as_str().to_owned()],
        Audiences::Exact(texts) => texts.clone(),
    }
}
