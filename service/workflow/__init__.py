"""The process as data: kinds, stages, roles, actions, the rule table, guards and the machine."""
