// The first load of the login page: the entry point, the page, and the library for passkeys.

import { readdirSync, readFileSync } from 'node:fs';

const { entry, routes } = JSON.parse(readFileSync(new URL('../dist/routes.json', import.meta.url), 'utf8'));
const login = routes.find(({ name }) => name === 'account_login');
const passkeys = readdirSync(new URL('../dist/assets/', import.meta.url)).filter((name) =>
  name.startsWith('passkeys-'),
);
const files = [...entry, ...login.preload, ...passkeys.map((name) => `../dist/assets/${name}`)].map((url) =>
  url.replace('/_latchkey/pages/', '../dist/'),
);

export default [
  {
    name: 'JavaScript of the login page',
    path: files.filter((file) => file.endsWith('.js')),
    limit: '32 KB',
    gzip: true,
  },
  { name: 'CSS of the login page', path: files.filter((file) => file.endsWith('.css')), limit: '6 KB', gzip: true },
];
