//! `portcullis login`: a person signs in to an MCP server, in a browser, and the login is kept.

mod told;

use crate::{
    log,
    outcome::Outcome,
    output,
    session::{Browser, Choice, Login, LoginFile, SignIn, Trouble, current, server_url},
};
use portcullis_oauth::Scope;
use std::{env, fs::File, io::Read as _, path::PathBuf};
use url::Url;

/// Where a secret may stand that is in no file.
const SECRET_VARIABLE: &str = "PORTCULLIS_CLIENT_SECRET";
/// Longer files hold no client secret. In bytes.
const MAX_SECRET: u64 = 64 * 1024;

/// What may be typed after `login`.
#[derive(clap::Args)]
#[command(
    after_help = "Exit codes: 0 signed in (or forgotten), 1 the server, its authorization server or the person said no, \
                        2 what was typed cannot be used, or nobody answered."
)]
pub(crate) struct Arguments {
    /// The URL that clients dial: https://mcp.example.com/mcp.
    url: String,
    /// The scopes to ask for, separated by spaces; what the server asks for, if left out.
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// Start no browser: print the URL to open.
    #[arg(long)]
    no_browser: bool,
    /// A client that is registered there. Its secret, if it has one, stands in PORTCULLIS_CLIENT_SECRET or in a file.
    #[arg(long, value_name = "ID", conflicts_with = "client_metadata_url")]
    client_id: Option<String>,
    /// The file that has the client's secret.
    #[arg(long, value_name = "FILE", requires = "client_id")]
    client_secret_file: Option<PathBuf>,
    /// The https URL of a client id metadata document, for authorization servers that take one.
    #[arg(long, value_name = "URL")]
    client_metadata_url: Option<String>,
    /// Hear the answer on this port of 127.0.0.1, for clients that are registered with it; any port, otherwise.
    #[arg(long, value_name = "PORT", default_value_t = 0, hide_default_value = true)]
    callback_port: u16,
    /// The authorization server may be in a private network.
    #[arg(long)]
    allow_private: bool,
    /// Print the access token, and nothing else, to standard output. A login that is kept is used before anybody is asked.
    #[arg(long)]
    print_token: bool,
    /// Forget the login. Its tokens are good until they end.
    #[arg(long, conflicts_with_all = ["scope", "print_token", "client_id", "client_metadata_url"])]
    forget: bool,
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    match done(&arguments).await {
        Ok(()) => Ok(Outcome::Done),
        Err(trouble) => trouble.end(),
    }
}

async fn done(arguments: &Arguments) -> Result<(), Trouble> {
    log::start_if_asked()?;
    let server = server_url(&arguments.url)?;
    let file = LoginFile::of(&server)?;
    if arguments.forget {
        return forget(&file).await;
    }
    let sign_in = arguments.sign_in(&server)?;
    if !arguments.print_token {
        let login = sign_in.run(&file).await?;
        return Ok(output::data(&told::login(&login, &file))?);
    }
    let login = match kept(&file, sign_in.scope.as_ref()).await {
        Some(login) => login,
        None => sign_in.run(&file).await?,
    };
    Ok(output::data(&login.tokens.access_token)?)
}

/// The login that is there, if it will do.
async fn kept(file: &LoginFile, scope: Option<&Scope>) -> Option<Login> {
    let login = current(file).await.ok().flatten()?;
    scope.is_none_or(|scope| login.scope.is_superset_of(scope)).then_some(login)
}

async fn forget(file: &LoginFile) -> Result<(), Trouble> {
    let _lock = file.lock().await?;
    let told = match file.remove()? {
        true => format!("forgotten: {} is gone", file.path().display()),
        false => format!("there is no login for {}", file.server()),
    };
    output::note(&told);
    Ok(())
}

impl Arguments {
    fn sign_in<'a>(&self, server: &'a Url) -> Result<SignIn<'a>, Trouble> {
        let scope = self.scope.as_deref().map(Scope::parse).transpose();
        let scope = scope.map_err(|error| Trouble::Unusable(format!("--scope: {error}")))?;
        let client = Choice {
            id: self.client_id.clone(),
            secret: self.secret()?,
            metadata_url: self.metadata_url()?,
            callback_port: self.callback_port,
        };
        let browser = if self.no_browser { Browser::Elsewhere } else { Browser::Open };
        Ok(SignIn { server, client, scope, browser, allow_private: self.allow_private })
    }

    /// Never from the command line, which everybody on the machine can read.
    fn secret(&self) -> Result<Option<String>, Trouble> {
        if self.client_id.is_none() {
            return Ok(None);
        }
        let Some(path) = &self.client_secret_file else {
            return Ok(env::var(SECRET_VARIABLE).ok().filter(|secret| !secret.is_empty()));
        };
        let unusable =
            |why: &str| Trouble::Unusable(format!("--client-secret-file {}: {why}", path.display()));
        let mut secret = String::new();
        let read = File::open(path).and_then(|file| file.take(MAX_SECRET + 1).read_to_string(&mut secret));
        let length = read.map_err(|error| unusable(&error.to_string()))?;
        if secret.trim().is_empty() || length as u64 > MAX_SECRET {
            return Err(unusable("there is no secret in it"));
        }
        Ok(Some(secret.trim().to_owned()))
    }

    fn metadata_url(&self) -> Result<Option<Url>, Trouble> {
        let Some(text) = &self.client_metadata_url else { return Ok(None) };
        let url = Url::parse(text).ok();
        let url = url.filter(|url| url.scheme() == "https" && url.path() != "/" && url.fragment().is_none());
        url.map(Some).ok_or_else(|| {
            Trouble::Unusable(
                "--client-metadata-url is not the https URL of a document, such as https://app.example.com/client.json".into(),
            )
        })
    }
}

impl std::fmt::Debug for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Arguments(…)")
    }
}
