//! The providers: how each is recognised, its traps, and the setting that closes each. What is not public knowledge of the
//! provider, or of the clients that met it, is not here.

use super::{Provider, Trap};

pub(super) const PROVIDERS: &[Provider] = &[
    Provider {
        name: "Scalekit",
        is: |it| {
            it.host_ends(&["scalekit.com", "scalekit.dev", "scalekit.cloud"])
                || it.path.starts_with("/resources/res_")
        },
        traps: &[
            Trap {
                applies: |it| !it.path.starts_with("/resources/res_"),
                says: "The resource names the environment as its authorization server. Clients cannot register there: each MCP server has an authorization server of its own.",
                change: "Publish `<environment>/resources/<res_…>` in `authorization_servers`, as the dashboard shows it under Metadata JSON.",
                link: "https://docs.scalekit.com/authenticate/mcp/quickstart/",
            },
            Trap {
                applies: |_| true,
                says: "The tokens' `iss` is the environment's URL or the resource's, while tokens of both kinds are issued; a server that knows one of them refuses the others.",
                change: "Let the server accept both: `<environment>` and `<environment>/resources/<res_…>`.",
                link: "https://github.com/PrefectHQ/fastmcp/issues/4797",
            },
            Trap {
                applies: |_| true,
                says: "The tokens' `aud` is the Server URL exactly as it was typed in the dashboard, and the `res_…` id: a slash more or less is another audience.",
                change: "Type the URL that clients dial as the Server URL; or let the server accept the `res_…` id, which is always there.",
                link: "https://docs.scalekit.com/authenticate/mcp/quickstart/",
            },
            Trap {
                applies: |it| it.nobody_can_register(),
                says: "Clients cannot register: neither of the two ways is switched on for this MCP server.",
                change: "Switch on CIMD, or dynamic client registration, in the MCP server's settings in the dashboard; then restart the clients, which keep metadata.",
                link: "https://www.scalekit.com/blog/cimd-support-for-mcp",
            },
        ],
    },
    Provider {
        name: "Auth0",
        is: |it| it.host_ends(&["auth0.com"]) || it.endpoint_has("mfa_challenge_endpoint", "/mfa/challenge"),
        traps: &[
            Trap {
                applies: |_| true,
                says: "`resource` is not understood unless that is switched on: without an audience the tokens are opaque, or the sign-in fails.",
                change: "Settings → Advanced → Resource Parameter Compatibility Profile: on. (Or Settings → General → Default Audience: the API's identifier.) The API's identifier must be the URL that clients dial.",
                link: "https://auth0.com/ai/docs/mcp/guides/resource-param-compatibility-profile",
            },
            Trap {
                applies: |_| true,
                says: "A client that registers itself is a third party: it is shown no connection to sign in with, unless one is promoted.",
                change: "Promote a connection to domain level (`is_domain_connection: true`), and let third parties use the API.",
                link: "https://auth0.com/ai/docs/mcp/guides/registering-your-mcp-client-application",
            },
            Trap {
                applies: |it| it.nobody_can_register(),
                says: "Clients cannot register.",
                change: "Settings → Advanced → OIDC Dynamic Application Registration: on.",
                link: "https://auth0.com/docs/get-started/applications/dynamic-client-registration",
            },
        ],
    },
    Provider {
        name: "Microsoft Entra",
        is: |it| {
            let hosts =
                ["login.microsoftonline.com", "login.microsoftonline.us", "sts.windows.net", "ciamlogin.com"];
            it.host_ends(&hosts)
        },
        traps: &[
            Trap {
                applies: |_| true,
                says: "A `resource` that does not fit the scopes is refused (AADSTS9010010), and MCP clients always send one.",
                change: "In the app registration: Expose an API → Application ID URI: the URL that clients dial, and name the scopes `<that URL>/<scope>`. Clients that can leave `resource` out do: mcp-remote with --disable-resource-parameter. Otherwise put an authorization server before it.",
                link: "https://github.com/modelcontextprotocol/modelcontextprotocol/issues/1614",
            },
            Trap {
                applies: |it| it.lacks("code_challenge_methods_supported"),
                says: "Its metadata has no `code_challenge_methods_supported`, though PKCE works: clients refuse to begin.",
                change: "It cannot be added there: put an authorization server before it that publishes it, and name that one in the resource's metadata.",
                link: "https://github.com/anthropics/claude-ai-mcp/issues/786",
            },
            Trap {
                applies: |it| it.nobody_can_register(),
                says: "Clients cannot register: there is no dynamic registration, and no client id metadata documents.",
                change: "Register an application by hand, as a public client with the clients' redirect URIs, and give its client id to the users; or put an authorization server before it.",
                link: "https://github.com/modelcontextprotocol/modelcontextprotocol/issues/573",
            },
            Trap {
                applies: |_| true,
                says: "Tokens are of version 1 unless the API says otherwise: their `iss` is `https://sts.windows.net/<tenant>/`, and not the issuer of the metadata.",
                change: "In the API's manifest: `\"api\": { \"requestedAccessTokenVersion\": 2 }`, and name `https://login.microsoftonline.com/<tenant>/v2.0` as the authorization server.",
                link: "https://learn.microsoft.com/en-us/entra/identity-platform/reference-app-manifest",
            },
        ],
    },
    Provider {
        name: "Okta",
        is: |it| it.host_ends(&["okta.com", "oktapreview.com", "okta-emea.com"]),
        traps: &[
            Trap {
                applies: |it| it.has("registration_endpoint") || it.nobody_can_register(),
                says: "Registering wants an administrator's token, advertised or not: every client that tries is refused.",
                change: "Register an application by hand (native, PKCE, no secret) and give its client id to the users; or put an authorization server before it.",
                link: "https://github.com/modelcontextprotocol/modelcontextprotocol/issues/695",
            },
            Trap {
                applies: |it| !it.path.starts_with("/oauth2/"),
                says: "The organisation's own authorization server issues tokens for Okta alone: nobody else can verify them.",
                change: "Name a custom authorization server: `https://<organisation>/oauth2/<id>`.",
                link: "https://developer.okta.com/docs/concepts/auth-servers/",
            },
            Trap {
                applies: |it| it.path.starts_with("/oauth2/"),
                says: "The tokens' `aud` is the one audience of the authorization server, whatever `resource` a client sends.",
                change: "Security → API → Authorization Servers → Audience: the URL that clients dial. One MCP server, one authorization server.",
                link: "https://developer.okta.com/docs/concepts/auth-servers/",
            },
        ],
    },
    Provider {
        name: "Keycloak",
        is: |it| {
            it.path.contains("/realms/")
                || it.endpoint_has("authorization_endpoint", "/protocol/openid-connect/")
        },
        traps: &[
            Trap {
                applies: |_| true,
                says: "`resource` is ignored unless a version that has it as an experiment is told to use it: tokens have no `aud` of the MCP server.",
                change: "Make a client scope with an Audience mapper (Included Custom Audience: the URL that clients dial), and make it a default scope of the realm.",
                link: "https://www.keycloak.org/securing-apps/mcp-authz-server",
            },
            Trap {
                applies: |it| it.has("registration_endpoint"),
                says: "Registering without a token is refused by default: no host is trusted.",
                change: "Clients → Client registration → Anonymous access policies → Trusted Hosts: add the clients' hosts, or remove the policy; and put the scopes into Allowed Client Scopes.",
                link: "https://www.keycloak.org/securing-apps/client-registration",
            },
        ],
    },
    Provider {
        name: "Google",
        is: |it| it.host == "accounts.google.com",
        traps: &[
            Trap {
                applies: |_| true,
                says: "Its access tokens are opaque and for Google's own APIs; it knows no `resource`, so no token is ever for the MCP server.",
                change: "Let people sign in with Google at an authorization server of your own that issues tokens for the MCP server.",
                link: "https://developers.google.com/identity/protocols/oauth2",
            },
            Trap {
                applies: |it| it.nobody_can_register(),
                says: "Clients cannot register.",
                change: "As above: an authorization server of your own registers them.",
                link: "https://github.com/punkpeye/mcp-remote/issues/53",
            },
        ],
    },
    Provider {
        name: "Amazon Cognito",
        is: |it| it.host.starts_with("cognito-idp.") && it.host_ends(&["amazonaws.com", "amazonaws.com.cn"]),
        traps: &[
            Trap {
                applies: |it| it.lacks("code_challenge_methods_supported"),
                says: "Its metadata has no `code_challenge_methods_supported`, though PKCE works: clients refuse to begin.",
                change: "It cannot be added there: put an authorization server before it that publishes it, and name that one in the resource's metadata.",
                link: "https://github.com/anthropics/claude-code/issues/13275",
            },
            Trap {
                applies: |it| it.nobody_can_register(),
                says: "Clients cannot register.",
                change: "Make a public app client by hand and give its client id to the users; or put an authorization server before it.",
                link: "https://github.com/anthropics/claude-code/issues/67258",
            },
            Trap {
                applies: |_| true,
                says: "Access tokens have no `aud` unless `resource` is sent and the user pool's plan knows it.",
                change: "Choose the Essentials or Plus plan with managed login, and register the URL that clients dial as a resource server.",
                link: "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-define-resource-servers.html",
            },
        ],
    },
    Provider {
        name: "GitHub",
        is: |it| it.host == "github.com",
        traps: &[Trap {
            applies: |_| true,
            says: "Its tokens are opaque, for GitHub's own APIs, and clients cannot register.",
            change: "Let people sign in with GitHub at an authorization server of your own that issues tokens for the MCP server.",
            link: "https://github.com/github/github-mcp-server/issues/2532",
        }],
    },
];
