// Writes `routes.json`: the table of routes, with the files that each page loads.

import type { Plugin, Rolldown } from 'vite';
import { routes } from '../src/routes.ts';

export function routesPlugin(base: string): Plugin {
  return {
    name: 'latchkey-routes',
    apply: 'build',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const entry = chunks.find((chunk) => chunk.isEntry)!;
      const own = new Set(filesOf(entry, bundle));
      const table = routes.map((route) => {
        const chunk = chunks.find((it) => it.facadeModuleId?.endsWith(`/src/pages/${route.page}.tsx`));
        if (!chunk) this.error(`no page ${route.page}`);
        const files = filesOf(chunk, bundle).filter((file) => !own.has(file));
        const { name, path, aliases = [], needs } = route;
        return { name, path, aliases, needs, preload: files.map((file) => base + file) };
      });
      const document = { entry: [...own].map((file) => base + file), routes: table };
      this.emitFile({ type: 'asset', fileName: 'routes.json', source: `${JSON.stringify(document, null, 2)}\n` });
    },
  };
}

/** Returns the files of a chunk: first its own, then its imports, then its style sheets. */
function filesOf(chunk: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle): string[] {
  const found = new Set<string>();
  const visit = (name: string) => {
    const file = bundle[name];
    if (found.has(name) || file?.type !== 'chunk') return;
    found.add(name);
    file.imports.forEach(visit);
  };
  visit(chunk.fileName);
  const styles = [...found].flatMap((name) => {
    const file = bundle[name] as Rolldown.OutputChunk & { viteMetadata?: { importedCss: Set<string> } };
    return [...(file.viteMetadata?.importedCss ?? [])];
  });
  return [...found, ...styles];
}
