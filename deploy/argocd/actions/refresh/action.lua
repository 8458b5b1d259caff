-- Reads every source again at once. The annotation is not in Git, so Argo CD does not report it as drift.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["sealbridge.dev/refresh"] = os.date("!%Y-%m-%dT%XZ")
return obj
