//! The sign-in page: who asks, for what, and where the answer goes (AS-40, SB-06, SB-20).

use super::request::{AuthorizationRequest, RequestError};
use crate::{
    mint::TestUser, randomness::NoRandomness, redirect_uri::destination, reply::set, server::Shared,
};
use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use std::sync::Arc;

/// Where the pages' one style sheet is.
pub(crate) const STYLE: &str = "/oauth/style.css";
/// What the sealed request is sealed for.
pub(super) const REQUEST: &str = "authorization_request";
/// No `__Host-`, which browsers refuse over plain http. Not `Secure` for the same reason.
const COOKIE: &str = "portcullis_dev_browser";
const CSRF: &str = "csrf";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    client_name: &'a str,
    destination: String,
    scopes: Vec<&'a str>,
    request: String,
    csrf: String,
    users: &'a [TestUser],
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Problem<'a> {
    problem: &'a str,
}

/// `GET /oauth/authorize`.
pub(crate) async fn show(
    State(server): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let (request, client) = match AuthorizationRequest::parse(query.as_deref().unwrap_or_default(), &server) {
        Ok(good) => good,
        Err(RequestError::Page(problem)) => return problem_page(StatusCode::BAD_REQUEST, problem),
        Err(RequestError::Redirect(url)) => return redirect(&url),
    };
    let browser =
        known_browsers(&headers).next().map_or_else(|| server.random(), |known| Ok(known.to_owned()));
    let (Ok(browser), Ok(json)) = (browser, serde_json::to_vec(&request)) else {
        return problem_page(StatusCode::INTERNAL_SERVER_ERROR, &NoRandomness.to_string());
    };
    let sealed = server.key.seal().close(REQUEST, &json);
    let page = SignIn {
        client_name: &client.name,
        destination: destination(&request.redirect_uri),
        scopes: request.scope.iter().map(|scope| scope.as_str()).collect(),
        csrf: server.key.seal().mark(CSRF, &of_browser(&browser, &sealed)),
        request: sealed,
        users: &server.users,
    };
    let mut response = html(StatusCode::OK, &page);
    let cookie = format!("{COOKIE}={browser}; HttpOnly; SameSite=Lax; Path=/oauth; Max-Age=600");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether a form comes from the page that was shown in this browser, with the request that was shown on it (SB-06): the
/// mark binds the request to the browser's cookie, and the page's origin, if the browser says it, is ours. The origin
/// matters because loopback ports share their cookies.
pub(super) fn is_from_our_page(server: &Shared, headers: &HeaderMap, request: &str, csrf: &str) -> bool {
    let is_ours = headers.get_all(header::ORIGIN).iter().all(|origin| {
        let host = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        host.is_some_and(|host| server.hosts.iter().any(|ours| ours == host))
    });
    let seal = server.key.seal();
    is_ours && known_browsers(headers).any(|browser| seal.is_mark(CSRF, &of_browser(browser, request), csrf))
}

fn of_browser(browser: &str, sealed: &str) -> Vec<u8> {
    format!("{browser}\0{sealed}").into_bytes()
}

/// What browsers were given before: kept, so that two sign-ins side by side do not spoil each other.
fn known_browsers(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let values = cookies
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    values.filter(|value| URL_SAFE_NO_PAD.decode(value).is_ok_and(|bytes| bytes.len() == 32))
}

/// Tells a person; the client hears nothing (AS-17).
pub(super) fn problem_page(status: StatusCode, problem: &str) -> Response {
    html(status, &Problem { problem })
}

/// AS-21. `form-action` is not limited: browsers apply it to the redirects that follow the form, which lead to the
/// client and wherever that sends the person next. The referrer policy is not `no-referrer`, because browsers would then
/// send the form with `Origin: null`; this one, too, tells other sites nothing.
fn html(status: StatusCode, page: &impl Template) -> Response {
    let mut response = Response::new(Body::from(page.render().unwrap_or_default()));
    *response.status_mut() = status;
    set(
        response.headers_mut(),
        &[
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            (
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
            ),
            (header::X_FRAME_OPTIONS, "DENY"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
        ],
    );
    response
}

/// 303: the browser must not send the form on (AS-20).
pub(super) fn redirect(url: &str) -> Response {
    let Ok(location) = HeaderValue::try_from(url) else {
        return problem_page(StatusCode::BAD_REQUEST, "the redirect_uri is not a URL");
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, location);
    set(
        response.headers_mut(),
        &[(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")],
    );
    response
}
