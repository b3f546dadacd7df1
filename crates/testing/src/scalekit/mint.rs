//! Tokens as the environment writes them; a test may spoil one before it is signed, or have a forger sign it.

use super::{
    ENVIRONMENT_CLIENT, IssuerForm, MACHINE_CLIENT, ORGANIZATION, RESOURCE, Scalekit, ScopeClaims, USER,
};
use crate::Token;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

impl Scalekit {
    /// The access token of the user, through an MCP client.
    pub fn user_token(&self, scope: &str) -> Token {
        self.user_token_for(MACHINE_CLIENT.0, scope)
    }

    /// The same through another client: a registered one, or a metadata document's URL.
    pub fn user_token_for(&self, client_id: &str, scope: &str) -> Token {
        self.for_mcp_server(scope)
            .claim("sub", USER)
            .claim("client_id", client_id)
            .claim("oid", ORGANIZATION)
            .claim("sid", "ses_100000000000000006")
            .claim("roles", json!(["admin"]))
    }

    /// The access token of a machine, which is its own subject and has no session.
    pub fn machine_token(&self, scope: &str) -> Token {
        self.for_mcp_server(scope).claim("sub", MACHINE_CLIENT.0).claim("client_id", MACHINE_CLIENT.0)
    }

    /// The token of an organization's API client, as documented: `scopes` alone, and no audience.
    pub fn organization_token(&self, scope: &str) -> Token {
        let client = "m2morg_100000000000000009";
        let scopes: Vec<&str> = scope.split_whitespace().collect();
        self.any_token()
            .claim("iss", self.issuer(IssuerForm::Environment))
            .without("aud")
            .claim("sub", client)
            .claim("client_id", client)
            .claim("oid", ORGANIZATION)
            .claim("scopes", json!(scopes))
    }

    /// The token with which an SDK calls the environment itself.
    pub fn environment_token(&self) -> Token {
        let client = ENVIRONMENT_CLIENT.0;
        let token = self.any_token().claim("iss", self.issuer(IssuerForm::Environment)).without("aud");
        token
            .claim("sub", client)
            .claim("client_id", client)
            .claim("scope", "openid")
            .claim("exp", self.clock.now().plus(ENVIRONMENT_TOKEN_TTL).0)
    }

    /// An ID token: what a client must not send to an MCP server.
    pub fn id_token(&self, client_id: &str, access_token: &str) -> Token {
        let hash = digest(&SHA256, access_token.as_bytes());
        let mut token = self
            .any_token()
            .claim("client_id", client_id)
            .claim("sub", USER)
            .claim("aud", json!([client_id]));
        for (name, value) in [
            ("azp", json!(client_id)),
            ("oid", json!(ORGANIZATION)),
            ("sid", json!("ses_100000000000000006")),
            ("amr", json!(["conn_100000000000000002"])),
            ("email", json!("user@acme.example")),
            // OpenID Connect Core §3.1.3.6: the left half.
            ("at_hash", json!(URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]))),
        ] {
            token = token.claim(name, value);
        }
        token
    }

    fn for_mcp_server(&self, scope: &str) -> Token {
        let switches = self.switches();
        let mut audience: Vec<Value> = switches.server_url.iter().map(|url| json!(url)).collect();
        audience.push(json!(RESOURCE));
        let scopes: Vec<&str> = scope.split_whitespace().collect();
        let token = self.any_token().claim("aud", audience).claim("resid", RESOURCE);
        match switches.scope_claims {
            ScopeClaims::Both => token.claim("scope", scope).claim("scopes", json!(scopes)),
            ScopeClaims::Scope => token.claim("scope", scope),
            ScopeClaims::Scopes => token.claim("scopes", json!(scopes)),
        }
    }

    /// Issuer, times, id. `typ` is `JWT`, not `at+jwt`.
    fn any_token(&self) -> Token {
        let now = self.clock.now();
        let mut state = self.state();
        let jti = state.new_id("tkn");
        let kid = state.keys.last().expect("there is always a key").0.clone();
        let switches = state.switches.clone();
        drop(state);
        Token::at(now)
            .header("kid", kid)
            .header("typ", "JWT")
            .without("scope")
            .claim("iss", self.issuer(switches.token_issuer))
            .claim("nbf", now.0)
            .claim("exp", now.plus(switches.token_ttl).0)
            .claim("jti", jti)
    }
}

/// A day less a second, as observed.
pub(super) const ENVIRONMENT_TOKEN_TTL: u64 = 86_399;
