// The boot data of the development server. `LATCHKEY_BOOT` names a JSON file whose members replace these.

import { readFile } from 'node:fs/promises';
import type { Boot } from '../src/boot.ts';

export async function developmentBoot(publicUrl: string): Promise<Partial<Boot>> {
  const file = process.env.LATCHKEY_BOOT;
  const given = file ? (JSON.parse(await readFile(file, 'utf8')) as Partial<Boot>) : {};
  return { publicUrl, ...given };
}
