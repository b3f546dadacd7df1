//! The part of the way on which a client looks for documents: the resource's, and the authorization server's.

use super::{Halt, Walk, stops};
use crate::{
    Exchange,
    clients::{
        compare::is_same_resource,
        metadata::{Answered, Members, ServerMetadata},
        places,
        profile::{AtBadAnswer, AtMismatch, ServerPlace, Tries, Without},
        report::WalkStep,
        stop::Reason,
    },
    metadata::document,
};
use portcullis_oauth::ProtectedResourceMetadata;
use url::Url;

/// As many servers as are tried of those that a resource names.
const MAX_SERVERS: usize = 4;

impl<'a> Walk<'a> {
    /// The document that the client goes by, if there is one.
    pub(super) fn resource_metadata(&mut self) -> Result<Option<ProtectedResourceMetadata>, Halt<'a>> {
        let how = &self.profile.resource_metadata;
        let mut candidates = Vec::new();
        if let Some(named) = self.learned.challenge.as_ref().and_then(|challenge| challenge.metadata_url()) {
            if self.profile.call.follows_challenge {
                candidates.extend(Url::parse(named).ok());
                self.say("goes where the challenge points");
            } else {
                self.say("does not go where the challenge points");
            }
        }
        if candidates.is_empty() || how.looks_on {
            let usual = places::of_resource(self.seen.subject.url(), &how.places);
            candidates.extend(usual.into_iter().filter(|url| !candidates.contains(url)).collect::<Vec<_>>());
        }
        for url in candidates {
            let exchange = self.get(WalkStep::ResourceMetadata, url)?;
            let Some(document) = document(exchange) else {
                self.say("has no metadata for it");
                continue;
            };
            if self.is_this_resource(&document, exchange)? {
                return Ok(Some(document));
            }
        }
        Ok(None)
    }

    fn is_this_resource(
        &mut self,
        document: &ProtectedResourceMetadata,
        exchange: &'a Exchange,
    ) -> Result<bool, Halt<'a>> {
        let how = &self.profile.resource_metadata;
        let subject = &self.seen.subject;
        let Some(compares) = how.compares else { return Ok(true) };
        if is_same_resource(compares, &document.resource, subject.as_str(), subject.url()) {
            self.judge(WalkStep::Resource, "`resource` is the URL it dialled");
            return Ok(true);
        }
        match how.at_mismatch {
            AtMismatch::Ignores => {
                self.say("names another resource, and is ignored");
                Ok(false)
            }
            AtMismatch::Stops => {
                let reason = Reason::OtherResource {
                    named: document.resource.clone(),
                    dialled: subject.as_str().to_owned(),
                };
                Err(stops(WalkStep::Resource, reason, Some(exchange)))
            }
        }
    }

    pub(super) fn server_metadata(&mut self) -> Result<ServerMetadata, Halt<'a>> {
        let how = &self.profile.authorization_server;
        let dialled = self.seen.subject.url();
        let mut servers: Vec<String> = match &self.learned.resource {
            Some(document) => document.authorization_servers.iter().take(MAX_SERVERS).cloned().collect(),
            None => Vec::new(),
        };
        if how.tries == Tries::First {
            servers.truncate(1);
        }
        let is_named = !servers.is_empty();
        if !is_named {
            servers.push(match self.profile.resource_metadata.without {
                Without::Origin => places::origin(dialled).into(),
                Without::Url => self.seen.subject.as_str().to_owned(),
            });
        } else if how.falls_back_to_origin && !servers.iter().any(|server| is_at(dialled, server)) {
            servers.push(places::origin(dialled).into());
        }
        let mut first = None;
        for named in servers {
            let Ok(issuer) = Url::parse(&named) else { continue };
            let tried = places::of_server(&issuer, &how.places);
            first = first.or_else(|| tried.first().map(|(url, _)| url.clone()));
            for (url, is_openid) in tried {
                // Where nobody named a server, whoever answers at the root is the root's.
                let named =
                    if is_named || !is_at_root(&url) { named.clone() } else { places::origin(&url).into() };
                if let Some(members) = self.server_metadata_at(&url, is_openid)? {
                    let found = ServerMetadata { named, is_named, at: url, members };
                    self.learned.server = Some(found.clone());
                    return Ok(found);
                }
            }
        }
        let guess = how.guesses.then(|| places::origin(dialled));
        let reason = Reason::NoServerMetadata { is_named, first, guess };
        Err(stops(WalkStep::ServerMetadata, reason, None))
    }

    fn server_metadata_at(&mut self, url: &Url, is_openid: bool) -> Result<Option<Members>, Halt<'a>> {
        let at = WalkStep::ServerMetadata;
        let how = &self.profile.authorization_server;
        let exchange = self.get(at, url.clone())?;
        let mut needs = vec![how.needs.as_slice()];
        if is_openid {
            needs.push(&how.needs_of_openid);
        }
        let (reason, then) = match Answered::read(exchange, &needs) {
            Answered::With(members) => return Ok(Some(members)),
            Answered::Nothing => {
                self.say("has no metadata for it");
                return Ok(None);
            }
            Answered::NotAnObject => (Reason::NotMetadata(None), how.at_bad_document),
            Answered::Without(name) => (Reason::NotMetadata(Some(name)), how.at_bad_document),
            Answered::ServerError(status) => (Reason::ServerError(status), how.at_server_error),
        };
        match then {
            AtBadAnswer::Stops => Err(stops(at, reason, Some(exchange))),
            AtBadAnswer::LooksOn => {
                self.say("is not what it needs, and is passed over");
                Ok(None)
            }
        }
    }
}

fn is_at_root(url: &Url) -> bool {
    [ServerPlace::OauthRoot, ServerPlace::OpenidRoot]
        .iter()
        .any(|place| places::of_server(url, &[*place]).iter().any(|(root, _)| root == url))
}

fn is_at(url: &Url, server: &str) -> bool {
    Url::parse(server).is_ok_and(|server| server.origin() == url.origin())
}
