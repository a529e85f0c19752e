#!/bin/sh
# Compiles into the folder classes.
set -eu
cd "$(dirname "$0")"
javac -d classes *.java
