#!/bin/sh
# Lays out what runs the source on a base that has a C and C++ runtime, and nothing else: node, and the one library of it
# that such bases lack. Run in the Node image; the loader looks into /usr/lib on every Debian.
# Usage: deploy/docker/runtime.sh FOLDER
set -eu
folder=$1

mkdir -p "$folder/usr/local/bin" "$folder/usr/lib"
node=$(node -p process.execPath)
cp -L "$node" "$folder/usr/local/bin/node"
atomic=$(ldd "$node" | awk '/libatomic/ { print $3 }')
if [ -n "$atomic" ]; then cp -L "$atomic" "$folder/usr/lib/"; fi
