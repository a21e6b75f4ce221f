#!/usr/bin/env bash
# A real Cassandra cluster on this machine, for tests and for trying out:
#
#   scripts/cassandra.sh up [--nodes 3] [--datacenters 1]   nodes on 127.0.0.1, 127.0.0.2, …, port 9042
#                           [--auth] [--tls]                that ask for user and password (cassandra and
#                                                           cassandra), that speak TLS alone
#   scripts/cassandra.sh down                               stops its nodes and removes their data
#   scripts/cassandra.sh stop N | start N                   one node; its data stays
#   scripts/cassandra.sh pid N                              the process of a node, for signals
#
# Needs Java 17 and Maven, which fetches 66 MB of jars once, and openssl for --tls, whose authority is
# .cassandra/tls/ca.pem. All of it lies in .cassandra/, which Git ignores; a node takes 1 GB of memory.
# Data centres are dc1, dc2, …, dealt to the nodes in turn.
set -euo pipefail
cd "$(dirname "$0")/.."

version=5.0.5
home=$PWD/.cassandra
seconds_to_listen=90

say() { echo "cassandra: $*" >&2; }
fail() { say "$@"; exit 1; }

require_tools() {
  command -v java > /dev/null || fail 'needs Java 17 (Debian: openjdk-17-jre-headless); there is no java'
  local major
  major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -1)
  [ "$major" = 17 ] || fail "needs Java 17; java is version ${major:-unknown}"
  [ -d "$home/lib-$version" ] && return
  command -v mvn > /dev/null || fail 'needs Maven (Debian: maven) to fetch Cassandra; there is no mvn'
}

fetch_jars() {
  [ -d "$home/lib-$version" ] && return
  say "fetching Cassandra $version"
  rm -rf "$home/fetch"
  mkdir -p "$home/fetch"
  cat > "$home/fetch/pom.xml" << XML
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>cassandra</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>org.apache.cassandra</groupId><artifactId>cassandra-all</artifactId>
    <version>$version</version>
  </dependency></dependencies>
</project>
XML
  mvn -q -B -f "$home/fetch/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
    -DoutputDirectory="$home/fetch/lib" >&2 || fail 'Maven could not fetch Cassandra; see above'
  mv "$home/fetch/lib" "$home/lib-$version"
  rm -rf "$home/fetch"
}

# A new authority and a certificate of it, for all nodes.
make_certificates() {
  local tls=$home/tls
  command -v openssl > /dev/null || fail 'needs openssl for --tls; there is none'
  rm -rf "$tls"
  mkdir -p "$tls"
  openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=authority of a test' \
    -keyout "$tls/ca.key" -out "$tls/ca.pem" 2> /dev/null
  openssl req -newkey rsa:2048 -nodes -subj '/CN=cassandra' \
    -addext "subjectAltName=$(printf 'IP:127.0.0.%s,' 1 2 3 4 5 6 7 8)IP:127.0.0.9" \
    -keyout "$tls/node.key" -out "$tls/node.csr" 2> /dev/null
  openssl x509 -req -in "$tls/node.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 30 \
    -copy_extensions copy -out "$tls/node.pem" 2> /dev/null
  # Nobody but the nodes reads it, and nothing is behind it but tests.
  openssl pkcs12 -export -inkey "$tls/node.key" -in "$tls/node.pem" -certfile "$tls/ca.pem" \
    -passout pass:cassandra -out "$tls/node.p12"
}

# configure N DATACENTER writes what a node reads at its start.
configure() {
  local node=$home/node$1
  mkdir -p "$node/conf" "$node/logs"
  printf 'dc=%s\nrack=rack1\n' "$2" > "$node/conf/cassandra-rackdc.properties"
  cat > "$node/conf/logback.xml" << XML
<configuration>
  <appender name="FILE" class="ch.qos.logback.core.FileAppender">
    <file>$node/logs/system.log</file>
    <encoder><pattern>%-5level %date{ISO8601} %logger{20} %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="FILE" /></root>
</configuration>
XML
  cat > "$node/conf/cassandra.yaml" << YAML
cluster_name: silhouette
num_tokens: 4
auto_snapshot: false
partitioner: org.apache.cassandra.dht.Murmur3Partitioner
listen_address: 127.0.0.$1
rpc_address: 127.0.0.$1
native_transport_port: 9042
storage_port: 7000
seed_provider:
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters: [{ seeds: '127.0.0.1:7000' }]
endpoint_snitch: GossipingPropertyFileSnitch
data_file_directories: [$node/data]
commitlog_directory: $node/commitlog
saved_caches_directory: $node/saved_caches
hints_directory: $node/hints
cdc_raw_directory: $node/cdc
commitlog_sync: periodic
commitlog_sync_period: 1000ms
commitlog_segment_size: 16MiB
auto_bootstrap: false
memtable_heap_space: 128MiB
memtable_offheap_space: 128MiB
file_cache_size: 64MiB
networking_cache_size: 32MiB
key_cache_size: 16MiB
concurrent_reads: 16
concurrent_writes: 16
YAML
  if [ "$auth" = yes ]; then
    cat >> "$node/conf/cassandra.yaml" << YAML
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
YAML
  fi
  if [ "$tls" = yes ]; then
    cat >> "$node/conf/cassandra.yaml" << YAML
client_encryption_options:
  enabled: true
  optional: false
  keystore: $home/tls/node.p12
  keystore_password: cassandra
  store_type: PKCS12
YAML
  fi
}

