//! Whose request it is, as the code behind the layer sees it.

use portcullis_oauth::Scope;
use portcullis_resource_server::{self as resource_server, Line};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Who may do what, through which client, until when: an extension of each request that passed the layer. Cloning it copies a
/// view, not a right.
#[derive(Clone)]
pub struct Permit {
    given: resource_server::Permit,
    demands: Arc<Demands>,
}

/// The verified token of a [`Permit`]: subject, client, tenant, scopes and claims. It has no string to leak.
#[derive(Clone)]
pub struct AccessToken(Permit);

/// The token lacks a scope that the code behind the layer asked for. As long as no answer has begun, the layer turns it into
/// 403 `insufficient_scope`, whatever the code answers, and the client steps up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the access token lacks a scope that this needs: {scope}")]
pub struct InsufficientScope {
    scope: String,
}

/// There is no caller: this code is reached around the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("there is no caller, because this is not behind `ProtectedResource::layer`")]
pub struct NotProtected;

/// What was found to be needed beside the rules, while the request was handled.
pub(crate) struct Demands {
    line: Arc<Line>,
    needed: Mutex<Scope>,
}

impl Permit {
    pub(crate) fn new(given: resource_server::Permit, line: Arc<Line>) -> Self {
        Self { given, demands: Arc::new(Demands { line, needed: Mutex::default() }) }
    }

    /// The verified token.
    pub fn access_token(&self) -> AccessToken {
        AccessToken(self.clone())
    }

    pub(crate) fn demands(&self) -> &Arc<Demands> {
        &self.demands
    }
}

impl AccessToken {
    /// What it was given for.
    pub fn permit(&self) -> &Permit {
        &self.0
    }

    /// Whether the caller has this scope, or one that implies it. Several, separated by spaces: all of them. None: no.
    #[must_use = "it only says; `require_scope` refuses"]
    pub fn has_scope(&self, scope: &str) -> bool {
        let has = |scope: &Scope| !scope.is_empty() && self.0.demands.line.lacking(self, scope).is_empty();
        Scope::parse(scope).is_ok_and(|scope| has(&scope))
    }

    /// Goes on only if the caller has this scope; for what the data decides rather than the name of the tool. Several,
    /// separated by spaces: all of them.
    ///
    /// # Errors
    /// [`InsufficientScope`], which becomes a challenge if it is in time: where the answer has not begun. An answer that is an
    /// event stream has, if the server says its head before the tool is done; there the client reads the error you return.
    pub fn require_scope(&self, scope: &str) -> Result<(), InsufficientScope> {
        if self.has_scope(scope) {
            return Ok(());
        }
        match Scope::parse(scope) {
            Ok(needed) if needed.is_empty() => tracing::error!(target: "portcullis", "no scope was required"),
            Ok(needed) => self.0.demands.add(&needed),
            Err(error) => tracing::error!(target: "portcullis", scope, "no caller has it: {error}"),
        }
        Err(InsufficientScope { scope: scope.to_owned() })
    }

    /// Its claims, verified, as a type of yours.
    ///
    /// # Errors
    /// They are not of that type.
    pub fn claims<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(serde_json::Value::Object((**self).claims().clone()))
    }
}

impl InsufficientScope {
    /// What was asked for.
    pub fn scope(&self) -> &str {
        &self.scope
    }
}

impl Demands {
    fn add(&self, scope: &Scope) {
        let mut needed = self.needed();
        *needed = needed.union(scope);
    }

    /// What was asked for and is lacking; nothing, if the answer may go out.
    pub(crate) fn take(&self) -> Option<Scope> {
        let needed = std::mem::take(&mut *self.needed());
        (!needed.is_empty()).then_some(needed)
    }

    fn needed(&self) -> MutexGuard<'_, Scope> {
        self.needed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Permit {
    type Target = resource_server::Permit;

    fn deref(&self) -> &resource_server::Permit {
        &self.given
    }
}

impl Deref for AccessToken {
    type Target = resource_server::AccessToken;

    fn deref(&self) -> &resource_server::AccessToken {
        self.0.given.token()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.given.fmt(f)
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
