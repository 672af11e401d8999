#!/bin/bash
# usage: make_box.sh trixie|sid FOLDER        root; about a minute; 1.3 GB; installs nothing on the host
#
# A Debian of its own with Blender (trixie has 4.3, sid 5.2), a software OpenGL and a virtual X server.
set -eu
suite=$1 box=$2 here=$(dirname "$(realpath "$0")")
tools=$(dirname "$box")/debootstrap
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1)}
[ -n "$mirror" ] || { echo "apt knows no Debian mirror" >&2; exit 3; }

if [ ! -x "$tools/usr/sbin/debootstrap" ]; then # unpacked beside the boxes, not installed
  mkdir -p "$tools"
  (cd "$tools" && apt-get download debootstrap >/dev/null && dpkg -x debootstrap_*.deb . && rm debootstrap_*.deb)
fi
rm -rf "$box.part" && mkdir -p "$box.part"
# The script named "sid" knows every suite that came after this debootstrap was released.
DEBOOTSTRAP_DIR=$tools/usr/share/debootstrap "$tools/usr/sbin/debootstrap" --variant=minbase \
  --include=ca-certificates --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
  "$suite" "$box.part" "$mirror" "$tools/usr/share/debootstrap/scripts/sid"

cp /etc/resolv.conf "$box.part/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$box.part/usr/sbin/policy-rc.d" && chmod +x "$box.part/usr/sbin/policy-rc.d"
printf 'path-exclude=/usr/share/%s/*\n' doc man locale >"$box.part/etc/dpkg/dpkg.cfg.d/no-manuals"
# A mirror that is a few weeks behind is welcome; its signatures are still checked.
echo 'Acquire::Check-Valid-Until "false";' >"$box.part/etc/apt/apt.conf.d/old-mirror"

# Debian's Blender bundles no Python packages: NumPy and what its own extension manager imports come beside it.
NETWORK=1 SETTINGS="DEBIAN_FRONTEND=noninteractive" "$here/box.sh" "$box.part" sh -ec '
  apt-get update
  apt-get install -y --no-install-recommends blender libgl1-mesa-dri libegl1 libgl1 libegl-mesa0 libglx-mesa0 \
    python3-numpy python3-requests python3-zstandard python3-cattr xvfb xauth x11-utils imagemagick
  apt-get clean'
mv "$box.part" "$box" # the name means that it is complete
