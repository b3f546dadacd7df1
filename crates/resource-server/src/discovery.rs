//! Where an issuer's metadata says that something is (RFC 8414 §3, OpenID Connect Discovery §4).

use portcullis_fetch::{Fetch, FetchError, Trust};
use portcullis_oauth::Issuer;
use serde::Deserialize;
use url::Url;

/// A place, and the document that named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Learned {
    pub(crate) url: Url,
    pub(crate) from: Url,
}

/// The metadata does not say where.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiscoveryError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error("no metadata of the issuer could be read: {0}")]
    Metadata(String),
}

/// Of an issuer's metadata, what is needed here. The rest is for clients: a member of it that is not what it should be does not
/// keep anybody from verifying tokens.
#[derive(Deserialize)]
pub(crate) struct IssuerMetadata {
    issuer: String,
    pub(crate) jwks_uri: Option<String>,
    pub(crate) introspection_endpoint: Option<String>,
}

/// Reads the member `name`, which `pick` takes, from the issuer's metadata. It must name the very issuer that was asked for
/// (CL-03, AS-04).
pub(crate) async fn discover(
    fetch: &dyn Fetch,
    issuer: &Issuer,
    name: &str,
    pick: impl Fn(IssuerMetadata) -> Option<String>,
) -> Result<Learned, DiscoveryError> {
    let mut last = DiscoveryError::Metadata("the issuer is not a URL".into());
    for from in issuer.metadata_urls() {
        match fetch.get(from.clone(), Trust::Configured).await {
            Ok(document) => {
                let metadata = parse(&document.body, issuer)?;
                let missing = || DiscoveryError::Metadata(format!("it has no {name}"));
                let url = pick(metadata).and_then(|text| Url::parse(&text).ok()).ok_or_else(missing)?;
                return Ok(Learned { url, from });
            }
            Err(error) => last = error.into(),
        }
    }
    Err(last)
}

fn parse(document: &[u8], issuer: &Issuer) -> Result<IssuerMetadata, DiscoveryError> {
    let metadata: IssuerMetadata =
        serde_json::from_slice(document).map_err(|_| DiscoveryError::Metadata("it is not JSON".into()))?;
    if metadata.issuer == issuer.as_str() {
        Ok(metadata)
    } else {
        Err(DiscoveryError::Metadata("it names another issuer (RFC 8414 §3.3)".into()))
    }
}
