// Run by mongosh after each start of the database; every step may be repeated. Makes the one-node replica set and one
// user for each app, who may read and write its own database and nothing else.
const users = {
  'catena-catalog-api': ['catalog-api', process.env.MONGO_CATALOG_API_PASSWORD],
  'catena-job-assembler': ['job-assembler', process.env.MONGO_JOB_ASSEMBLER_PASSWORD],
  'catena-archiver': ['archiver', process.env.MONGO_ARCHIVER_PASSWORD],
  'catena-publisher': ['publisher', process.env.MONGO_PUBLISHER_PASSWORD],
};

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
