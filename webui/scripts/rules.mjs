// Rules no linter knows: features never import features, Mantine only through ui/, hex colours only in the theme.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../src');
const wrong = [];
const files = walk(root);

for (const file of files) {
  const name = path.relative(root, file).replaceAll('\\', '/');
  const text = readFileSync(file, 'utf8');
  const [layer, feature] = name.split('/');
  for (const [, target] of text.matchAll(/from '([^']+)'/g)) check(name, layer, feature, target);
  if (name !== 'ui/theme.ts' && /#[0-9a-f]{3}\b|#[0-9a-f]{6}\b/i.test(text))
    wrong.push(`${name}: hex colour outside ui/theme.ts`);
  if (/dangerouslySetInnerHTML/.test(text)) wrong.push(`${name}: dangerouslySetInnerHTML`);
}

function check(name, layer, feature, target) {
  const other = /^@\/features\/([^/]+)/.exec(target)?.[1];
  if (layer === 'features' && ((other && other !== feature) || target.startsWith('../')))
    wrong.push(`${name}: imports another feature (${target})`);
  if ((layer === 'ui' || layer === 'lib' || layer === 'api') && /^@\/(features|app)/.test(target))
    wrong.push(`${name}: imports upward (${target})`);
  if (layer === 'features' && target.startsWith('@/app')) wrong.push(`${name}: imports upward (${target})`);
  if (layer === 'features' && target.startsWith('@mantine/'))
    wrong.push(`${name}: Mantine only through ui/ (${target})`);
}

function walk(folder) {
  const names = readdirSync(folder, { recursive: true });
  return names
    .filter((name) => /\.(ts|tsx|css)$/.test(name) && !name.endsWith('schema.d.ts'))
    .map((name) => path.join(folder, name));
}

if (files.length === 0) wrong.push('no files found');
for (const line of wrong) console.error(line);
process.exit(wrong.length ? 1 : 0);
