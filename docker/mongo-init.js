// Run by mongosh at each `docker compose up`; every step may be repeated. Makes the one-node replica set and one user for
// each app, who may read and write its own database and nothing else.
const { readFileSync } = require('fs');
const secret = (name) => readFileSync(`/run/secrets/${name}`, 'utf8').trim();
const users = {
  'catena-catalog-api': ['catalog-api', secret('mongodb-password-catalog-api')],
  'catena-job-assembler': ['job-assembler', secret('mongodb-password-job-assembler')],
  'catena-archiver': ['archiver', secret('mongodb-password-archiver')],
  'catena-publisher': ['publisher', secret('mongodb-password-publisher')],
};

db = connect(`mongodb://root:${secret('mongodb-root-password')}@mongo:27017/admin?directConnection=true`);
try {
  rs.status();
} catch (error) {
  if (error.codeName !== 'NotYetInitialized') throw error;
  rs.initiate({ _id: 'rs0', members: [{ _id: 0, host: 'mongo:27017' }] });
}
while (!db.hello().isWritablePrimary) sleep(200);

for (const [name, [user, pwd]] of Object.entries(users)) {
  const database = db.getSiblingDB(name);
  const roles = [{ role: 'readWrite', db: name }];
  if (database.getUser(user) === null) database.createUser({ user, pwd, roles });
  else database.updateUser(user, { pwd, roles });
}
