#!/bin/sh
# What stream's accounts may do on a Kafka that denies by default. This file is the one list; the tests apply it to a
# broker, run everything with it, and take each line away in turn.
#
#   ./acls.sh ROLE User:ACCOUNT HOST:PORT [ADMIN.properties]
#
# ROLE is one of:
#   worker      `stream worker`
#   topics      `stream topics`: create and verify; an account for the deployment, not for workers
#   play        `stream play`, and whatever else feeds events
#   requeue     `stream requeue`: an account for whoever repairs things
#   subscriber  whoever acts on triggers; its consumer group is GROUP
#
# STREAM_APP and STREAM_TOPIC_PREFIX are the settings `app` and `topic_prefix`. KAFKA_ACLS is Kafka's own kafka-acls.sh.
# STREAM_SHARES=yes where the definitions learn of all users together or ask for products: they need more topics.
# Reading and writing a topic each include describing it. On Kafka 2.8 and newer nobody needs IdempotentWrite.
set -eu

app=${STREAM_APP:-stream}
prefix=${STREAM_TOPIC_PREFIX:-}
tool=${KAFKA_ACLS:-kafka-acls.sh}

inputs="people clickstream cart email"
# Written to and read by the workers alone: records met on a partition where their user does not belong.
rerouted="rerouted"
outputs="segment-changes triggers decisions dead-letters"
changelog="$app-profiles-changelog"
# What tasks tell the one that learns, and what it publishes; and the products, which the shop writes.
learning="$app-contributions $app-reference"
catalogue="${prefix}catalogue"
[ -n "${STREAM_SHARES:-}" ] || learning="" catalogue=""

usage() {
	sed -n '2,/^set/{/^#/s/^# \{0,1\}//p;}' "$0" >&2
	exit 2
}

[ $# -ge 3 ] || usage
role=$1 principal=$2 brokers=$3 admin=${4:-}

allow() {
	"$tool" --bootstrap-server "$brokers" ${admin:+--command-config "$admin"} --add --force \
		--allow-principal "$principal" "$@"
}

case $role in
worker)
	for topic in $inputs $rerouted; do allow --operation Read --topic "$prefix$topic"; done
	for topic in $outputs $rerouted; do allow --operation Write --topic "$prefix$topic"; done
	# The profiles: written in each checkpoint, read back when a task is taken over.
	allow --operation Read --topic "$changelog"
	allow --operation Write --topic "$changelog"
	for topic in $learning; do
		allow --operation Read --topic "$topic"
		allow --operation Write --topic "$topic"
	done
	for topic in $catalogue; do allow --operation Read --topic "$topic"; done
	allow --operation Read --group "$app"
	# One transactional id a task: the app's name, a dash and the partition number; and one for who learns.
	allow --operation Write --transactional-id "$app-" --resource-pattern-type prefixed
	;;
topics)
	for topic in $inputs $rerouted $outputs; do
		allow --operation Create --operation Describe --operation DescribeConfigs --topic "$prefix$topic"
	done
	allow --operation Create --operation Describe --operation DescribeConfigs --topic "$changelog"
	for topic in $learning $catalogue; do
		allow --operation Create --operation Describe --operation DescribeConfigs --topic "$topic"
	done
	;;
play)
	for topic in $inputs; do allow --operation Write --topic "$prefix$topic"; done
	;;
requeue)
	for topic in $inputs; do allow --operation Write --topic "$prefix$topic"; done
	# The letters, and the marks of those that went back.
	allow --operation Read --topic "${prefix}dead-letters"
	allow --operation Write --topic "${prefix}dead-letters"
	allow --operation Write --transactional-id "$app-requeue"
	;;
subscriber)
	for topic in $outputs; do allow --operation Read --topic "$prefix$topic"; done
	allow --operation Read --group "${GROUP:?the consumer group of the subscriber}"
	;;
*)
	usage
	;;
esac
