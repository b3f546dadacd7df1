//! What is known of one client, as its file in `clients/` says it. A key that is not known here is an error.

use super::report::WalkStep;
use serde::Deserialize;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Profile {
    /// As people call it.
    pub(super) name: String,
    /// Which version was looked at.
    pub(super) version: String,
    /// When, as a date.
    pub(super) looked_at: String,
    /// Which computer asks.
    pub(super) asks_from: AsksFrom,
    /// The revisions of MCP it speaks, where that is known.
    #[serde(default)]
    pub(super) revisions: Vec<String>,
    /// Where all this is from.
    pub(super) sources: Vec<String>,
    /// What is not known of it, in sentences.
    #[serde(default)]
    pub(super) unknown: Vec<String>,
    pub(super) call: Call,
    pub(super) resource_metadata: ResourceMetadata,
    pub(super) authorization_server: AuthorizationServer,
    pub(super) registration: Registration,
    pub(super) scopes: Scopes,
    /// What is peculiar to it.
    #[serde(default)]
    pub(super) quirk: Vec<Quirk>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AsksFrom {
    /// The servers of whoever makes it, somewhere in the world.
    Vendor,
    /// The computer of whoever uses it.
    Computer,
}

/// Its first request: `initialize`, without a token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    /// The statuses that make it sign in.
    pub(super) signs_in_at: Vec<u16>,
    /// Whether it goes where the challenge's `resource_metadata` points.
    pub(super) follows_challenge: bool,
}

/// How it reads the protected resource's metadata (RFC 9728).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResourceMetadata {
    /// Where it looks when nothing points anywhere, in order.
    pub(super) places: Vec<ResourcePlace>,
    /// Whether it looks there too when the place that the challenge named has no document.
    pub(super) looks_on: bool,
    /// How it compares `resource` with the URL; nothing where that is not known, or not done.
    pub(super) compares: Option<Compares>,
    /// What it does when they differ.
    #[serde(default)]
    pub(super) at_mismatch: AtMismatch,
    /// What it takes for the authorization server where no document names one.
    pub(super) without: Without,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ResourcePlace {
    /// `/.well-known/oauth-protected-resource/mcp`
    Inserted,
    /// `/mcp/.well-known/oauth-protected-resource`
    Appended,
    /// `/.well-known/oauth-protected-resource`
    Root,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Compares {
    /// Character by character with the URL as it was typed in.
    Exactly,
    /// Character by character with the URL as a URL parser writes it: `https://h` has become `https://h/`.
    WithParsed,
    /// As URLs, both as a parser writes them.
    AsUrls,
    /// The same origin, and a path above the URL's or the same.
    Prefix,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AtMismatch {
    #[default]
    Stops,
    /// It goes on as if that document did not exist.
    Ignores,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Without {
    /// The origin of the URL, as the first revision of MCP with authorization had it.
    Origin,
    /// The URL itself, its path included.
    Url,
}

/// How it reads the authorization server's metadata (RFC 8414, OpenID Connect Discovery).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthorizationServer {
    /// Whether it tries every server that the resource names, or the first alone.
    pub(super) tries: Tries,
    /// Where it looks, in order.
    pub(super) places: Vec<ServerPlace>,
    /// Whether it goes to the origin of the URL when the server that is named has none.
    #[serde(default)]
    pub(super) falls_back_to_origin: bool,
    /// What it does with an answer of 500 and above.
    pub(super) at_server_error: AtBadAnswer,
    /// What it does with a 200 that is not what it needs.
    pub(super) at_bad_document: AtBadAnswer,
    /// What must be in the document.
    pub(super) needs: Vec<String>,
    /// What must be in OpenID Connect's too.
    #[serde(default)]
    pub(super) needs_of_openid: Vec<String>,
    /// How it compares `issuer`; nothing where that is not known, or not done.
    pub(super) issuer: Option<ComparesIssuer>,
    /// What it asks of `code_challenge_methods_supported`; nothing where that is not known, or nothing is.
    pub(super) pkce: Option<Pkce>,
    /// Whether it makes the endpoints up where there is no metadata: `/authorize` and `/register` of the origin.
    #[serde(default)]
    pub(super) guesses: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Tries {
    First,
    Every,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ServerPlace {
    /// `/.well-known/oauth-authorization-server/tenant`
    OauthInserted,
    /// `/.well-known/openid-configuration/tenant`
    OpenidInserted,
    /// `/tenant/.well-known/openid-configuration`
    OpenidAppended,
    /// `/.well-known/oauth-authorization-server`
    OauthRoot,
    /// `/.well-known/openid-configuration`
    OpenidRoot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AtBadAnswer {
    Stops,
    LooksOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ComparesIssuer {
    /// Character by character with what the resource names.
    Exactly,
    /// The same, but for a slash at the end that only what the resource names may have.
    SlashMayGo,
    /// The same, but for the slash of a URL that is a whole host.
    RootSlash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Pkce {
    /// It must be there, with `S256` in it.
    Published,
    /// Where it is there, `S256` is in it.
    NotDenied,
}

/// How it gets a client id.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Registration {
    /// In order.
    pub(super) ways: Vec<Way>,
    /// The URL that is its client id where client id metadata documents are supported.
    pub(super) document: Option<String>,
    /// How it proves itself at the token endpoint then; one of them must be published. Empty where it does not look.
    #[serde(default)]
    pub(super) document_needs: Vec<String>,
    /// How a person types a client id in.
    pub(super) typed_in: Option<String>,
    /// Where the browser is sent back to.
    pub(super) redirect_uris: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Way {
    /// A client id metadata document.
    Document,
    /// Dynamic registration (RFC 7591).
    Dynamic,
}

/// Which scopes it asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scopes {
    /// The first of these that names some.
    pub(super) from: Vec<ScopesOf>,
    /// What it asks for besides, whether anybody offers it or not.
    pub(super) adds: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ScopesOf {
    Challenge,
    Resource,
    AuthorizationServer,
}

/// Something peculiar to it, and who found out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quirk {
    /// The step it is told at when the client stops there.
    pub(super) at: WalkStep,
    /// Where it is told although the client goes on: when this is so.
    pub(super) when: Option<When>,
    pub(super) says: String,
    pub(super) link: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum When {
    Always,
    /// The URL has no path.
    NoPath,
    /// There is no metadata of the resource at the root of its host.
    NothingAtRoot,
    /// What it adds to the scopes is none that the authorization server offers.
    AddedScopeNotOffered,
    /// The authorization server offers less than the resource's scopes.
    ResourceScopesNotOffered,
    /// It would register dynamically.
    RegistersDynamically,
    /// Its client id would be a document's URL.
    RegistersByDocument,
    /// The authorization server promises `iss` in its answers (RFC 9207).
    IssPromised,
    /// It does not.
    IssNotPromised,
}

impl Profile {
    pub(super) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// What is peculiar to it at a step where it stopped.
    pub(super) fn quirks_at(&self, step: WalkStep) -> impl Iterator<Item = &Quirk> {
        self.quirk.iter().filter(move |quirk| quirk.at == step && quirk.when.is_none())
    }
}
