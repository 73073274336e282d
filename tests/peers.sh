#!/usr/bin/env bash
# Which Debian packages the tests need: installs what is missing as root, else says what to install.
set -euo pipefail
declare -A needs=(
  [storescu]=dcmtk [dciodvfy]=dicom3tools [Orthanc]=orthanc [wrk]=wrk [chromium]=chromium
  [/usr/sbin/rsyslogd]=rsyslog [/var/lib/dpkg/info/rsyslog-gnutls.list]=rsyslog-gnutls
  [/usr/lib/postgresql/15/bin/initdb]=postgresql-15
  [/usr/share/orthanc/plugins/libOrthancDicomWeb.so]=orthanc-dicomweb
  [/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc]=fonts-noto-cjk
)
missing=()
for program in "${!needs[@]}"; do
  { [ -e "$program" ] || command -v "$program" >/dev/null; } || missing+=("${needs[$program]}")
done
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" != 0 ]; then
  echo "The tests need these Debian packages: apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
