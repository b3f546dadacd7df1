//! The URL that clients dial, and the port of this machine that it means.

use super::ask::{Answers, Question};
use portcullis_oauth::ResourceIdentifier;

/// What the patterns that people come from use.
const PORT: u16 = 3002;

const RESOURCE: Question<'_> = Question {
    flag: "--resource",
    text: "The URL that clients dial, as it is registered at the issuer",
    remedy: "write the URL clients dial, such as https://mcp.example.com/mcp",
    default: None,
};

/// The resource identifier, if it is good and `is_fit`.
pub(super) fn resource(
    given: Option<&str>,
    answers: &mut Answers<'_>,
    is_fit: impl Fn(&ResourceIdentifier) -> Result<(), String>,
) -> Option<ResourceIdentifier> {
    answers.get(&RESOURCE, given, |text| {
        let identifier = ResourceIdentifier::parse(text).map_err(|error| error.to_string())?;
        is_fit(&identifier).map(|()| identifier)
    })
}

/// Where to listen so that it is reached: at its own port while developing, else wherever a proxy sends requests.
pub(super) fn port(identifier: &ResourceIdentifier) -> u16 {
    let url = identifier.url();
    url.port_or_known_default().filter(|_| url.scheme() == "http").unwrap_or(PORT)
}
