//! An issuer whose tokens are accepted, as it is described: before there is a network to ask it over.

use crate::builder::Problem;
use portcullis_fetch::Fetch;
use portcullis_oauth::{Clock, Issuer, ResourceIdentifier, is_loopback};
use portcullis_resource_server::{
    self as resource_server, Algorithm, Audiences, Introspection, IntrospectionSettings, KeyLocation,
    KeySource, MAX_LEEWAY, Proof, Signature, TypRule,
};
use std::sync::Arc;
use url::Url;

/// Clocks of machines that are kept right differ by far less. In seconds.
const LEEWAY: u64 = 30;

/// Whose tokens are accepted: one of the presets ([`scalekit`](crate::scalekit), [`auth0`](crate::auth0),
/// [`oidc`](crate::oidc), [`introspection`](crate::introspection())), and what is special about yours. What is wrong with it is
/// told by [`Builder::build`](crate::Builder::build), with everything else that is wrong.
#[derive(Clone, Debug)]
#[must_use = "nobody trusts it until the builder has it"]
pub struct TrustedIssuer(Result<IssuerSettings, Problem>);

/// An issuer, every value checked.
#[derive(Clone, Debug)]
pub struct IssuerSettings {
    /// What the operator calls it. Sessions are bound to this name.
    pub name: String,
    /// Its identifiers, the `iss` of its tokens, byte for byte. More than one only while a provider migrates.
    pub issuers: Vec<Issuer>,
    /// What is published for it in `authorization_servers`.
    pub published: String,
    /// Which `aud` means the resource; `None`: the resource identifier.
    pub audiences: Option<Vec<String>>,
    /// How its tokens are proven.
    pub proof: ProofSettings,
    /// Whether `scopes` is a scope claim too.
    pub scopes_claim: bool,
    /// Which claim is the tenant.
    pub tenant_claim: Option<String>,
    /// Seconds of clock difference allowed, at most 60.
    pub leeway: u64,
}

/// How an issuer's tokens are proven.
#[derive(Clone, Debug)]
pub enum ProofSettings {
    /// They are signed.
    Signature {
        /// Where its keys are.
        keys: KeyLocation,
        /// What it may sign with.
        algorithms: Vec<Algorithm>,
        /// Which `typ` its tokens have.
        typ: TypRule,
    },
    /// It is asked (RFC 7662).
    Introspection(IntrospectionSettings),
}

impl TrustedIssuer {
    /// An issuer that signs RFC 9068 access tokens (`typ: at+jwt`) with any asymmetric algorithm, whose keys are found by its
    /// metadata, and whose `aud` is the resource identifier. Exactly as its tokens say `iss`.
    pub fn new(issuer: &str) -> Self {
        Self(parse(issuer).map(|issuer| IssuerSettings {
            name: issuer.as_str().to_owned(),
            published: issuer.as_str().to_owned(),
            proof: ProofSettings::Signature {
                keys: KeyLocation::Discover(issuer.clone()),
                algorithms: Algorithm::ALL.to_vec(),
                typ: TypRule::AccessToken,
            },
            issuers: vec![issuer],
            audiences: None,
            scopes_claim: false,
            tenant_claim: None,
            leeway: LEEWAY,
        }))
    }

    /// One whose settings are wrong, as the builder will say.
    pub(crate) fn wrong(problem: Problem) -> Self {
        Self(Err(problem))
    }

    /// The `aud` that means your resource, where it is not the resource identifier. More than one may be good.
    pub fn audience(self, audience: &str) -> Self {
        self.and(|settings| {
            if audience.trim().is_empty() {
                return Err(Problem::new("audience", "is empty", "write the `aud` that means this resource"));
            }
            settings.audiences.get_or_insert_default().push(audience.to_owned());
            Ok(())
        })
    }

    /// Tokens whose `typ` is `JWT`, or absent, for providers that never send `at+jwt`. ID tokens are still refused (JW-14).
    pub fn relaxed_typ(self) -> Self {
        self.signed("relaxed_typ", |_, _, typ| {
            *typ = TypRule::Relaxed;
            Ok(())
        })
    }

