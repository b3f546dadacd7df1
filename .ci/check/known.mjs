// Defects of others that were found by hand, and that must be found by looking from outside: the row, and what is wrong.
export const KNOWN = {};
