"""AWS as votepipe uses it, imitated in one process on virtual time; never deployed."""
