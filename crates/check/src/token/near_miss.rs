//! Why a token that should be good is refused, as far as the token itself tells: most often one character, one parameter or one
//! setting is wrong, and nobody says which.

use super::claims::{UnreadToken, UnverifiedClaims, UnverifiedToken, quoted};
use portcullis_oauth::{NumericDate, ResourceIdentifier};

/// More of a token's audiences are not told.
const TOLD: usize = 3;

/// What a good token of this server would say.
#[derive(Clone, Debug)]
pub(crate) struct Expected<'a> {
    /// What the server calls itself: the `resource` of its metadata, else the URL that clients dial.
    pub(crate) resource: &'a str,
    /// The issuers that its metadata names; none where it has no metadata.
    pub(crate) issuers: &'a [String],
    /// What time the server says it is.
    pub(crate) now: Option<NumericDate>,
}

/// Each mistake that is seen, in a sentence with its remedy, the most telling first.
pub(crate) fn near_misses(
    token: &Result<UnverifiedToken, UnreadToken>,
    expected: &Expected<'_>,
) -> Vec<String> {
    let token = match token {
        Ok(token) => token,
        Err(unread) => return vec![unreadable(*unread).to_owned()],
    };
    let claims = &token.claims;
    let found = [
        kind(claims),
        audience(claims, expected.resource),
        time(claims, expected.now),
        issuer(claims, expected.issuers),
        binding(claims),
    ];
    let mut found: Vec<String> = found.into_iter().flatten().collect();
    if found.is_empty() {
        found.extend(form(token));
    }
    found
}

fn unreadable(unread: UnreadToken) -> &'static str {
    match unread {
        UnreadToken::Opaque => {
            "The token is no JWT: a server that verifies JWTs refuses it. Some providers issue such a token where no audience \
             was asked for (Auth0: send `audience`, or set a default audience for the tenant)."
        }
        UnreadToken::Encrypted => {
            "The token is encrypted: only a server that has the key can read it. Have the provider sign it and not encrypt it."
        }
        UnreadToken::Malformed => "The token looks like a JWT and cannot be decoded: was it copied whole?",
        UnreadToken::TooLong => "The token is longer than servers take.",
    }
}

/// JW-14
fn kind(claims: &UnverifiedClaims) -> Option<String> {
    let mark = claims.id_token_mark?;
    Some(format!("The token is an ID token (it has `{mark}`): it is for the client. Send the access token."))
}

/// Whether a token says that it is for this resource (RS-09, RS-22).
pub(crate) fn is_for(claims: &UnverifiedClaims, ours: &str) -> bool {
    let identifier = ResourceIdentifier::parse(ours);
    let is_ours =
        |audience: &String| audience == ours || identifier.as_ref().is_ok_and(|it| it.matches(audience));
    claims.aud.iter().any(is_ours)
}

/// RS-09, RS-10
fn audience(claims: &UnverifiedClaims, ours: &str) -> Option<String> {
    if is_for(claims, ours) {
        return None;
    }
    if claims.aud.is_empty() {
        return Some(format!(
            "The token has no audience (`aud`). Ask for it with resource={ours} (RFC 8707)."
        ));
    }
    let near = claims.aud.iter().find_map(|theirs| Some((theirs, difference(theirs, ours)?)));
    if let Some((theirs, difference)) = near {
        let (theirs, ours) = (quoted(theirs), quoted(ours));
        return Some(format!("The token is for {theirs} and the server is {ours}: {difference}"));
    }
    let theirs: Vec<_> = claims.aud.iter().take(TOLD).map(|audience| quoted(audience)).collect();
    let theirs = theirs.join(", ");
    let of = |prefix: &str| claims.aud.iter().any(|audience| audience.starts_with(prefix));
    Some(if claims.client_id.as_ref().is_some_and(|client| claims.aud.contains(client)) {
        format!(
            "The token is for {theirs}, which is the client that asked for it: ask with resource={ours} (RFC 8707), or, where \
             the provider knows no resources, have the server accept that audience."
        )
    } else if of("res_") {
        format!(
            "The token is for {theirs}, as Scalekit calls the server: have the server accept that id as its audience, or \
             register {ours} as the resource."
        )
    } else if of("api://") {
        format!(
            "The token is for {theirs}, as Entra calls an application: have the server accept that audience, if the \
             application is this server."
        )
    } else {
        format!(
            "The token is for {theirs}, and the server is {}: ask with resource={ours} (RFC 8707).",
            quoted(ours)
        )
    })
}

