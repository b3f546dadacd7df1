// What was found by hand, and must be found by looking from outside: the row, and what is wrong.

const EAGER = ['CH-05', 'it says `invalid_token` to whoever had none'];
const TWICE = ['RS-07', 'of two tokens it takes the first'];
const KINDS = ['JW-14', 'it takes tokens of other kinds: a logout token, an ID token'];
const SPACES = ['RS-04', 'it takes no more than one space after the scheme'];

export const KNOWN = {
  'oauth-resource-server': [EAGER, TWICE, ['TL-15', "a session is anybody's"]],
  'tower-oauth2-resource-server': [
    ['CH-01', 'a token that is refused gets a 401 without a challenge'],
    ['CH-02', 'its challenge is the bare word `Bearer`'],
    ['PRM-05', 'it publishes no metadata'],
    ['TL-15', "a session is anybody's"],
    KINDS,
    SPACES,
    TWICE,
  ],
  'rust-mcp-extra': [
    EAGER,
    ['CH-11', 'its challenge has no scope'],
    ['AS-04', 'it writes a slash at the end of the issuer that it names'],
    ['RS-14', 'a bad signature is answered with 400'],
    ['RS-09', 'a wrong audience is answered with 400'],
    KINDS,
    TWICE,
  ],
  typescript: [EAGER, SPACES, TWICE],
  python: [EAGER, ['CH-11', 'its challenge has no scope'], ['CH-13', 'its 403 has none either'], SPACES, TWICE],
  fastmcp: [
    ['CH-22', 'a preflight is answered with 405'],
    ['TM-01', 'it redirects to the URL without a slash at its end'],
    ['CL-02', 'what is not there is answered in plain text'],
    ['RS-15', 'a missing scope is answered with 401'],
    KINDS,
    SPACES,
    TWICE,
  ],
};

/** What is wrong with the server behind, whoever protects it: where it is of rmcp. */
export const BEHIND = {
  'TL-03': 'rmcp agrees on 2025-03-26, and takes no arrays there.',
};
