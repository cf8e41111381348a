#!/bin/sh
# Runs as root on a machine that was booted for it (booted.sh): installs the packages, runs agent and hub
# as services through everything that befalls them, and removes them.
#
#   trial.sh deb|rpm
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

kind=$1

fail() {
    journalctl --no-pager --lines=40 --unit=savin-agent.service --unit=savin-hub.service
    echo "trial: $*"
    exit 1
}

# Waits, for half a minute, until a command succeeds.
wait_until() {
    for _ in $(seq 100); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.3
    done
    fail "in vain: $*"
}

as() {
    user=$1
    shift
    setpriv --reuid="$user" --regid="$user" --clear-groups "$@"
}

property() {
    systemctl show --value --property="$2" "$1.service"
}

install_packages() {
    case $kind in
    deb) dpkg --install /packages/"$1"/*.deb ;;
    # The database of this machine's packages is dpkg's, so that rpm knows none of them.
    rpm) rpm --force-debian --nodeps --upgrade /packages/"$1"/*.rpm ;;
    esac
}

# The agent's changes are with the hub, those made just now included.
acknowledges() {
    as savin-agent savin-agent status --json | grep -q "\"acknowledged\":$1[,}]"
}

# Sees the service running, in another process than that given.
runs_anew() {
    [ "$(property "$1" ActiveState)" = active ] && [ "$(property "$1" MainPID)" != "$2" ] &&
        [ "$(property "$1" MainPID)" != 0 ]
}

if [ "$kind" = rpm ]; then
    rpm --initdb
fi
echo "== install"
install_packages first
for name in savin-agent savin-hub; do
    [ "$(property $name ActiveState)" = inactive ] || fail "$name runs without being set up"
done

echo "== the hub"
sed 's/"savin.mdoc.example:8633"/"127.0.0.1:8633"/' \
    /usr/share/doc/savin-hub/examples/hub.toml >/etc/savin-hub/hub.toml
as savin-hub savin-hub agency add MS0490000 --name "Sample County Sheriff" --facility MS049-JAIL
as savin-hub savin-hub agency token MS0490000 --output /var/lib/savin-hub/jail.token
systemctl start savin-hub.service || fail "the hub does not start"
[ "$(property savin-hub Type)" = notify ] || fail "the hub does not say that it is ready"
[ -f /var/lib/savin-hub-keys/vault.keys ] || fail "the vault's keys lie elsewhere"

echo "== the voice of calls, in the sandbox of the service"
# In a unit that differs from the packaged one in nothing but what it runs.
heard=/var/lib/savin-hub/call.wav
sed "s|^ExecStart=.*|ExecStart=/usr/bin/savin-hub --config /etc/savin-hub/hub.toml voice say --sample Escaped --output $heard|
    s/^Type=.*/Type=oneshot/; /^Restart/d; /^NotifyAccess/d" \
    /usr/lib/systemd/system/savin-hub.service >/etc/systemd/system/voice-trial.service
systemctl daemon-reload
systemctl start voice-trial.service || {
    journalctl --no-pager --lines=20 --unit=voice-trial.service
    fail "the voice does not speak"
}
# Twenty seconds at least.
[ "$(stat -c %s $heard)" -gt 320000 ] || fail "the call is short"
rm /etc/systemd/system/voice-trial.service
# The service itself says whether it speaks, once there is a line to speak on.
cat >>/etc/savin-hub/hub.toml <<'TOML'

[telephone]
bind = "127.0.0.1"
media_ports = [30000, 30009]

[[telephone.trunks]]
name = "nowhere"
server = "127.0.0.1:5070"
listen = "127.0.0.1:5060"
caller = "6015550100"
lines = 1
TOML
systemctl restart savin-hub.service || fail "the hub does not start with a trunk"
speaks() {
    [ "$(journalctl --no-pager --unit=savin-hub.service | grep -c "The voice of calls speaks")" = 2 ]
}
wait_until speaks

echo "== the agent, with a password from systemd"
cp /usr/share/doc/savin-agent/examples/bookings.toml /etc/savin-agent/bookings.toml
sed '/^state = /d' /usr/share/doc/savin-agent-odbc/examples/odbc.toml |
    sed '/^cursor = /d; s/savin_roster/booking/; $a full_read = "2s"' >>/etc/savin-agent/agent.toml
