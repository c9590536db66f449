// Starts Chromium and adds authenticators to its pages.

import { chromium } from 'playwright-core';
import { certificate } from './front.mjs';

const EXECUTABLE = process.env.CHROMIUM_BIN ?? '/usr/bin/chromium';

/** Starts Chromium. `localhost` is the loopback interface. Every other host name, on port 443, is the front. */
export function launch(front) {
  const args = [
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync',
    `--host-resolver-rules=MAP *:443 127.0.0.1:${front.port}, EXCLUDE localhost, EXCLUDE 127.0.0.1, MAP * ~NOTFOUND`,
    `--ignore-certificate-errors-spki-list=${certificate.digest}`,
  ];
  return chromium.launch({ executablePath: EXECUTABLE, args });
}

/**
 * Adds an authenticator to a page. It is built into the device, like a fingerprint reader, and its user agrees at once.
 * `credentials` returns the passkeys that it has stored.
 */
export async function addAuthenticator(page, options = {}) {
  const session = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable');
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true, ...options,
    },
  });
  const credentials = async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
  return { credentials };
}
