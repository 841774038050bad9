#!/bin/sh
# Lays out what one service needs to run, and nothing else: its source, the libraries it imports, what was generated and
# built for them, and their production dependencies. Run in the repository root after "pnpm generate" and "pnpm build".
# Usage: deploy/docker/assemble.sh SERVICE FOLDER
set -eu
service=$1
folder=$2

turbo prune "@selfsame/$service" --production --out-dir "$folder"
# The whole lockfile: turbo's own cut of it lacks optional packages.
cp pnpm-lock.yaml pnpm-workspace.yaml "$folder/"
# The pins of the model weights, which biometrics checks.
cp assets.json "$folder/"
for made in libs/*/gen services/*/dist; do
  package=$(dirname "$made")
  if [ -d "$made" ] && [ -d "$folder/$package" ]; then cp -R "$made" "$folder/$package/"; fi
done
cd "$folder"
pnpm install --prod --frozen-lockfile --prefer-offline