exports='java.base/jdk.internal.misc java.base/jdk.internal.ref java.base/java.lang.ref
  java.base/sun.nio.ch java.management.rmi/com.sun.jmx.remote.internal.rmi java.rmi/sun.rmi.registry
  java.rmi/sun.rmi.server java.sql/java.sql jdk.unsupported/sun.misc jdk.attach/sun.tools.attach'
opens='java.base/java.lang java.base/java.lang.module java.base/java.io java.base/java.nio
  java.base/java.util java.base/java.util.concurrent java.base/java.util.concurrent.atomic
  java.base/jdk.internal.loader java.base/jdk.internal.ref java.base/jdk.internal.reflect
  java.base/jdk.internal.math java.base/jdk.internal.module java.base/jdk.internal.util.jar
  java.base/sun.nio.ch jdk.management/com.sun.management.internal java.rmi/sun.rmi.transport.tcp'

is_listening() { (exec 3<> "/dev/tcp/127.0.0.$1/9042") 2> /dev/null; }

# A process id says nothing once its process is gone: only one that runs this node's files counts.
pid_of() {
  local pid
  pid=$(cat "$home/node$1/pid" 2> /dev/null) || return 1
  [ -r "/proc/$pid/cmdline" ] || return 1
  tr '\0' '\n' < "/proc/$pid/cmdline" | grep -qF "$home/node$1/" && echo "$pid"
}

start() {
  local number=$1 node=$home/node$1 flags=() module pid
  [ -d "$node" ] || fail "there is no node $number; begin with: scripts/cassandra.sh up"
  if pid_of "$number" > /dev/null; then return; fi
  is_listening "$number" && fail "port 9042 of 127.0.0.$number is taken by another program"
  for module in $exports; do flags+=(--add-exports "$module=ALL-UNNAMED"); done
  for module in $opens; do flags+=(--add-opens "$module=ALL-UNNAMED"); done
  setsid java -Xms512m -Xmx512m -XX:+UseG1GC -Xss512k -Djava.security.manager=allow \
    -Djdk.attach.allowAttachSelf=true -Djava.net.preferIPv4Stack=true \
    -javaagent:"$(echo "$home/lib-$version"/jamm-*.jar)" \
    -Dcassandra.config="file://$node/conf/cassandra.yaml" -Dcassandra.storagedir="$node" \
    -Dcassandra.logdir="$node/logs" -Dlogback.configurationFile="$node/conf/logback.xml" \
    -Dcassandra.jmx.local.port="719$number" -Dcassandra.ring_delay_ms=1000 \
    -Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.superuser_setup_delay_ms=0 "${flags[@]}" \
    -cp "$node/conf:$home/lib-$version/*" org.apache.cassandra.service.CassandraDaemon \
    > "$node/logs/output.log" 2>&1 < /dev/null &
  pid=$!
  echo "$pid" > "$node/pid"
  for ((waited = 0; waited < seconds_to_listen * 5; waited++)); do
    if is_listening "$number"; then
      say "node $number listens on 127.0.0.$number:9042"
      return
    fi
    kill -0 "$pid" 2> /dev/null || break
    sleep 0.2
  done
  tail -n 20 "$node/logs/output.log" >&2 || true
  fail "node $number did not come up; its log is $node/logs/system.log"
}

# A keyspace that is made before the nodes know each other has fewer copies.
wait_until_known() {
  local i j
  for ((i = 1; i <= $1; i++)); do
    for ((j = 1; j <= $1; j++)); do
      [ "$i" = "$j" ] && continue
      for ((waited = 0; ; waited++)); do
        grep -q "InetAddress /127.0.0.$j:7000 is now UP" "$home/node$i/logs/system.log" && break
        [ "$waited" -lt 300 ] || fail "node $i does not know node $j; its log is $home/node$i/logs/system.log"
        sleep 0.2
      done
    done
  done
}

stop() {
  local pid
  pid=$(pid_of "$1") || return 0
  kill -CONT "$pid" 2> /dev/null || true
  kill "$pid" 2> /dev/null || true
  for ((waited = 0; waited < 150; waited++)); do
    kill -0 "$pid" 2> /dev/null || return 0
    sleep 0.2
  done
  kill -KILL "$pid" 2> /dev/null || true
}

up() {
  local nodes=3 datacenters=1 auth=no tls=no
  while [ $# -gt 0 ]; do
    case $1 in
      --nodes) nodes=$2 && shift ;;
      --datacenters) datacenters=$2 && shift ;;
      --auth) auth=yes ;;
      --tls) tls=yes ;;
      *) fail "unknown option $1; there are --nodes, --datacenters, --auth and --tls" ;;
    esac
    shift
  done
  [[ $nodes =~ ^[1-9]$ && $datacenters =~ ^[1-9]$ && $datacenters -le $nodes ]] ||
    fail '--nodes is 1 to 9, --datacenters no more than that'
  require_tools
  fetch_jars
  if [ "$tls" = yes ]; then make_certificates; fi
  for ((i = 1; i <= nodes; i++)); do
    [ -d "$home/node$i" ] || configure "$i" "dc$(((i - 1) % datacenters + 1))"
    start "$i"
  done
  wait_until_known "$nodes"
}

down() {
  local node
  for node in "$home"/node*/; do
    [ -d "$node" ] && stop "$(basename "$node" | tr -dc 0-9)"
  done
  rm -rf "$home"/node* "$home/tls"
}

case ${1:-} in
  up | down) "$@" ;;
  start) require_tools && start "${2:?which node?}" ;;
  stop) stop "${2:?which node?}" ;;
  pid) pid_of "${2:?which node?}" ;;
  *) fail 'usage: scripts/cassandra.sh up [--nodes 3] [--datacenters 1] [--auth] [--tls] | down | start N | stop N | pid N' ;;
esac
