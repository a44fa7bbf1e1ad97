"""What every admin page is built on: the site, base classes, lists without deep pages, filters, checks on forms."""
