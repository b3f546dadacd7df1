//! `/revocations`: revoke, list, take back. What changes waits for the disk on a thread of its own, and goes on if the
//! client leaves: half a change is none.

use super::{order, reply};
use crate::{
    body::GatewayBody,
    revocation::{AddError, Denylist, Entry, RemoveError},
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{task::spawn_blocking, time::timeout};
use url::form_urlencoded;

/// The largest order has two texts of a kilobyte, and may escape every byte of them.
const MAX_BODY: usize = 16 * 1024;
const BODY_TIME: Duration = Duration::from_secs(10);
/// Entries on one page, if it is not said, and at most.
const PAGE: usize = 100;
const MAX_PAGE: usize = 1000;

/// `POST /revocations`
pub(crate) async fn add(denylist: &Arc<Denylist>, request: Request<Incoming>) -> Response<GatewayBody> {
    let body = match body(request).await {
        Ok(body) => body,
        Err(answer) => return *answer,
    };
    let order = match order::parse(&body, denylist.issuers(), denylist.now()) {
        Ok(order) => order,
        Err(description) => return reply::error(StatusCode::BAD_REQUEST, "invalid_request", &description),
    };
    let list = denylist.clone();
    let Ok(added) = spawn_blocking(move || list.add(order)).await else { return broken() };
    match added {
        Ok(added) => {
            log("revoked", &added.entry);
            let status = if added.is_new { StatusCode::CREATED } else { StatusCode::OK };
            let mut answer = reply::json(status, &added.entry);
            if let Ok(location) = HeaderValue::try_from(format!("/revocations/{}", added.entry.id)) {
                answer.headers_mut().insert(header::LOCATION, location);
            }
            answer
        }
        Err(AddError::Full { most }) => {
            let description =
                format!("{most} revocations are in effect, and no more are kept; nothing was changed");
            reply::error(StatusCode::INSUFFICIENT_STORAGE, "too_many_revocations", &description)
        }
        Err(AddError::NotSaved { entry, error }) => {
            log("revoked until this process ends", &entry);
            tracing::error!(target: "portcullis::admin", id = entry.id, %error, "a revocation could not be written");
            let description = "the revocation is in effect until this process ends: it could not be written; \
                               see the log, and send it again";
            let unsaved = json!({
                "error": "not_saved", "error_description": description, "in_effect": true, "id": entry.id,
            });
            reply::json(StatusCode::SERVICE_UNAVAILABLE, &unsaved)
        }
    }
}

/// `GET /revocations?after=ID&limit=N`
pub(crate) fn list(denylist: &Denylist, query: Option<&str>) -> Response<GatewayBody> {
    let (mut after, mut limit) = (0, PAGE);
    for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let is_good = match &*name {
            "after" => value.parse().map(|id| after = id).is_ok(),
            "limit" => value.parse().is_ok_and(|number: usize| {
                limit = number;
                (1..=MAX_PAGE).contains(&number)
            }),
            _ => false,
        };
        if !is_good {
            let description = format!("a page is asked for by after, an id, and limit, 1 to {MAX_PAGE}");
            return reply::error(StatusCode::BAD_REQUEST, "invalid_request", &description);
        }
    }
    let mut entries = denylist.list(after, limit + 1);
    let has_more = entries.len() > limit;
    entries.truncate(limit);
    let mut page = json!({ "revocations": entries });
    if let Some(last) = entries.last().filter(|_| has_more) {
        page["next"] = Value::from(format!("/revocations?after={}&limit={limit}", last.id));
    }
    reply::json(StatusCode::OK, &page)
}

/// `DELETE /revocations/ID`
pub(crate) async fn remove(denylist: &Arc<Denylist>, id: &str) -> Response<GatewayBody> {
    let unknown = || reply::error(StatusCode::NOT_FOUND, "not_found", "no revocation in effect has this id");
    let Ok(id) = id.parse::<u64>() else { return unknown() };
    let list = denylist.clone();
    let Ok(removed) = spawn_blocking(move || list.remove(id)).await else { return broken() };
    match removed {
        Ok(entry) => {
            log("no longer revoked", &entry);
            reply::nothing()
        }
        Err(RemoveError::Unknown) => unknown(),
        Err(RemoveError::NotSaved(error)) => {
            tracing::error!(target: "portcullis::admin", id, %error, "a revocation could not be removed from the file");
            let description =
                "the revocation is still in effect: its removal could not be written; see the log";
            let answer = json!({ "error": "not_saved", "error_description": description, "in_effect": true, "id": id });
            reply::json(StatusCode::SERVICE_UNAVAILABLE, &answer)
        }
    }
}

/// The body, whole and small.
async fn body(request: Request<Incoming>) -> Result<Bytes, Box<Response<GatewayBody>>> {
    let refused = |status, error, description: &str| Err(Box::new(reply::error(status, error, description)));
    if !is_json(&request) {
        return refused(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "send application/json",
        );
    }
    match timeout(BODY_TIME, Limited::new(request.into_body(), MAX_BODY).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            refused(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "no order is longer than 16 KiB")
        }
        Ok(Err(_)) => refused(StatusCode::BAD_REQUEST, "invalid_request", "the order did not arrive whole"),
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "timeout", "the order did not arrive in time"),
    }
}

/// A form, which a page could send without asking, is none.
fn is_json<B>(request: &Request<B>) -> bool {
    portcullis_mcp::check_media_type(request.headers()).is_ok()
}

/// Who is meant is what an operator looks for later; a line break in it is escaped.
fn log(what: &'static str, entry: &Entry) {
    let (value, issuer) = (entry.what.value(), &entry.issuer);
    let kind = crate::revocation::What::KINDS[entry.what.kind()];
    tracing::info!(target: "portcullis::admin", id = entry.id, issuer, kind, ?value, "{what}");
}

fn broken() -> Response<GatewayBody> {
    reply::error(StatusCode::INTERNAL_SERVER_ERROR, "internal", "see the log")
}
