echo "LOG: debug" >> "$1"
