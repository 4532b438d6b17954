// Run once by the database image, when the volume in the DMZ is new: one user, for one database.
const users = {
  'catena-public': ['publication-server', process.env.MONGO_PUBLIC_PASSWORD],
};

for (const [name, [user, pwd]] of Object.entries(users))
  db.getSiblingDB(name).createUser({ user, pwd, roles: [{ role: 'readWrite', db: name }] });
