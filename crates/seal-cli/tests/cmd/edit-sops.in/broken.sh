printf 'a: [hunter2\n' > "$1"
