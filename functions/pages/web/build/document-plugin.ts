// Fills in `index.html`: the texts and, with the development server, the boot data.

import type { Plugin } from 'vite';
import { en } from '../src/texts.ts';
import { developmentBoot } from './development.ts';

export function documentPlugin(service: string): Plugin {
  return {
    name: 'latchkey-document',
    transformIndexHtml: {
      order: 'pre',
      async handler(html, { server }) {
        const filled = html.replace('%TITLE%', en.title).replace('%NOSCRIPT%', en.noscript);
        if (!server) return filled;
        const boot = JSON.stringify(await developmentBoot(service)).replaceAll('<', '\\u003c');
        return filled.replace('<!--latchkey-->', `<script type="application/json" id="latchkey">${boot}</script>`);
      },
    },
  };
}
