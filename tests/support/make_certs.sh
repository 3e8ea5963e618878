#!/usr/bin/env bash
# make_certs.sh DIR NAME[:KIND]...  throwaway certificates for tests and the demo (EC P-256), made where they are used.
# Writes DIR/ca.pem (the alliance's authority), and for each NAME: NAME.pem, NAME.key, NAME.sha256 (the fingerprint, as
# certificate_sha256 wants it); prints "NAME FINGERPRINT". Each is good as server and client for localhost and 127.0.0.1.
# KIND: expired | stranger (another authority, stranger-ca.pem) | server (not good as a client) | days=N (left) |
#       revoked (listed in DIR/ca.crl, which is written when there is one)
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,6p "$0" | cut -c3-; exit 2; }
dir=$1; shift
mkdir -p "$dir"; cd "$dir"
umask 077

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

authority() {  # authority FILE NAME
  [ -f "$1.pem" ] && return 0
  key "$1.key"
  openssl req -x509 -new -key "$1.key" -sha256 -days 3650 -subj "/O=huren test/CN=$2" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -out "$1.pem" 2>/dev/null
}

issue() {  # issue NAME KIND
  local name=$1 kind=$2 ca=ca days=825 usage="serverAuth,clientAuth"
  case "$kind" in
    '') ;;
    expired) days=-1 ;;
    stranger) ca=stranger-ca; authority "$ca" "a stranger" ;;
    server) usage="serverAuth" ;;
    days=*) days=${kind#days=} ;;
    revoked) ;;
    *) echo "unknown kind: $kind" >&2; exit 2 ;;
  esac
  key "$name.key"
  openssl req -new -key "$name.key" -subj "/O=huren test/CN=$name" -out "$name.csr"
  openssl x509 -req -in "$name.csr" -CA "$ca.pem" -CAkey "$ca.key" -set_serial "0x$(openssl rand -hex 8)" -sha256 \
    -days "$days" -out "$name.pem" -extfile <(printf '%s\n' \
      "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" "extendedKeyUsage=$usage" \
      "subjectAltName=DNS:localhost,DNS:$name,IP:127.0.0.1") 2>/dev/null
  rm -f "$name.csr"
  openssl x509 -in "$name.pem" -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1 >"$name.sha256"
  echo "$name $(cat "$name.sha256")"
  if [ "$kind" = revoked ]; then revoke "$name"; fi
}

revoke() {
  touch index.txt
  printf '%s\n' "[ca]" "default_ca=d" "[d]" "database=index.txt" "default_md=sha256" "default_crl_days=30" "crl_extensions=e" "[e]" >ca.cnf
  openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -revoke "$1.pem" 2>/dev/null
  openssl ca -config ca.cnf -cert ca.pem -keyfile ca.key -gencrl -out ca.crl 2>/dev/null
}

authority ca "alliance"
for entry in "$@"; do
  kind=; [ "${entry#*:}" = "$entry" ] || kind=${entry#*:}
  issue "${entry%%:*}" "$kind"
done
