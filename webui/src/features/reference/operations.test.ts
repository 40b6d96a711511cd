import { expect, test } from 'vitest';
import type { OpenApi } from '@/api/get-openapi';
import { fields, groups, typeName } from './operations';

const document: OpenApi = {
  info: { title: 'x', version: '1' },
  paths: {
    '/things': {
      get: { operationId: 'list_things', summary: 'Things', tags: ['things'], responses: {} },
      post: { operationId: 'create_thing', summary: 'Make one', tags: ['things'], responses: {} },
    },
    '/health': { get: { operationId: 'health', summary: 'Alive', responses: {} } },
  },
  components: {
    schemas: {
      Thing: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, parts: { items: { $ref: '#/x/Thing' } } },
      },
    },
  },
};

test('operations stand in groups, and a text keeps those that hold it', () => {
  expect(groups(document).map(([tag, entries]) => [tag, entries.length])).toEqual([
    ['other', 1],
    ['things', 2],
  ]);
  expect(groups(document, 'POST /things').flatMap(([, entries]) => entries.map((one) => one.method))).toEqual(['POST']);
});

test('a shape is said in words, through references and lists', () => {
  expect(typeName({ anyOf: [{ $ref: '#/x/Thing' }, { type: 'null' }] })).toBe('Thing or null');
  expect(
    fields(document, { items: { $ref: '#/x/Thing' } }).map((field) => [field.name, field.type, field.required]),
  ).toEqual([
    ['name', 'string', true],
    ['parts', 'list of Thing', false],
  ]);
});
