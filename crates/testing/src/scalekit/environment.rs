//! The environment's memory: switches, keys, clients, what was granted, and what was asked.

use super::{ENVIRONMENT_CLIENT, IssuerForm, LoggedRequest, MACHINE_CLIENT, RESOURCE, Switches};
use crate::TestKey;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use portcullis_fetch::Fetch;
use portcullis_oauth::{Clock, NumericDate};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::Notify;

/// A Scalekit environment, without the network in front of it.
pub struct Scalekit {
    url: String,
    pub(super) clock: Arc<dyn Clock>,
    /// For client id metadata documents.
    pub(super) fetch: Arc<dyn Fetch>,
    state: Mutex<State>,
    pub(super) switched: Notify,
}

pub(super) struct State {
    pub(super) switches: Switches,
    /// The last one signs.
    pub(super) keys: Vec<(String, TestKey)>,
    keys_made: usize,
    pub(super) clients: HashMap<String, Client>,
    pub(super) codes: HashMap<String, Grant>,
    pub(super) refresh_tokens: HashMap<String, Grant>,
    pub(super) requests: Vec<LoggedRequest>,
    last_id: u64,
}

/// A registered client. One without a secret is public.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    pub(super) secret: Option<String>,
    pub(super) redirect_uris: Vec<String>,
}

/// What a person has allowed a client.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) code_challenge: String,
    pub(super) scope: Vec<String>,
    pub(super) expires: NumericDate,
}

impl Scalekit {
    /// An environment that will be reached at `url`.
    pub fn new(url: &str, switches: Switches, clock: Arc<dyn Clock>, fetch: Arc<dyn Fetch>) -> Arc<Self> {
        let with_secret = |(id, secret): (&str, &str)| {
            (id.to_owned(), Client { secret: Some(secret.to_owned()), redirect_uris: Vec::new() })
        };
        let mut state = State {
            switches,
            keys: Vec::new(),
            keys_made: 0,
            clients: [ENVIRONMENT_CLIENT, MACHINE_CLIENT].map(with_secret).into(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            requests: Vec::new(),
            last_id: 100_000_000_000_000_010,
        };
        state.add_key();
        Arc::new(Self {
            url: url.to_owned(),
            clock,
            fetch,
            state: Mutex::new(state),
            switched: Notify::new(),
        })
    }

    /// The environment's URL, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// One of its two issuers.
    pub fn issuer(&self, form: IssuerForm) -> String {
        match form {
            IssuerForm::Environment => self.url.clone(),
            IssuerForm::Resource => format!("{}/resources/{RESOURCE}", self.url),
        }
    }

    /// Where its keys are.
    pub fn keys_url(&self) -> String {
        format!("{}/keys", self.url)
    }

    /// The switches as they stand.
    pub fn switches(&self) -> Switches {
        self.state().switches.clone()
    }

    /// Changes switches; whoever is held at `/keys` is answered if they say so.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut self.state().switches);
        self.switched.notify_waiters();
    }

    /// The newest key: what its tokens are signed with.
    pub fn signing_key(&self) -> TestKey {
        self.state().keys.last().expect("there is always a key").1.clone()
    }

    /// Publishes one more key, which signs from now on. Returns its id.
    pub fn add_key(&self) -> String {
        self.state().add_key()
    }

    /// Withdraws all keys and publishes a new one. Returns its id.
    pub fn replace_keys(&self) -> String {
        let mut state = self.state();
        let kid = state.add_key();
        state.keys.retain(|(candidate, _)| *candidate == kid);
        kid
    }

    /// Every request, in order.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state().requests.clone()
    }

    /// How many requests there were for `path`.
    pub fn count(&self, path: &str) -> usize {
        self.state().requests.iter().filter(|request| request.path == path).count()
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The next of all ids, so that no two things share one.
    pub(super) fn new_id(&mut self, prefix: &str) -> String {
        self.last_id += 1;
        format!("{prefix}_{}", self.last_id)
    }

    /// A text that proves something to whoever has it.
    pub(super) fn new_secret(&mut self, prefix: &str) -> String {
        let id = self.new_id(prefix);
        let secret = format!("{id}_{}", URL_SAFE_NO_PAD.encode(digest(&SHA256, id.as_bytes())));
        crate::secret(&secret);
        secret
    }

    /// Two key pairs take turns: making a third would cost every test process its time.
    fn add_key(&mut self) -> String {
        let kid = self.new_id("snk");
        let key = if self.keys_made.is_multiple_of(2) { TestKey::rsa() } else { TestKey::other_rsa() };
        self.keys_made += 1;
        self.keys.push((kid.clone(), key));
        kid
    }

    /// What is granted of what was asked for: the server's scopes, and those of OpenID Connect. Who asks for
    /// nothing gets the server's.
    pub(super) fn grantable(&self, requested: Option<&String>) -> Vec<String> {
        const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];
        let Some(requested) = requested.filter(|requested| !requested.trim().is_empty()) else {
            return self.switches.scopes.clone();
        };
        let known =
            |scope: &str| OPENID.contains(&scope) || self.switches.scopes.iter().any(|own| own == scope);
        requested.split_whitespace().filter(|scope| known(scope)).map(str::to_owned).collect()
    }
}

impl fmt::Debug for Scalekit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scalekit").field("url", &self.url).finish_non_exhaustive()
    }
}
