"""EventBridge: buses, rules and their targets, archives, schedules."""
