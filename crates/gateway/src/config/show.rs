//! A configuration as people read it; secrets are named, not shown.

use super::settings::Config;
use portcullis_resource_server::{Audiences, KeyLocation};
use std::fmt;

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "listen              {}", self.listen)?;
        writeln!(f, "behind a TLS proxy  {}", self.behind_tls_proxy)?;
        writeln!(
            f,
            "session key         {}",
            if self.session_key.is_some() { "set" } else { "made up at start" }
        )?;
        for resource in &self.resources {
            writeln!(f, "\nresource            {}", resource.identifier)?;
            writeln!(f, "  upstream          {}", resource.upstream)?;
            writeln!(f, "  metadata          {}", resource.identifier.metadata_url())?;
            writeln!(f, "  required scopes   {}", or_none(&resource.policy.required().to_string()))?;
            writeln!(f, "  scopes            {}", or_none(&resource.policy.every_scope().to_string()))?;
            for issuer in &resource.issuers {
                for identifier in &issuer.issuers {
                    writeln!(f, "  issuer            {identifier}")?;
                }
                let audiences = match &issuer.audiences {
                    Audiences::Resource(resource) => resource.as_str().to_owned(),
                    Audiences::Exact(texts) => texts.join(" or "),
                };
                writeln!(f, "    audience        {audiences}")?;
                match &issuer.keys {
                    KeyLocation::At(url) => writeln!(f, "    keys            {url}")?,
                    KeyLocation::Discover(_) => writeln!(f, "    keys            where its metadata says")?,
                }
                let algorithms: Vec<_> =
                    issuer.algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
                writeln!(f, "    algorithms      {}", algorithms.join(" "))?;
            }
        }
        Ok(())
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}
