#!/bin/sh
# enter.sh TREE COMMAND...: runs a command in a tree as if it were a machine's root.
# Started by unshare with namespaces of its own, where an ordinary user is root of what is his; nothing of this machine
# can be seen or reached from in there, nor is there a network.
set -eu
umask 022
tree=$1
shift

mount --bind "$tree" "$tree"
mount -t proc proc "$tree/proc"
mount -t tmpfs -o mode=755 dev "$tree/dev"
for node in null zero full random urandom; do
  : >"$tree/dev/$node"
  mount --bind "/dev/$node" "$tree/dev/$node"
done
cd "$tree"
pivot_root . . # the old root lies on the new one now
umount -l .
cd /
exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 SOURCE_DATE_EPOCH=0 TZ=UTC "$@"
