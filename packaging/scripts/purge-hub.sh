    # The registry, the vault and the keys that open it are never removed by a package manager.
    for folder in /var/lib/savin-hub /var/lib/savin-hub-keys; do
        [ ! -d "$folder" ] || rmdir --ignore-fail-on-non-empty "$folder"
        [ ! -d "$folder" ] || echo "savin-hub: $folder is kept: it may hold the registry, the vault or the keys." >&2
    done
