"""AWS as the kit models it: each service answers boto3 and tells the trace what happened."""
