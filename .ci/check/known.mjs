// Defects of others that were found by hand, and that must be found by looking from outside: the row, and what is wrong.
export const KNOWN = {
  'oauth-resource-server': [
    ['CH-05', 'it says `invalid_token` to whoever had none'],
  ],
  'tower-oauth2-resource-server': [
    ['CH-01', 'a token that is refused gets a 401 without a challenge'],
    ['CH-02', 'its challenge is the bare word `Bearer`'],
    ['PRM-05', 'it publishes no metadata'],
  ],
  'rust-mcp-extra': [
    ['CH-05', 'it says `invalid_token` to whoever had none'],
    ['CH-11', 'its challenge has no scope'],
    ['AS-04', 'it writes a slash at the end of the issuer that it names'],
  ],
  typescript: [
    ['CH-05', 'it says `invalid_token` to whoever had none'],
  ],
  python: [
    ['CH-05', 'it says `invalid_token` to whoever had none'],
    ['CH-11', 'its challenge has no scope'],
  ],
  fastmcp: [
    ['CH-22', 'a preflight is answered with 405'],
    ['TM-01', 'it redirects to the URL without a slash at its end'],
    ['CL-02', 'what is not there is answered in plain text'],
  ],
};
