"""EventBridge Pipes off AWS: a pipe's definition, the engine that runs it, a runner around it."""
