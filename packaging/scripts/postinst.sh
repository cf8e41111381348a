#!/bin/sh
set -e

case "$1" in
configure | abort-upgrade | abort-deconfigure | abort-remove)
    if ! getent passwd @NAME@ >/dev/null; then
        adduser --quiet --system --group --no-create-home --home /var/lib/@NAME@ \
            --gecos "@TITLE@" @NAME@
    fi
    # systemd makes it as well; whoever enrols first needs it now.
    install -d -m 0700 -o @NAME@ -g @NAME@ @STATE@
    deb-systemd-helper unmask @NAME@.service >/dev/null || true
    if deb-systemd-helper --quiet was-enabled @NAME@.service; then
        deb-systemd-helper enable @NAME@.service >/dev/null || true
    else
        deb-systemd-helper update-state @NAME@.service >/dev/null || true
    fi
    if [ -d /run/systemd/system ]; then
        systemctl --system daemon-reload >/dev/null || true
        if [ -n "$2" ]; then
            deb-systemd-invoke try-restart @NAME@.service >/dev/null || true
        else
            deb-systemd-invoke start @NAME@.service >/dev/null || true
        fi
    fi
    ;;
esac
