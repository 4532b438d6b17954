#!/bin/sh
# Makes the secrets of docker-compose.yml, a file each, in ./secrets or in the folder that is named. What is there stays
# as it is, so it may be run again (after an upgrade, for new ones). To change a secret, remove its file and those made
# from it (docs/docker.md), and run it again.
set -eu
umask 077
folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

# Containers run as other users: each file may be read by whoever it is mounted for, the folder by its owner only.
put() {
  [ -e "$1" ] && return 0
  cat > ".$1.new"
  chmod 444 ".$1.new"
  mv ".$1.new" "$1"
  echo "made $folder/$1"
}
# Letters and digits only: they become parts of addresses.
random() { od -An -v -tx1 -N "${2:-24}" /dev/urandom | tr -d ' \n' | put "$1"; }
of() { cat "$1"; }

for name in jwt-secret ingestor-token-secret push-secret console-secret broker-admin-password mongodb-root-password mongodb-public-root-password \
  mongodb-password-publication-server s3-secret-admin grafana-admin-password catalog-password-admin \
  catalog-password-archive-manager catalog-password-demo; do
  random "$name" 32
done
random mongodb-replica-key 256

for app in catalog-api job-assembler archiver publisher; do
  random "operations-token-$app"
  random "mongodb-password-$app"
  random "broker-password-$app"
  [ "$app" = publisher ] || random "s3-secret-$app"
  [ "$app" = catalog-api ] || random "catalog-password-$app"
  put "mongodb-uri-$app" << URI
mongodb://$app:$(of "mongodb-password-$app")@mongo:27017/catena-$app?replicaSet=rs0&authSource=catena-$app
URI
  put "rabbitmq-url-$app" << URL
amqp://catena.$app:$(of "broker-password-$app")@rabbitmq:5672
URL
done
# The console only listens.
random broker-password-console
put rabbitmq-url-console << URL
amqp://catena.console:$(of broker-password-console)@rabbitmq:5672
URL
# For the console, `catena ops` and catena-admin (OPERATIONS_APPS_FILE): the apps as their network knows them; tokens are found beside it.
put operations-apps << YAML
apps:
$(for app in catalog-api:3000 job-assembler:3001 archiver:3002 publisher:3003; do
  printf '  - { name: %s, url: "http://%s", tokenFile: operations-token-%s }\n' "${app%:*}" "$app" "${app%:*}"
done)
YAML
put mongodb-uri-publication-server << URI
mongodb://publication-server:$(of mongodb-password-publication-server)@mongo-public:27017/catena-public?authSource=catena-public
URI
put rabbitmq-management-url << URL
http://admin:$(of broker-admin-password)@rabbitmq:15672
URL

# The archiver signs certificates with it: Ed25519 in PEM (PKCS#8 is these 16 bytes and the 32 of the key).
[ -e certificate-key ] || {
  echo '-----BEGIN PRIVATE KEY-----'
  { printf '\060\056\002\001\000\060\005\006\003\053\145\160\004\042\004\040' && head -c 32 /dev/urandom; } | base64
  echo '-----END PRIVATE KEY-----'
} | put certificate-key

# What an installation may do without, empty: write into it what others have given you.
for name in doi-password oidc-client-secret smtp-password console-emergency-token; do
  [ -e "$name" ] || { put "$name" < /dev/null && chmod 644 "$name"; }
done

# The keys of the object store, in SeaweedFS's format. Who reaches which bucket is what tools/start gives as well.
bucket() { printf '"Read:%s", "Write:%s", "List:%s", "Tagging:%s"' "$1" "$1" "$1" "$1"; }
identity() {
  printf '    { "name": "%s", "credentials": [{ "accessKey": "%s", "secretKey": "%s" }], "actions": [%s] }' \
    "$1" "$1" "$(of "s3-secret-$1")" "$2"
}
put s3-identities << JSON
{
  "identities": [
$(identity admin '"Admin", "Read", "Write", "List", "Tagging"'),
$(identity catalog-api "$(bucket catena-control), $(bucket landing-zone)"),
$(identity job-assembler "$(bucket catena-control)"),
$(identity archiver "$(bucket catena-control), $(bucket landing-zone), $(bucket retrieval)")
  ]
}
JSON

# Accounts in SciCat's format: administrators, a person for trying (demo), the apps. Add people's accounts, or let them sign
# in at a provider.
account() {
  printf '  { "username": "%s", "email": "%s@example.org", "password": "%s", "role": "%s", "global": false }' \
    "$1" "$2" "$(of "catalog-password-$2")" "$3"
}
put functional-accounts << JSON
[
$(account admin admin admin),
$(account archiveManager archive-manager archivemanager),
$(account demo demo demo-group),
$(account jobAssembler job-assembler catena-services),
$(account archiver archiver catena-services),
$(account publisher publisher catena-publisher)
]
JSON
