"""The import airlock: who may enter the register, and what an import may change (S13-S17, S33-S38, S42, Art. 21).

batches       one file on its way: receive, preview, run, tidy
contacts      decides about contact rows;  known     what the register already knows about a chunk of rows
agreements    likewise for agreements;     engagements   likewise for engagements
timelines     what an event adds to a contact's timeline, and which clocks it moves
organisations finds or creates the organisation a row names
quarantine    the rows that privacy staff decide
"""
