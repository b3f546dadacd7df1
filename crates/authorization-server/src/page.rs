//! The sign-in page, and what a person decides there.

use crate::{
    authorize::{AuthorizationRequest, AuthorizeError, Parameters, response_url},
    grants::{CODE_LIFETIME, Grant},
    mint::TestUser,
    server::Shared,
};
use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use std::sync::Arc;
use url::Url;

const REQUEST: &str = "authorization_request";
const CSRF: &str = "csrf";
const COOKIE: &str = "portcullis_dev_csrf";

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    problem: Option<&'a str>,
    client_name: &'a str,
    redirect_host: String,
    scopes: Vec<&'a str>,
    request: String,
    csrf: String,
    users: &'a [TestUser],
}

/// `GET /oauth/authorize`.
pub(crate) async fn show(State(server): State<Arc<Shared>>, RawQuery(query): RawQuery) -> Response {
    let request = match AuthorizationRequest::parse(query.as_deref().unwrap_or_default(), &server) {
        Ok(request) => request,
        Err(AuthorizeError::Page(problem)) => return problem_page(StatusCode::BAD_REQUEST, problem),
        Err(AuthorizeError::Redirect(url)) => return redirect(&url),
    };
    let (Some(nonce), Ok(sealed)) = (server.random(), serde_json::to_vec(&request)) else {
        return problem_page(StatusCode::INTERNAL_SERVER_ERROR, "this machine has no randomness");
    };
    let page = SignIn {
        problem: None,
        client_name: &request.client_name,
        redirect_host: shown(&request.redirect_uri),
        scopes: request.scope.iter().map(|scope| scope.as_str()).collect(),
        request: server.key.seal(REQUEST, &sealed),
        csrf: server.key.seal(CSRF, nonce.as_bytes()),
        users: &server.users,
    };
    let mut response = html(StatusCode::OK, &page);
    let cookie = format!("{COOKIE}={nonce}; HttpOnly; SameSite=Lax; Path=/oauth; Max-Age=600");
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// `POST /oauth/authorize`: only from our own page, in the browser that was shown it.
pub(crate) async fn decide(State(server): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    let Some(form) = Parameters::parse(&body) else {
        return problem_page(StatusCode::BAD_REQUEST, "a parameter occurs twice");
    };
    if !is_same_browser(&server, &headers, &form) {
        return problem_page(
            StatusCode::FORBIDDEN,
            "the form was not sent by the page that was shown; start again in your client",
        );
    }
    let sealed = server.key.open(REQUEST, form.get("request").unwrap_or_default());
    let Some(request) = sealed.and_then(|json| serde_json::from_slice::<AuthorizationRequest>(&json).ok())
    else {
        return problem_page(
            StatusCode::BAD_REQUEST,
            "the request was changed on its way; start again in your client",
        );
    };
    let answer = |answer: &[(&str, &str)]| match response_url(
        &request.redirect_uri,
        answer,
        request.state.as_deref(),
        &server.issuer,
    ) {
        Some(url) => redirect(&url),
        None => problem_page(StatusCode::BAD_REQUEST, "the redirect_uri is not a URL"),
    };
    if form.get("decision") != Some("allow") {
        return answer(&[("error", "access_denied")]);
    }
    let user = form.get("user").unwrap_or_default();
    if !server.users.iter().any(|known| known.id == user) {
        return problem_page(StatusCode::BAD_REQUEST, "nobody of that name can sign in here");
    }
    let Some(code) = server.random() else {
        return problem_page(StatusCode::INTERNAL_SERVER_ERROR, "this machine has no randomness");
    };
    let grant = Grant {
        client_id: request.client_id.clone(),
        user: user.to_owned(),
        scope: request.scope.clone(),
        resource: request.resource.clone(),
        redirect_uri: request.redirect_uri.clone(),
        code_challenge: request.code_challenge.clone(),
        expires_at: server.clock.now().plus(CODE_LIFETIME),
        family: 0,
    };
    server.grants.keep_code(code.clone(), grant);
    answer(&[("code", &code)])
}

/// The cookie and the form carry one nonce, and the page's origin, if the browser says it, is ours.
fn is_same_browser(server: &Shared, headers: &HeaderMap, form: &Parameters) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut nonces = cookies
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    let nonce = server.key.open(CSRF, form.get("csrf").unwrap_or_default());
    let is_ours = headers.get(header::ORIGIN).is_none_or(|origin| {
        let host = origin.to_str().ok().and_then(|origin| origin.strip_prefix("http://"));
        host.is_some_and(|host| server.hosts.iter().any(|ours| ours == host))
    });
    is_ours && nonce.is_some_and(|nonce| nonces.any(|cookie| cookie.as_bytes() == nonce))
}

/// What the person reads of where they go: host, or the editor's scheme (SB-20).
fn shown(redirect_uri: &str) -> String {
    let Ok(url) = Url::parse(redirect_uri) else { return String::new() };
    match (url.scheme(), url.host_str(), url.port()) {
        ("http" | "https", Some(host), Some(port)) => format!("{host}:{port}"),
        ("http" | "https", Some(host), None) => host.to_owned(),
        (scheme, _, _) => format!("the application that opens {scheme}: links"),
    }
}

pub(crate) fn problem_page(status: StatusCode, problem: &str) -> Response {
    let page = SignIn {
        problem: Some(problem),
        client_name: "",
        redirect_host: String::new(),
        scopes: Vec::new(),
        request: String::new(),
        csrf: String::new(),
        users: &[],
    };
    html(status, &page)
}

/// AS-21. `form-action` is not limited: browsers apply it to the redirect that follows, which leads to the client.
fn html(status: StatusCode, page: &SignIn<'_>) -> Response {
    let mut response = Response::new(Body::from(page.render().unwrap_or_default()));
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// 303: the browser must not send the form on (AS-20).
fn redirect(url: &Url) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::try_from(url.as_str()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
