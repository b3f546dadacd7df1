//! What would the policy say? A request that nobody made, judged as if somebody had.
//!
//! The request is written as a client would write it and read as the line reads it, and the policy is the one that
//! decides in earnest. The token is made here, used here and dropped here: it proves nothing to anybody.

use super::{Policy, PolicyError};
use crate::token::AccessToken;
use http::HeaderMap;
use portcullis_mcp::{ReadError, Target};
use portcullis_oauth::{Issuer, NumericDate, Scope};
use serde_json::{Map, Value, json};

/// Who asks for what, in a trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// `iss`.
    pub issuer: Issuer,
    /// The issuer's name in the configuration.
    pub issuer_name: String,
    /// `sub`.
    pub subject: String,
    /// `client_id`.
    pub client_id: Option<String>,
    /// The tenant.
    pub tenant: Option<String>,
    /// The granted scopes.
    pub scope: Scope,
    /// Every other claim.
    pub claims: Map<String, Value>,
    /// The method.
    pub method: String,
    /// What it names.
    pub target: Option<Target>,
    /// The arguments of the call.
    pub arguments: Option<Map<String, Value>>,
}

/// There is no such request.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TrialError {
    /// It would be refused before the policy sees it.
    #[error("is no request: {}", .0.message())]
    Unreadable(ReadError),
    /// The method names nothing, or something of another kind.
    #[error("is for a method that does not name that")]
    NotNamed,
}

impl Policy {
    /// What the policy says of this request, also where it only observes.
    ///
    /// # Errors
    /// [`TrialError`]: nothing was judged.
    pub fn try_out(&self, trial: &Trial) -> Result<Result<(), PolicyError>, TrialError> {
        let body = trial.body();
        let request = portcullis_mcp::read(&HeaderMap::new(), &body).map_err(TrialError::Unreadable)?;
        let operations = request.operations();
        if !operations.iter().flat_map(|operation| operation.targets()).eq(&trial.target) {
            return Err(TrialError::NotNamed);
        }
        Ok(self.authorize(&trial.token(), operations, &body))
    }
}

impl Trial {
    fn body(&self) -> Vec<u8> {
        let mut params = match &self.target {
            Some(Target::Tool(name)) => json!({ "name": name }),
            Some(Target::Prompt(name)) if self.is_completion() => {
                json!({ "ref": { "type": "ref/prompt", "name": name } })
            }
            Some(Target::Prompt(name)) => json!({ "name": name }),
            Some(Target::Resource(uri)) if self.is_completion() => {
                json!({ "ref": { "type": "ref/resource", "uri": uri } })
            }
            Some(Target::Resource(uri)) if self.method == "subscriptions/listen" => {
                json!({ "notifications": { "resourceSubscriptions": [uri] } })
            }
            Some(Target::Resource(uri)) => json!({ "uri": uri }),
            Some(Target::Task(id)) => json!({ "taskId": id }),
            None => json!({}),
        };
        if let Some(arguments) = &self.arguments {
            params["arguments"] = Value::Object(arguments.clone());
        }
        let mut message = json!({ "jsonrpc": "2.0", "method": self.method, "params": params });
        if !self.method.starts_with("notifications/") {
            message["id"] = json!(1);
        }
        message.to_string().into_bytes()
    }

    fn is_completion(&self) -> bool {
        self.method == "completion/complete"
    }

    fn token(&self) -> AccessToken {
        let mut claims = self.claims.clone();
        claims.insert("iss".to_owned(), self.issuer.as_str().into());
        claims.insert("sub".to_owned(), self.subject.as_str().into());
        claims.insert("scope".to_owned(), self.scope.to_string().into());
        if let Some(client_id) = &self.client_id {
            claims.insert("client_id".to_owned(), client_id.as_str().into());
        }
        AccessToken {
            hash: [0; 32],
            believed_until: None,
            issuer: self.issuer.clone(),
            issuer_name: self.issuer_name.as_str().into(),
            subject: self.subject.as_str().into(),
            client_id: self.client_id.as_deref().map(Into::into),
            tenant: self.tenant.as_deref().map(Into::into),
            token_id: None,
            scope: self.scope.clone(),
            expires_at: NumericDate(u64::MAX),
            claims,
        }
    }
}
