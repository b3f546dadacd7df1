//! The metadata document (RFC 8414 §2), and every path at which clients look for it.

use portcullis_oauth::{AuthorizationServerMetadata, Scope};

/// RFC 8414 and OpenID Connect, at the root, and inserted and appended for the path of the MCP endpoint.
pub(crate) const PATHS: [&str; 6] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration/mcp",
    "/mcp/.well-known/oauth-authorization-server",
    "/mcp/.well-known/openid-configuration",
];

/// AS-02, AS-06..AS-09.
pub(crate) fn metadata(issuer: &str, scopes: &Scope) -> AuthorizationServerMetadata {
    let at = |path: &str| Some(format!("{issuer}{path}"));
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    AuthorizationServerMetadata {
        issuer: issuer.to_owned(),
        authorization_endpoint: at("/oauth/authorize"),
        token_endpoint: at("/oauth/token"),
        registration_endpoint: at("/oauth/register"),
        jwks_uri: at("/oauth/jwks"),
        scopes_supported: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        response_types_supported: texts(&["code"]),
        grant_types_supported: texts(&["authorization_code", "refresh_token"]),
        token_endpoint_auth_methods_supported: texts(&["none"]),
        code_challenge_methods_supported: texts(&["S256"]),
        client_id_metadata_document_supported: None,
        authorization_response_iss_parameter_supported: Some(true),
    }
}
