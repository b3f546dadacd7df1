//! How clients compare names that should be the same.

use super::profile::{Compares, ComparesIssuer};
use url::Url;

/// Whether a client takes `resource` for the URL that was dialled, which is given as it was written and parsed.
pub(super) fn is_same_resource(how: Compares, resource: &str, written: &str, parsed: &Url) -> bool {
    match how {
        Compares::Exactly => resource == written,
        Compares::WithParsed => resource == without_query(parsed).as_str(),
        Compares::AsUrls => Url::parse(resource).is_ok_and(|resource| resource == *parsed),
        Compares::Prefix => Url::parse(resource).is_ok_and(|resource| {
            let is_above = with_slash(parsed).starts_with(&with_slash(&resource));
            resource.origin() == parsed.origin() && resource.path().len() <= parsed.path().len() && is_above
        }),
    }
}

/// Whether a client takes `issuer` for the server that the resource named.
pub(super) fn is_same_issuer(how: ComparesIssuer, issuer: &str, named: &str) -> bool {
    match how {
        ComparesIssuer::Exactly => issuer == named,
        ComparesIssuer::SlashMayGo => issuer == named || named.strip_suffix('/') == Some(issuer),
        ComparesIssuer::RootSlash => {
            let root =
                |text: &str| Url::parse(text).is_ok_and(|url| url.path() == "/" && url.query().is_none());
            let both_are_roots = root(issuer) && root(named);
            issuer == named || both_are_roots && issuer.trim_end_matches('/') == named.trim_end_matches('/')
        }
    }
}

fn with_slash(url: &Url) -> String {
    let path = url.path();
    if path.ends_with('/') { path.to_owned() } else { format!("{path}/") }
}

fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_is_compared_as_each_client_does() {
        use Compares::{AsUrls, Exactly, Prefix, WithParsed};
        for (resource, dialled, by) in [
            ("https://h/mcp", "https://h/mcp", &[Exactly, WithParsed, AsUrls, Prefix][..]),
            ("https://h/mcp/", "https://h/mcp", &[]),
            ("https://h/mcp", "https://h/mcp/", &[Prefix]),
            ("https://h", "https://h/mcp", &[Prefix]),
            ("https://h/m", "https://h/mcp", &[]),
            ("https://h", "https://h", &[Exactly, AsUrls, Prefix]),
            ("https://h/", "https://h", &[WithParsed, AsUrls, Prefix]),
            ("https://H/mcp", "https://h/mcp", &[AsUrls, Prefix]),
            ("http://h/mcp", "https://h/mcp", &[]),
            ("https://other/mcp", "https://h/mcp", &[]),
            ("mcp", "https://h/mcp", &[]),
        ] {
            for how in [Exactly, WithParsed, AsUrls, Prefix] {
                let parsed = Url::parse(dialled).expect("a URL");
                let same = is_same_resource(how, resource, dialled, &parsed);
                assert_eq!(same, by.contains(&how), "{how:?} {resource} {dialled}");
            }
        }
    }

    #[test]
    fn an_issuer_is_compared_as_each_client_does() {
        use ComparesIssuer::{Exactly, RootSlash, SlashMayGo};
        for (issuer, named, by) in [
            ("https://as/t", "https://as/t", &[Exactly, SlashMayGo, RootSlash][..]),
            ("https://as", "https://as/", &[SlashMayGo, RootSlash]),
            ("https://as/", "https://as", &[RootSlash]),
            ("https://as/t", "https://as/t/", &[SlashMayGo]),
            ("https://as/t/", "https://as/t", &[]),
            ("https://other", "https://as", &[]),
        ] {
            for how in [Exactly, SlashMayGo, RootSlash] {
                assert_eq!(is_same_issuer(how, issuer, named), by.contains(&how), "{how:?} {issuer} {named}");
            }
        }
    }
}
