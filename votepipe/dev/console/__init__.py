"""The console of the local stack: one page, the receiver, and the journal behind both.

journal.py      each vote's way, hop by hop, and what the receiver took
hops.py         a trace or a log line, as one hop of the journal
messages.py     the messages that the receiver took
receiver.py     stands in for Slack and webhooks
slack.py        what Slack refuses, and its Web API
faults.py       makes the receiver fail for a while
deadletters.py  what lies in the dead-letter queues, read without taking it
watcher.py      reads the functions' logs and the dead letters into the journal
votes.py        casts votes and answers for the page's form
guard.py        keeps other sites out
app.py          the routes
server.py       the server on the loopback address
static/         the page
"""
