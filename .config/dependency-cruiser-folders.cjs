/**
 * The folders of an app stand above one another, by imports of types too: a knot of two is one folder in hiding. A
 * configuration of its own, since rules for folders cannot leave specs and twins out, which look everywhere.
 */
const { options } = require('./dependency-cruiser.cjs');

module.exports = {
  forbidden: [
    {
      name: 'no-folder-knots',
      severity: 'error',
      scope: 'folder',
      from: { path: '^apps/[^/]+/src/[^/]+$' },
      to: { circular: true },
    },
  ],
  options: { ...options, exclude: { path: 'spec[.]tsx?$|^apps/[^/]+/src/testing/' } },
};
