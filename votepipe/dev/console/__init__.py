"""The console of the local stack: one page, the receiver, and the journal behind both.

journal.py   the hops of each vote, and the messages that the receiver took
entries.py   a trace, a log line or a message as an entry of the journal
messages.py  the messages, each as the text that the API returns
receiver.py  stands in for Slack and webhooks, and fails on demand
watcher.py   reads logs, dead letters and mail into the journal
votes.py     casts votes and answers for the page's form
guard.py     keeps other sites out
app.py       the routes, and the server on the loopback address
static/      the page
"""
