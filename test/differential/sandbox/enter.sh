#!/bin/sh
# Builds a root of its own on a tmpfs and starts the driver in it; runs as process 1 of fresh namespaces.
# Usage: enter.sh EMPTY_FOLDER NODE DRIVER_FOLDER CANARY_ON_THE_HOST
set -eu
[ $$ -eq 1 ] || exit 1
new=$1 node=$2 driver=$3 canary=$4

mount --make-rprivate /
mount -t tmpfs -o size=64m,mode=755,nosuid,nodev sandbox "$new"
cd "$new"
mkdir -p usr etc proc dev opt/driver tmp run var home trace old
chmod 1777 tmp trace

# Flags that the host's own mount has are locked, so that it takes at least as many.
read_only() {
  mount --rbind "$1" "$2"
  mount -o "remount,bind,ro,nosuid$3" "$2"
}

read_only /usr usr ,nodev
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then cp -P "/$name" "$name"
  elif [ -d "/$name" ]; then mkdir "$name" && read_only "/$name" "$name" ,nodev; fi
done
for name in alternatives ld.so.cache ld.so.conf; do
  if [ -e "/etc/$name" ]; then cp -RP "/etc/$name" etc/; fi
done

touch opt/node
read_only "$node" opt/node ,nodev
read_only "$driver" opt/driver ,nodev

for name in null zero full urandom random; do
  touch "dev/$name"
  read_only "/dev/$name" "dev/$name" ,noexec
done
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
mount -t proc -o ro,nosuid,nodev,noexec proc proc

pivot_root . old
cd /
umount -l /old
rmdir /old
exec /opt/node /opt/driver/driver.mjs "$canary"
