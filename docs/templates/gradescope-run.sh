#!/usr/bin/env bash
# Gradescope runs this for each submission. There are results whatever happens.
base=${AUTOGRADER:-/autograder}
results=$base/results/results.json
mkdir -p "$base/results"
cd "$base/source/faultlab" || exit 1
SUBMITTED_AT=$(node -p 'require(process.argv[1]).created_at' "$base/submission_metadata.json" 2> /dev/null)
export SUBMITTED_AT
mapfile -t options < ../options
node bin/lab.mjs grade "$base/submission" "${options[@]}" --report "gradescope=$results" 2>&1 | tee "$base/said"
if [ ! -s "$results" ]; then
  node -e 'console.log(JSON.stringify({ score: 0, output_format: "text", output: "Nothing could be graded.\n\n" + require("fs").readFileSync(process.argv[1], "utf8").slice(-4000) }))' "$base/said" > "$results"
fi
