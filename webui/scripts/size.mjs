// The first route's JavaScript stays at or below 300 KB gzip: the entry and everything it imports statically.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

const LIMIT = 300 * 1024;
const root = path.resolve(import.meta.dirname, '../../platform/bottega_platform/static/console');
const manifest = JSON.parse(readFileSync(path.join(root, 'manifest.json'), 'utf8'));

function reach(key, found) {
  const chunk = manifest[key];
  if (found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const next of chunk.imports ?? []) reach(next, found);
  return found;
}

const zipped = (file) => gzipSync(readFileSync(path.join(root, file))).length;
const entry = reach('index.html', new Set());
const routes = Object.entries(manifest).filter(
  ([key, chunk]) => key.startsWith('src/features/') && chunk.isDynamicEntry,
);
const sizes = routes.map(([key]) => [
  key,
  [...reach(key, new Set(entry))].reduce((sum, file) => sum + zipped(file), 0),
]);
const first = Math.max(...sizes.filter(([key]) => /sign-in|projects/.test(key)).map(([, size]) => size), 0);
for (const [key, size] of sizes) console.log(`${(size / 1024).toFixed(0).padStart(5)} KB  ${key}`);
console.log(`first route ${(first / 1024).toFixed(1)} KB gzip, limit ${LIMIT / 1024} KB`);
if (first === 0 || first > LIMIT) process.exit(1);
