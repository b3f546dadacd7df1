//! What clients would have asked for besides what was seen already: each document once, and not without end.

use super::{PROFILES, walk::walk};
use crate::{Exchange, Seen, Sent, bounded::TIME_UP};
use portcullis_fetch::Ask;
use url::Url;

/// More documents than all clients together ask an honest server for.
const MAX_VISITS: usize = 48;

/// Documents that clients ask for, with what came.
#[derive(Clone, Debug, Default)]
pub struct Visits(Vec<Exchange>);

impl Visits {
    pub(crate) fn find(&self, url: &Url) -> Option<&Exchange> {
        self.0.iter().find(|exchange| exchange.sent.url == *url)
    }
}

/// Asks for what each client wants, as long as one wants what nobody asked for yet.
pub(crate) async fn visit(seen: &mut Seen, ask: &dyn Ask) {
    for (id, profile) in PROFILES.iter() {
        while let Some(url) = walk(id, profile, seen).wants {
            if seen.visits.0.len() >= MAX_VISITS {
                return;
            }
            let trust = seen.subject.trust(&url);
            let exchange = Sent::get(url).to(ask, trust).await;
            if exchange.came == Err(TIME_UP) {
                return;
            }
            seen.visits.0.push(exchange);
        }
    }
}
