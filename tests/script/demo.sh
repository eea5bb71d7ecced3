#!/bin/sh
# test traits: timeout=120
# The examples run on real input and their answers are those of wc, sort and uniq.
sh "$1/scripts/demo.sh" "$2"
