//! Everything that was seen of one server, and the order in which it is looked at.

use crate::{Subject, anonymous::Anonymous, metadata::Documents};
use portcullis_fetch::Ask;

/// What was seen: every request, with what came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which server.
    pub subject: Subject,
    /// Without a token.
    pub anonymous: Anonymous,
    /// What it publishes about itself.
    pub documents: Documents,
}

/// Looks at a server. `tell` hears what is being done, for whoever waits.
pub async fn look(subject: Subject, ask: &dyn Ask, tell: &mut dyn FnMut(&'static str)) -> Seen {
    tell("asking without a token");
    let anonymous = Anonymous::look(&subject, ask).await;
    tell("reading what the server publishes");
    let documents = Documents::look(&subject, &anonymous, ask).await;
    Seen { subject, anonymous, documents }
}
