// The comparison sees what it is for: an upstream that fails, a check that vanishes, a difference through the gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './compare.mjs';

const scenarios = (...statuses) => ({ a: { check: statuses.map((status) => ({ status })) } });
const good = scenarios('SUCCESS', 'SUCCESS');

for (const [name, { baseline = good, direct = good, through = good }, complaint] of [
  ['all is well', {}],
  ['the upstream fails', { direct: scenarios('SUCCESS', 'FAILURE'), through: scenarios('SUCCESS', 'FAILURE') }, /than the baseline/],
  ['the upstream is silent', { direct: scenarios('SUCCESS'), through: scenarios('SUCCESS') }, /than the baseline.*not there/],
  ['the suite is silent', { direct: {}, through: {} }, /the suite said nothing/],
  ['the upstream never passed', { baseline: scenarios('FAILURE'), direct: scenarios('FAILURE') }, /without a reason/],
  ['the gateway fails', { through: scenarios('SUCCESS', 'FAILURE') }, /through other/],
  ['the gateway is worth a warning', { through: scenarios('WARNING', 'SUCCESS') }, /through other/],
  ['the gateway says less', { through: scenarios('SUCCESS') }, /through other.*not there/],
  ['the gateway says nothing', { through: {} }, /through other.*not there/],
  ['the gateway makes it better', { baseline: scenarios('INFO'), direct: scenarios('INFO') }],
]) {
  test(name, () => {
    const { complaints } = judge({ run: 'a server, a suite', baseline, direct, through: { one: direct, other: through } });
    if (complaint) assert.match(complaints.join('\n'), complaint);
    else assert.deepEqual(complaints, []);
  });
}
