#!/usr/bin/env bash
# The gateway by hand: start one with `npm start`, then run this.
set -euo pipefail
url="${POINTSMAN_URL:-http://127.0.0.1:8400/v1}"
key="${POINTSMAN_API_KEY:-none}"
post() { curl --silent --show-error --fail-with-body -H "authorization: Bearer $key" -H 'content-type: application/json' "$@"; }

echo '— which LLM would answer, and why'
post "$url/route" -d '{"model": "auto", "messages": [{"role": "user", "content": "What is 17 * 23?"}]}'

echo; echo '— an answer; its id carries the decision'
answer="$(post "$url/chat/completions" -d '{"model": "auto", "messages": [{"role": "user", "content": "What is 17 * 23?"}]}')"
echo "$answer"

echo; echo '— what the answer was worth, by response id'
id="$(printf '%s' "$answer" | sed -E 's/.*"id": ?"(chatcmpl-[^"]+)".*/\1/')"
post "$url/feedback" -d "{\"response_id\": \"$id\", \"score\": 1}"

echo; echo '— the same trade-off, dearer and better, for one request'
post "$url/route" -d '{"model": "auto:quality", "messages": [{"role": "user", "content": "What is 17 * 23?"}]}'
echo
