echo "PIN: 4711" >> "$1"
