#!/bin/sh
# Tells Elasticsearch and Kibana what deploy/elk holds. May be run again at any time.
set -eu
elasticsearch=http://elasticsearch:9200 kibana=http://kibana:5601

call() { curl --silent --show-error --fail-with-body --user "elastic:$ELASTIC_PASSWORD" "$@" && echo; }

call -X POST "$elasticsearch/_security/user/kibana_system/_password" -H 'Content-Type: application/json' \
    -d "{\"password\": \"$KIBANA_PASSWORD\"}"
for template in /elasticsearch/*.json; do
    [ -e "$template" ] || continue
    call -X PUT "$elasticsearch/_index_template/$(basename "$template" .json)" -H 'Content-Type: application/json' -d "@$template"
done
for saved in /kibana/*.ndjson; do
    [ -e "$saved" ] || continue
    call --retry 60 --retry-all-errors --retry-delay 5 -X POST "$kibana/api/saved_objects/_import?overwrite=true" \
        -H 'kbn-xsrf: setup' --form "file=@$saved"
done
