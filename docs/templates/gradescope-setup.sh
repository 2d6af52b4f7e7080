#!/usr/bin/env bash
# Gradescope runs this once, when the image is made: Node of the right age, and what the grader needs.
set -eu
apt-get update && apt-get install -y --no-install-recommends npm
npm install --global n@10 && n 22 && hash -r
cd /autograder/source/faultlab && npm ci --omit=dev
