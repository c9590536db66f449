// A server on one loopback port that serves pages and services under several host names, with TLS.

import { execFileSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGES = fileURLToPath(new URL('../pages/', import.meta.url));
const TYPES = { '.html': 'text/html; charset=utf-8', '.mjs': 'text/javascript; charset=utf-8' };

/** A self-signed certificate and the digest of its key. Chromium gets the digest, so that it accepts the certificate. */
export const certificate = makeCertificate();

function makeCertificate() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const names = ['-subj', '/CN=Latchkey tests', '-addext', 'subjectAltName=DNS:*.example.com,DNS:*.example.net'];
  const files = ['-keyout', key, '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...curve, '-nodes', '-days', '2', ...names, ...files], { stdio: 'pipe' });
  const pem = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  const spki = new X509Certificate(pem.cert).publicKey.export({ type: 'spki', format: 'der' });
  return { ...pem, digest: createHash('sha256').update(spki).digest('base64') };
}

/**
 * Listens on a free port, with TLS unless `tls` is false. `hosts` maps each host name to a folder in `pages`, to a service
 * (an object with a `port`), or to a function of request and response. Entries can be added later.
 */
export async function startFront(hosts, { tls = true } = {}) {
  const serve = async (incoming, outgoing) => {
    const host = hosts[incoming.headers.host.replace(/:\d+$/, '')];
    if (typeof host === 'string') await servePage(host, incoming, outgoing);
    else if (typeof host === 'function') host(incoming, outgoing);
    else if (host) forward(host.port, incoming, outgoing);
    else outgoing.writeHead(421).end();
  };
  const server = tls ? https.createServer(certificate, serve) : http.createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => (server.closeAllConnections(), server.close());
  return { port: server.address().port, close };
}

async function servePage(folder, incoming, outgoing) {
  const { pathname } = new URL(incoming.url, 'https://localhost');
  const name = pathname === '/' ? 'index.html' : pathname.slice(1);
  try {
    const text = await readFile(join(PAGES, folder, name));
    outgoing.writeHead(200, { 'Content-Type': TYPES[extname(name)] }).end(text);
  } catch {
    outgoing.writeHead(404).end();
  }
}

/** Forwards a request to a server on the loopback interface. */
export function forward(port, incoming, outgoing) {
  const { method, url, headers } = incoming;
  const onward = http.request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.writeHead(502).end());
  incoming.pipe(onward);
}
