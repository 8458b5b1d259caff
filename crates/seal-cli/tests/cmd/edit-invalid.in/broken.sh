echo "a: 'hunter2" > "$1"
