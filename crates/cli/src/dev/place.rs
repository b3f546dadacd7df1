//! Where `portcullis dev` lives: its spellings, its key, its users.

use anyhow::Context as _;
use portcullis_authorization_server::{MintRequest, SigningKey, TestUser, mint};
use portcullis_oauth::{Issuer, NumericDate, Scope};
use std::{env, path::PathBuf};

/// A printed token outlives a day of trying things out.
const TOKEN_LIFETIME: u64 = 24 * 3600;

pub(crate) struct Place {
    port: u16,
    scopes: Scope,
}

impl Place {
    pub(crate) fn new(port: u16) -> anyhow::Result<Self> {
        Ok(Self { port, scopes: Scope::parse("todo:read todo:write")? })
    }

    /// One issuer, whatever spelling a client dials.
    pub(crate) fn issuer(&self) -> anyhow::Result<Issuer> {
        Ok(Issuer::parse(&format!("http://localhost:{}", self.port))?)
    }

    /// `localhost` and both addresses: strict clients want the very URL they dialled.
    pub(crate) fn hosts(&self) -> Vec<String> {
        ["localhost", "127.0.0.1", "[::1]"].map(|host| format!("{host}:{}", self.port)).to_vec()
    }

    pub(crate) fn resources(&self) -> Vec<String> {
        self.hosts().iter().map(|host| format!("http://{host}/mcp")).collect()
    }

    pub(crate) fn scopes(&self) -> Scope {
        self.scopes.clone()
    }

    pub(crate) fn users(&self) -> Vec<TestUser> {
        [("alice", "Alice Archer", "acme"), ("bob", "Bob Baker", "globex")]
            .map(|(id, name, tenant)| TestUser { id: id.into(), name: name.into(), tenant: tenant.into() })
            .to_vec()
    }

    /// One key a port, so that two servers do not sign for each other.
    pub(crate) fn key_file(&self) -> anyhow::Result<PathBuf> {
        let state = env::var_os("XDG_STATE_HOME").map(PathBuf::from);
        let state = state.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".local/state")));
        let state =
            state.context("neither XDG_STATE_HOME nor HOME says where the signing key may be kept")?;
        Ok(state.join("portcullis").join(format!("dev-{}.p8", self.port)))
    }

    /// A token for every spelling of the server.
    pub(crate) fn token(
        &self,
        key: &SigningKey,
        now: NumericDate,
        user: Option<&str>,
        scope: Option<&str>,
    ) -> anyhow::Result<String> {
        let users = self.users();
        let wanted = user.unwrap_or("alice");
        let user = users.iter().find(|user| user.id == wanted);
        let user =
            user.with_context(|| format!("there is no test user {wanted:?}; there are alice and bob"))?;
        let scope = scope.map(Scope::parse).transpose().context("--scope")?.unwrap_or_else(|| self.scopes());
        let issuer = self.issuer()?;
        let request = MintRequest {
            issuer: issuer.as_str(),
            user,
            client_id: "portcullis-dev",
            scope: &scope,
            audiences: &self.resources(),
            issued_at: now,
            lifetime: TOKEN_LIFETIME,
            token_id: &crate::random::id()?,
        };
        mint(key, &request).context("the token could not be signed")
    }
}
