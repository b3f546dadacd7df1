//! Metadata documents: of a protected resource (RFC 9728 §2) and of an authorization server (RFC 8414 §2).
//!
//! Members without a value are left out when printed (PRM-07, AS-05); unknown ones are ignored when parsed (PRM-08).

use serde::{Deserialize, Serialize};

/// What a protected resource says of itself (RFC 9728 §2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectedResourceMetadata {
    /// The resource identifier, exactly as clients dial it (PRM-02, PRM-09).
    pub resource: String,
    /// Issuers whose tokens are accepted here; at least one for MCP (PRM-01).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_servers: Vec<String>,
    /// Scopes a client may have to ask for (PRM-12).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// How a token may be sent: for MCP `header` alone (PRM-13).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bearer_methods_supported: Vec<String>,
    /// What a DPoP proof may be signed with (PRM-16).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// Whether every token must be bound to a key; left out where it need not be (PRM-07, PRM-16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_bound_access_tokens_required: Option<bool>,
    /// A name to show to people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_name: Option<String>,
    /// A page for developers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_documentation: Option<String>,
}

/// What an authorization server says of itself (RFC 8414 §2, RFC 9207 §3, CIMD §5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationServerMetadata {
    /// The issuer identifier, equal to the one the document was asked for (AS-04).
    pub issuer: String,
    /// Where a person signs in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// Where a code becomes a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// Where a client registers (RFC 7591).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    /// Where a resource server asks whether a token is active (RFC 7662).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_endpoint: Option<String>,
    /// Where the signing keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Scopes that may be asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes_supported: Vec<String>,
    /// `code`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types_supported: Vec<String>,
    /// Stated always, because the default includes `implicit` (AS-08).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grant_types_supported: Vec<String>,
    /// Stated always, because the default has no `none` (AS-08).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// PKCE; clients refuse a server without it (AS-07).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub code_challenge_methods_supported: Vec<String>,
    /// Whether a client id may be the URL of its metadata (AS-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id_metadata_document_supported: Option<bool>,
    /// Whether authorization responses carry `iss` (AS-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_response_iss_parameter_supported: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PRM-02, PRM-07, PRM-08
    #[test]
    fn empty_members_are_absent_and_unknown_ones_ignored() {
        let text = r#"{"resource":"https://h/mcp","authorization_servers":[],"x":1}"#;
        let parsed: ProtectedResourceMetadata = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), r#"{"resource":"https://h/mcp"}"#);
    }

    /// PRM-11: members are unescaped, then compared code point by code point.
    #[test]
    fn escapes_are_read_before_comparing() {
        let parsed: ProtectedResourceMetadata =
            serde_json::from_str(r#"{"resource":"https:\/\/h\u002fmcp"}"#).unwrap();
        assert_eq!(parsed.resource, "https://h/mcp");
    }
}
