#!/bin/sh
# Lays out what one service, or the command line, needs to run, and nothing else: its source, the libraries it imports,
# what was generated and built for them, their production dependencies, and the bill of materials (sbom.json).
# Run in the repository root after "pnpm generate" and "pnpm build".
# Usage: deploy/docker/assemble.sh SERVICE FOLDER      (SERVICE: a folder of services/, or cli)
set -eu
service=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)

turbo prune "@selfsame/$service" --production --out-dir "$folder"
# The whole lockfile: turbo's own cut of it lacks optional packages.
cp pnpm-lock.yaml pnpm-workspace.yaml LICENSE "$folder/"
# The pins of the model weights, which biometrics checks.
cp assets.json "$folder/"
for made in libs/*/gen services/*/dist; do
  package=$(dirname "$made")
  if [ -d "$made" ] && [ -d "$folder/$package" ]; then cp -R "$made" "$folder/$package/"; fi
done

cd "$folder"
pnpm install --prod --frozen-lockfile --prefer-offline
pnpm --filter "@selfsame/$service" sbom --prod --sbom-format cyclonedx --sbom-spec-version 1.6 \
  --sbom-type application --out sbom.json
node "$here/complete-sbom.ts" sbom.json

# Not for running: tests, and the other platforms' builds of the inference runtime.
find . -name node_modules -prune -o -name '*.test.ts' -exec rm {} +
rm -rf libs/*/test services/*/test apps/*/test
for built in node_modules/.pnpm/onnxruntime-node@*/node_modules/onnxruntime-node/bin/napi-v6/*/*; do
  case $built in */"$(node -p 'process.platform + "/" + process.arch')") ;; *) rm -rf "$built" ;; esac
done

# Every image has its workspace at the same place.
mkdir -p services
if [ ! -d "services/$service" ]; then ln -s "../apps/$service" "services/$service"; fi
