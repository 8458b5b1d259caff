grep STRIPE_KEY "$1" > new; cat new > "$1"; rm new
