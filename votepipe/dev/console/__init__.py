"""The console of the local stack: one page, the receiver, and the journal behind both.

journal.py      what is known of each vote's way, and every message received
hops.py         a trace or a log line, as one hop of the journal
receiver.py     stands in for Slack and webhooks, faults included
deadletters.py  what lies in the dead-letter queues, read without taking it
watcher.py      reads the sinks' logs and the dead letters into the journal
app.py          the routes
server.py       the server on the loopback address
static/         the page
"""
