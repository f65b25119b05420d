#!/usr/bin/env bash
# The same as compose.yaml without containers: a broker from Maven's jars, a producer of logs with attacks
# in them, and a consumer that detects and shows what it finds. Takes Deno, Java 17 or later, and Maven
# for the first start (43 MB).
#
#     packaging/kafka/run.sh [--rate LINES] [--every DURATION] [--dashboard HOST:PORT]
#
# Ctrl-C ends all of it. State is in a temporary folder, which goes with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rate=20 every=30s dashboard=127.0.0.1:7400
while [ $# -gt 0 ]; do
  case "$1" in
    --rate) rate=$2 ;;
    --every) every=$2 ;;
    --dashboard) dashboard=$2 ;;
    *) echo "Unknown option \"$1\": give --rate, --every or --dashboard" >&2; exit 2 ;;
  esac
  shift 2
done

for program in deno java; do
  command -v "$program" >/dev/null || { echo "$program is missing: install it first" >&2; exit 2; }
done
jars="${PICKET_KAFKA:-$HOME/.cache/picket/kafka}"
if ! ls "$jars"/kafka_2.13-*.jar >/dev/null 2>&1; then
  echo "Fetching Kafka into $jars …" >&2
  mvn -q -B -f tests/kafka/pom.xml dependency:copy-dependencies
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/picket-kafka-XXXXXX")
started=()
finish() {
  trap - EXIT INT TERM
  # The consumer first: it finishes its batch.
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do kill "${started[i]}" 2>/dev/null || true; done
  wait || true
  rm -rf "$folder"
}
trap finish EXIT INT TERM

port() {
  deno eval -q 'const l = Deno.listen({ hostname: "127.0.0.1", port: 0 }); console.log(l.addr.port); l.close()'
}
broker=127.0.0.1:$(port) controller=127.0.0.1:$(port)
cat >"$folder/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@$controller
listeners=PLAINTEXT://$broker,CONTROLLER://$controller
advertised.listeners=PLAINTEXT://$broker
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$folder/log
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
auto.create.topics.enable=false
END
printf "Configuration: { Loggers: { Root: { level: 'off' } } }\n" >"$folder/log4j2.yaml"
java=(java -Xmx512m "-Dlog4j2.configurationFile=$folder/log4j2.yaml" -cp "$jars/*")
id=$(deno eval -q 'console.log(crypto.getRandomValues(new Uint8Array(16)).toBase64({ alphabet: "base64url", omitPadding: true }))')
"${java[@]}" kafka.tools.StorageTool format -t "$id" -c "$folder/server.properties" \
  >"$folder/format.out" 2>&1 || { cat "$folder/format.out" >&2; exit 1; }

echo "Broker:    $broker (3 partitions of the topic logs)" >&2
# The process itself, so that its end is waited for before its folder goes.
(exec "${java[@]}" kafka.Kafka "$folder/server.properties" >"$folder/broker.out" 2>&1) &
started+=($!)

# By name where each part is a process of its own: a signal has to reach it.
picket() { exec deno run -q --no-prompt -P="$1" main.ts "${@:2}"; }
echo "Producer:  $rate lines a second, an attack every $every" >&2
mkdir "$folder/logs"
(picket simulate simulate --live --rate "$rate" --every "$every" --quiet --out "$folder/logs") &
started+=($!)
(picket agent agent --quiet --forward "kafka://$broker/logs?create=3" --data "$folder/forward" \
  --follow "$folder/logs") &
started+=($!)
echo "Dashboard: http://$dashboard" >&2
echo "Alerts:" >&2
(picket agent agent "kafka://$broker/logs" --data "$folder/data" --serve "$dashboard") &
started+=($!)
wait -n
