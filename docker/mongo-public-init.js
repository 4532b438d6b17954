// Run once by the database image, when the volume in the DMZ is new: one user, for one database.
const { readFileSync } = require('fs');
const secret = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').trim();
const users = {
  'catena-public': ['publication-server', secret('mongodb-password-publication-server')],
};

for (const [name, [user, pwd]] of Object.entries(users))
  db.getSiblingDB(name).createUser({ user, pwd, roles: [{ role: 'readWrite', db: name }] });
