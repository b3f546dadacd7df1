//! The token that a call is made with, and what is done when the server refuses it: a refresh, or another sign-in for more
//! scopes. Each happens a bounded number of times.

use crate::{
    client::Failure,
    output,
    session::{Browser, Choice, Login, LoginFile, Registration, SignIn, Trouble, current, renewed},
    text::{line, shell},
};
use portcullis_oauth::Scope;
use std::io::{self, IsTerminal as _};
use url::Url;

/// CL-07: "a few times".
const MOST_SIGN_INS: u32 = 3;

/// Whose token it is.
pub(super) struct Holder<'a> {
    server: &'a Url,
    given: Option<&'a str>,
    /// Who signs somebody in, if anybody is there to do it.
    browser: Option<Browser>,
    /// Where the login is; nobody looks for one where a token was given.
    file: Option<LoginFile>,
    login: Option<Login>,
    is_loaded: bool,
    was_renewed: bool,
    sign_ins: u32,
}

impl<'a> Holder<'a> {
    pub(super) fn new(server: &'a Url, given: Option<&'a str>, no_browser: bool) -> Result<Self, Trouble> {
        let is_watched = io::stdin().is_terminal() && io::stderr().is_terminal();
        let browser = match (no_browser, is_watched) {
            (true, _) => Some(Browser::Elsewhere),
            (false, true) => Some(Browser::Open),
            (false, false) => None,
        };
        let file = given.is_none().then(|| LoginFile::of(server)).transpose()?;
        let (login, is_loaded) = (None, false);
        Ok(Self { server, given, browser, file, login, is_loaded, was_renewed: false, sign_ins: 0 })
    }

    /// The token, if there is one. A server may ask for none.
    pub(super) async fn token(&mut self) -> Result<Option<&str>, Trouble> {
        if let Some(file) = self.file.as_ref().filter(|_| !self.is_loaded) {
            self.login = current(file).await?;
            self.is_loaded = true;
        }
        Ok(self.given.or(self.login.as_ref().map(|login| login.tokens.access_token.as_str())))
    }

    /// Makes the next attempt better than the last one, or says what is to be done.
    pub(super) async fn answer(&mut self, failure: Failure) -> Result<(), Trouble> {
        let server = self.server;
        match failure {
            Failure::SignIn(_) => self.renew().await,
            Failure::Scopes(needed) => self.step_up(&needed).await,
            Failure::Said(why) => Err(Trouble::No(format!("{server} says no: {why}"))),
            Failure::Unreachable(why) => Err(Trouble::Unusable(format!("{server} cannot be reached: {why}"))),
        }
    }

    async fn renew(&mut self) -> Result<(), Trouble> {
        let (server, word) = (self.server, shell(self.server.as_str()));
        let Some(file) = &self.file else {
            return Err(Trouble::No(format!(
                "{server} does not take this token; `portcullis check {word} --token …` says why, and \
                 `portcullis login {word}` gets another one"
            )));
        };
        let Some(login) = &self.login else {
            return Err(Trouble::No(format!(
                "{server} asks for a login, and none is kept for it; sign in first: portcullis login {word}"
            )));
        };
        if self.was_renewed || login.tokens.refresh_token.is_none() {
            return Err(Trouble::No(format!(
                "{server} does not take the login's token any more; sign in again: portcullis login {word}"
            )));
        }
        self.was_renewed = true;
        self.login = renewed(file, &login.tokens.access_token).await?;
        Ok(())
    }

    async fn step_up(&mut self, needed: &Scope) -> Result<(), Trouble> {
        let server = self.server;
        let Some((login, file)) = self.login.as_ref().zip(self.file.as_ref()) else {
            return Err(Trouble::No(format!(
                "{server} asks for a token with {}; get one: portcullis login {} --scope {} --print-token",
                named(needed),
                shell(server.as_str()),
                shell(&needed.to_string())
            )));
        };
        let missing = needed.missing_from(&login.scope);
        let wanted = login.scope.union(needed);
        let why = format!("{server} asks for {}, which this login does not have", named(&missing));
        let command = command(server, login, &wanted);
        let Some(browser) = self.browser.filter(|_| !missing.is_empty()) else {
            return Err(Trouble::No(format!("{why}; sign in for it: {command}")));
        };
        if self.sign_ins == MOST_SIGN_INS {
            return Err(Trouble::No(format!("{why}, after {MOST_SIGN_INS} sign-ins")));
        }
        self.sign_ins += 1;
        output::note(&format!("{why}. Somebody has to sign in for it."));
        let sign_in = SignIn {
            server,
            client: Choice::again(&login.client),
            scope: Some(wanted),
            browser,
            allow_private: login.allow_private,
        };
        let login = sign_in.run(file).await?;
        let missing = needed.missing_from(&login.scope);
        if !missing.is_empty() {
            return Err(Trouble::No(format!(
                "{server} asks for {}, which was not granted: whoever signs in has to allow it, and the authorization server to \
                 give it",
                named(&missing)
            )));
        }
        self.login = Some(login);
        Ok(())
    }
}

fn named(scopes: &Scope) -> String {
    match scopes.iter().count() {
        0 => "more scopes, without naming them".to_owned(),
        1 => format!("the scope {}", line(&scopes.to_string(), 200)),
        _ => format!("the scopes {}", line(&scopes.to_string(), 1000)),
    }
}

/// The command that signs in as before, for more.
fn command(server: &Url, login: &Login, scope: &Scope) -> String {
    let mut command =
        format!("portcullis login {} --scope {}", shell(server.as_str()), shell(&scope.to_string()));
    let client = &login.client;
    match client.registration {
        Registration::Given => command += &format!(" --client-id {}", shell(&client.id)),
        Registration::MetadataDocument => command += &format!(" --client-metadata-url {}", shell(&client.id)),
        Registration::Dynamic => {}
    }
    if client.callback_port != 0 {
        command += &format!(" --callback-port {}", client.callback_port);
    }
    if login.allow_private {
        command += " --allow-private";
    }
    command
}