    /// Where its keys are, if its metadata does not say: https, or http on loopback.
    pub fn jwks_uri(self, url: &str) -> Self {
        self.signed("jwks_uri", |keys, _, _| {
            let secure = |url: &Url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url));
            let url = Url::parse(url).ok().filter(secure).ok_or_else(|| {
                Problem::new("jwks_uri", "is not an https URL", "write where the keys are, or leave it out")
            })?;
            *keys = KeyLocation::At(url);
            Ok(())
        })
    }

    /// What it may sign with, by JWS name: `["ES256"]`.
    pub fn algorithms<'a>(self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.signed("algorithms", |_, algorithms, _| {
            let named: Result<Vec<Algorithm>, _> = names.into_iter().map(str::parse).collect();
            match named {
                Ok(named) if !named.is_empty() => *algorithms = named,
                Ok(_) | Err(_) => {
                    let all = Algorithm::ALL.map(|algorithm| algorithm.as_str()).join(", ");
                    let text = "names none, or one that is not asymmetric or not accepted here";
                    return Err(Problem::new("algorithms", text, format!("write some of {all}")));
                }
            }
            Ok(())
        })
    }

    /// What you call it: what the audit says, and what sessions are bound to. By default its identifier.
    pub fn named(self, name: &str) -> Self {
        self.and(|settings| {
            name.clone_into(&mut settings.name);
            Ok(())
        })
    }

    /// The claim that is the tenant.
    pub fn tenant_claim(self, claim: &str) -> Self {
        self.and(|settings| {
            settings.tenant_claim = Some(claim.to_owned());
            Ok(())
        })
    }

    /// Seconds of clock difference allowed: 30 unless said, 60 at most (JW-07).
    pub fn leeway(self, seconds: u64) -> Self {
        self.and(|settings| {
            if seconds > MAX_LEEWAY {
                return Err(Problem::new(
                    "leeway",
                    format!("is over {MAX_LEEWAY} s"),
                    "set the clocks right",
                ));
            }
            settings.leeway = seconds;
            Ok(())
        })
    }

    /// Every value, checked.
    ///
    /// # Errors
    /// What is wrong.
    pub fn into_settings(self) -> Result<IssuerSettings, Problem> {
        self.0
    }

    pub(crate) fn and(self, change: impl FnOnce(&mut IssuerSettings) -> Result<(), Problem>) -> Self {
        Self(self.0.and_then(|mut settings| change(&mut settings).map(|()| settings)))
    }

    fn signed(
        self,
        what: &str,
        change: impl FnOnce(&mut KeyLocation, &mut Vec<Algorithm>, &mut TypRule) -> Result<(), Problem>,
    ) -> Self {
        self.and(|settings| match &mut settings.proof {
            ProofSettings::Signature { keys, algorithms, typ } => change(keys, algorithms, typ),
            ProofSettings::Introspection(_) => {
                let text = "is for tokens that are signed, and this issuer is asked about its tokens";
                Err(Problem::new(what, text, "leave it out"))
            }
        })
    }
}

impl From<IssuerSettings> for TrustedIssuer {
    fn from(settings: IssuerSettings) -> Self {
        Self(Ok(settings))
    }
}

impl IssuerSettings {
    /// With a way to its keys, or to its introspection endpoint.
    pub(crate) fn connect(
        self,
        resource: &ResourceIdentifier,
        fetch: &Arc<dyn Fetch>,
        clock: &Arc<dyn Clock>,
    ) -> resource_server::TrustedIssuer {
        let proof = match self.proof {
            ProofSettings::Signature { keys, algorithms, typ } => Proof::Signature(Signature {
                keys: KeySource::new(keys, algorithms.clone(), fetch.clone(), clock.clone()),
                algorithms,
                typ,
            }),
            ProofSettings::Introspection(settings) => {
                Proof::Introspection(Introspection::new(settings, fetch.clone(), clock.clone()))
            }
        };
        let audiences = match self.audiences {
            Some(list) => Audiences::Exact(list),
            None => Audiences::Resource(resource.clone()),
        };
        resource_server::TrustedIssuer {
            name: self.name,
            issuers: self.issuers,
            audiences,
            proof,
            scopes_claim: self.scopes_claim,
            tenant_claim: self.tenant_claim,
            leeway: self.leeway,
        }
    }
}

fn parse(issuer: &str) -> Result<Issuer, Problem> {
    let remedy = "write the `iss` of its tokens exactly, such as https://login.example.com";
    Issuer::parse(issuer).map_err(|error| Problem::new("issuer", error.to_string(), remedy).about(issuer))
}
