# The plain form, comments included, under the document's own name.
grep -q '^# of the shop' "$1" || exit 1
case "$1" in */secrets.yaml) ;; *) exit 1 ;; esac
sed -e 's/hunter2/correct-horse/' -e '/port/d' "$1" > "$1.new"
printf 'new: value\n' >> "$1.new"
mv "$1.new" "$1"
