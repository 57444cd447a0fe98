#!/bin/sh
# Run by mmdebstrap when all packages are installed; $1 is the folder of the new system. What is set here makes it one
# that boots from the network into memory, with a login on its consoles.
set -eu
root=$1

# An empty password: who can reach this console holds the machine anyway.
chroot "$root" passwd --quiet --delete root

# For randomness in a machine that has nothing else to gather it from.
echo virtio_rng >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u >&2

# live-boot writes what it asked DHCP for into a file there, also where nobody reads it.
mkdir -p "$root/etc/network"

# From DHCP: live-boot writes both on each boot, but only into files that say nothing yet.
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"

echo 'Debian in memory (dryboot debian-live): log in as root, no password' >"$root/etc/issue"

# What it was installed from is an archive that was only there for the time; which one to use is for the site to know.
: >"$root/etc/apt/sources.list"

# live-boot asked for the address, and nobody would renew its lease.
cat >"$root/etc/systemd/network/80-wired.network" <<'EOF'
[Match]
Type=ether

[Network]
DHCP=ipv4
KeepConfiguration=yes

[DHCPv4]
# As the firmware and live-boot asked: the same client, the same address.
ClientIdentifier=mac
EOF
chroot "$root" systemctl --quiet enable systemd-networkd.service
# Nothing waits for the network here: it was there before the first of these services.
chroot "$root" systemctl --quiet mask systemd-networkd-wait-online.service

# Upkeep of a disk, which this system does not have.
for timer in apt-daily apt-daily-upgrade e2scrub_all fstrim dpkg-db-backup; do
  ln -sf /dev/null "$root/etc/systemd/system/$timer.timer"
done

cat >"$root/etc/systemd/system/dryboot-ready.service" <<'EOF'
[Unit]
Description=Tell the boot server that this machine is up
ConditionKernelCommandLine=dryboot.ready
After=systemd-user-sessions.service
Before=getty.target serial-getty@ttyS0.service

[Service]
Type=oneshot
TimeoutStartSec=30
ExecStart=/bin/sh -c 'for word in $(cat /proc/cmdline); do case $$word in dryboot.ready=*) exec busybox wget -q -O /dev/null "$${word#dryboot.ready=}" ;; esac; done'

[Install]
WantedBy=multi-user.target
EOF
chroot "$root" systemctl --quiet enable dryboot-ready.service
