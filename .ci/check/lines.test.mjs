import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences, lines } from './lines.mjs';

const finding = (row, outcome) => ({ row, outcome, asks: 'Something is so' });
const report = {
  groups: [{ findings: [finding('CH-01', 'passed'), finding('CH-02', 'failed')] }],
  clients: [{ id: 'one', stops: { at: 'issuer' } }, { id: 'other' }],
};

test('a report is a line for each requirement and each client', () => {
  assert.deepEqual(lines(report).map((line) => line.replace(/ +/g, ' ')), [
    'CH-01 passed Something is so',
    'CH-02 failed Something is so',
    'one stops at issuer',
    'other reaches the sign-in page',
  ]);
});

test('what is there twice must be expected twice', () => {
  assert.deepEqual(differences(['a', 'a', 'b'], ['b', 'a', 'a']), []);
  assert.deepEqual(differences(['a', 'a'], ['a']), ['no longer a']);
  assert.deepEqual(differences(['a'], ['a', 'a', 'c']), ['now a', 'now c']);
});