/// In what two names of one server differ, and what to do about it.
fn difference(theirs: &str, ours: &str) -> Option<String> {
    if theirs.trim_end_matches('/') == ours.trim_end_matches('/') {
        return Some(format!(
            "a trailing slash. Ask for the token with resource={ours}, or have the server accept both."
        ));
    }
    let (their_scheme, their_rest) = theirs.split_once("://")?;
    let (our_scheme, our_rest) = ours.split_once("://")?;
    if their_rest == our_rest && their_scheme != our_scheme {
        return Some(
            "http and https. Behind a proxy that ends TLS, the server must be told its public URL."
                .to_owned(),
        );
    }
    if theirs.eq_ignore_ascii_case(ours) {
        return Some(format!(
            "upper and lower case, which differ in a path. Ask for the token with resource={ours}."
        ));
    }
    let host = |rest: &str| rest.split(['/', '?', '#']).next().map(str::to_ascii_lowercase);
    let (their_host, our_host) = (host(their_rest)?, host(our_rest)?);
    if their_host == our_host {
        return Some(format!(
            "another path. Ask for the token with resource={ours}, or have the server accept that audience."
        ));
    }
    let name = |host: &str| host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
    if name(&their_host) == name(&our_host) {
        return Some(format!("another port. Ask for the token with resource={ours}."));
    }
    None
}

