#!/bin/sh
# prepare.sh [PORT]: makes the two hospitals of this folder ready to run: certificates of a throwaway authority, each
# other's fingerprints in local.toml, PORT (20575) and the two after it, and times of today in what the HIS will say.
# 为本目录中的两家医院生成试用证书、互填指纹、端口与当天的时间。仅供试用：真实医院的密钥由本院自己生成。
set -eu
cd "$(dirname "$0")"
port=${1:-20575}
umask 077
mkdir tls
openssl ecparam -name prime256v1 -genkey -noout -out tls/ca.key
openssl req -x509 -new -key tls/ca.key -sha256 -days 365 -subj "/O=huren trial/CN=alliance" -out tls/ca.pem \
  -addext "keyUsage=critical,keyCertSign,cRLSign"
printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
  "extendedKeyUsage=serverAuth,clientAuth" "subjectAltName=DNS:localhost,IP:127.0.0.1" >tls/uses
for hospital in county city; do
  openssl ecparam -name prime256v1 -genkey -noout -out tls/$hospital.key
  openssl req -new -key tls/$hospital.key -subj "/O=huren trial/CN=$hospital" -out tls/$hospital.csr
  openssl x509 -req -in tls/$hospital.csr -CA tls/ca.pem -CAkey tls/ca.key -set_serial "0x$(openssl rand -hex 8)" \
    -sha256 -days 365 -extfile tls/uses -out tls/$hospital.pem 2>/dev/null
  openssl x509 -in tls/$hospital.pem -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1 >tls/$hospital.sha256
  echo "$hospital $(cat tls/$hospital.sha256)"
done
at() { TZ=CST-8 date -d "$1" "+%Y-%m-%dT%H:%M:%S+08:00"; }
hl7() { TZ=CST-8 date -d "$1" "+%Y%m%d%H%M%S"; }
for file in county/local.toml city/local.toml ./*.json report.hl7; do
  sed -e "s/@COUNTY@/$(cat tls/county.sha256)/" -e "s/@CITY@/$(cat tls/city.sha256)/" -e "s/@PORT_COUNTY@/$port/" \
    -e "s/@PORT_CITY@/$((port + 1))/" -e "s/@PORT_LIS@/$((port + 2))/" -e "s/@NOW@/$(at now)/" \
    -e "s/@HL7_NOW@/$(hl7 now)/g" -e "s/@HL7_TAKEN@/$(hl7 '3 hours ago')/g" "$file" >"$file.new"
  mv "$file.new" "$file"
done
tr '\n' '\r' <report.hl7 >report.new && mv report.new report.hl7  # a segment ends with CR (HL7 v2.5.1 §2.4)
