//! The metadata document (RFC 8414 §2), and every path at which clients look for it.

use portcullis_oauth::{AuthorizationServerMetadata, Scope};

/// RFC 8414 and OpenID Connect, at the root, and inserted and appended for the path of the MCP endpoint (AS-03, AS-39).
pub(crate) const PATHS: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/oauth-authorization-server",
    "/mcp/.well-known/openid-configuration",
];

pub(crate) const AUTHORIZE: &str = "/oauth/authorize";
pub(crate) const TOKEN: &str = "/oauth/token";
pub(crate) const REGISTER: &str = "/oauth/register";
pub(crate) const JWKS: &str = "/oauth/jwks";

/// What is granted here, said by name because the defaults are others (AS-08).
pub(crate) const GRANT_TYPES: [&str; 2] = ["authorization_code", "refresh_token"];

/// AS-02, AS-05..AS-09. The same scopes as the resource publishes: some clients read them here.
pub(crate) fn metadata(issuer: &str, scopes: &Scope) -> AuthorizationServerMetadata {
    // The issuer is published as written; an endpoint under it has one slash all the same.
    let at = |path: &str| Some(format!("{}{path}", issuer.trim_end_matches('/')));
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    AuthorizationServerMetadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: at(AUTHORIZE),
        token_endpoint: at(TOKEN),
        registration_endpoint: at(REGISTER),
        introspection_endpoint: None,
        jwks_uri: at(JWKS),
        scopes_supported: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        response_types_supported: texts(&["code"]),
        grant_types_supported: texts(&GRANT_TYPES),
        token_endpoint_auth_methods_supported: texts(&["none"]),
        code_challenge_methods_supported: texts(&["S256"]),
        client_id_metadata_document_supported: None,
        authorization_response_iss_parameter_supported: Some(true),
    }
}