/// JW-05, JW-21
fn time(claims: &UnverifiedClaims, now: Option<NumericDate>) -> Option<String> {
    let Some(exp) = claims.exp else {
        return Some("The token has no end (`exp`): servers that follow RFC 9068 refuse it.".to_owned());
    };
    let now = now?;
    if exp <= now {
        let ago = span(now.0 - exp.0);
        return Some(format!("The token expired {ago} ago, by the server's own clock: get a new one."));
    }
    let nbf = claims.nbf.filter(|nbf| *nbf > now)?;
    let ahead = span(nbf.0 - now.0);
    Some(format!("The token begins in {ahead} (`nbf`), by the server's own clock: do the clocks agree?"))
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        7200..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// RS-16
fn issuer(claims: &UnverifiedClaims, ours: &[String]) -> Option<String> {
    let Some(theirs) = &claims.iss else {
        return Some(
            "The token has no issuer (`iss`): nobody can tell whose key it is signed with.".to_owned(),
        );
    };
    if ours.is_empty() || ours.contains(theirs) {
        return None;
    }
    let near = ours.iter().find(|ours| ours.trim_end_matches('/') == theirs.trim_end_matches('/'));
    if let Some(ours) = near {
        let (theirs, ours) = (quoted(theirs), quoted(ours));
        return Some(format!(
            "The token's issuer is {theirs} and the server's metadata names {ours}: a trailing slash. Write the issuer into \
             the server's configuration exactly as the token has it."
        ));
    }
    let ours: Vec<_> = ours.iter().take(TOLD).map(|issuer| quoted(issuer)).collect();
    Some(format!(
        "The token was issued by {}, and the server's metadata names {}: get the token there.",
        quoted(theirs),
        ours.join(", ")
    ))
}

fn binding(claims: &UnverifiedClaims) -> Option<String> {
    let sentence =
        "The token is bound to a key (`cnf`): without a proof (DPoP) it is refused as a Bearer token.";
    claims.is_bound.then(|| sentence.to_owned())
}

/// JW-01, JW-11; told where nothing else is wrong.
fn form(token: &UnverifiedToken) -> Option<String> {
    if token.claims.is_of_development {
        return Some("The token is of `portcullis dev`: it is good there, and nowhere else.".to_owned());
    }
    let alg = token.header.alg.as_deref().unwrap_or_default();
    if alg.starts_with("HS") || alg.eq_ignore_ascii_case("none") {
        return Some(format!(
            "The token says that it is signed with {}: a server that verifies by published keys refuses it.",
            quoted(alg)
        ));
    }
    let typ = token.header.typ.as_deref().unwrap_or_default();
    let is_access_token = ["at+jwt", "application/at+jwt"].iter().any(|name| typ.eq_ignore_ascii_case(name));
    (!is_access_token).then(|| {
        format!(
            "The token's typ is {} and not \"at+jwt\": a server that is strict on RFC 9068 refuses it; if the issuer writes no \
             other, have the server accept it.",
            quoted(typ)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::UnverifiedHeader;

    const OURS: &str = "https://h.example/mcp";

    fn good() -> UnverifiedToken {
        UnverifiedToken {
            header: UnverifiedHeader { typ: Some("at+jwt".to_owned()), alg: Some("ES256".to_owned()) },
            claims: UnverifiedClaims {
                iss: Some("https://issuer.example".to_owned()),
                aud: vec![OURS.to_owned()],
                client_id: Some("client-1".to_owned()),
                exp: Some(NumericDate(2000)),
                ..UnverifiedClaims::default()
            },
        }
    }

    fn told(token: UnverifiedToken) -> String {
        let issuers = ["https://issuer.example".to_owned()];
        let expected = Expected { resource: OURS, issuers: &issuers, now: Some(NumericDate(1000)) };
        near_misses(&Ok(token), &expected).join(" ")
    }

    fn changed(change: impl FnOnce(&mut UnverifiedToken)) -> String {
        let mut token = good();
        change(&mut token);
        told(token)
    }

    #[test]
    fn of_a_good_token_nothing_is_told() {
        assert_eq!(told(good()), "");
    }

    /// RS-22
    #[test]
    fn an_audience_that_means_the_server_is_no_miss() {
        for audience in ["HTTPS://H.Example/mcp", OURS] {
            assert_eq!(changed(|token| token.claims.aud = vec!["other".into(), audience.into()]), "");
        }
    }

    /// RS-09
    #[test]
    fn an_audience_beside_the_server_is_told_with_its_remedy() {
        for (audience, expected) in [
            (
                "https://h.example/mcp/",
                "The token is for \"https://h.example/mcp/\" and the server is \"https://h.example/mcp\": a trailing slash. \
                 Ask for the token with resource=https://h.example/mcp",
            ),
            ("http://h.example/mcp", ": http and https. Behind a proxy"),
            ("https://h.example/MCP", ": upper and lower case"),
            ("https://h.example", ": another path."),
            ("https://h.example/other/mcp", ": another path."),
            ("https://h.example:8443/mcp", ": another port."),
            ("client-1", "\"client-1\", which is the client that asked for it"),
            ("res_123", "\"res_123\", as Scalekit calls the server"),
            ("api://0000", "\"api://0000\", as Entra calls an application"),
            (
                "https://elsewhere.example/mcp",
                "and the server is \"https://h.example/mcp\": ask with resource=",
            ),
        ] {
            let told = changed(|token| token.claims.aud = vec![audience.into()]);
            assert!(told.contains(expected), "{audience}: {told}");
        }
        assert!(changed(|token| token.claims.aud.clear()).starts_with("The token has no audience"));
    }

    /// JW-05, JW-21
    #[test]
    fn a_token_of_another_time_is_told_with_the_difference() {
        for (exp, nbf, expected) in [
            (Some(1000), None, "expired 0 s ago"),
            (Some(900), None, "expired 100 s ago"),
            (Some(400), None, "expired 10 min ago"),
            (None, None, "no end (`exp`)"),
            (Some(2000), Some(1090), "begins in 90 s"),
        ] {
            let told = changed(|token| {
                token.claims.exp = exp.map(NumericDate);
                token.claims.nbf = nbf.map(NumericDate);
            });
            assert!(told.contains(expected), "{told}");
        }
        assert_eq!(span(7_200), "2 h");
        assert_eq!(span(864_000), "10 days");
    }

    /// RS-16
    #[test]
    fn an_issuer_that_the_metadata_does_not_name_is_told() {
        for (iss, expected) in [
            (Some("https://issuer.example/"), "names \"https://issuer.example\": a trailing slash."),
            (Some("https://other.example"), "issued by \"https://other.example\""),
            (None, "no issuer"),
        ] {
            let told = changed(|token| token.claims.iss = iss.map(str::to_owned));
            assert!(told.contains(expected), "{told}");
        }
    }

    /// JW-01, JW-11, JW-14
    #[test]
    fn a_token_of_another_kind_is_told() {
        for (told, expected) in [
            (changed(|token| token.claims.id_token_mark = Some("nonce")), "an ID token (it has `nonce`)"),
            (changed(|token| token.claims.is_of_development = true), "`portcullis dev`"),
            (changed(|token| token.claims.is_bound = true), "bound to a key"),
            (changed(|token| token.header.typ = Some("JWT".to_owned())), "typ is \"JWT\""),
            (changed(|token| token.header.alg = Some("HS256".to_owned())), "signed with \"HS256\""),
        ] {
            assert!(told.contains(expected), "{told}");
        }
    }

    #[test]
    fn several_mistakes_are_all_told_and_the_form_only_alone() {
        let told = changed(|token| {
            token.claims.aud = vec![format!("{OURS}/")];
            token.claims.exp = Some(NumericDate(1));
            token.header.typ = None;
        });
        assert!(told.contains("slash") && told.contains("expired") && !told.contains("typ"), "{told}");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let expected = Expected { resource: OURS, issuers: &[], now: None };
        for unread in
            [UnreadToken::Opaque, UnreadToken::Encrypted, UnreadToken::Malformed, UnreadToken::TooLong]
        {
            assert_eq!(near_misses(&Err(unread), &expected).len(), 1);
        }
    }
}
