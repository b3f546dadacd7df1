//! The token to look with: the one that was given, or that of a login. Without one, what takes a token is not judged, and
//! everything else is.

use super::Check;
use crate::{
    output,
    session::{Browser, Choice, LoginFile, SignIn, Trouble, current, server_url},
};
use portcullis_check::{OtherToken, Secret};
use std::fs;

/// None, and why, where a login does not come about: what is wrong with the server is what the check is for.
pub(super) async fn token(check: &Check) -> Option<Secret> {
    if !check.login {
        return check.token.as_deref().map(Secret::new);
    }
    match login(check).await {
        Ok(token) => Some(token),
        Err(Trouble::No(why) | Trouble::Unusable(why)) => {
            output::note(&format!("no login: {why}"));
            None
        }
    }
}

/// The other tokens. What is said of one that cannot be used does not repeat it.
pub(super) fn others(check: &Check) -> Result<Vec<OtherToken>, String> {
    let read = |given: &String| {
        let unusable = |why: String| format!("--other-token: {why}");
        let text = match given.split_once("=@") {
            None => given.clone(),
            Some((what, path)) => {
                let token = fs::read_to_string(path).map_err(|error| unusable(format!("{path}: {error}")))?;
                format!("{what}={}", token.trim())
            }
        };
        OtherToken::parse(&text).map_err(|error| unusable(error.to_string()))
    };
    check.other_tokens.iter().map(read).collect()
}

/// The login that is kept, or a new one.
async fn login(check: &Check) -> Result<Secret, Trouble> {
    let server = server_url(&check.url)?;
    let file = LoginFile::of(&server)?;
    if let Some(login) = current(&file).await? {
        return Ok(Secret::new(&login.tokens.access_token));
    }
    let client = Choice { id: None, secret: None, metadata_url: None, callback_port: 0 };
    let allow_private = check.allow_private;
    let sign_in = SignIn { server: &server, client, scope: None, browser: Browser::Open, allow_private };
    Ok(Secret::new(&sign_in.run(&file).await?.tokens.access_token))
}
