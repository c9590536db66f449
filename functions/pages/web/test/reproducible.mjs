// Builds twice, and compares the result with the committed `dist/`. Every byte must be the same.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const committed = fileURLToPath(new URL('../../dist', import.meta.url));

const namesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

for (const attempt of [1, 2]) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-pages-'));
  await build({ root, logLevel: 'warn', build: { outDir: folder } });
  assert.deepEqual(
    namesIn(folder),
    namesIn(committed),
    `build ${attempt}: other files than in dist/; run \`npm run build\``,
  );
  for (const name of namesIn(folder)) {
    const isSame = readFileSync(join(folder, name)).equals(readFileSync(join(committed, name)));
    assert.ok(isSame, `build ${attempt}: ${name} differs from dist/; run \`npm run build\``);
  }
  rmSync(folder, { recursive: true });
}
console.log('dist/ is what the sources build.');
