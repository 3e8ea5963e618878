// node build.mjs OUT: the pages as they are embedded: two bundles, one style sheet, two HTML files. Types are checked first.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const out = process.argv[2];
mkdirSync(out, { recursive: true });
execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '--noEmit'], { stdio: 'inherit' });
await build({
  entryPoints: { console: 'src/console.tsx', panel: 'src/panel.tsx' }, outdir: out, bundle: true, minify: true, charset: 'utf8',
  target: ['chrome87'], format: 'iife', legalComments: 'none', jsx: 'automatic', jsxImportSource: 'preact',
});
const chart = readFileSync('node_modules/uplot/dist/uPlot.min.css', 'utf8');
writeFileSync(`${out}/console.css`, readFileSync('src/style.css', 'utf8') + chart);
for (const page of ['index.html', 'panel.html']) copyFileSync(`src/${page}`, `${out}/${page}`);
