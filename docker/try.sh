#!/bin/sh
# `npm run test:compose`: runs docker-compose.yml for real, in a project of its own beside whatever runs here, and takes everything
# away at the end. Needs an engine with Compose, and the images: from their registries, or imported under their names.
#   BUILD=no       our own image is there already
#   KEEP=yes       leaves everything running, to look at
set -eu
checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
export COMPOSE_PROJECT_NAME=catena-try SECRETS_PATH="$work/secrets" LTS_PATH="$work/lts" SOURCE_FOLDER_ROOT="$work/data"
export CATALOG_PORT=13000 PUBLIC_PORT=13004 RABBITMQ_MANAGEMENT_PORT=13672 STORE_PORT=13900 GRAFANA_PORT=13006
export FRONT_NETWORK=172.30.73 PUBLIC_NETWORK=172.30.74 COMPOSE_PROFILES= COMPOSE_FILE=docker-compose.yml
# Names below .localhost lead nowhere on many hosts.
export S3_PUBLIC_ENDPOINT=http://127.0.0.1:13900 PUBLIC_URL=http://127.0.0.1:13004
cd "$checkout"

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
catena() { npx --no-install catena --quiet "$@"; }

sh docker/make-secrets.sh "$work/secrets" > "$work/secrets.log"
mkdir -p "$work/lts" "$work/data" "$work/folder" "$work/home"
touch "$work/lts/.catena-share"
chmod 755 "$work"
chown 1000:1000 "$work/lts" 2> "$work/chown.log" || export ARCHIVER_USER="$(id -u):$(id -g)"

say 'building our image'
[ "${BUILD:-yes}" = no ] || docker compose build || fail 'the image cannot be built'
image=$(docker compose config --images | grep '^catena:' | head -n 1)
found=$(docker run --rm --entrypoint find "$image" /app/dist -name '*.spec.*' -o -path '*/testing/*' -type f)
[ -z "$found" ] || fail "tests are in the image: $found"

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
  in_container "$app" sh -c "ls /run/secrets" | grep -E 'root|admin' && fail "$app reads secrets of administrators"
  ! docker inspect "$(docker compose ps --quiet "$app")" --format '{{.Config.Env}}' |
    grep -qF "$(cat "$work/secrets/push-secret")" || fail "a secret stands in the environment of $app"
done

say 'the DMZ reaches nothing of the intranet'
for host in catalog-api:3000 job-assembler:3001 archiver:3002 mongo:27017 rabbitmq:5672; do
  in_container publication-server node --eval "
    const [host, port] = '$host'.split(':');
    const socket = require('node:net').connect({ host, port, timeout: 3000 });
    socket.on('connect', () => process.exit(1));
    for (const event of ['error', 'timeout']) socket.on(event, () => process.exit(0));" ||
    fail "publication-server reaches $host"
done

say 'an app reaches its own bucket only'
in_container job-assembler node --input-type=module --eval "
  const { S3ObjectStore } = await import('/app/dist/libs/storage/src/index.js');
  const { readFileSync } = await import('node:fs');
  const secretKey = readFileSync(process.env.S3_SECRET_KEY_FILE, 'utf8').trim();
  const store = new S3ObjectStore({ endpoint: process.env.S3_ENDPOINT, region: 'us-east-1', accessKey: 'job-assembler', secretKey, attempts: 1 });
  await store.put('catena-control', 'try', Buffer.from('x'), { size: 1 });
  await store.remove('catena-control', ['try']);
  const refused = await store.put('landing-zone', 'try', Buffer.from('x'), { size: 1 }).then(() => false, () => true);
  process.exit(refused ? 0 : 1);" || fail 'the key of job-assembler opens more, or less, than its bucket'

say 'the main job: from a folder to long-term storage and back'
export HOME="$work/home" CATENA_URL=http://127.0.0.1:13000 CATENA_USERNAME=archiveManager
export CATENA_PASSWORD_FILE="$work/secrets/catalog-password-archive-manager"
head -c 3000000 /dev/urandom > "$work/folder/large"
echo small > "$work/folder/small"
catena login || fail 'sign-in'
pid=$(catena ingest "$work/folder" --owner-group archivemanager) || fail 'ingest'
catena archive "$pid" --wait || fail 'archive'
catena retrieve "$pid" --to "$work/restored" || fail 'retrieve'
diff -r "$work/folder" "$work/restored" || fail 'what came back is not what was sent'

say 'down and up: data are there'
docker compose down --timeout 60 || fail down
up || fail 'up after down'
catena retrieve "$pid" --to "$work/restored-again" || fail 'retrieve after down and up'
diff -r "$work/folder" "$work/restored-again" || fail 'what came back after down and up is not what was sent'
say 'passed'
