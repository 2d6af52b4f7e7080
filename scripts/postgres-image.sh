#!/usr/bin/env bash
# Makes a PostgreSQL image without a registry, from Debian's packages: for machines that reach Debian's
# mirror and nothing else. Starts Docker when it is not there. Needs root and Debian.
#   scripts/postgres-image.sh [NAME]     (default: postgres:15-local)
# Then: FAULTLAB_BACKEND=containers FAULTLAB_PG_IMAGE=NAME npx lab grade …
set -euo pipefail
name=${1:-postgres:15-local}
cache=${FAULTLAB_IMAGE_CACHE:-/var/tmp/faultlab-image}

if ! docker info >/dev/null 2>&1; then
  if ! command -v dockerd >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      docker.io containerd runc iptables debootstrap >/dev/null
  fi
  # There may be no systemd to do it. In a session of its own, so that it outlives this script.
  mkdir -p "$cache"
  setsid dockerd >"$cache/dockerd.log" 2>&1 </dev/null &
  echo $! >"$cache/dockerd.pid"
  for _ in $(seq 100); do docker info >/dev/null 2>&1 && break; sleep 0.2; done
  docker info >/dev/null || { tail -5 "$cache/dockerd.log"; exit 1; }
fi

docker image inspect "$name" >/dev/null 2>&1 && { echo "$name is there"; exit 0; }

root=$cache/root
if [ ! -f "$cache/root.done" ]; then
  command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >/dev/null
  mirror=$(apt-get indextargets --format '$(SITE)' | grep -v security | head -1) || true
  rm -rf "$root"
  debootstrap --variant=minbase --include=postgresql-15,procps,gosu bookworm "$root" \
    "${mirror:-http://deb.debian.org/debian}" >"$cache/debootstrap.log" 2>&1 \
    || { tail -5 "$cache/debootstrap.log"; exit 1; }
  rm -rf "$root"/var/cache/apt/archives/*.deb
  mkdir -p "$root/var/run/postgresql"
  chroot "$root" chown postgres:postgres /var/run/postgresql
  # What the labs rely on of the official image: the server's programs on the PATH.
  chroot "$root" sh -c 'ln -sf /usr/lib/postgresql/15/bin/* /usr/local/bin/'
  touch "$cache/root.done"
fi
tar -C "$root" -c . | docker import -c 'ENV LC_ALL=C' -c 'EXPOSE 5432' -c 'CMD ["postgres"]' - "$name" >/dev/null
echo "$name is made"
