#!/bin/sh
# `npm run test:compose`: runs docker-compose.yml for real, in a project of its own beside whatever runs here, and takes everything
# away at the end. Needs an engine with Compose, and the images: from their registries, or imported under their names.
#   BUILD=no       our own image is there already
#   KEEP=yes       leaves everything running, to look at
#   NPMRC=FILE     npm's settings for building, with CERTIFICATES_FILE where they name one: docker/npm-settings.yml
set -eu
checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
# Nothing of an installation that may be here: not its `.env`, and none of its variables in this shell.
export COMPOSE_DISABLE_ENV_FILE=true
for name in $(sed -n 's/^\([A-Z0-9_]*\)=.*/\1/p' "$checkout/docker/env.example"); do
  [ "$name" = STORE_IMAGE ] || unset "$name"
done
export COMPOSE_PROJECT_NAME=catena-try SECRETS_PATH="$work/secrets" LTS_PATH="$work/lts" SOURCE_FOLDER_ROOT="$work/data"
export CATALOG_PORT=13000 PUBLIC_PORT=13004 RABBITMQ_MANAGEMENT_PORT=13672 STORE_PORT=13900 GRAFANA_PORT=13006
export FRONT_NETWORK=172.30.73 PUBLIC_NETWORK=172.30.74 COMPOSE_PROFILES= COMPOSE_FILE=docker-compose.yml
export PUBLIC_URL=http://127.0.0.1:13004
[ -z "${NPMRC:-}" ] || COMPOSE_FILE=docker-compose.yml:docker/npm-settings.yml
cd "$checkout"
[ -e dist/apps/cli/src/main.js ] || npm run build

say() { printf 'compose: %s\n' "$*"; }
fail() {
  say "FAILED: $*"
  docker compose ps --all || true
  docker compose logs --tail 40 || true
  exit 1
}
finish() {
  status=$?
  if [ "${KEEP:-no}" = yes ]; then
    say "kept: docker compose --project-name catena-try …, files in $work"
  else
    docker compose down --volumes --timeout 30 > "$work/down.log" 2>&1 || true
    rm -rf "$work"
  fi
  exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

up() { docker compose up --detach --wait --wait-timeout 600 --no-build "$@"; }
in_container() { docker compose exec --no-TTY "$@"; }
# Names below .localhost are this machine, as browsers have it; what resolves names on many hosts does not know that.
localhost() {
  cat > "$work/localhost.cjs" << 'JS'
const dns = require('node:dns');
const { lookup } = dns;
dns.lookup = (name, ...rest) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, ...rest);
JS
}
catena() { HOME="$work/home" NODE_OPTIONS="--require $work/localhost.cjs" node tools/catena.mjs --quiet "$@"; }
image_has() { docker run --rm --entrypoint sh "$image" -c "$1"; }

localhost
sh docker/make-secrets.sh "$work/secrets" > "$work/secrets.log"
mkdir -p "$work/lts" "$work/data" "$work/folder" "$work/home"
touch "$work/lts/.catena-share"
chmod 755 "$work"
chown 1000:1000 "$work/lts" 2> "$work/chown.log" || export ARCHIVER_USER="$(id -u):$(id -g)"

say 'building our image'
build() {
  docker compose --progress plain build > "$work/build.log" 2>&1 && return
  tail -n 40 "$work/build.log"
  fail 'the image cannot be built'
}
[ "${BUILD:-yes}" = no ] || build
image=$(docker compose config --images | grep '^catena:' | head -n 1)
found=$(image_has "find /app/dist -name '*.spec.*' -o -path '*/testing/*' -type f")
[ -z "$found" ] || fail "tests are in the image: $found"
image_has 'test ! -e node_modules/typescript && test ! -e node_modules/eslint && test -e node_modules/mongoose' ||
  fail 'the image has packages of development, or lacks others'
docker run --rm --user root --entrypoint sh "$image" -c 'test ! -e /root/.npmrc && test -z "$(ls -A /run/secrets 2> /dev/null)"' || fail 'secrets of building are in the image'
docker image inspect "$image" --format '{{json .Config}}' > "$work/image.json"
for part in '"User":"node"' '"Healthcheck":{"Test":\["CMD"' '"org.opencontainers.image.version":"'; do
  grep -q "$part" "$work/image.json" || fail "the image lacks $part"
done

say 'up, twice: jobs may run again'
up || fail 'the first up'
up || fail 'the second up'
docker compose up --detach --force-recreate --no-deps --no-build mongo-init preparation
for job in mongo-init preparation; do
  [ "$(docker wait "$(docker compose ps --all --quiet "$job")")" = 0 ] || fail "$job when it runs again"
done

say 'health'
node --eval "fetch('http://127.0.0.1:13000/api/v3/health').then(({ ok }) => process.exit(ok ? 0 : 1))" ||
  fail 'catalog-api is not well'

say 'no root, no writing, no capabilities, secrets of its own only'
for app in catalog-api job-assembler archiver publisher publication-server; do
  [ "$(in_container "$app" id -u)" != 0 ] || fail "$app runs as root"
  ! in_container "$app" sh -c 'echo x > /app/x' 2> "$work/write.log" || fail "$app writes into its root"
  in_container "$app" sh -c "grep -q '^CapEff:[[:space:]]*0*\$' /proc/1/status" || fail "$app has capabilities"
  ! in_container "$app" sh -c 'ls /run/secrets' | grep -E 'root|admin' || fail "$app reads secrets of administrators"
