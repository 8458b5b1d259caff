# As many editors do: the new text goes to another file, which takes the place of the first.
sed 's/sk_live_1/sk_live_2/' "$1" > "$1.new"
printf 'NEW: |\n  two\n  lines\n' >> "$1.new"
mv "$1.new" "$1"
