//! Whose tokens are good: by the flags of one of the presets, or by the answers at the terminal.

use super::ask::{Answers, Question};
use portcullis::{
    Problem, TrustedIssuer, auth0, oidc,
    parts::{is_scalekit_resource, scalekit_environment},
};

/// Whose tokens are good.
#[derive(clap::Args, Debug, Default)]
pub(super) struct IssuerFlags {
    /// Scalekit's environment, `https://acme.scalekit.com`.
    #[arg(long, value_name = "URL")]
    scalekit_environment: Option<String>,
    /// The id of the MCP server at Scalekit, `res_123`.
    #[arg(long, value_name = "ID")]
    scalekit_resource: Option<String>,
    /// The host of the tenant at Auth0, `acme.eu.auth0.com`.
    #[arg(long, value_name = "HOST")]
    auth0_domain: Option<String>,
    /// The identifier of the API at Auth0.
    #[arg(long, value_name = "API")]
    auth0_audience: Option<String>,
    /// Any other issuer of access tokens, exactly as they say `iss`.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// The audience of its tokens, if it is not the resource.
    #[arg(long)]
    audience: Option<String>,
}

/// An issuer, every value good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Issuer {
    Scalekit {
        environment: String,
        resource: String,
    },
    Auth0 {
        domain: String,
        audience: String,
    },
    Other {
        issuer: String,
        audience: Option<String>,
    },
    /// The environment variables of a guide say it when the server starts.
    Environment,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalekit,
    Auth0,
    Other,
    Environment,
}

const SCALEKIT_ENVIRONMENT: Question<'_> = Question {
    flag: "--scalekit-environment",
    text: "The environment URL of Scalekit's dashboard",
    remedy: "write the environment URL of the dashboard, such as https://acme.scalekit.com",
    default: None,
};
const SCALEKIT_RESOURCE: Question<'_> = Question {
    flag: "--scalekit-resource",
    text: "The id of the MCP server there (res_…)",
    remedy: "write the id of the MCP server there, such as res_123",
    default: None,
};
const AUTH0_DOMAIN: Question<'_> = Question {
    flag: "--auth0-domain",
    text: "The tenant's host at Auth0",
    remedy: "write the host alone, such as acme.eu.auth0.com",
    default: None,
};
const AUTH0_AUDIENCE: Question<'_> = Question {
    flag: "--auth0-audience",
    text: "The identifier of the API there",
    remedy: "write the identifier of the API at Auth0, which is the audience of its tokens",
    default: None,
};
const ISSUER: Question<'_> = Question {
    flag: "--issuer",
    text: "The issuer, exactly as its tokens say `iss`",
    remedy: "write the `iss` of its tokens exactly, such as https://login.example.com",
    default: None,
};
const AUDIENCE: Question<'_> = Question {
    flag: "--audience",
    text: "The audience of its tokens",
    remedy: "write the `aud` that means this resource, or leave it out where that is the URL clients dial",
    default: None,
};
/// Where the environment may say it, that needs no answer.
const WHOSE: Question<'_> = Question {
    flag: "--scalekit-environment, --auth0-domain or --issuer",
    text: "Whose access tokens are good? scalekit, auth0, or other",
    remedy: "give the flags of one of them",
    default: None,
};
const WHOSE_OR_ENVIRONMENT: Question<'_> = Question {
    text: "Whose access tokens are good? scalekit, auth0, other, or environment: what its variables say when it starts",
    default: Some("environment"),
    ..WHOSE
};

/// The issuer. `may_be_environment`: whether it can be left to the environment.
pub(super) fn issuer(
    flags: &IssuerFlags,
    may_be_environment: bool,
    answers: &mut Answers<'_>,
) -> Option<Issuer> {
    match kind(flags, may_be_environment, answers)? {
        Kind::Environment => Some(Issuer::Environment),
        Kind::Scalekit => {
            let given = flags.scalekit_environment.as_deref();
            let environment = answers.get(&SCALEKIT_ENVIRONMENT, given, |text| {
                scalekit_environment(text).map(|_| text.to_owned()).map_err(|problem| told(&problem))
            });
            let resource = answers.get(&SCALEKIT_RESOURCE, flags.scalekit_resource.as_deref(), |text| {
                match is_scalekit_resource(text) {
                    true => Ok(text.to_owned()),
                    false => Err("is not a resource id".to_owned()),
                }
            });
            Some(Issuer::Scalekit { environment: environment?, resource: resource? })
        }
        Kind::Auth0 => {
            let domain = answers
                .get(&AUTH0_DOMAIN, flags.auth0_domain.as_deref(), |text| checked(auth0(text, "any"), text));
            let audience =
                answers.get(&AUTH0_AUDIENCE, flags.auth0_audience.as_deref(), |text| Ok(text.to_owned()));
            Some(Issuer::Auth0 { domain: domain?, audience: audience? })
        }
        Kind::Other => {
            let issuer = answers.get(&ISSUER, flags.issuer.as_deref(), |text| checked(oidc(text), text));
            let audience = match flags.audience.as_deref() {
                Some(given) => Some(answers.get(&AUDIENCE, Some(given), |text| Ok(text.to_owned()))?),
                None => None,
            };
            Some(Issuer::Other { issuer: issuer?, audience })
        }
    }
}

