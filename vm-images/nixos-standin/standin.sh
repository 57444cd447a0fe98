# What both stages 1 share: the work itself. Each says in its own words what it does.

set -f # nothing here is a file name pattern, and the command line may hold one
export PATH=/bin HOME=/ TERM=linux

say() { echo "$*" >/dev/console; }

begin() {
  /bin/busybox --install -s /bin
  mkdir -p /dev /proc /sys
  mount -t devtmpfs -o mode=755,nosuid devtmpfs /dev
  mount -t proc -o nosuid,nodev,noexec proc /proc
  mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
  say "dryboot-nixos-standin: this has the shape of NixOS and is not NixOS: Debian's kernel, a userland of dryboot's"
  init= inits=0 panic= fault=
  for word in $(cat /proc/cmdline); do
    case $word in
      init=*) init=${word#init=} inits=$((inits + 1)) ;;
      boot.panic_on_fail | stage1panic=1) panic=1 ;;
      dryboot.fault=*) fault=${word#dryboot.fault=} ;;
    esac
  done
  case $fault in
    no-store) rm -f /nix-store.squashfs ;;
    other-init) init=/nix/store/00000000000000000000000000000000-nixos-system-of-another-build/init ;;
  esac
}

load_modules() {
  while read -r module; do insmod "/lib/modules/$module" >/dev/console 2>&1; done </lib/modules/load-order
}

mount_root() {
  mkdir -p "$1"
  mount -t tmpfs -o mode=0755 tmpfs "$1"
  mkdir -p "$1/nix/.ro-store" "$1/nix/.rw-store" "$1/nix/store"
}

# The second half of the initrd, by its place as seen from the new root.
mount_store() {
  (cd "$1" && mount -t squashfs -o loop,ro ../nix-store.squashfs nix/.ro-store) >/dev/console 2>&1
}

# A store that can be written to, of which nothing is kept.
mount_overlay() {
  mount -t tmpfs -o mode=0755 tmpfs "$1/nix/.rw-store" || return
  mkdir -p "$1/nix/.rw-store/store" "$1/nix/.rw-store/work"
  mount -t overlay -o "lowerdir=$1/nix/.ro-store,upperdir=$1/nix/.rw-store/store,workdir=$1/nix/.rw-store/work" \
    overlay "$1/nix/store" >/dev/console 2>&1
}

hand_over() {
  mkdir -p "$1/dev" "$1/proc" "$1/sys"
  for folder in dev proc sys; do mount -o move "/$folder" "$1/$folder"; done
  exec switch_root -c /dev/console "$1" "$init"
}