sed -i '/^\[\[feed\]\]/a poll = "500ms"' /etc/savin-agent/agent.toml
# The rows are counted below: without the two of the daily test.
printf '\n[canary]\nat = "off"\n' >>/etc/savin-agent/agent.toml
printf 'Driver=SQLite3;Database=/srv/jail/booking.sqlite;NoCreat=1\n' >/etc/savin-agent/secrets/jail.odbc
chmod 600 /etc/savin-agent/secrets/jail.odbc
install -o savin-agent -m 600 /var/lib/savin-hub/jail.token /var/lib/savin-agent/jail.token
systemd-run --quiet --wait --pipe --uid=savin-agent \
    --property=LoadCredential=secrets:/etc/savin-agent/secrets savin-agent preview --json |
    grep -q '"mapped":3' || fail "no preview"
as savin-agent savin-agent enroll --token-file /var/lib/savin-agent/jail.token
systemctl start savin-agent.service || fail "the agent does not start"
wait_until acknowledges 3
said=$(as savin-agent savin-agent check --json 2>&1) || fail "check said: $said"

echo "== a service that is stuck is started again"
mkdir -p /etc/systemd/system/savin-agent.service.d
printf '[Service]\nWatchdogSec=8s\nRestartSec=100ms\n' >/etc/systemd/system/savin-agent.service.d/trial.conf
systemctl daemon-reload
systemctl restart savin-agent.service || fail "the agent does not start again"
before=$(property savin-agent MainPID)
kill -STOP "$before"
wait_until runs_anew savin-agent "$before"
journalctl --no-pager --unit=savin-agent.service | grep -q "Watchdog timeout" || fail "no watchdog"
before=$(property savin-hub MainPID)
kill -KILL "$before"
wait_until runs_anew savin-hub "$before"

echo "== upgrade"
agent=$(property savin-agent MainPID)
hub=$(property savin-hub MainPID)
install_packages second
wait_until runs_anew savin-agent "$agent"
wait_until runs_anew savin-hub "$hub"
wait_until acknowledges 3
systemctl stop savin-agent.service
[ "$(property savin-agent Result)" = success ] || fail "the agent does not stop: $(property savin-agent Result)"

echo "== remove"
systemctl start savin-agent.service
mkdir /opt/savin
cp /usr/bin/savin-agent /usr/libexec/savin-agent/savin-odbc /etc/savin-agent/*.toml /opt/savin/
case $kind in
deb) dpkg --remove savin-agent-odbc savin-agent savin-hub ;;
rpm) rpm --force-debian --erase savin-agent-odbc savin-agent savin-hub ;;
esac
for name in savin-agent savin-hub; do
    [ "$(property $name ActiveState)" = inactive ] || fail "$name still runs"
    [ ! -e /usr/bin/$name ] || fail "/usr/bin/$name is still there"
    [ -d /var/lib/$name ] || fail "the state of $name is gone"
done

echo "== a service without a package"
rm -r /etc/systemd/system/savin-agent.service.d
agent=/opt/savin/savin-agent
as savin-agent true || fail "the removal took the user"
install -o savin-agent -m 600 /etc/savin-agent/secrets/jail.odbc /opt/savin/jail.odbc
sed -i 's/^connection_file = .*/connection_file = "jail.odbc"/' /opt/savin/agent.toml
$agent --config /opt/savin/agent.toml service install
wait_until runs_anew savin-agent 0
said=$($agent --config /opt/savin/agent.toml service status) || fail "status said: $said"
echo "$said" | grep -q "active (running)" || fail "status said: $said"
before=$(property savin-agent MainPID)
$agent --config /opt/savin/agent.toml service restart
wait_until runs_anew savin-agent "$before"
said=$(as savin-agent $agent --config /opt/savin/agent.toml doctor || true)
echo "$said" | grep "database\|source" | grep -q "ok" || fail "the source is not read: $said"
$agent --config /opt/savin/agent.toml service uninstall
[ "$(property savin-agent ActiveState)" = inactive ] || fail "it still runs"
[ ! -e /etc/systemd/system/savin-agent.service ] || fail "the unit is still there"

if [ "$kind" = deb ]; then
    echo "== purge"
    dpkg --purge savin-agent-odbc savin-agent savin-hub
    ! getent passwd savin-agent >/dev/null || fail "purge left the user"
    [ ! -e /var/lib/savin-agent ] || fail "purge left the key and the journal"
    [ -f /var/lib/savin-hub-keys/vault.keys ] || fail "purge took the vault's keys"
fi
[ -z "$(find /etc/systemd/system -name 'savin-*')" ] || fail "a unit is left enabled"
echo "== well"
