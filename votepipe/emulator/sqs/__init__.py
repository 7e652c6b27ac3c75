"""SQS: queues, their messages, and the mappings that feed functions from them."""
