# Sourced: $root becomes a copy of this machine's root, of which what is written lies in memory. Wants root,
# in a mount namespace of its own; all is gone with that.
scratch=$(mktemp -d)
mount -t tmpfs none "$scratch"
mkdir "$scratch/upper" "$scratch/work" "$scratch/root"
mount -t overlay overlay "$scratch/root" \
    -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work"
root=$scratch/root
