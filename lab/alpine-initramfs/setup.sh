#!/bin/sh
# Runs in the image, as root and without a network, when it is built. Whatever it prints is shown only when it fails.
set -e

# For the lab: whoever is at the console may log in. On a real machine, put a key in the skeleton instead.
passwd -d root

addgroup -S keeper
adduser -S -H -D -G keeper -s /bin/ash keeper
mkdir -p /home/keeper /data
echo "permit nopass keeper as root" >/etc/doas.d/keeper.conf
