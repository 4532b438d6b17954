#!/bin/sh
# Writes the digest of each image behind its version, in docker-compose.yml and docker/Dockerfile, so that a tag that moves
# changes nothing here. For who reaches the registries (needs docker with buildx); run it after changing a version, look at
# `git diff`, and commit. `--check` changes nothing and fails where a digest is missing or another one.
set -eu
cd "$(dirname "$0")/.."
check=${1:-}
files='docker-compose.yml docker/Dockerfile docker/env.example'
# name:version, with or without the digest of last time; not our own image.
pattern='[a-z0-9./-]+:v?[0-9]+\.[0-9]+[A-Za-z0-9._-]*'
images=$(grep -hE '^ *image: |^FROM |^STORE_IMAGE=' $files | grep -oE "$pattern" | grep -v '^catena:' | sort -u)
status=0
for image in $images; do
  digest=$(docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$image")
  case $digest in
    sha256:*) ;;
    *) echo "expected a digest of $image, found: $digest" >&2; exit 1 ;;
  esac
  for file in $files; do
    if [ "$check" = --check ]; then
      if grep -F "$image" "$file" | grep -qvF "$image@$digest"; then
        echo "$file: expected $image@$digest" >&2
        status=1
      fi
    else
      escaped=$(printf '%s' "$image" | sed 's/[.]/\\./g')
      sed -i -E "s#(^|[^a-z0-9./-])$escaped(@sha256:[0-9a-f]{64})?([^A-Za-z0-9._-]|\$)#\1$image@$digest\3#g" "$file"
    fi
  done
  echo "$image@$digest"
done
exit $status
