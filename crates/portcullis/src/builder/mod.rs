//! How a resource is described in code; what no default is safe for must be said before it can be built.

mod build;
mod problem;
mod rule;
mod said;

pub use problem::{BuildError, Problem};
pub use rule::IntoRule;

use crate::{
    StreamLimits,
    check::{Allowed, ClosureCheck},
    issuer::TrustedIssuer,
    reached,
};
use portcullis_fetch::Fetch;
use portcullis_oauth::{Clock, Scope};
use portcullis_resource_server::{
    AccessToken, AskedOperation, Audit, BodyLimits, ChallengeScopes, CheckLimits, ClientTokens, DefaultRule,
    DpopSettings, ExternalCheck, Observer, Policy, Rate, RateLimits, Reach, Revocations, Ruled, Sends,
};
use said::{Decider, Said};
use std::{future::Future, marker::PhantomData, sync::Arc, time::Duration};

/// Nobody's tokens are good yet: such a builder does not build.
#[derive(Debug)]
pub enum NoIssuer {}

/// Somebody's tokens are good.
#[derive(Debug)]
pub enum HasIssuer {}

/// Describes a [`ProtectedResource`](crate::ProtectedResource), step by step. Whatever is not said has a default that refuses,
/// and what is said wrongly is told by [`build`](Builder::build), all of it at once.
///
/// Without an issuer there is nothing to build:
///
/// ```compile_fail,E0599
/// portcullis::ProtectedResource::builder("https://mcp.example.com/mcp").build();
/// ```
#[must_use = "nothing is protected until it is built"]
pub struct Builder<I = NoIssuer> {
    said: Box<Said>,
    state: PhantomData<I>,
}

impl Builder {
    pub(crate) fn new(identifier: String) -> Self {
        Self { said: Box::new(Said::of(identifier)), state: PhantomData }
    }
}

/// Whose tokens.
impl<I> Builder<I> {
    /// Accepts this issuer's tokens; call it again for another one.
    pub fn issuer(mut self, issuer: impl Into<TrustedIssuer>) -> Builder<HasIssuer> {
        self.said.issuers.push(issuer.into());
        Builder { said: self.said, state: PhantomData }
    }

    /// Accepts the tokens of each of these; if there is none, it does not build.
    pub fn issuers(
        mut self,
        issuers: impl IntoIterator<Item = impl Into<TrustedIssuer>>,
    ) -> Builder<HasIssuer> {
        self.said.issuers.extend(issuers.into_iter().map(Into::into));
        Builder { said: self.said, state: PhantomData }
    }

    /// Whether tokens are bound to keys (RFC 9449); off unless said.
    pub fn dpop(mut self, dpop: DpopSettings) -> Self {
        self.said.dpop = dpop;
        self
    }

    /// Which tokens were called back; asked on every request.
    pub fn revocations(mut self, revocations: Arc<dyn Revocations>) -> Self {
        self.said.revocations = Some(revocations);
        self
    }
}

/// Who may do what.
impl<I> Builder<I> {
    /// What calling the tools named `pattern` (`*` stands for any characters) needs: `["todo:read"]`, or a whole
    /// [`Rule`](portcullis_resource_server::Rule). Once there is a rule, what no rule names is refused.
    pub fn tool(self, pattern: &str, rule: impl IntoRule) -> Self {
        self.rule(Ruled::Tools, pattern, rule)
    }

    /// The same for prompts.
    pub fn prompt(self, pattern: &str, rule: impl IntoRule) -> Self {
        self.rule(Ruled::Prompts, pattern, rule)
    }

    /// The same for resources, by URI or URI template.
    pub fn resource(self, pattern: &str, rule: impl IntoRule) -> Self {
        self.rule(Ruled::Resources, pattern, rule)
    }

    /// The same for anything.
    pub fn rule(mut self, ruled: Ruled, pattern: &str, rule: impl IntoRule) -> Self {
        let named = (ruled, pattern.to_owned());
        if self.said.ruled.contains(&named) {
            let remedy = "write one rule, with all that it needs";
            self.said.problems.push(Problem::new(
                format!("the rule for {pattern:?}"),
                "is given twice",
                remedy,
            ));
        }
        self.said.ruled.push(named);
        match rule.into_rule() {
            Ok(rule) => self.said.policy = self.said.policy.rule(ruled, pattern, rule),
            Err(error) => {
                // A rule that is written badly is no absence of rules.
                self.said.default.get_or_insert_default();
                let place = format!("the rule for {pattern:?}");
                self.said.problems.push(Problem::new(
                    place,
                    error.to_string(),
                    "write each scope for itself",
                ));
            }
        }
        self
    }

