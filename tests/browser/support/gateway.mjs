// API Gateway's HTTP API in front of the functions. Events have payload format 2.0.

import { once } from 'node:events';
import http from 'node:http';

/** The IP address of every browser, as the gateway reports it. */
const SOURCE = '203.0.113.7';

/**
 * Returns the route for a request: the most specific one that matches. A path without a greedy variable is more specific
 * than one with it. Then, from the left, a literal segment is more specific than a variable. `$default` comes last.
 */
export function resolve(routes, method, path) {
  const ranked = routes.flatMap((route) => {
    const rank = rankOf(route.key, method, path);
    return rank === undefined ? [] : [{ rank, route }];
  });
  ranked.sort((one, other) => (one.rank < other.rank ? 1 : -1));
  return ranked[0]?.route ?? routes.find(({ key }) => key === '$default');
}

/** Returns how specific a match is, or `undefined` if the route does not match. The greatest text wins. */
function rankOf(key, method, path) {
  const [of, pattern] = key.split(' ');
  if (!pattern || (of !== method && of !== 'ANY')) return undefined;
  const sent = path.split('/').slice(1);
  let rank = '';
  for (const [place, segment] of pattern.split('/').slice(1).entries()) {
    if (segment.endsWith('+}')) return sent.slice(place).join('/') ? `0${rank}0` : undefined;
    const isVariable = segment.startsWith('{');
    if (!sent[place] || (!isVariable && sent[place] !== segment)) return undefined;
    rank += isVariable ? '1' : '2';
  }
  return rank.length === sent.length ? `1${rank}` : undefined;
}

/**
 * Listens on a port. `routes` are the routes of the template. `invoke` calls the function of a route with an event. The
 * gateway waits for `settled` before it sends an answer.
 */
export async function startGateway(port, routes, invoke, settled) {
  const serve = async (incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, 'http://localhost');
    const route = resolve(routes, incoming.method, pathname);
    if (!route) return outgoing.writeHead(404, { 'Content-Type': 'application/json' }).end('{"message":"Not Found"}');
    try {
      const answer = await invoke(route.function, await eventOf(incoming, route.key));
      await settled(incoming.method);
      const body = Buffer.from(answer.body ?? '', answer.isBase64Encoded ? 'base64' : 'utf8');
      const cookies = answer.cookies?.length ? { 'Set-Cookie': answer.cookies } : {};
      outgoing.writeHead(answer.statusCode, { ...answer.headers, ...cookies }).end(body);
    } catch (error) {
      outgoing.writeHead(500, { 'Content-Type': 'text/plain' }).end(`${error}`);
    }
  };
  const server = http.createServer((incoming, outgoing) => void serve(incoming, outgoing));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return () => (server.closeAllConnections(), server.close());
}

async function eventOf(incoming, routeKey) {
  const { pathname, search } = new URL(incoming.url, 'http://localhost');
  const { cookie, connection: _, ...headers } = incoming.headers;
  const chunks = await incoming.toArray();
  // The gateway passes bodies on as text if their content type is a text type.
  const isText = /^(text\/|application\/(json|xml|javascript))/.test(headers['content-type'] ?? '');
  const http = {
    method: incoming.method,
    path: pathname,
    protocol: 'HTTP/1.1',
    sourceIp: SOURCE,
    userAgent: headers['user-agent'] ?? '',
  };
  return {
    version: '2.0',
    routeKey,
    rawPath: pathname,
    rawQueryString: search.slice(1),
    headers: { ...headers, 'x-forwarded-for': SOURCE, 'x-forwarded-proto': 'http' },
    ...(cookie && { cookies: cookie.split('; ') }),
    ...(chunks.length && { body: Buffer.concat(chunks).toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: chunks.length > 0 && !isText,
    requestContext: {
      accountId: '123456789012',
      apiId: 'r3pmxmplak',
      domainName: headers.host,
      domainPrefix: 'localhost',
      http,
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey,
      stage: '$default',
      time: new Date().toUTCString(),
      timeEpoch: Date.now(),
    },
  };
}