fn kind(flags: &IssuerFlags, may_be_environment: bool, answers: &mut Answers<'_>) -> Option<Kind> {
    let given = [
        (Kind::Scalekit, flags.scalekit_environment.is_some() || flags.scalekit_resource.is_some()),
        (Kind::Auth0, flags.auth0_domain.is_some() || flags.auth0_audience.is_some()),
        (Kind::Other, flags.issuer.is_some() || flags.audience.is_some()),
    ];
    let given: Vec<Kind> = given.into_iter().filter_map(|(kind, is)| is.then_some(kind)).collect();
    match given.as_slice() {
        [kind] => Some(*kind),
        [] if may_be_environment && !answers.may_ask() => Some(Kind::Environment),
        [] => {
            let question = if may_be_environment { WHOSE_OR_ENVIRONMENT } else { WHOSE };
            answers.get(&question, None, |text| match text {
                "scalekit" => Ok(Kind::Scalekit),
                "auth0" => Ok(Kind::Auth0),
                "other" => Ok(Kind::Other),
                "environment" if may_be_environment => Ok(Kind::Environment),
                _ => Err("is none of them".to_owned()),
            })
        }
        _ => {
            answers.complain(&WHOSE, "the flags of several issuers are given");
            None
        }
    }
}

fn checked(issuer: TrustedIssuer, text: &str) -> Result<String, String> {
    issuer.into_settings().map(|_| text.to_owned()).map_err(|problem| told(&problem))
}

/// Without the value, which may have a password in it, and which somebody has just written.
fn told(problem: &Problem) -> String {
    format!("{}; {}", problem.message(), problem.remedy())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The issuer, what was on the screen, and what was complained of.
    fn asked(may_ask: bool, flags: &IssuerFlags, environment: bool, typed: &str) -> (Option<Issuer>, String) {
        let (mut input, mut screen) = (typed.as_bytes(), Vec::new());
        let mut answers = Answers::new(may_ask, &mut input, &mut screen);
        let issuer = issuer(flags, environment, &mut answers);
        (issuer, answers.complaint().to_string())
    }

    #[test]
    fn asks_for_what_the_chosen_issuer_needs() {
        let none = IssuerFlags::default();
        let scalekit =
            Issuer::Scalekit { environment: "https://a.scalekit.com".into(), resource: "res_1".into() };
        let auth0 = Issuer::Auth0 { domain: "acme.eu.auth0.com".into(), audience: "the api".into() };
        let other = Issuer::Other { issuer: "https://login.example.com".into(), audience: None };
        for (environment, typed, expected) in [
            (true, "\n", Issuer::Environment),
            (true, "scalekit\na.scalekit.com\nhttps://a.scalekit.com\n1\nres_1\n", scalekit),
            (false, "environment\nauth0\nhttps://acme\nacme.eu.auth0.com\nthe api\n", auth0),
            (false, "other\nlogin\nhttps://login.example.com\n", other),
        ] {
            assert_eq!(asked(true, &none, environment, typed).0, Some(expected), "{typed}");
        }
    }

    #[test]
    fn names_every_flag_that_is_missing_or_wrong() {
        let some = |text: &str| Some(text.to_owned());
        let mixed = IssuerFlags { auth0_domain: some("a"), issuer: some("https://b"), ..Default::default() };
        let half = IssuerFlags { scalekit_environment: some("acme"), ..Default::default() };
        let secret =
            IssuerFlags { issuer: some("https://u:s3cret@h"), audience: some(" "), ..Default::default() };
        for (flags, parts) in [
            (
                &IssuerFlags::default(),
                vec!["--scalekit-environment, --auth0-domain or --issuer: is missing; give"],
            ),
            (&mixed, vec!["several issuers", "give the flags of one"]),
            (
                &half,
                vec![
                    "--scalekit-environment: is not an environment URL",
                    "--scalekit-resource: is missing; write",
                ],
            ),
            (&secret, vec!["--issuer: an issuer has no query", "--audience: is empty; "]),
        ] {
            let (issuer, complaint) = asked(false, flags, false, "");
            assert_eq!(issuer, None);
            for part in parts {
                assert!(complaint.contains(part), "{part}: {complaint}");
            }
            assert!(!complaint.contains("s3cret"), "{complaint}");
        }
        assert_eq!(asked(false, &IssuerFlags::default(), true, "").0, Some(Issuer::Environment));
    }
}
