// A preload for the suite, which has no option for a header: every request to one origin carries an access token. The server
// scenarios speak by `fetch`; by undici's `request` where they forge a Host; by `node:http` where headers must go as they are.
import http from 'node:http';
import { Agent, setGlobalDispatcher } from 'undici';

const { BEARER_ORIGIN, BEARER_TOKEN } = process.env;

const fetchWithout = globalThis.fetch;
globalThis.fetch = (input, init) => {
  if (new URL(input instanceof Request ? input.url : input).origin !== BEARER_ORIGIN) return fetchWithout(input, init);
  const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
  headers.set('authorization', `Bearer ${BEARER_TOKEN}`);
  return fetchWithout(input, { ...init, headers });
};

setGlobalDispatcher(new Agent().compose((dispatch) => (options, handler) => {
  if (`${options.origin}` !== BEARER_ORIGIN) return dispatch(options, handler);
  const headers = { ...options.headers, authorization: `Bearer ${BEARER_TOKEN}` };
  return dispatch({ ...options, headers }, handler);
}));

const requestWithout = http.request;
http.request = (options, ...rest) => {
  if (`http://${options.hostname}:${options.port}` !== BEARER_ORIGIN) return requestWithout(options, ...rest);
  const headers = { ...options.headers, Authorization: `Bearer ${BEARER_TOKEN}` };
  return requestWithout({ ...options, headers }, ...rest);
};
