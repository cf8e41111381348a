    # The registry, the vault and the keys that open it are never removed by a package manager.
    if [ -d /var/lib/savin-hub ]; then
        echo "savin-hub: /var/lib/savin-hub is kept: it may hold the registry, the vault and the keys." >&2
    fi
