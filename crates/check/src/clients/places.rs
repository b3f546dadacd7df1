//! Where clients look for metadata: the well-known forms, in each client's order, none twice.

use super::profile::{ResourcePlace, ServerPlace};
use url::Url;

/// Where a client looks for the metadata of the resource that it dials.
pub(super) fn of_resource(url: &Url, places: &[ResourcePlace]) -> Vec<Url> {
    let path = path(url);
    let places = places.iter().map(|place| match place {
        ResourcePlace::Inserted => at(url, &format!("/.well-known/oauth-protected-resource{path}")),
        ResourcePlace::Appended => at(url, &format!("{path}/.well-known/oauth-protected-resource")),
        ResourcePlace::Root => at(url, "/.well-known/oauth-protected-resource"),
    });
    once(places)
}

/// Where a client looks for the metadata of an authorization server. OpenID Connect's is marked.
pub(super) fn of_server(issuer: &Url, places: &[ServerPlace]) -> Vec<(Url, bool)> {
    let path = path(issuer);
    let places = places.iter().map(|place| match place {
        ServerPlace::OauthInserted => {
            (at(issuer, &format!("/.well-known/oauth-authorization-server{path}")), false)
        }
        ServerPlace::OpenidInserted => {
            (at(issuer, &format!("/.well-known/openid-configuration{path}")), true)
        }
        ServerPlace::OpenidAppended => {
            (at(issuer, &format!("{path}/.well-known/openid-configuration")), true)
        }
        ServerPlace::OauthRoot => (at(issuer, "/.well-known/oauth-authorization-server"), false),
        ServerPlace::OpenidRoot => (at(issuer, "/.well-known/openid-configuration"), true),
    });
    once(places)
}

/// The whole host that a URL is on.
pub(super) fn origin(url: &Url) -> Url {
    at(url, "/")
}

fn once<T: PartialEq>(places: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for place in places {
        if !distinct.contains(&place) {
            distinct.push(place);
        }
    }
    distinct
}

fn path(url: &Url) -> &str {
    url.path().trim_end_matches('/')
}

fn at(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url.set_query(None);
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn a_host_without_path_is_asked_at_each_place_once() {
        use ResourcePlace::{Appended, Inserted, Root};
        let of = |url| of_resource(&parsed(url), &[Inserted, Appended, Root]);
        let of = |url| of(url).iter().map(|url| url.path().to_owned()).collect::<Vec<_>>();
        let root = "/.well-known/oauth-protected-resource";
        assert_eq!(
            of("https://h/mcp?x=1"),
            ["/.well-known/oauth-protected-resource/mcp", "/mcp/.well-known/oauth-protected-resource", root]
        );
        assert_eq!(of("https://h"), [root]);
    }

    /// AS-03: RFC 8414 §3.1, OpenID Connect Discovery §4.
    #[test]
    fn an_issuer_with_a_path_is_asked_at_each_form() {
        use ServerPlace::{OauthInserted, OauthRoot, OpenidAppended, OpenidInserted, OpenidRoot};
        let all = [OauthInserted, OpenidInserted, OpenidAppended, OauthRoot, OpenidRoot];
        let of = |issuer| {
            let places = of_server(&parsed(issuer), &all);
            places.iter().map(|(url, is_openid)| (url.path().to_owned(), *is_openid)).collect::<Vec<_>>()
        };
        let oauth = ("/.well-known/oauth-authorization-server".to_owned(), false);
        let openid = ("/.well-known/openid-configuration".to_owned(), true);
        assert_eq!(
            of("https://as/t/"),
            [
                ("/.well-known/oauth-authorization-server/t".to_owned(), false),
                ("/.well-known/openid-configuration/t".to_owned(), true),
                ("/t/.well-known/openid-configuration".to_owned(), true),
                oauth.clone(),
                openid.clone(),
            ]
        );
        assert_eq!(of("https://as"), [oauth, openid]);
    }
}
