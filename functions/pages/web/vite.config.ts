import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { documentPlugin } from './build/document-plugin.ts';
import { routesPlugin } from './build/routes-plugin.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** The path at which the service serves `dist/`. */
const base = '/_latchkey/pages/';

/** The port of the development server. The service's `PUBLIC_URL` must contain it. */
const port = 5173;

/** The service that the development server forwards requests to. */
const service = process.env.LATCHKEY_SERVICE ?? 'http://localhost:8000';

/** The paths of the service below the paths that it shares with the pages. */
const api = '^/(_allauth/|_latchkey/(?!pages/)|\\.well-known/|dev/|accounts/([^/]+/login/callback/|oidc/|dummy/))';

/** Returns whether all pages share a file. */
function isShared(file: string): boolean {
  if (/\/node_modules\/(preact|openapi-fetch)\//.test(file) || file.startsWith(path('../../../clients/js/src/')))
    return true;
  const isOurs = file.startsWith(path('src/'));
  return isOurs && !file.startsWith(path('src/pages/')) && file !== path('src/main.tsx');
}

export default defineConfig(({ command }) => ({
  base: command === 'build' ? base : '/',
  resolve: {
    alias: { latchkey: path('../../../clients/js/src/index.ts') },
    dedupe: ['openapi-fetch', '@simplewebauthn/browser'],
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  optimizeDeps: {
    noDiscovery: true,
    include: ['preact', 'preact/hooks', 'preact/jsx-dev-runtime', 'openapi-fetch', '@simplewebauthn/browser', 'uqr'],
  },
  plugins: [documentPlugin(`http://localhost:${port}`), routesPlugin(base)],
  // Scripts import each other by relative paths, so they also work below the path of `PUBLIC_URL`.
  experimental: { renderBuiltUrl: (_, { hostType }) => (hostType === 'js' ? { relative: true } : undefined) },
  build: {
    outDir: path('../dist'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // The code that all pages share is one file. Each page is another file.
        codeSplitting: {
          groups: [
            { name: 'passkeys', test: /node_modules\/@simplewebauthn/ },
            { name: 'core', test: isShared },
          ],
        },
      },
    },
  },
  server: { port, strictPort: true, proxy: { [api]: { target: service } } },
}));
