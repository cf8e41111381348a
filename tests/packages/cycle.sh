#!/bin/sh
# Installs, upgrades, removes and purges the packages on a copy of this machine's root that is gone
# afterwards: what is written there lies in memory. Wants root, in a mount namespace of its own.
#
#   unshare --mount --propagation private tests/packages/cycle.sh FIRST SECOND
set -eu

first=$1
second=$2
. "$(dirname "$0")/copy.sh"
mkdir -p "$root/packages/first" "$root/packages/second" "$root/proc" "$root/dev"
cp "$first"/*.deb "$root/packages/first"
cp "$second"/*.deb "$root/packages/second"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"

# Nothing there may believe that systemd runs.
rm -rf "$root/run/systemd"

cat >"$root/packages/inside.sh" <<'INSIDE'
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

fail() {
    echo "cycle: $*" >&2
    exit 1
}

echo "== install"
dpkg --install /packages/first/*.deb
for name in savin-agent savin-hub; do
    "$name" --version
    [ "$(stat -c '%a %U %G' /var/lib/$name)" = "700 $name $name" ] || fail "rights of /var/lib/$name"
    [ "$(systemctl is-enabled $name.service)" = enabled ] || fail "$name.service is not enabled"
    [ -z "$(dpkg --verify $name)" ] || fail "dpkg --verify $name"
    bash -n /usr/share/bash-completion/completions/$name
    gunzip --stdout /usr/share/man/man1/$name.1.gz | grep -q "^.SH SYNOPSIS" || fail "manual of $name"
    said=$(systemd-analyze verify /usr/lib/systemd/system/$name.service 2>&1 |
        grep "$name.service" | grep -v "RestartSteps\|RestartMaxDelaySec\|Command 'man" || true)
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
    systemd-analyze security --offline=true --threshold=15 $name.service | tail -n 1
done
[ "$(stat -c '%a %U' /var/lib/savin-hub-keys)" = "700 savin-hub" ] || fail "rights of the keys' folder"
# The helper for ODBC is found where its package puts it, and its libraries are there.
printf '' | /usr/libexec/savin-agent/savin-odbc || fail "the helper for ODBC does not start"
# The user of the service can read its configuration, and what the package installs is valid.
said=$(setpriv --reuid=savin-agent --regid=savin-agent --clear-groups savin-agent doctor 2>&1 || true)
echo "$said" | grep -q "no agent is enrolled in /var/lib/savin-agent" || fail "doctor said: $said"

echo "== upgrade"
echo "# Kept by whoever runs this machine." >>/etc/savin-agent/agent.toml
echo key >/var/lib/savin-agent/batch.key
systemctl disable savin-hub.service
dpkg --install /packages/second/*.deb
[ "$(dpkg-query --show --showformat='${Version}' savin-agent)" = "$(cat /packages/version)" ] ||
    fail "no upgrade"
grep -q "Kept by whoever" /etc/savin-agent/agent.toml || fail "the configuration was replaced"
[ -f /var/lib/savin-agent/batch.key ] || fail "the state was touched"
[ "$(systemctl is-enabled savin-agent.service)" = enabled ] || fail "the upgrade disabled the agent"
[ "$(systemctl is-enabled savin-hub.service || true)" = disabled ] || fail "the upgrade enabled the hub"

echo "== remove"
dpkg --remove savin-agent-odbc savin-agent savin-hub
[ ! -e /usr/bin/savin-agent ] || fail "the program is still there"
grep -q "Kept by whoever" /etc/savin-agent/agent.toml || fail "remove took the configuration"
[ -f /var/lib/savin-agent/batch.key ] || fail "remove took the state"

echo "== install again, then purge"
dpkg --install /packages/second/*.deb
grep -q "Kept by whoever" /etc/savin-agent/agent.toml || fail "the configuration was replaced"
echo vault >/var/lib/savin-hub-keys/vault.keys
dpkg --purge savin-agent-odbc savin-agent savin-hub
[ ! -e /etc/savin-agent ] || fail "purge left /etc/savin-agent"
[ ! -e /var/lib/savin-agent ] || fail "purge left the key and the journal"
[ -f /var/lib/savin-hub-keys/vault.keys ] || fail "purge took the vault's keys"
! getent passwd savin-agent >/dev/null || fail "purge left the user"
[ -z "$(find /etc/systemd /var/lib/systemd -name 'savin-*' 2>/dev/null)" ] || fail "purge left units"
echo "== well"
INSIDE
dpkg-deb --field "$root"/packages/second/savin-agent_*.deb Version >"$root/packages/version"
chroot "$root" /bin/sh /packages/inside.sh
