// A report as lines, and what differs between two of them.

/** Every requirement, judged. */
export function findings(report) {
  return report.groups.flatMap((group) => group.findings);
}

/** One line for each requirement, and one for each client. */
export function lines(report) {
  const rows = findings(report).map(({ row, outcome, asks }) => `${row.padEnd(7)} ${outcome.padEnd(15)} ${asks}`);
  const clients = report.clients.map(({ id, stops }) => {
    return `${id.padEnd(15)} ${stops ? `stops at ${stops.at}` : 'reaches the sign-in page'}`;
  });
  return [...rows, ...clients];
}

/** Line by line, however often each is there. */
export function differences(expected, said) {
  const missing = [...expected];
  const added = said.filter((line) => {
    const at = missing.indexOf(line);
    if (at >= 0) missing.splice(at, 1);
    return at < 0;
  });
  return [...missing.map((line) => `no longer ${line}`), ...added.map((line) => `now ${line}`)];
}