    /// Scopes that every request needs.
    pub fn require<'a>(mut self, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let scopes: Vec<&str> = scopes.into_iter().collect();
        if let Some(scope) = self.scope("require", &scopes) {
            self.said.policy = self.said.policy.require(scope);
        }
        self
    }

    /// Whoever has `broader` has `narrower` too (CH-17).
    pub fn implies<'a>(mut self, broader: &str, narrower: impl IntoIterator<Item = &'a str>) -> Self {
        let place = format!("what {broader:?} implies");
        let narrower: Vec<&str> = narrower.into_iter().collect();
        let narrower = self.scope(&place, &narrower);
        match (broader.parse(), narrower) {
            (Ok(broader), Some(narrower)) => self.said.policy = self.said.policy.implies(&broader, &narrower),
            (Err(error), _) => {
                self.said.problems.push(Problem::new(place, format!("{error}"), "write one scope"));
            }
            (Ok(_), None) => {}
        }
        self
    }

    /// What happens to what no rule names. With no rule at all this has to be said.
    pub fn otherwise(mut self, default: DefaultRule) -> Self {
        self.said.default = Some(default);
        self
    }

    /// That a valid token will do where there is no rule, which is then said in the log.
    pub(crate) fn rules_optional(mut self) -> Self {
        self.said.may_lack_rules = true;
        self
    }

    /// The whole policy, in place of what was said so far about who may do what.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.said.default = Some(policy.default_rule());
        self.said.policy = policy;
        self.said.ruled.clear();
        self
    }

    /// Which scopes a challenge asks for.
    pub fn challenge_scopes(mut self, scopes: ChallengeScopes) -> Self {
        self.said.challenge_scopes = scopes;
        self
    }

    /// A function that has the last word, once the rules have allowed: about each operation, all of which must be allowed.
    /// It has a second, in which 64 are asked at once and the others wait; who has no answer by then is not let in (503).
    /// Arguments of over 256 KiB, or that two parsers could read differently, are refused without asking. Streams and the ends of
    /// sessions are not asked about, since they ask for nothing.
    ///
    /// ```
    /// # use portcullis::{Allowed, ProtectedResource, oidc};
    /// # let builder = ProtectedResource::builder("https://mcp.example.com/mcp").issuer(oidc("https://login.example.com"));
    /// builder.check(|token, operation| async move {
    ///     match operation.method.as_str() {
    ///         "tools/call" if token.is_machine() => Allowed::no("tools are for people"),
    ///         _ => Allowed::yes(),
    ///     }
    /// });
    /// ```
    pub fn check<F, R>(self, check: F) -> Self
    where
        F: Fn(Arc<AccessToken>, AskedOperation) -> R + Send + Sync + 'static,
        R: Future<Output = Allowed> + Send + 'static,
    {
        let check = Arc::new(ClosureCheck::new(check));
        let sends = Sends { facts: Vec::new(), claims: Vec::new(), arguments: true };
        self.last_word(Decider::Own(Box::new(move |clock| {
            ExternalCheck::new(check, sends, CheckLimits::default(), clock)
        })))
    }

    /// A service that has the last word.
    pub fn external_check(self, check: ExternalCheck) -> Self {
        self.last_word(Decider::Given(check))
    }
}

/// How often, how much, how long.
impl<I> Builder<I> {
    /// What one subject may ask for in a time.
    pub fn per_subject(mut self, rate: Rate) -> Self {
        self.said.per_subject = Some(rate);
        self
    }

    /// What one client may ask for in a time, for all its users together.
    pub fn per_client(mut self, rate: Rate) -> Self {
        self.said.per_client = Some(rate);
        self
    }

    /// How often one subject may call each of the tools named `pattern`.
    pub fn per_tool(mut self, pattern: &str, rate: Rate) -> Self {
        self.said.per_tool.push((pattern.to_owned(), rate));
        self
    }

    /// Limits that are kept elsewhere, or per address ([`ClientAddress`](portcullis_resource_server::ClientAddress) says whose
    /// counts); those above are added to them.
    pub fn rates(mut self, rates: RateLimits) -> Self {
        self.said.rates = rates;
        self
    }

    /// How much of a body is read, and for how long.
    pub fn body_limits(mut self, limits: BodyLimits) -> Self {
        self.said.body = limits;
        self
    }

    /// How long answers may be.
    pub fn stream_limits(mut self, limits: StreamLimits) -> Self {
        self.said.streams = limits;
        self
    }
}

/// How it is reached, and what is published.
impl<I> Builder<I> {
    /// Also reached under this `Host`, and from now on under no other but its own.
    pub fn allow_host(self, host: &str) -> Self {
        let host = reached::host(host).map_err(|problem| problem.within("allow_host"));
        self.keep(host, |said, host| said.hosts.push(host))
    }

    /// Also called by pages of this origin, `https://app.example.com`.
    pub fn allow_origin(self, origin: &str) -> Self {
        let origin = reached::origin(origin).map_err(|problem| problem.within("allow_origin"));
        self.keep(origin, |said, origin| said.origins.push(origin))
    }

