//! One client's way to the sign-in page, through what was seen. It is a pure function; where something was not seen that the client
//! would ask for, it says what.

mod discovery;

use super::{
    compare::is_same_issuer,
    metadata::ServerMetadata,
    notes::notes,
    profile::{ComparesIssuer, Pkce, Profile, Way},
    registration::{scopes, way},
    report::{ClientReport, ClientStep, WalkStep},
    stop::{Reason, Stopped, quoted},
};
use crate::{
    Exchange, Seen,
    anonymous::challenge,
    exchange::{SAID, printable},
    not_asked::{LATE, not_asked},
};
use portcullis_oauth::{Challenge, ProtectedResourceMetadata};
use url::Url;

/// As many redirects as are followed, within one origin.
const MAX_REDIRECTS: usize = 3;

/// How far a client came.
pub(super) struct Walked {
    pub(super) report: ClientReport,
    /// What it would have asked for, and was not asked for yet.
    pub(super) wants: Option<Url>,
}

/// What a client has learned on its way.
#[derive(Debug, Default)]
pub(super) struct Learned {
    pub(super) challenge: Option<Challenge>,
    pub(super) resource: Option<ProtectedResourceMetadata>,
    pub(super) server: Option<ServerMetadata>,
    pub(super) way: Option<Way>,
}

/// Plays one client.
pub(super) fn walk(id: &'static str, profile: &Profile, seen: &Seen) -> Walked {
    let mut walk = Walk { profile, seen, learned: Learned::default(), steps: Vec::new() };
    let halt = walk.go().err();
    let Walk { learned, steps, .. } = walk;
    let reaches_sign_in = halt.is_none();
    let (mut stops, mut not_played, mut wants) = (None, None, None);
    match halt {
        None => {}
        Some(Halt::Stops(stopped)) => stops = Some(stopped.told(profile)),
        Some(Halt::NotAsked(url, why)) => {
            not_played = Some(format!("it looks at {} next, and {why}", quoted(url.as_str())));
        }
        Some(Halt::Wants(url)) => {
            let why = match seen.is_cut_short {
                true => LATE,
                false => "more places would have had to be asked than are",
            };
            not_played = Some(format!("it looks at {} next, and {why}", quoted(url.as_str())));
            wants = Some(url);
        }
    }
    let report = ClientReport {
        id,
        name: profile.name.clone(),
        version: profile.version.clone(),
        looked_at: profile.looked_at.clone(),
        revisions: profile.revisions.clone(),
        reaches_sign_in,
        stops,
        not_played,
        steps,
        notes: notes(profile, seen, &learned),
        redirect_uris: profile.registration.redirect_uris.clone(),
        unknown: profile.unknown.clone(),
        sources: profile.sources.clone(),
    };
    Walked { report, wants }
}

struct Walk<'a> {
    profile: &'a Profile,
    seen: &'a Seen,
    learned: Learned,
    steps: Vec<ClientStep>,
}

