    # The key, the certificate and the journal: MDOC revokes the agent (ask them), and a new one enrols
    # with a new token.
    rm -rf /var/lib/savin-agent
    rm -rf /etc/savin-agent/secrets
    if command -v deluser >/dev/null; then
        deluser --quiet --system savin-agent || true
    fi
