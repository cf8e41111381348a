#!/bin/sh
# Boots a copy of this machine under systemd, without a network and gone afterwards, and lets trial.sh
# install, run, upgrade and remove the packages there. Wants root, in a mount namespace of its own.
#
#   unshare --mount --propagation private tests/packages/booted.sh deb|rpm FIRST SECOND JAIL
set -eu

kind=$1
first=$2
second=$3
jail=$4
here=$(dirname "$0")
. "$here/copy.sh"
mkdir -p "$root/packages" "$root/srv"
cp -r "$first" "$root/packages/first"
cp -r "$second" "$root/packages/second"
cp -r "$jail" "$root/srv/jail"
cp "$here/trial.sh" "$root/packages/trial.sh"
chmod -R a+rX "$root/srv/jail"

# Nothing of this machine's own state, and no word that services must not be started.
rm -rf "$root"/run/* "$root/usr/sbin/policy-rc.d"
cat >"$root/etc/systemd/system/trial.service" <<UNIT
[Unit]
SuccessAction=poweroff
FailureAction=poweroff

[Service]
Type=oneshot
ExecStart=/bin/sh /packages/trial.sh $kind
StandardOutput=append:/packages/log
StandardError=inherit
TimeoutStartSec=5min
UNIT
cat >"$root/etc/systemd/system/trial.target" <<UNIT
[Unit]
Requires=basic.target
Wants=dbus.service trial.service
After=basic.target
AllowIsolate=yes
UNIT

# What systemd-nspawn notes of its machines stays in here too.
mount -t tmpfs none /run
if ! systemd-nspawn --directory="$root" --machine=savin-trial --register=no --keep-unit \
    --private-network --console=pipe --boot systemd.unit=trial.target </dev/null \
    >"$scratch/boot" 2>&1; then
    cat "$scratch/boot" >&2
    exit 1
fi
cat "$root/packages/log"
