"""What to do about a refusal, by the words in which the rest of swarmd tells it. Pure."""

from __future__ import annotations

_OUR_CERTIFICATE = (
    "what swarmd shows to engines (--tlscert, or tlscert= in its line) must be signed by the CA "
    "that its dockerd has as --tlscacert, and be made for clients"
)
_CERTIFICATES = "`swarmd certs` makes such certificates for a whole fleet"

_CA = (
    "name the CA that signed it: tlscacert= in its line, or --engine-tlscacert; while a CA is "
    "changed, one file holds both"
)
_REACH = "is the machine up, and does a firewall let this machine through to the port?"

# The first sign that occurs counts, in whatever case: some words are the system's.
_ADVICE: tuple[tuple[str, str], ...] = (
    (
        "connection refused",
        "is dockerd running there (systemctl status docker), and does it listen on this port "
        '("hosts" in /etc/docker/daemon.json, or -H tcp://0.0.0.0:PORT)?',
    ),
    ("host name is not known", "check its spelling, the DNS, and /etc/hosts of this machine"),
    (
        "no route to host",
        "is the machine up, is its address right, and does its firewall let this machine through "
        "to the port (one that rejects says the same)?",
    ),
    ("network is unreachable", "this machine has no route there (ip route get ADDRESS)"),
    ("connection timed out", _REACH),
    ("connection reset", "does something else than Docker listen on this port?"),
    (
        "does not speak TLS",
        f"say tls=off in its line, or better give its dockerd TLS: {_CERTIFICATES}",
    ),
    (
        "HTTP request to an HTTPS server",
        "it speaks TLS: say tlscacert=, tlscert= and tlskey= in its line, or give "
        "--engine-tlsverify with --engine-tlscacert, --engine-tlscert and --engine-tlskey",
    ),
    ("client certificate is missing", _OUR_CERTIFICATE),
    ("demands a client certificate", _OUR_CERTIFICATE),
    ("our client certificate was revoked", "make another one for swarmd"),
    ("our client certificate has expired", "make it anew; swarmd reads it without a restart"),
    ("CA of our client certificate", _OUR_CERTIFICATE),
    ("refuses our client certificate", _OUR_CERTIFICATE),
    ("our certificate is not made for a client", _OUR_CERTIFICATE),
    ("no common TLS settings", _OUR_CERTIFICATE),
    (
        "its SAN has",
        "make its certificate anew, with this name or address among its names; or list it by a "
        "name that is there; or say tlsname=NAME in its line",
    ),
    ("its certificate has expired", "make it anew, and restart its dockerd"),
    ("has expired on", "make it anew; swarmd reads its own files without a restart"),
    ("is not valid yet", "is the clock of this machine right? Or the certificate is for later"),
    ("which is not our CA", _CA),
    ("but by another that is called", _CA),
    ("not by our CA", _CA),
    ("a CA of this system", _CA),
    (
        "there is no list of revoked ones of",
        "put the list of that CA into the CRL file as well, in any order (`cat one.pem two.pem`); "
        "it is read without a restart",
    ),
    (
        "list of revoked ones",
        "let that CA make its list anew (`swarmd certs` does), and put it into the CRL file; it is "
        "read without a restart",
    ),
    ("but by another called", "put the list of our CA into the CRL file"),
    ("was revoked by", "give the engine another certificate, or take it off the list"),
    ("not made for this purpose", "make it anew, with serverAuth as its extended key usage"),
    ("is encrypted", "keep the key without a passphrase, readable by swarmd alone"),
    ("is not the key of", "certificate and key were not made together: name the right pair"),
    ("No such file", "is the path right, also from where swarmd is started?"),
    ("permission denied while", "let that user open the socket: usermod -aG docker USER"),
    ("Permission denied", "let the user that swarmd runs as open it"),
    (
        "sshd takes no key of ours",
        "add swarmd's public key to ~/.ssh/authorized_keys of that user there, or name another "
        "key: --ssh-key, or sshkey= in its line",
    ),
    ("the program ssh is not installed", "install openssh-client where swarmd runs"),
    (
        "is the docker CLI installed there",
        "install it there, or let sshd forward to the socket (AllowStreamLocalForwarding)",
    ),
    ("is too old", "upgrade Docker there"),
    ("is too new", "upgrade swarmd"),
    ("lead round in circles", "list the engines behind it in its place"),
    ("the answer is not", "does something else than Docker listen on this port?"),
    ("time limit", _REACH),
    ("no answer", "is its dockerd stuck? Its log tells (journalctl -u docker)"),
    ("is open to others", _CERTIFICATES),
)


def advice(text: str) -> str:
    """ "" where the words already say it."""
    said = text.lower()
    return next((fix for sign, fix in _ADVICE if sign.lower() in said), "")
