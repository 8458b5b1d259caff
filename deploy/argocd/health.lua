-- Health of BridgedSecret, SecretStore, ClusterSecretStore and SealingKey, in kstatus's order.
-- Whether workloads were restarted (condition RolledOut) does not count: a workload of a later sync wave does
-- not exist yet, and waiting for it would stop the wave that brings it.
local health = {}
if obj.metadata.deletionTimestamp ~= nil then
  health.status = "Progressing"
  health.message = "being deleted"
  return health
end
if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  health.status = "Progressing"
  health.message = "waiting for the operator to see this generation"
  return health
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
if ready ~= nil and ready.reason == "DeletionHeld" then
  health.status = "Suspended"
  health.message = ready.message
  return health
end
local reconciling = conditions["Reconciling"]
if reconciling ~= nil and reconciling.status == "True" then
  health.status = "Progressing"
  health.message = reconciling.message
  return health
end
local stalled = conditions["Stalled"]
if stalled ~= nil and stalled.status == "True" then
  health.status = "Degraded"
  health.message = stalled.message
  return health
end
if ready == nil or ready.status == "Unknown" then
  health.status = "Progressing"
  health.message = "waiting for the condition Ready"
elseif ready.status == "True" then
  health.status = "Healthy"
  health.message = ready.message
else
  health.status = "Degraded"
  health.message = ready.reason .. ": " .. ready.message
end
return health