done
docker inspect $(docker compose ps --all --quiet) --format '{{.Name}} {{.Path}} {{.Args}} {{.Config.Env}}' > "$work/inspected"
for secret in "$work"/secrets/*; do
  line=$(head -n 1 "$secret")
  # Two of the files are lists of what the others say.
  [ ${#line} -lt 16 ] || ! grep -qF -e "$line" "$work/inspected" ||
    fail "$(basename "$secret") stands in the settings of a container"
done

say 'the DMZ reaches nothing of the intranet, neither by name nor by address'
inner='catalog-api:3000 job-assembler:3001 archiver:3002 publisher:3003 mongo:27017 rabbitmq:5672 rabbitmq:15672'
targets=
for target in $inner; do
  targets="$targets $target"
  for address in $(docker inspect "$(docker compose ps --quiet "${target%:*}")" \
    --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'); do
    targets="$targets $address:${target#*:}"
  done
done
# Prints those of the addresses that take a connection.
reached() {
  app=$1
  shift
  in_container "$app" node --eval "
    const connect = (target) => new Promise((resolve) => {
      const socket = require('node:net').connect({ host: target.split(':')[0], port: target.split(':')[1], timeout: 3000 });
      const end = (line) => { socket.destroy(); resolve(line); };
      socket.on('connect', () => end(target));
      for (const event of ['error', 'timeout']) socket.on(event, () => end());
    });
    Promise.all(process.argv.slice(1).map(connect)).then((lines) => console.log(lines.filter(Boolean).join(' ')));" "$@"
}
[ -z "$(reached publication-server $targets)" ] || fail "publication-server reaches $(reached publication-server $targets)"
# The same question finds what is to be reached.
for target in mongo-public:27017 storage.localhost:13900 publication-server.feed:3005; do
  [ "$(reached publication-server $target)" = $target ] || fail "publication-server does not reach $target"
done
[ "$(reached archiver mongo:27017)" = mongo:27017 ] || fail 'archiver does not reach mongo'
[ -z "$(reached mongo-public publication-server:3005)" ] || fail 'the private port is open to more than the publisher'
# Inside the store there are ports that ask nobody who he is. (The port that is
# 10000 higher than S3's is open, and wants a token.)
[ "$(reached publisher $(for port in 13900 8888 9333 8080 18888 19333 18080 8181 9101; do
  echo "storage.localhost:$port"
done))" = storage.localhost:13900 ] || fail 'inner ports of the store are open'

say 'a key opens the buckets of its app and no other'
for one in 'catalog-api:catena-control landing-zone' job-assembler:catena-control \
  'archiver:catena-control landing-zone retrieval'; do
  app=${one%%:*}
  opened=$(in_container "$app" node --input-type=module --eval "
    const { S3ObjectStore } = await import('/app/dist/libs/storage/src/index.js');
    const { readFileSync } = await import('node:fs');
    const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY_FILE: file } = process.env;
    const secretKey = readFileSync(file, 'utf8').trim();
    const store = new S3ObjectStore({ endpoint, region: 'us-east-1', accessKey, secretKey, attempts: 1 });
    const opened = [];
    for (const bucket of ['catena-control', 'landing-zone', 'retrieval'])
      await store.put(bucket, 'try', Buffer.from('x'), { size: 1 })
        .then(() => store.remove(bucket, ['try']))
        .then(() => opened.push(bucket), () => undefined);
    store.close();
    console.log(opened.join(' '));")
  [ "$opened" = "${one#*:}" ] || fail "the key of $app opens: $opened"
done

say 'the main job: from a folder to long-term storage, back, and to the public'
export CATENA_URL=http://127.0.0.1:13000 CATENA_USERNAME=demo
export CATENA_PASSWORD_FILE="$work/secrets/catalog-password-demo"
head -c 3000000 /dev/urandom > "$work/folder/large"
echo small > "$work/folder/small"
catena login || fail 'sign-in'
pid=$(catena ingest "$work/folder" --owner-group demo-group) || fail 'ingest'
catena archive "$pid" --wait || fail 'archive'
catena retrieve "$pid" --to "$work/restored" || fail 'retrieve'
diff -r "$work/folder" "$work/restored" || fail 'what came back is not what was sent'
catena publish "$pid" --title 'A trial' --creator 'Lovelace, Ada' --abstract 'Of the trial' --licence CC-BY-4.0 \
  --wait > "$work/published" || fail 'publish'
doi=$(head -n 1 "$work/published")

# The publisher has the files brought back for readers; then the public server reads them by their links.
reader() {
  node --input-type=module --eval "
    import { readFileSync } from 'node:fs';
    import { setTimeout } from 'node:timers/promises';
    const at = 'http://127.0.0.1:13004/doi/$doi';
    const page = await fetch(at);
    if (!page.ok || !(await page.text()).includes('Lovelace, Ada')) throw new Error('the landing page: ' + page.status);
    for (let left = 120; ; left -= 1) {
      const file = await fetch(at + '/files/large');
      if (file.ok && Buffer.from(await file.arrayBuffer()).equals(readFileSync('$work/folder/large'))) break;
      if (left === 0) throw new Error('the file: ' + file.status);
      await setTimeout(1000);
    }"
}
reader || fail 'a reader does not get the file'

say 'down and up: data are there'
docker compose down --timeout 60 || fail down
up || fail 'up after down'
catena retrieve "$pid" --to "$work/restored-again" || fail 'retrieve after down and up'
diff -r "$work/folder" "$work/restored-again" || fail 'what came back after down and up is not what was sent'
reader || fail 'a reader does not get the file after down and up'
say 'passed'
