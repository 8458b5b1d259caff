local actions = {}
actions["refresh"] = {["disabled"] = false}
return actions