enum Halt<'a> {
    Stops(Box<Stopped<'a>>),
    /// What it asks for was not asked, by our own rules, and why.
    NotAsked(Url, &'static str),
    Wants(Url),
}

impl<'a> Walk<'a> {
    fn go(&mut self) -> Result<(), Halt<'a>> {
        self.call()?;
        self.learned.resource = self.resource_metadata()?;
        let server = self.server_metadata()?;
        self.issuer(&server)?;
        self.pkce(&server)?;
        self.registration(&server)?;
        self.scopes(&server);
        Ok(())
    }

    fn call(&mut self) -> Result<(), Halt<'a>> {
        let at = WalkStep::Call;
        let exchange = &self.seen.anonymous.initialize;
        self.record(at, exchange);
        if let Some(why) = not_asked(exchange) {
            return Err(Halt::NotAsked(self.seen.subject.url().clone(), why));
        }
        let reason = match (&exchange.came, exchange.status().map(|status| status.as_u16())) {
            (Err(error), _) => Reason::NoAnswer(error.clone()),
            (Ok(_), Some(status)) if self.profile.call.signs_in_at.contains(&status) => {
                self.learned.challenge = challenge(exchange);
                return Ok(());
            }
            (Ok(_), Some(status @ 200..=299)) => Reason::Open(status),
            (Ok(_), Some(status @ (301..=303 | 307 | 308))) => Reason::Moved(status),
            (Ok(_), status) => Reason::NotAsked(status.unwrap_or_default()),
        };
        Err(stops(at, reason, Some(exchange)))
    }

    fn issuer(&mut self, server: &ServerMetadata) -> Result<(), Halt<'a>> {
        let at = WalkStep::Issuer;
        let Some(how) = self.profile.authorization_server.issuer else { return Ok(()) };
        let issuer = server.text("issuer").unwrap_or_default();
        // Who was found without being named is not asked to write itself one way or the other.
        let is_found = !server.is_named && is_same_issuer(ComparesIssuer::RootSlash, issuer, &server.named);
        if is_found || is_same_issuer(how, issuer, &server.named) {
            self.judge(at, "`issuer` is who was asked");
            return Ok(());
        }
        let reason = Reason::OtherIssuer { issuer: issuer.to_owned(), named: server.named.clone() };
        Err(stops(at, reason, self.seen.got(&server.at)))
    }

    fn pkce(&mut self, server: &ServerMetadata) -> Result<(), Halt<'a>> {
        let at = WalkStep::Pkce;
        let Some(how) = self.profile.authorization_server.pkce else { return Ok(()) };
        let reason = match (server.list("code_challenge_methods_supported"), how) {
            (Some(methods), _) if methods.contains(&"S256") => {
                self.judge(at, "`code_challenge_methods_supported` has S256");
                return Ok(());
            }
            (None, Pkce::NotDenied) => {
                self.judge(
                    at,
                    "`code_challenge_methods_supported` is not there, and S256 is used all the same",
                );
                return Ok(());
            }
            (None, Pkce::Published) => Reason::PkceNotPublished,
            (Some(_), _) => Reason::PkceDenied,
        };
        Err(stops(at, reason, self.seen.got(&server.at)))
    }

    fn registration(&mut self, server: &ServerMetadata) -> Result<(), Halt<'a>> {
        let at = WalkStep::Registration;
        match way(&self.profile.registration, server) {
            Ok((way, said)) => {
                self.judge(at, &said);
                self.learned.way = Some(way);
                Ok(())
            }
            Err(said) => {
                let typed_in = self.profile.registration.typed_in.clone();
                let reason = Reason::NoRegistration { said, typed_in };
                Err(stops(at, reason, self.seen.got(&server.at)))
            }
        }
    }

    fn scopes(&mut self, server: &ServerMetadata) {
        let said = scopes(&self.profile.scopes, &self.learned, server);
        self.judge(WalkStep::Scopes, &said);
    }

    /// What came of a GET, after redirects within its origin.
    fn get(&mut self, at: WalkStep, mut url: Url) -> Result<&'a Exchange, Halt<'a>> {
        for redirects in 0.. {
            let Some(exchange) = self.seen.got(&url) else { return Err(Halt::Wants(url)) };
            self.record(at, exchange);
            if let Some(why) = not_asked(exchange) {
                self.say(why);
                return Err(Halt::NotAsked(url, why));
            }
            match redirected(exchange, &url) {
                Some(next) if redirects < MAX_REDIRECTS => {
                    self.say("leads on, within its origin");
                    url = next;
                }
                Some(_) | None => return Ok(exchange),
            }
        }
        Err(Halt::Wants(url))
    }

    fn record(&mut self, at: WalkStep, exchange: &Exchange) {
        let (sent, came) = (Some(exchange.sent.line()), Some(exchange.line()));
        self.steps.push(ClientStep { at, sent, came, said: None });
    }

    /// What the client makes of the last exchange.
    fn say(&mut self, said: &str) {
        if let Some(step) = self.steps.last_mut() {
            step.said = Some(printable(said, SAID));
        }
    }

    /// What the client makes of a document that it has.
    fn judge(&mut self, at: WalkStep, said: &str) {
        self.steps.push(ClientStep { at, sent: None, came: None, said: Some(printable(said, SAID)) });
    }
}

fn stops<'a>(at: WalkStep, reason: Reason, exchange: Option<&'a Exchange>) -> Halt<'a> {
    Halt::Stops(Box::new(Stopped { at, reason, exchange }))
}

fn redirected(exchange: &Exchange, from: &Url) -> Option<Url> {
    let status = exchange.status()?;
    let next = from.join(exchange.header("location")?).ok()?;
    (status.is_redirection() && next.origin() == from.origin()).then_some(next)
}
