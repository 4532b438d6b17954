// Asks the app in this container whether it is ready: `node healthcheck.mjs [path]`.
const path = process.argv[2] ?? '/api/v4/health/ready';
const { ok } = await fetch(`http://127.0.0.1:${process.env.PORT}${path}`).catch(() => ({ ok: false }));
process.exit(ok ? 0 : 1);
