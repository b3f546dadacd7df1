//! What else is asked of a server's own origin: places where clients look for metadata, whether or not any is there.

use crate::{Exchange, Sent, Subject, issuers::AuthorizationServer, mcp};
use portcullis_fetch::{Ask, Trust};

/// The answers.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Authorization server metadata, at each place of this origin where one client or another looks.
    pub probes: Vec<Exchange>,
    /// Protected resource metadata where no resource is.
    pub nobody: Exchange,
    /// `initialize`, at the same URL with a slash more at its end, or less.
    pub twin: Option<Exchange>,
}

impl Surroundings {
    pub(crate) async fn look(subject: &Subject, issuers: &[AuthorizationServer], ask: &dyn Ask) -> Self {
        let send = async |sent: Sent| sent.to(ask, Trust::Configured).await;
        // What has been asked as an issuer's is judged there.
        let is_known = |sent: &Sent| {
            issuers.iter().flat_map(|issuer| &issuer.places).any(|place| place.sent.url == sent.url)
        };
        let mut probes = Vec::new();
        for path in places(subject.url().path()) {
            let sent = Sent::get(subject.at(&path));
            if !is_known(&sent) {
                probes.push(send(sent).await);
            }
        }
        let nobody = subject.at("/.well-known/oauth-protected-resource/portcullis-check-nothing-here");
        let twin = match twin(subject.url().path()) {
            Some(path) => Some(send(mcp::initialize(subject.at(&path), mcp::LEGACY)).await),
            None => None,
        };
        Self { probes, nobody: send(Sent::get(nobody)).await, twin }
    }
}

/// At the root, and inserted and appended for the path.
fn places(path: &str) -> Vec<String> {
    const SERVER: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let path = path.trim_end_matches('/');
    let mut places = vec![SERVER.to_owned(), OPENID.to_owned()];
    if !path.is_empty() {
        places.extend([format!("{SERVER}{path}"), format!("{OPENID}{path}"), format!("{path}{OPENID}")]);
    }
    places
}

fn twin(path: &str) -> Option<String> {
    match path.strip_suffix('/') {
        Some("") => None,
        Some(without) => Some(without.to_owned()),
        None => Some(format!("{path}/")),
    }
}
