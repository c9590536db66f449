// Reads settings from the documentation.

import { readFileSync } from 'node:fs';

/** Returns the first block of settings below a heading of a page in `docs`. */
export function settingsOf(page, heading) {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
  const below = text.split(`\n## ${heading}\n`)[1];
  const block = below?.match(/(?:^ {4}[A-Z_]+=.*\n)+/m)?.[0];
  if (!block) throw new Error(`${page} has no settings below "${heading}"`);
  const setting = (line) => line.trim().match(/^([A-Z_]+)='?(.*?)'?$/).slice(1);
  return Object.fromEntries(block.trimEnd().split('\n').map(setting));
}
