//! How a client would get its client id, and which scopes it would ask for.

use super::{
    metadata::ServerMetadata,
    profile::{Registration, Scopes, ScopesOf, Way},
    stop::quoted,
    walk::Learned,
};

/// The way a client takes, with a sentence; or why there is none.
pub(super) fn way(how: &Registration, server: &ServerMetadata) -> Result<(Way, String), String> {
    let mut closed = Vec::new();
    for way in &how.ways {
        let answer = match way {
            Way::Document => document(how, server),
            Way::Dynamic => dynamic(server),
        };
        match answer {
            Ok(said) => return Ok((*way, said)),
            Err(said) => closed.push(said),
        }
    }
    Err(format!("the authorization server {}", closed.join(", and ")))
}

fn document(how: &Registration, server: &ServerMetadata) -> Result<String, String> {
    if !server.says("client_id_metadata_document_supported") {
        return Err("does not say `client_id_metadata_document_supported`".to_owned());
    }
    let methods = server.list("token_endpoint_auth_methods_supported").unwrap_or_default();
    let needs = &how.document_needs;
    if !needs.is_empty() && !needs.iter().any(|needed| methods.contains(&needed.as_str())) {
        let needed = needs.iter().map(|needed| format!("`{needed}`")).collect::<Vec<_>>().join(" or ");
        return Err(format!(
            "supports client id metadata documents without {needed} in `token_endpoint_auth_methods_supported`"
        ));
    }
    Ok(match &how.document {
        Some(document) => format!("its client id is {document}"),
        None => "its client id is the URL of its metadata".to_owned(),
    })
}

fn dynamic(server: &ServerMetadata) -> Result<String, String> {
    match server.text("registration_endpoint") {
        Some(endpoint) => Ok(format!("would register at {}", quoted(endpoint))),
        None => Err("has no `registration_endpoint`".to_owned()),
    }
}

/// The scopes a client would ask for, in a sentence.
pub(super) fn scopes(how: &Scopes, learned: &Learned, server: &ServerMetadata) -> String {
    let named = how.from.iter().find_map(|from| {
        let (scopes, of) = match from {
            ScopesOf::Challenge => (learned.challenge.as_ref()?.scopes().to_string(), "the challenge names"),
            ScopesOf::Resource => {
                (learned.resource.as_ref()?.scopes_supported.join(" "), "the resource's metadata names")
            }
            ScopesOf::AuthorizationServer => {
                (server.list("scopes_supported")?.join(" "), "the authorization server's metadata names")
            }
        };
        (!scopes.is_empty()).then(|| format!("asks for {}, as {of} it", quoted(&scopes)))
    });
    let said = named.unwrap_or_else(|| "names no scope".to_owned());
    match &how.adds {
        Some(added) => format!("{said}, and for `{added}`"),
        None => said,
    }
}
