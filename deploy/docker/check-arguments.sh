#!/bin/sh
# Refuses to build a release from a base that somebody else can change, or without a word of where it comes from.
# Usage: RELEASE=yes deploy/docker/check-arguments.sh IMAGE...     (SOURCE_URL, REVISION and VERSION in the environment)
set -eu
[ "${RELEASE:-yes}" = no ] && exit 0

trouble=0
for image in "$@"; do
  case $image in
    *@sha256:????????????????????????????????????????????????????????????????) ;;
    *)
      echo "$image is not pinned by digest: docker buildx imagetools inspect ${image%@*} shows it" >&2
      trouble=1
      ;;
  esac
done
for name in SOURCE_URL REVISION VERSION; do
  eval "value=\${$name:-}"
  if [ -z "$value" ]; then
    echo "$name is not set: --build-arg $name=…" >&2
    trouble=1
  fi
done
if [ "$trouble" = 1 ]; then
  echo "To try something out: --build-arg RELEASE=no" >&2
  exit 1
fi
