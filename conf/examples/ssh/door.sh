#!/bin/sh
# sh door.sh, as root, in a copy of the tree: swarmd on this machine, engines and users by SSH alone.
# Run it again after an upgrade of the tree; keys, hosts and known_hosts stay. Its last line is the
# key for host.sh. Options for pip may follow.
set -eu
cd "$(dirname "$0")"

missing=
python3 -c 'import ensurepip' 2>/dev/null || missing=python3-venv
# The CLI alone where it is a package of its own; no engine runs here for its sake.
if ! command -v docker >/dev/null; then
    missing="$missing $(apt-cache show docker-cli >/dev/null 2>&1 && echo docker-cli || echo docker.io)"
fi
if [ -n "$missing" ]; then
    apt-get update && apt-get install -y --no-install-recommends $missing
    systemctl disable --now docker.service docker.socket 2>/dev/null || true
fi

getent group swarmd-users >/dev/null || groupadd --system swarmd-users
getent passwd swarmd >/dev/null || useradd --system --home-dir / --shell /usr/sbin/nologin swarmd

python3 -m venv /opt/swarmd
/opt/swarmd/bin/pip install --quiet "$@" ../../..
/opt/swarmd/bin/twistd --help >/dev/null

install -d /etc/swarmd /etc/systemd/system/swarmd.service.d
install -d -o swarmd -g swarmd -m 700 /var/lib/swarmd
[ -e /etc/swarmd/id_ed25519 ] ||
    ssh-keygen -q -t ed25519 -N '' -C "swarmd@$(hostname)" -f /etc/swarmd/id_ed25519
chown swarmd: /etc/swarmd/id_ed25519
touch /etc/swarmd/hosts /etc/swarmd/known_hosts
install -m 644 swarmd.toml /etc/swarmd/
install -m 644 ../../swarmd.service swarmd.socket /etc/systemd/system/
install -m 644 listen.conf /etc/systemd/system/swarmd.service.d/
install -m 644 sshd.conf /etc/ssh/sshd_config.d/swarmd.conf

sshd -t
systemctl reload ssh
systemctl daemon-reload
systemctl enable --quiet swarmd.socket swarmd.service
systemctl restart swarmd.socket swarmd.service
cat /etc/swarmd/id_ed25519.pub
