import { expect, test } from 'vitest';
import { isImageName, isImageReference } from '../../src/core/image-name.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

test.each([
  'busy',
  'busy:1',
  'shop/web:V1.2_x-3',
  'registry.example.com:5000/shop/my--web__a.b:2',
  'Localhost:5000/web',
  'a1b2c3',
  DIGEST,
])('%s is the name of an image', (name) => {
  expect([isImageName(name), isImageReference(name), isImageReference(`${name}@${DIGEST}`)]).toEqual([
    true,
    true,
    true,
  ]);
});

test.each([
  '',
  'svc:',
  ':1',
  'SVC:1',
  'shop/Web',
  'a//b',
  'a/../b',
  '../json?x=',
  'a b',
  '-a',
  'a:1:2',
  `a:${'1'.repeat(129)}`,
  'a'.repeat(401),
  '[redacted]:1',
  'a@sha256:12',
  `a@${DIGEST}@${DIGEST}`,
  'a:1\n',
])('%j is none', (name) => {
  expect([isImageName(name), isImageReference(name)]).toEqual([false, false]);
});
