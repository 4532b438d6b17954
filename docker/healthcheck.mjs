// Asks the app in this container whether it is ready: `node healthcheck.mjs [path]`.
const path = process.argv[2] ?? '/api/v4/health/ready';
const { HOST = '0.0.0.0', PORT } = process.env;
const host = HOST === '0.0.0.0' ? '127.0.0.1' : HOST;
const { ok } = await fetch(`http://${host}:${PORT}${path}`).catch(() => ({ ok: false }));
process.exit(ok ? 0 : 1);
