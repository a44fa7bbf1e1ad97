"""The files Obhut reads: CSV, XLSX and JSON Lines; own, Mautic, HubSpot, Mailchimp and Salesforce columns.

`tables` opens a file, `vendors` recognises whose columns it has, `contacts`, `agreements` and `engagements` turn its
rows into the canonical ones of `rows`. Nothing here asks the database.
"""