    /// Also called by every page of this machine: for development.
    pub fn allow_loopback_origins(mut self) -> Self {
        self.said.loopback_origins = true;
        self
    }

    /// The names and pages it is reached by, in place of what was said so far about them.
    pub fn reach(mut self, reach: Reach) -> Self {
        self.said.reach = Some(reach);
        self.said.hosts.clear();
        self.said.origins.clear();
        self.said.loopback_origins = false;
        self
    }

    /// A name for people.
    pub fn name(mut self, name: &str) -> Self {
        self.said.name = Some(name.to_owned());
        self
    }

    /// A page for developers.
    pub fn documentation(self, url: &str) -> Self {
        self.keep(reached::page(url), |said, url| said.documentation = Some(url))
    }

    /// What is published as `scopes_supported` in place of every scope that a rule names (G-20); never `offline_access`
    /// (CH-12).
    pub fn scopes_supported<'a>(mut self, scopes: impl IntoIterator<Item = &'a str>) -> Self {
        let scopes: Vec<&str> = scopes.into_iter().collect();
        let scope = self.scope("scopes_supported", &scopes);
        let kept =
            |scope: Scope| scope.iter().filter(|one| one.as_str() != "offline_access").cloned().collect();
        self.said.scopes_supported = scope.map(kept);
        self
    }

    /// A metadata document to publish as given, in place of a generated one: its empty members left out, and refused where
    /// clients would be misled.
    pub fn metadata(mut self, document: serde_json::Map<String, serde_json::Value>) -> Self {
        self.said.metadata = Some(document);
        self
    }

    /// Whether the metadata is also read at the root of the host, where older clients look: it is, unless said. One resource
    /// of a host only.
    pub fn metadata_at_root(mut self, at_root: bool) -> Self {
        self.said.metadata_at_root = at_root;
        self
    }

    /// The path of the URL that proofs of possession may name beside the identifier's own.
    pub fn proofs_also_at(mut self, path: Option<&str>) -> Self {
        self.said.proofs_also_at = path.map(str::to_owned);
        self
    }
}

/// What it stands on.
impl<I> Builder<I> {
    /// Seals session ids; the same for all replicas. Without one, this process makes its own, and its sessions end with it.
    pub fn session_key(mut self, key: [u8; 32]) -> Self {
        self.said.session_key = Some(key);
        self
    }

    /// How long a session may live (TL-15); a day unless said.
    pub fn session_lifetime(mut self, lifetime: Duration) -> Self {
        self.said.session_lifetime = lifetime;
        self
    }

    /// Whose sessions they are, if not those of a server in this process.
    pub fn sessions_of(mut self, upstream: &str) -> Self {
        upstream.clone_into(&mut self.said.sessions_of);
        self
    }

    /// Whether the client's own token goes on to an upstream; a service behind [`ProtectedResource::layer`](crate::ProtectedResource::layer) never gets it.
    pub fn client_tokens(mut self, tokens: ClientTokens) -> Self {
        self.said.client_tokens = tokens;
        self
    }

    /// Where decisions are written; unless said, to `tracing`, target `portcullis::audit`, as JSON.
    pub fn audit(mut self, audit: Arc<dyn Audit>) -> Self {
        self.said.audit = Some(audit);
        self
    }

    /// Who measures.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.said.observer = Some(observer);
        self
    }

    /// The way to keys and metadata, in place of the one that the feature `client` has; without that, it has to be said.
    pub fn fetch(mut self, fetch: Arc<dyn Fetch>) -> Self {
        self.said.fetch = Some(fetch);
        self
    }

    /// The time.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.said.clock = Some(clock);
        self
    }

    /// That the program says by itself, at start, what is dangerous.
    pub fn said_aloud(mut self) -> Self {
        self.said.is_said_aloud = true;
        self
    }

    /// Keeps what was said rightly; of the rest, the problem.
    fn keep<T>(mut self, said: Result<T, Problem>, keep: impl FnOnce(&mut Said, T)) -> Self {
        match said {
            Ok(value) => keep(&mut self.said, value),
            Err(problem) => self.said.problems.push(problem),
        }
        self
    }

    /// There is one last word.
    fn last_word(mut self, check: Decider) -> Self {
        if self.said.check.replace(check).is_some() {
            let remedy = "ask one function, which asks the others";
            self.said.problems.push(Problem::new("the check", "is given twice", remedy));
        }
        self
    }

    fn scope(&mut self, place: &str, texts: &[&str]) -> Option<Scope> {
        let scope = rule::scope(texts);
        if let Err(error) = &scope {
            self.said.problems.push(Problem::new(place, error.to_string(), "write each scope for itself"));
        }
        scope.ok()
    }
}
