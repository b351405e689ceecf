#!/bin/sh
# Run a command as compose.yaml would have an engine run it: a root of its own that is read-only, /tmp in memory, /app, the
# key set of the issuer; a numeric user without rights. Needs root and a mount namespace of its own (unshare --mount).
set -eu
root=$1 app=$2 python=$3 user=$4 keys=$5
shift 5

# Anybody might write into it: what keeps them from it is that it becomes read-only below.
mount -t tmpfs -o mode=1777 tmpfs "$root"
mkdir -p "$root/etc/fluxo" "$root/app" "$root/tmp"
for place in /bin /sbin /lib /lib64 /usr /proc /dev "$python"; do
    if [ -L "$place" ]; then
        cp -P "$place" "$root$place"
    elif [ -e "$place" ]; then
        mkdir -p "$root$place"
        mount --rbind "$place" "$root$place"
    fi
done
cp -r /etc/passwd /etc/group /etc/hosts /etc/nsswitch.conf /etc/ld.so.cache "$root/etc"
echo "fluxo:x:$user:$user::/nonexistent:/usr/sbin/nologin" >> "$root/etc/passwd"
install -m 0644 "$keys" "$root/etc/fluxo/jwks.json"
mount --bind "$app" "$root/app"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -o remount,ro "$root"
cd /
exec /usr/sbin/chroot "$root" setpriv --reuid="$user" --regid="$user" --clear-groups \
    --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
