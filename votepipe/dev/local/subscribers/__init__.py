"""What the local stack does for subscribers: their kits, and the relay to their accounts."""
